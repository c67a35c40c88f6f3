// SPDX-License-Identifier: Apache-2.0
// JSON as Python's json module reads it, with its words for what is wrong: NaN and Infinity are numbers, integers have any size, lone surrogates pass.
#include <cstdlib>

#include "base/text.hpp"
#include "values/big_integer.hpp"
#include "values/json.hpp"
#include "values/sax_builder.hpp"

namespace fprov::values {
namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text), builder_(512) {}

    base::Result<Value> read() {
        if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
        // What is expected next: a value (or, after [, its end), a key (or, after {, its end), or what stands behind a value.
        enum class Next { value, value_or_end, key, key_or_end, behind } next = Next::value;
        std::string kinds;   // of what is open: [ or {
        auto close = [&] { kinds.pop_back(); ++at_; next = Next::behind; return builder_.close(); };
        for (bool good = true; good;) {
            space();
            const char c = at_ < text_.size() ? text_[at_] : '\0';
            if (next == Next::behind) {
                if (kinds.empty()) return at_ == text_.size() ? finish() : wrong("Extra data", at_);
                if (c == (kinds.back() == '[' ? ']' : '}')) good = close();
                else if (c == ',') { ++at_; next = kinds.back() == '[' ? Next::value : Next::key; }
                else return wrong("Expecting ',' delimiter", at_);
            } else if (next == Next::key || next == Next::key_or_end) {
                if (c == '}' && next == Next::key_or_end) { good = close(); continue; }
                if (c != '"') return wrong("Expecting property name enclosed in double quotes", at_);
                std::string name;
                if (!string(name)) return *problem_;
                builder_.key(Value(std::move(name)));
                space();
                if (at_ == text_.size() || text_[at_] != ':') return wrong("Expecting ':' delimiter", at_);
                ++at_;
                next = Next::value;
            } else if (c == ']' && next == Next::value_or_end) {
                good = close();
            } else if (c == '[' || c == '{') {
                ++at_;
                kinds += c;
                good = c == '[' ? builder_.open_list() : builder_.open_map();
                next = c == '[' ? Next::value_or_end : Next::key_or_end;
            } else {
                if (!scalar(c, good)) return problem_ ? *problem_ : wrong("Expecting value", at_);
                next = Next::behind;
            }
        }
        return base::Error{base::Kind::limit, std::string("the JSON text ") + builder_.limit()};
    }

private:
    base::Result<Value> finish() {
        if (builder_.limit()) return base::Error{base::Kind::limit, std::string("the JSON text ") + builder_.limit()};
        return builder_.take();
    }

    base::Error wrong(const char* what, std::size_t at) const {
        std::size_t line = 1, column = 1, chars = 0;
        for (std::size_t i = 0; i < at; ++i) {
            if ((static_cast<unsigned char>(text_[i]) & 0xc0) == 0x80) continue;   // Python counts characters
            ++chars;
            if (text_[i] == '\n') { ++line; column = 1; }
            else ++column;
        }
        return {base::Kind::parse, std::string(what) + ": line " + std::to_string(line) + " column " + std::to_string(column) + " (char " + std::to_string(chars) + ")"};
    }

    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
    }

    bool word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        at_ += expected.size();
        return true;
    }

    /// false: no value begins here. `good`: whether the builder took it.
    bool scalar(char c, bool& good) {
        if (c == '"') {
            std::string content;
            if (!string(content)) return false;
            good = builder_.add(Value(std::move(content)));
        }
        else if (word("null")) good = builder_.add(Value());
        else if (word("true")) good = builder_.add(Value(true));
        else if (word("false")) good = builder_.add(Value(false));
        else if (word("NaN")) good = builder_.add(Value(std::strtod("nan", nullptr)));
        else if (word("Infinity")) good = builder_.add(Value(std::strtod("inf", nullptr)));
        else if (word("-Infinity")) good = builder_.add(Value(std::strtod("-inf", nullptr)));
        else return number(good);
        return true;
    }

    bool number(bool& good) {
        auto digits = [&](std::size_t& at) {
            const std::size_t begin = at;
            while (at < text_.size() && text_[at] >= '0' && text_[at] <= '9') ++at;
            return at > begin;
        };
        std::size_t at = at_ + (at_ < text_.size() && text_[at_] == '-');
        if (at < text_.size() && text_[at] == '0') ++at;   // a zero in front ends the number
        else if (!digits(at)) return false;
        bool real = false;
        if (std::size_t more = at + 1; at < text_.size() && text_[at] == '.' && digits(more)) { at = more; real = true; }
        if (at < text_.size() && (text_[at] == 'e' || text_[at] == 'E')) {
            std::size_t more = at + 1;
            if (more < text_.size() && (text_[more] == '+' || text_[more] == '-')) ++more;
            if (digits(more)) { at = more; real = true; }
        }
        const std::string token(text_.substr(at_, at - at_));
        at_ = at;
        good = builder_.add(real ? Value(std::strtod(token.c_str(), nullptr)) : whole_number(token));
        return true;
    }

    bool failed(const char* what, std::size_t at) {
        problem_ = wrong(what, at);
        return false;
    }

    std::optional<char32_t> hex(std::size_t at) const {
        char32_t code = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            const char c = i < text_.size() ? text_[i] : 'x';
            const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
            if (digit < 0) return std::nullopt;
            code = code << 4 | static_cast<char32_t>(digit);
        }
        return code;
    }

    bool string(std::string& out) {
        const std::size_t begin = at_++;
        for (;;) {
            if (at_ >= text_.size()) return failed("Unterminated string starting at", begin);
            const char c = text_[at_];
            if (c == '"') { ++at_; return true; }
            if (static_cast<unsigned char>(c) < 0x20) return failed("Invalid control character at", at_);
            if (c != '\\') {
                std::size_t end = at_;
                while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' && static_cast<unsigned char>(text_[end]) >= 0x20) ++end;
                out.append(text_.substr(at_, end - at_));
                at_ = end;
                continue;
            }
            if (++at_ >= text_.size()) return failed("Unterminated string starting at", begin);
            constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
            if (auto known = names.find(text_[at_]); known != std::string_view::npos) {
                out += meant[known];
                ++at_;
                continue;
            }
            if (text_[at_] != 'u') return failed("Invalid \\escape", at_ - 1);
            auto code = hex(at_ + 1);
            if (!code) return failed("Invalid \\uXXXX escape", at_);
            at_ += 5;
            if (*code >= 0xd800 && *code < 0xdc00 && text_.substr(at_, 2) == "\\u")
                if (auto low = hex(at_ + 2); low && *low >= 0xdc00 && *low < 0xe000) {
                    code = 0x10000 + ((*code - 0xd800) << 10 | (*low - 0xdc00));
                    at_ += 6;
                }
            base::append_utf8(out, *code);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    SaxBuilder builder_;
    std::optional<base::Error> problem_;
};

}  // namespace

base::Result<Value> read_json(std::string_view text) { return Reader(text).read(); }

}  // namespace fprov::values
