// SPDX-License-Identifier: Apache-2.0
#include "regex/translate.hpp"

#include <algorithm>
#include <cctype>

namespace fprov::regex {
namespace {

using base::Error;
using base::Kind;
using base::Result;

Error bad(std::string what, std::size_t at) { return Error{Kind::parse, std::move(what) + " at position " + std::to_string(at)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// One pass over the pattern; `out_` grows with what PCRE2 understands in the same sense.
class Translator {
public:
    Translator(std::string_view in, Flags flags) : in_(in) { result_.flags = flags; }

    Result<Translated> run() {
        if (auto error = leading_flags()) return *error;
        while (at_ < in_.size()) {
            if (auto error = step()) return *error;
        }
        result_.origin.push_back(static_cast<std::uint32_t>(in_.size()));
        return std::move(result_);
    }

private:
    using Step = std::optional<Error>;

    void put(std::string_view text, std::size_t origin) {
        result_.pattern += text;
        result_.origin.insert(result_.origin.end(), text.size(), static_cast<std::uint32_t>(origin));
    }
    void copy(std::size_t count) {
        for (; count && at_ < in_.size(); --count, ++at_) put(in_.substr(at_, 1), at_);
    }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

    Step set_flag(char letter) {
        switch (letter) {
            case 'i': result_.flags.ignore_case = true; return {};
            case 'm': result_.flags.multiline = true; return {};
            case 's': result_.flags.dotall = true; return {};
            case 'x': result_.flags.verbose = true; return {};
            case 'a': result_.flags.ascii = true; return {};
            case 'u': case 'L': return {};
        }
        return bad("unknown flag", at_);
    }

    // Global flags are allowed at the start only (Python 3.11).
    Step leading_flags() {
        while (in_.substr(at_, 2) == "(?") {
            std::size_t end = at_ + 2;
            while (end < in_.size() && std::string_view("imsxauL").find(in_[end]) != std::string_view::npos) ++end;
            if (end == at_ + 2 || end >= in_.size() || in_[end] != ')') return {};
            for (std::size_t i = at_ + 2; i < end; ++i)
                if (auto error = set_flag(in_[i])) return error;
            at_ = end + 1;
        }
        return {};
    }

    Step step() {
        const char c = peek();
        if (c == '\\') return escape(false);
        if (c == '[') return set();
        if (c == '(') return group();
        if (c == '{') return braces();
        if (c == '#' && result_.flags.verbose) {
            while (at_ < in_.size() && in_[at_] != '\n') ++at_;
            return {};
        }
        copy(1);
        return {};
    }

    // PCRE2 10.42 takes "{,5}" literally; for Python it is {0,5}.
    Step braces() {
        std::size_t i = 1;
        if (peek(1) == ',') {
            i = 2;
            while (is_digit(peek(i))) ++i;
            if (i > 2 && peek(i) == '}') {
                put("{0", at_);
                ++at_;
                copy(i);
                return {};
            }
            if (i == 2 && peek(2) == '}') {   // {,} is {0,}
                put("{0,}", at_);
                at_ += 3;
                return {};
            }
        }
        copy(1);
        return {};
    }

    Step group() {
        const std::size_t start = at_;
        if (peek(1) == '*') return bad("nothing to repeat", at_ + 1);
        if (peek(1) != '?') { copy(1); return {}; }
        const char kind = peek(2);
        switch (kind) {
            case ':': case '=': case '!': case '>': copy(3); return {};
            case '#': {
                const auto end = in_.find(')', at_);
                if (end == std::string_view::npos) return bad("missing ), unterminated comment", start);
                at_ = end + 1;
                return {};
            }
            case '<':
                if (peek(3) == '=' || peek(3) == '!') { copy(4); return {}; }
                return bad(std::string("unknown extension ?<") + (peek(3) ? std::string(1, peek(3)) : ""), at_ + 1);
            case 'P': return named_group();
            case '(': return conditional();
            case '\0': return bad("unexpected end of pattern", in_.size());
        }
        return inline_flags();
    }

    Step named_group() {
        const char kind = peek(3);
        const std::size_t start = at_;
        if (kind == '<' || kind == '=') {
            const char close = kind == '<' ? '>' : ')';
            const auto end = in_.find(close, at_ + 4);
            if (end == std::string_view::npos)
                return bad(end == at_ + 4 ? "missing group name" : std::string("missing ") + close + ", unterminated name", at_ + 4);
            const auto name = in_.substr(at_ + 4, end - at_ - 4);
            if (name.empty()) return bad("missing group name", at_ + 4);
            if (is_digit(name[0]) || !std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; }))
                return bad("bad character in group name '" + std::string(name) + "'", at_ + 4);
            copy(end + 1 - start);
            return {};
        }
        if (!kind) return bad("unexpected end of pattern", in_.size());
        return bad(std::string("unknown extension ?P") + kind, at_ + 1);
    }

    Step conditional() {
        const auto end = in_.find(')', at_);
        if (end == std::string_view::npos) return bad("missing ), unterminated name", at_ + 3);
        const auto name = in_.substr(at_ + 3, end - at_ - 3);
        if (name.empty()) return bad("missing group name", at_ + 3);
        const bool number = std::all_of(name.begin(), name.end(), is_digit);
        put("(?(", at_);
        put(number ? std::string(name) : "<" + std::string(name) + ">", at_ + 3);
        put(")", end);
        at_ = end + 1;
        return {};
    }

    // (?i:…) and (?-i:…). The letters a, u, L are known to Python only; dropped, since they change classes, not structure.
    Step inline_flags() {
        std::size_t i = 2;
        std::string kept;
        while (std::string_view("imsxauL-").find(peek(i)) != std::string_view::npos && peek(i)) {
            if (std::string_view("auL").find(peek(i)) == std::string_view::npos) kept += peek(i);
            ++i;
        }
        if (i > 2 && peek(i) == ')') return bad("global flags not at the start of the expression", at_);
        if (i == 2 || peek(i) != ':') {
            if (!peek(i)) return bad("missing -, : or )", in_.size());
            return bad(i == 2 ? std::string("unknown extension ?") + peek(2) : std::string("unknown flag"), i == 2 ? at_ + 1 : at_ + i);
        }
        put("(?" + (kept == "-" ? std::string() : kept) + ":", at_);
        at_ += i + 1;
        return {};
    }

    Step hex_escape(std::size_t digits) {
        std::size_t i = 2;
        while (i < 2 + digits && is_hex(peek(i))) ++i;
        if (i < 2 + digits) return bad("incomplete escape " + std::string(in_.substr(at_, i)), at_);
        put("\\x{" + std::string(in_.substr(at_ + 2, digits)) + "}", at_);
        at_ += 2 + digits;
        return {};
    }

    Step numeric_escape(bool in_set) {
        if (peek(1) == '0' || in_set || (is_octal(peek(1)) && is_octal(peek(2)) && is_octal(peek(3)))) {
            std::size_t i = 1;
            unsigned value = 0;
            while (i < 4 && is_octal(peek(i))) value = value * 8 + static_cast<unsigned>(peek(i++) - '0');
            if (i == 1) return bad(std::string("bad escape \\") + peek(1), at_);
            if (value > 0377) return bad("octal escape value " + std::string(in_.substr(at_, i)) + " outside of range 0-0o377", at_);
            char text[16];
            std::snprintf(text, sizeof text, "\\x{%x}", value);
            put(text, at_);
            at_ += i;
            return {};
        }
        std::size_t i = 2;
        if (is_digit(peek(2))) i = 3;
        put("\\g{" + std::string(in_.substr(at_ + 1, i - 1)) + "}", at_);
        at_ += i;
        return {};
    }

    Step escape(bool in_set) {
        const char c = peek(1);
        if (at_ + 1 >= in_.size()) return bad("bad escape (end of pattern)", at_);
        if (is_digit(c)) return numeric_escape(in_set);
        switch (c) {
            case 'x': return hex_escape(2);
            case 'u': return hex_escape(4);
            case 'U': return hex_escape(8);
            case 'v': put("\\x{b}", at_); at_ += 2; return {};   // PCRE2's \v is a class of vertical spaces
            case 'Z':
                if (in_set) break;
                put("\\z", at_);
                at_ += 2;
                return {};
            case 'A': case 'B':
                if (in_set) break;
                copy(2);
                return {};
            case 'b':
                copy(2);
                return {};
            case 'd': case 'D': case 's': case 'S': case 'w': case 'W': case 'a': case 'f': case 'n': case 'r': case 't':
                copy(2);
                return {};
        }
        if (is_letter(c)) return bad(std::string("bad escape \\") + c, at_);
        if (static_cast<unsigned char>(c) >= 0x80) { ++at_; copy(1); return {}; }   // a backslash before non-ASCII means nothing
        copy(2);
        return {};
    }

    Step set() {
        const std::size_t start = at_;
        copy(1);
        if (peek() == '^') copy(1);
        if (peek() == ']') { put("\\]", at_); ++at_; }
        while (at_ < in_.size() && peek() != ']') {
            if (peek() == '\\') {
                if (auto error = escape(true)) return error;
            } else if (peek() == '[') {   // no [:alpha:] in Python
                put("\\[", at_);
                ++at_;
            } else {
                copy(1);
            }
        }
        if (at_ >= in_.size()) return bad("unterminated character set", start);
        copy(1);
        return {};
    }

    std::string_view in_;
    std::size_t at_ = 0;
    Translated result_;
};

}  // namespace

Result<Translated> translate(std::string_view pattern, Flags flags) { return Translator(pattern, flags).run(); }

Result<std::vector<ReplacementPart>> parse_replacement(std::string_view text, std::size_t groups,
                                                       const std::vector<std::pair<std::string, std::size_t>>& names) {
    std::vector<ReplacementPart> parts;
    auto literal = [&]() -> std::string& {
        if (parts.empty() || parts.back().group >= 0) parts.push_back({});
        return parts.back().text;
    };
    auto reference = [&](std::size_t number) { parts.push_back({{}, static_cast<int>(number)}); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') { literal() += text[i]; continue; }
        if (i + 1 >= text.size()) return bad("bad escape (end of pattern)", i);
        const char c = text[++i];
        if (c == 'g') {
            if (i + 1 >= text.size() || text[i + 1] != '<') return bad("missing <", i + 1);
            const auto end = text.find('>', i + 2);
            if (end == std::string_view::npos)
                return bad(i + 2 >= text.size() ? "missing group name" : "missing >, unterminated name", i + 2);
            const auto name = text.substr(i + 2, end - i - 2);
            if (name.empty()) return bad("missing group name", i + 2);
            if (std::all_of(name.begin(), name.end(), is_digit)) {
                const std::size_t number = name.size() > 6 ? groups + 1 : std::stoul(std::string(name));
                if (number > groups) return bad("invalid group reference " + std::string(name), i + 2);
                reference(number);
            } else {
                const auto known = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
                if (known == names.end()) return Error{Kind::parse, "unknown group name '" + std::string(name) + "'"};
                reference(known->second);
            }
            i = end;
        } else if (is_digit(c)) {
            if (c == '0' || (is_octal(c) && i + 2 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]))) {
                unsigned value = 0;
                std::size_t count = 0;
                while (count < 3 && i < text.size() && is_octal(text[i])) { value = value * 8 + static_cast<unsigned>(text[i++] - '0'); ++count; }
                --i;
                if (value < 0x80) literal() += static_cast<char>(value);
                else { literal() += static_cast<char>(0xC0 | (value >> 6)); literal() += static_cast<char>(0x80 | (value & 0x3F)); }
                continue;
            }
            const std::size_t start = i;
            std::size_t number = static_cast<std::size_t>(c - '0');
            if (i + 1 < text.size() && is_digit(text[i + 1])) number = number * 10 + static_cast<std::size_t>(text[++i] - '0');
            if (number > groups) return bad("invalid group reference " + std::to_string(number), start);
            reference(number);
        } else if (is_letter(c)) {
            static constexpr std::string_view from = "abfnrtv", to = "\a\b\f\n\r\t\v";
            const auto known = from.find(c);
            if (known == std::string_view::npos) return bad(std::string("bad escape \\") + c, i - 1);
            literal() += to[known];
        } else if (c == '\\') {
            literal() += '\\';
        } else {
            literal() += '\\';
            literal() += c;
        }
    }
    return parts;
}

}  // namespace fprov::regex
