// SPDX-License-Identifier: Apache-2.0
#include "jinja/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"

namespace fprov::jinja {
namespace {

using base::Failure;
using base::Kind;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

constexpr std::string_view symbols[] = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(",
                                        ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"};

enum class Marker : std::uint8_t { variable, block, comment, line_statement, line_comment };

class Lexer {
public:
    Lexer(std::string text, const Syntax& syntax, Origin origin) : text_(std::move(text)), syntax_(syntax), origin_(origin) {
        if (!origin_.place.line) origin_.place.line = 1;
        if (!origin_.place.column) origin_.place.column = 1;
        newline_ = text_.find('\n');
        markers_ = {{Marker::comment, syntax.comment_start}, {Marker::block, syntax.block_start}, {Marker::variable, syntax.variable_start}};
        if (!syntax.line_statement_prefix.empty()) markers_.push_back({Marker::line_statement, syntax.line_statement_prefix});
        if (!syntax.line_comment_prefix.empty()) markers_.push_back({Marker::line_comment, syntax.line_comment_prefix});
        std::stable_sort(markers_.begin(), markers_.end(), [](const auto& a, const auto& b) { return a.start.size() > b.start.size(); });
        for (const auto& marker : markers_) if (!marker.start.empty()) starts_[static_cast<unsigned char>(marker.start[0])] = true;
    }

    std::vector<Token> whole_template() {
        while (at_ < text_.size()) next_tag();
        add(TokenKind::end, text_.size());
        return std::move(tokens_);
    }

    std::vector<Token> whole_expression() {
        while (skip_space(), at_ < text_.size()) expression_token();
        if (!open_.empty()) fail_unclosed();
        add(TokenKind::end, text_.size());
        return std::move(tokens_);
    }

private:
    struct Start { Marker marker; std::string start; };
    struct Open { char closer; std::size_t at; };

    Place place(std::size_t offset) {
        if (offset < line_start_) { line_ = 0; line_start_ = 0; newline_ = text_.find('\n'); }
        for (; newline_ < offset; newline_ = text_.find('\n', line_start_)) { ++line_; line_start_ = newline_ + 1; }
        Place result = origin_.place;
        result.line += line_;
        auto column = static_cast<std::uint32_t>(offset - line_start_);
        result.column = line_ ? column + 1 + origin_.indent : origin_.place.column + column;
        return result;
    }
    [[noreturn]] void fail(std::string what, std::size_t offset, std::string hint = {}) {
        throw Failure(Kind::parse, std::move(what), place(offset), std::move(hint));
    }
    [[noreturn]] void fail_unclosed() { fail(std::string("unexpected end of template, '") + open_.back().closer + "' is missing", open_.back().at); }
    Token& add(TokenKind kind, std::size_t offset, std::string text = {}) {
        Token token;
        token.kind = kind;
        token.text = std::move(text);
        token.place = place(offset);
        tokens_.push_back(std::move(token));
        return tokens_.back();
    }
    bool looking_at(std::size_t at, std::string_view what) const { return !what.empty() && text_.compare(at, what.size(), what) == 0; }
    void skip_space() { while (at_ < text_.size() && is_space(text_[at_])) ++at_; }
    std::size_t after_space(std::size_t at) const { while (at < text_.size() && is_space(text_[at])) ++at; return at; }

    void add_text(std::size_t begin, std::size_t end) {
        if (end <= begin) return;
        std::string data = text_.substr(begin, end - begin);
        if (syntax_.newline_sequence != "\n") data = base::replace_all(std::move(data), "\n", syntax_.newline_sequence);
        add(TokenKind::text, begin, std::move(data));
    }

    // The white space that a tag at `end` takes away from the text before it.
    std::size_t trimmed(std::size_t begin, std::size_t end, char sign, bool variable) const {
        if (sign == '-') {
            while (end > begin && is_space(text_[end - 1])) --end;
        } else if (sign != '+' && syntax_.lstrip_blocks && !variable) {
            std::size_t from = end;
            while (from > begin && text_[from - 1] != '\n' && is_space(text_[from - 1])) --from;
            bool at_line_start = from > begin ? text_[from - 1] == '\n' : from == 0 || text_[from - 1] == '\n';
            if (at_line_start) end = from;
        }
        return end;
    }

    void next_tag() {
        std::size_t begin = at_;
        for (std::size_t i = at_; i < text_.size(); ++i) {
            if (!syntax_.line_statement_prefix.empty() && (i == 0 || text_[i - 1] == '\n')) {
                std::size_t first = i;
                while (first < text_.size() && (text_[first] == ' ' || text_[first] == '\t' || text_[first] == '\v')) ++first;
                if (looking_at(first, syntax_.line_statement_prefix) && !longer_marker(first, syntax_.line_statement_prefix.size())) {
                    add_text(begin, i);
                    return line_statement(first);
                }
            }
            if (!starts_[static_cast<unsigned char>(text_[i])]) continue;
            for (const auto& [marker, start] : markers_) {
                if (marker == Marker::line_statement || !looking_at(i, start)) continue;
                return tag(marker, begin, i, start.size());
            }
        }
        add_text(begin, text_.size());
        at_ = text_.size();
    }
    bool longer_marker(std::size_t at, std::size_t size) const {
        for (const auto& [marker, start] : markers_) if (start.size() > size && looking_at(at, start)) return true;
        return false;
    }

    void tag(Marker marker, std::size_t begin, std::size_t start, std::size_t size) {
        std::size_t inside = start + size;
        char sign = inside < text_.size() && (text_[inside] == '-' || text_[inside] == '+') ? text_[inside] : ' ';
        switch (marker) {
            case Marker::comment:
                add_text(begin, trimmed(begin, start, sign, false));
                return comment(start, inside + (sign != ' '));
            case Marker::line_comment: {
                while (start > begin && is_blank(text_[start - 1])) --start;
                add_text(begin, start);
                at_ = std::min(text_.find('\n', inside), text_.size());
                return;
            }
            case Marker::block: {
                add_text(begin, trimmed(begin, start, sign, false));
                std::size_t content = inside + (sign != ' ');
                if (auto end = word_tag(content, "raw", false)) return raw(start, *end);
                add(TokenKind::block_begin, start);
                at_ = content;
                return inside_tag(TokenKind::block_end, start);
            }
            case Marker::variable:
                add_text(begin, trimmed(begin, start, sign, true));
                add(TokenKind::variable_begin, start);
                at_ = inside + (sign != ' ');
                return inside_tag(TokenKind::variable_end, start);
            case Marker::line_statement: return;
        }
    }

    void comment(std::size_t start, std::size_t inside) {
        std::size_t end = text_.find(syntax_.comment_end, inside);
        if (end == std::string::npos) fail("Missing end of comment tag", start);
        char sign = end > inside ? text_[end - 1] : ' ';
        at_ = end + syntax_.comment_end.size();
        finish_block(sign);
    }
    void finish_block(char sign) {
        if (sign == '-') skip_space();
        else if (sign != '+' && syntax_.trim_blocks && at_ < text_.size() && text_[at_] == '\n') ++at_;
    }

    // `raw %}` or `endraw %}` at `at`: the offset behind it, after its white-space rule.
    std::optional<std::size_t> word_tag(std::size_t at, std::string_view word, bool ends_block) {
        at = after_space(at);
        if (!looking_at(at, word)) return std::nullopt;
        at = after_space(at + word.size());
        char sign = at < text_.size() ? text_[at] : ' ';
        if (sign == '-' || (sign == '+' && ends_block)) ++at; else sign = ' ';
        if (!looking_at(at, syntax_.block_end)) return std::nullopt;
        at += syntax_.block_end.size();
        if (sign == '-') return after_space(at);
        if (ends_block && sign != '+' && syntax_.trim_blocks && at < text_.size() && text_[at] == '\n') ++at;
        return at;
    }
    void raw(std::size_t start, std::size_t begin) {
        for (std::size_t i = begin; (i = text_.find(syntax_.block_start, i)) != std::string::npos; ++i) {
            std::size_t inside = i + syntax_.block_start.size();
            char sign = inside < text_.size() && (text_[inside] == '-' || text_[inside] == '+') ? text_[inside] : ' ';
            if (auto end = word_tag(inside + (sign != ' '), "endraw", true)) {
                add_text(begin, trimmed(begin, i, sign, false));
                at_ = *end;
                return;
            }
        }
        fail("Missing end of raw directive", start, "close it with {% endraw %}");
    }

    void line_statement(std::size_t first) {
        add(TokenKind::block_begin, first);
        at_ = first + syntax_.line_statement_prefix.size();
        if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
        for (;;) {
            if (open_.empty()) {
                std::size_t next = at_;
                while (next < text_.size() && text_[next] != '\n' && is_space(text_[next])) ++next;
                if (next >= text_.size() || text_[next] == '\n') {
                    add(TokenKind::block_end, next);
                    at_ = std::min(next + 1, text_.size());
                    return;
                }
            }
            skip_space();
            if (at_ >= text_.size()) fail_unclosed();
            expression_token();
        }
    }

    void inside_tag(TokenKind end, std::size_t start) {
        const std::string& closer = end == TokenKind::block_end ? syntax_.block_end : syntax_.variable_end;
        for (;;) {
            skip_space();
            if (at_ >= text_.size()) {
                if (!open_.empty()) fail_unclosed();
                fail(std::string("unexpected end of template, expected '") + closer + "'", start);
            }
            if (open_.empty()) {
                char sign = text_[at_];
                bool block = end == TokenKind::block_end;
                if ((sign == '-' || (sign == '+' && block)) && looking_at(at_ + 1, closer)) {
                    add(end, at_);
                    at_ += 1 + closer.size();
                    if (sign == '-') skip_space();
                    return;
                }
                if (looking_at(at_, closer)) {
                    add(end, at_);
                    at_ += closer.size();
                    if (block) finish_block(' ');
                    return;
                }
            }
            expression_token();
        }
    }

    void expression_token() {
        char c = text_[at_];
        if (is_digit(c)) return number();
        if (is_name_start(c)) {
            std::size_t begin = at_;
            while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
            add(TokenKind::name, begin, text_.substr(begin, at_ - begin));
            return;
        }
        if (c == '"' || c == '\'') return string(c);
        for (std::string_view symbol : symbols) {
            if (!looking_at(at_, symbol)) continue;
            balance(symbol[0]);
            add(TokenKind::symbol, at_, std::string(symbol));
            at_ += symbol.size();
            return;
        }
        std::size_t end = at_;
        base::next_code_point(text_, end);
        fail("unexpected char '" + text_.substr(at_, end - at_) + "'", at_);
    }
    void balance(char c) {
        if (c == '(') open_.push_back({')', at_});
        else if (c == '[') open_.push_back({']', at_});
        else if (c == '{') open_.push_back({'}', at_});
        else if (c == ')' || c == ']' || c == '}') {
            if (open_.empty()) fail(std::string("unexpected '") + c + "'", at_);
            if (open_.back().closer != c) fail(std::string("unexpected '") + c + "', expected '" + open_.back().closer + "'", at_);
            open_.pop_back();
        }
    }

    void string(char quote) {
        std::size_t begin = at_;
        std::size_t i = at_ + 1;
        while (i < text_.size() && text_[i] != quote) i += text_[i] == '\\' ? 2 : 1;
        if (i >= text_.size()) fail(std::string("unexpected char ") + (quote == '\'' ? "\"'\"" : "'\"'"), begin, "the text that starts here is not closed");
        std::string decoded;
        if (!decode_escapes(std::string_view(text_).substr(begin + 1, i - begin - 1), decoded))
            fail("a backslash escape in this text is broken", begin, "write \\\\ for a backslash itself");
        at_ = i + 1;
        add(TokenKind::string, begin, std::move(decoded));
    }

    // Digits with single underscores between them; false when none.
    template <class Accept>
    bool digits(std::string& out, Accept accept) {
        if (at_ >= text_.size() || !accept(text_[at_])) return false;
        while (at_ < text_.size()) {
            if (accept(text_[at_])) out += text_[at_++];
            else if (text_[at_] == '_' && at_ + 1 < text_.size() && accept(text_[at_ + 1])) ++at_;
            else break;
        }
        return true;
    }
    void number() {
        std::size_t begin = at_;
        std::string text;
        int base = 10;
        bool real = false;
        char letter = text_[at_] == '0' && at_ + 1 < text_.size() ? static_cast<char>(text_[at_ + 1] | 0x20) : ' ';
        if (letter == 'x' || letter == 'o' || letter == 'b') {
            at_ += 2;
            base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
            if (at_ < text_.size() && text_[at_] == '_') ++at_;
            auto accept = [base](char c) {
                int digit = is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
                return digit < base;
            };
            if (!digits(text, accept)) { base = 10; at_ = begin + 1; text = "0"; }
        } else {
            digits(text, is_digit);
            bool after_dot = begin > 0 && text_[begin - 1] == '.';   // `l.0.1` is an item of an item
            if (!after_dot) {
                if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
                    text += '.';
                    ++at_;
                    digits(text, is_digit);
                    real = true;
                }
                if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
                    std::size_t digit = at_ + 1;
                    if (digit < text_.size() && (text_[digit] == '+' || text_[digit] == '-')) ++digit;
                    if (digit < text_.size() && is_digit(text_[digit])) {
                        text += 'e';
                        text.append(text_, at_ + 1, digit - at_ - 1);
                        at_ = digit;
                        digits(text, is_digit);
                        real = true;
                    }
                }
            }
        }
        if (!real && base == 10 && text[0] == '0') {   // no 0644: further digits are another token, and so a syntax error
            at_ = begin + 1;
            while (at_ < text_.size() && (text_[at_] == '0' || (text_[at_] == '_' && at_ + 1 < text_.size() && text_[at_ + 1] == '0'))) ++at_;
            text = "0";
        }
        Token token;
        token.kind = real ? TokenKind::real : TokenKind::integer;
        token.text = text_.substr(begin, at_ - begin);
        token.place = place(begin);
        if (real) token.real = std::strtod(text.c_str(), nullptr);
        else if (auto value = base::parse_int(text, base)) token.integer = *value;
        else fail("the number " + token.text + " is too large for 64 bits", begin);
        tokens_.push_back(std::move(token));
    }

