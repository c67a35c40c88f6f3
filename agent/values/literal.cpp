// SPDX-License-Identifier: Apache-2.0
#include "values/literal.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/big_integer.hpp"
#include "values/python.hpp"

namespace fprov::values {

namespace {

constexpr int depth_limit = 200;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_char(char c) { return digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<Value> whole() {
        blanks();
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {   // empty lines before it; then it may not be indented
            const std::size_t line = ++at_;
            blanks();
            if (at_ != line && at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') return std::nullopt;
        }
        auto value = list_of(true);
        blanks();
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {   // trailing newlines end the expression
            ++at_;
            blanks();
        }
        return value && at_ == text_.size() ? value : std::nullopt;
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        blanks();
        return true;
    }
    void blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\f' || (brackets_ > 0 && (c == '\n' || c == '\r'))) {
                ++at_;
            } else if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
                at_ += 2;
            } else {
                break;
            }
        }
    }

    /// One value, or a tuple of several when commas follow.
    std::optional<Value> list_of(bool bare) {
        auto first = value();
        if (!first || peek() != ',') return first;
        List items{std::move(*first)};
        while (take(',')) {
            if (at_ >= text_.size() || peek() == ')' || (bare && (peek() == '\n' || peek() == '\r'))) break;
            auto next = value();
            if (!next) return std::nullopt;
            items.push_back(std::move(*next));
        }
        return Value::tuple(std::move(items));
    }

    std::optional<Value> value() {
        if (++depth_ > depth_limit) return std::nullopt;
        auto out = plain_value();
        --depth_;
        return out;
    }

    std::optional<Value> plain_value() {
        const char c = peek();
        if (c == '[' || c == '(' || c == '{') {
            ++brackets_;
            ++at_;
            blanks();
            auto out = c == '[' ? list() : c == '(' ? tuple() : dict();
            --brackets_;
            if (out) {
                ++at_;   // the closing bracket; what follows it may end the expression
                blanks();
            }
            return out;
        }
        if (c == '-' || c == '+') {
            ++at_;
            blanks();
            if (!digit(peek()) && peek() != '.') return std::nullopt;
            return number(c == '-');
        }
        if (digit(c) || c == '.') return number(false);
        if (c == '"' || c == '\'') return strings();
        return word();
    }

    std::optional<Value> list() {
        List items;
        while (peek() != ']') {
            auto item = value();
            if (!item) return std::nullopt;
            items.push_back(std::move(*item));
            if (!take(',')) break;
        }
        if (peek() != ']') return std::nullopt;
        return Value(std::move(items));
    }

    std::optional<Value> tuple() {
        if (peek() == ')') return Value::tuple({});
        auto inner = list_of(false);
        if (!inner || peek() != ')') return std::nullopt;
        return inner;
    }

    std::optional<Value> dict() {
        Map map;
        List set;
        bool is_set = false, first = true;
        while (peek() != '}') {
            auto key = value();
            if (!key) return std::nullopt;
            if (first) is_set = peek() != ':';
            first = false;
            (void)hash(*key);   // throws for what Python cannot hash
            if (is_set) {
                if (std::none_of(set.begin(), set.end(), [&key](const Value& old) { return equal(old, *key); })) set.push_back(std::move(*key));
            } else {
                if (!take(':')) return std::nullopt;
                auto item = value();
                if (!item) return std::nullopt;
                map.set(std::move(*key), std::move(*item));
            }
            if (!take(',')) break;
        }
        if (peek() != '}') return std::nullopt;
        return is_set ? Value(std::move(set)) : Value(std::move(map));
    }

    std::optional<Value> word() {
        std::size_t end = at_;
        while (end < text_.size() && name_char(text_[end])) ++end;
        const std::string_view name = text_.substr(at_, end - at_);
        if (end < text_.size() && (text_[end] == '"' || text_[end] == '\'') && prefix(name)) return strings();
        if (name == "set" && text_.substr(end).starts_with("()")) {
            at_ = end + 2;
            blanks();
            return Value(List{});
        }
        std::optional<Value> out;
        if (name == "True") out = Value(true);
        else if (name == "False") out = Value(false);
        else if (name == "None") out = Value();
        if (out) {
            at_ = end;
            blanks();
        }
        return out;
    }

    static bool prefix(std::string_view name) {
        const std::string lower = base::lower(name);
        return lower == "r" || lower == "u" || lower == "b" || lower == "br" || lower == "rb";
    }

    std::optional<Value> number(bool negative) {
        const std::size_t start = at_;
        std::string digits;
        auto run = [this, &digits](auto is) {   // digits with single underscores between them
            const std::size_t before = digits.size();
            bool line = false;
            while (at_ < text_.size() && (is(text_[at_]) || (text_[at_] == '_' && digits.size() > before && !line))) {
                line = text_[at_] == '_';
                if (!line) digits += text_[at_];
                ++at_;
            }
            return !line;
        };
        auto finish = [this](std::optional<Value> out) -> std::optional<Value> {
            if (at_ < text_.size() && (name_char(text_[at_]) || text_[at_] == '.')) return std::nullopt;   // "12ab", "1.2.3", "1j"
            blanks();
            return out;
        };
        if (peek() == '0' && start + 1 < text_.size()) {
            const char kind = static_cast<char>(text_[start + 1] | 32);
            const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
            if (base) {
                at_ += 2;
                if (peek() == '_') ++at_;
                if (!run([base](char c) { return base == 16 ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c >= '0' && c < '0' + base; }) || digits.empty())
                    return std::nullopt;
                const auto parsed = base::parse_int((negative ? "-" : "") + digits, base);
                return parsed ? finish(Value(*parsed)) : std::nullopt;
            }
        }
        if (!run(digit)) return std::nullopt;
        const std::string whole = digits;
        bool real = false;
        if (peek() == '.') {
            real = true;
            ++at_;
            digits += '.';
            if (!run(digit) || digits == ".") return std::nullopt;
        }
        if (peek() == 'e' || peek() == 'E') {
            std::size_t next = at_ + 1;
            if (next < text_.size() && (text_[next] == '+' || text_[next] == '-')) ++next;
            if (next < text_.size() && digit(text_[next])) {
                digits.append(text_.substr(at_, next - at_));
                at_ = next;
                real = true;
                if (!run(digit)) return std::nullopt;
            }
        }
        if (real) {
            const double value = std::strtod(digits.c_str(), nullptr);
            return finish(Value(negative ? -value : value));
        }
        if (whole.size() > 1 && whole[0] == '0' && whole.find_first_not_of('0') != std::string::npos) return std::nullopt;   // 0644
        return finish(whole_number((negative ? "-" : "") + whole));
    }

    std::optional<Value> strings() {
        std::string out;
        for (;;) {
            std::size_t end = at_;
            while (end < text_.size() && name_char(text_[end])) ++end;
            const std::string_view lead = text_.substr(at_, end - at_);
            if (end >= text_.size() || (text_[end] != '"' && text_[end] != '\'') || (!lead.empty() && !prefix(lead))) break;
            at_ = end;
            const bool raw = lead.find_first_of("rR") != std::string_view::npos;
            if (!string(raw, out)) return std::nullopt;
            blanks();
        }
        return Value(std::move(out));
    }

    bool string(bool raw, std::string& out) {
        const char quote = text_[at_];
        const std::string triple(3, quote);
        const bool tripled = text_.substr(at_).starts_with(triple);
        at_ += tripled ? 3 : 1;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (tripled ? text_.substr(at_).starts_with(triple) : c == quote) {
                at_ += tripled ? 3 : 1;
                return true;
            }
            if (!tripled && (c == '\n' || c == '\r')) return false;
            if (c != '\\') {
                out += c;
                ++at_;
                continue;
            }
            if (at_ + 1 >= text_.size()) return false;
            if (raw) {
                out.append(text_.substr(at_, 2));
                at_ += 2;
            } else if (!escape(out)) {
                return false;
            }
        }
        return false;
    }

    bool escape(std::string& out) {
        const char c = text_[at_ + 1];
        at_ += 2;
        static constexpr std::string_view plain = "\\'\"abfnrtv", meaning = "\\'\"\a\b\f\n\r\t\v";
        if (const auto found = plain.find(c); found != std::string_view::npos) {
            out += meaning[found];
            return true;
        }
        if (c == '\n') return true;
        if (c == 'x' || c == 'u' || c == 'U') {
            const std::size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
            const auto code = base::parse_int(text_.substr(std::min(at_, text_.size()), count), 16);
            if (at_ + count > text_.size() || !code || *code < 0 || *code > 0x10FFFF) return false;
            base::append_utf8(out, static_cast<char32_t>(*code));
            at_ += count;
            return true;
        }
        if (c >= '0' && c <= '7') {
            int code = c - '0';
            for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i) code = code * 8 + (text_[at_++] - '0');
            base::append_utf8(out, static_cast<char32_t>(code));
            return true;
        }
        out += '\\';   // an unknown escape stays as it is
        out += c;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int brackets_ = 0, depth_ = 0;
};

}  // namespace

std::optional<Value> literal_eval(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    try {
        return Reader(text).whole();
    } catch (const base::Failure&) {
        return std::nullopt;   // an unhashable key
    }
}

}  // namespace fprov::values
