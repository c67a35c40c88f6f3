// SPDX-License-Identifier: Apache-2.0
// Python's literal syntax, as ast.literal_eval reads it. What Python would refuse gives nothing; so do bytes, complex numbers and
// integers beyond 64 bits, which no value here can hold.
#include <cmath>
#include <cstdlib>

#include "base/text.hpp"
#include "jinja/environment.hpp"
#include "jinja/lexer.hpp"

namespace fprov::jinja {
namespace {

class Literal {
public:
    explicit Literal(std::string_view text) : text_(text) {}

    std::optional<Value> whole() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        auto value = tuple_or_value();
        blank();
        if (!value || at_ < text_.size()) return std::nullopt;
        return value;
    }

private:
    static constexpr int deepest = 90;   // Python's parser refuses about here, too
    using Maybe = std::optional<Value>;

    // Line breaks count as blanks inside brackets, and at the end.
    void blank() {
        for (; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\f') continue;
            if ((c == '\n' || c == '\r') && (depth_ > 0 || text_.find_first_not_of(" \t\r\n\f", at_) == std::string_view::npos)) continue;
            if (c == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
                if (at_ == text_.size()) return;
                --at_;
                continue;
            }
            if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') { ++at_; continue; }
            return;
        }
    }
    bool take(char c) {
        blank();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool next_is(char c) { blank(); return at_ < text_.size() && text_[at_] == c; }

    Maybe tuple_or_value() {
        auto first = value();
        if (!first || !next_is(',')) return first;
        List items{*first};
        while (take(',')) {
            blank();
            if (at_ >= text_.size()) break;
            auto next = value();
            if (!next) return std::nullopt;
            items.push_back(*next);
        }
        return Value::tuple(std::move(items));
    }

    Maybe value() {
        blank();
        if (at_ >= text_.size()) return std::nullopt;
        char c = text_[at_];
        if (c == '[' || c == '(' || c == '{') {
            if (++depth_ > deepest) return std::nullopt;
            ++at_;
            Maybe result = c == '[' ? list() : c == '(' ? tuple() : braces();
            --depth_;
            return result;
        }
        if (c == '-' || c == '+') {
            ++at_;
            blank();
            auto number = this->number();
            if (!number) return std::nullopt;
            if (c == '+') return number;
            return number->is_int() ? Value(-number->integer()) : Value(-number->real());
        }
        if ((c >= '0' && c <= '9') || c == '.') return number();
        if (c == '\'' || c == '"') return strings();
        std::size_t end = at_;
        while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_')) ++end;
        std::string_view word = text_.substr(at_, end - at_);
        if (end < text_.size() && (text_[end] == '\'' || text_[end] == '"')) return strings();
        at_ = end;
        if (word == "True") return Value(true);
        if (word == "False") return Value(false);
        if (word == "None") return Value();
        if (word == "set" && take('(') && take(')')) return Value(List{});
        return std::nullopt;
    }

    Maybe list() {
        List items;
        while (!take(']')) {
            if (!items.empty() && !take(',')) return std::nullopt;
            if (!items.empty() && take(']')) break;
            auto item = value();
            if (!item) return std::nullopt;
            items.push_back(std::move(*item));
        }
        return Value(std::move(items));
    }
    Maybe tuple() {
        List items;
        bool comma = false;
        while (!take(')')) {
            if (!items.empty()) {
                if (!take(',')) return std::nullopt;
                comma = true;
                if (take(')')) break;
            }
            auto item = value();
            if (!item) return std::nullopt;
            items.push_back(std::move(*item));
        }
        if (items.size() == 1 && !comma) return items[0];
        return Value::tuple(std::move(items));
    }
    Maybe braces() {   // a dict, or a set as a list of different elements
        Map map;
        List set;
        bool first = true, dict = true;
        while (!take('}')) {
            if (!first && !take(',')) return std::nullopt;
            if (!first && take('}')) break;
            auto key = value();
            if (!key || !hashable(*key)) return std::nullopt;
            if (first) dict = next_is(':');
            first = false;
            if (!dict) {
                if (map.find(*key)) continue;
                map.set(*key, Value());
                set.push_back(std::move(*key));
                continue;
            }
            if (!take(':')) return std::nullopt;
            auto item = value();
            if (!item) return std::nullopt;
            map.set(std::move(*key), std::move(*item));
        }
        return dict ? Value(std::move(map)) : Value(std::move(set));
    }
    static bool hashable(const Value& value) {
        if (value.is_list() || value.is_map()) return false;
        if (value.is_tuple()) for (const Value& item : value.list()) if (!hashable(item)) return false;
        return true;
    }

    Maybe number() {
        std::size_t begin = at_;
        while (at_ < text_.size()) {
            char c = text_[at_];
            bool exponent_sign = (c == '+' || c == '-') && at_ > begin && (text_[at_ - 1] | 0x20) == 'e' && (text_.substr(begin, 2) != "0x" && text_.substr(begin, 2) != "0X");
            if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && !exponent_sign) break;
            ++at_;
        }
        std::string_view raw = text_.substr(begin, at_ - begin);
        std::string digits;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            if (raw[i] != '_') { digits += raw[i]; continue; }
            bool before = i && std::isalnum(static_cast<unsigned char>(raw[i - 1])), after = i + 1 < raw.size() && std::isalnum(static_cast<unsigned char>(raw[i + 1]));
            if (!before || !after) return std::nullopt;
        }
        if (digits.empty()) return std::nullopt;
        char letter = digits.size() > 2 && digits[0] == '0' ? static_cast<char>(digits[1] | 0x20) : ' ';
        int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
        if (base != 10) {
            auto number = base::parse_int(std::string_view(digits).substr(2), base);
            return number ? Maybe(Value(*number)) : std::nullopt;
        }
        if (digits.find_first_of(".eE") == std::string::npos) {
            if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) return std::nullopt;
            auto number = base::parse_int(digits);
            return number ? Maybe(Value(*number)) : std::nullopt;
        }
        char* end = nullptr;
        double number = std::strtod(digits.c_str(), &end);
        if (end != digits.c_str() + digits.size() || digits == ".") return std::nullopt;
        return Value(number);
    }

    Maybe strings() {   // adjacent ones are joined
        std::string all;
        bool any = false;
        for (;;) {
            blank();
            std::size_t begin = at_;
            bool raw = false;
            while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) && at_ - begin < 2) {
                char c = static_cast<char>(text_[at_] | 0x20);
                if (c == 'r') raw = true;
                else if (c != 'u') { at_ = begin; return std::nullopt; }
                ++at_;
            }
            if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) {
                if (at_ != begin) return std::nullopt;
                break;
            }
            char quote = text_[at_];
            std::string closer(text_.substr(at_, 3) == std::string(3, quote) ? 3 : 1, quote);
            at_ += closer.size();
            std::size_t from = at_;
            while (at_ < text_.size() && text_.substr(at_, closer.size()) != closer) {
                if (closer.size() == 1 && text_[at_] == '\n') return std::nullopt;
                at_ += text_[at_] == '\\' ? 2 : 1;
            }
            if (at_ >= text_.size()) return std::nullopt;
            std::string_view inside = text_.substr(from, at_ - from);
            std::string decoded;
            if (raw) decoded = inside;
            else if (!decode_escapes(inside, decoded)) return std::nullopt;
            all += decoded;
            at_ += closer.size();
            any = true;
        }
        return any ? Maybe(Value(std::move(all))) : std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

std::optional<Value> literal_eval(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    return Literal(text).whole();
}

}  // namespace fprov::jinja