    std::string text_;
    const Syntax& syntax_;
    Origin origin_;
    std::vector<Start> markers_;
    std::array<bool, 256> starts_{};
    std::vector<Token> tokens_;
    std::vector<Open> open_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 0;
    std::size_t line_start_ = 0, newline_ = 0;   // of the line that place() was asked for last, and where it ends
};

std::string normalized(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') { out += text[i]; continue; }
        out += '\n';
        if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
    return out;
}

}  // namespace

std::vector<Token> tokenize_template(std::string_view text, const Syntax& syntax, Origin origin) {
    std::string source = text.find('\r') == std::string_view::npos ? std::string(text) : normalized(text);
    if (!syntax.keep_trailing_newline && !source.empty() && source.back() == '\n') source.pop_back();
    return Lexer(std::move(source), syntax, origin).whole_template();
}

std::vector<Token> tokenize_expression(std::string_view text, Origin origin) {
    static const Syntax plain;
    return Lexer(std::string(text), plain, origin).whole_expression();
}

bool decode_escapes(std::string_view inside, std::string& out) {
    out.clear();
    out.reserve(inside.size());
    constexpr std::string_view letters = "\\'\"abfnrtv", meanings = "\\'\"\a\b\f\n\r\t\v";
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] != '\\' || i + 1 >= inside.size()) { out += inside[i]; continue; }
        char c = inside[++i];
        if (c == '\n') continue;
        if (auto known = letters.find(c); known != std::string_view::npos) { out += meanings[known]; continue; }
        std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits) {
            auto code = i + digits < inside.size() ? base::parse_int(inside.substr(i + 1, digits), 16) : std::nullopt;
            if (!code || *code < 0 || *code > 0x10ffff || inside[i + 1] == '+' || inside[i + 1] == '-') return false;
            base::append_utf8(out, static_cast<char32_t>(*code));
            i += digits;
        } else if (c >= '0' && c <= '7') {
            char32_t code = 0;
            std::size_t taken = 0;
            for (; taken < 3 && i + taken < inside.size() && inside[i + taken] >= '0' && inside[i + taken] <= '7'; ++taken)
                code = code * 8 + static_cast<char32_t>(inside[i + taken] - '0');
            base::append_utf8(out, code);
            i += taken - 1;
        } else if (c == 'N') {
            return false;
        } else {
            out += '\\';
            out += c;
        }
    }
    return true;
}

}  // namespace fprov::jinja
