// SPDX-License-Identifier: Apache-2.0
#include "spec/literal.hpp"

#include "base/text.hpp"

namespace fprov::spec {
namespace {

using values::List;
using values::Map;
using values::Value;

class Literal {
public:
    explicit Literal(std::string_view text) : text_(text) {}
    std::optional<Value> whole() {
        auto value = one(0);
        blank();
        if (!value || at_ != text_.size()) return std::nullopt;
        return value;
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void blank() { while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_; }
    bool eat(char c) { blank(); if (peek() != c) return false; ++at_; return true; }

    std::optional<Value> one(int depth) {
        if (depth > 100) return std::nullopt;
        blank();
        switch (peek()) {
            case '{': return dict(depth);
            case '[': return sequence(depth, '[', ']');
            case '(': return sequence(depth, '(', ')');
            case '\'': case '"': return string();
            default: return word();
        }
    }

    std::optional<Value> dict(int depth) {
        ++at_;
        Map map;
        while (!eat('}')) {
            auto key = one(depth + 1);
            if (!key || !eat(':')) return std::nullopt;
            auto value = one(depth + 1);
            if (!value) return std::nullopt;
            map.set(*key, *value);
            if (!eat(',')) { if (!eat('}')) return std::nullopt; break; }
        }
        return Value(std::move(map));
    }

    std::optional<Value> sequence(int depth, char open, char close) {
        ++at_;
        List list;
        bool comma = false;
        while (!eat(close)) {
            auto item = one(depth + 1);
            if (!item) return std::nullopt;
            list.push_back(*item);
            comma = eat(',');
            if (!comma) { if (!eat(close)) return std::nullopt; break; }
        }
        if (open == '(') {
            if (list.size() == 1 && !comma) return list[0];   // only parentheses
            return Value::tuple(std::move(list));
        }
        return Value(std::move(list));
    }

    std::optional<Value> string() {
        char quote = text_[at_++];
        std::string out;
        while (at_ < text_.size() && text_[at_] != quote) {
            char c = text_[at_++];
            if (c != '\\') { if (c == '\n') return std::nullopt; out += c; continue; }
            if (at_ >= text_.size()) return std::nullopt;
            c = text_[at_++];
            switch (c) {
                case 'n': out += '\n'; break;
                case 't': out += '\t'; break;
                case 'r': out += '\r'; break;
                case '\\': case '\'': case '"': out += c; break;
                case '\n': break;
                case 'x': if (!code(2, out)) return std::nullopt; break;
                case 'u': if (!code(4, out)) return std::nullopt; break;
                case 'U': if (!code(8, out)) return std::nullopt; break;
                default: out += '\\'; out += c;
            }
        }
        if (at_ >= text_.size()) return std::nullopt;
        ++at_;
        blank();
        if (peek() == '\'' || peek() == '"') {   // adjacent strings join
            auto more = string();
            if (!more) return std::nullopt;
            out += more->string();
        }
        return Value(std::move(out));
    }

    bool code(std::size_t digits, std::string& out) {
        auto number = base::parse_int(text_.substr(at_, digits), 16);
        if (!number || at_ + digits > text_.size()) return false;
        at_ += digits;
        base::append_utf8(out, static_cast<char32_t>(*number));
        return true;
    }

    std::optional<Value> word() {
        std::size_t begin = at_;
        while (at_ < text_.size() && std::string_view(",:]})( \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
        std::string_view word = text_.substr(begin, at_ - begin);
        if (word == "True") return Value(true);
        if (word == "False") return Value(false);
        if (word == "None") return Value();
        if (auto number = base::parse_int(word)) return Value(*number);
        if (word.starts_with("0x") || word.starts_with("0X"))
            if (auto number = base::parse_int(word.substr(2), 16)) return Value(*number);
        if (word.starts_with("0o") || word.starts_with("0O"))
            if (auto number = base::parse_int(word.substr(2), 8)) return Value(*number);
        if (word.find_first_of("0123456789") != std::string_view::npos && word.find_first_of("infa_") == std::string_view::npos)
            if (auto number = base::parse_double(word)) return Value(*number);
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<values::Value> read_python_literal(std::string_view text) { return Literal(text).whole(); }

}  // namespace fprov::spec
