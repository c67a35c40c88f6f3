// SPDX-License-Identifier: Apache-2.0
#include "values/yaml_reader_text.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace fprov::values {

namespace {

using base::Failure;
using base::Kind;
using base::Place;

struct Complaint { std::string_view scanner, ours, hint; };

// yaml-cpp's messages, in the words that Ansible's users know from PyYAML.
constexpr Complaint complaints[] = {
    {"illegal map value", "mapping values are not allowed in this context", ""},
    {"illegal block entry", "block sequence entries are not allowed in this context", "begin the list on the next line"},
    {"illegal map key", "mapping keys are not allowed in this context", ""},
    {"unknown token", "found character that cannot start any token", "quote a value that begins with '%', '@', '`' or a tab"},
    {"end of map not found", "did not find expected key", "the indentation may be wrong, or something stands behind a closed value"},
    {"end of sequence not found", "did not find expected '-' indicator", "the items of a list must be indented alike"},
    {"end of map flow not found", "did not find expected ',' or '}'", "close the '{' that was opened"},
    {"end of sequence flow not found", "did not find expected ',' or ']'", "close the '[' that was opened"},
    {"illegal flow end", "did not find the start of what ends here", "quote a value that begins with ']' or '}'"},
    {"illegal tab when looking for indentation", "found a tab character where an indentation space is expected", "indent with spaces"},
    {"illegal EOF in scalar", "found unexpected end of stream while scanning a quoted scalar", "the quote is never closed"},
    {"illegal document indicator in scalar", "found unexpected document indicator while scanning a quoted scalar", "the quote is never closed"},
    {"the referenced anchor is not defined", "found undefined alias", "quote a value that begins with '*'; an alias (*name) needs its anchor (&name) before it"},
    {"alias not found after *", "did not find expected alphabetic or numeric character while scanning an alias", "quote a value that begins with '*'"},
    {"anchor not found after &", "did not find expected alphabetic or numeric character while scanning an anchor", "quote a value that begins with '&'"},
    {"illegal character found while scanning alias", "did not find expected alphabetic or numeric character while scanning an alias", "quote a value that begins with '*'"},
    {"illegal character found while scanning anchor", "did not find expected alphabetic or numeric character while scanning an anchor", "quote a value that begins with '&'"},
    {"unexpected character in block scalar", "did not find expected comment or line break after '|' or '>'", "begin the text on the next line"},
    {"cannot assign multiple tags to the same node", "a value has two tags", ""},
    {"cannot assign multiple anchors to the same node", "a value has two anchors", ""},
};

constexpr char hidden = '\x01';   // never in a text that check_characters let pass

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_indent(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
}

/// What stands behind "key: " or "- " in a line; empty when neither is there.
std::string_view value_of(std::string_view line) {
    line = without_indent(line);
    while (line.starts_with("- ")) line = without_indent(line.substr(2));
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
        if (line[i] == ':' && blank(line[i + 1])) return without_indent(line.substr(i + 1));
    return line;
}

std::string_view key_of(std::string_view line) {
    line = without_indent(line);
    while (line.starts_with("- ")) line = without_indent(line.substr(2));
    return line.substr(0, std::min(line.find(':'), line.size()));
}

std::string unquoted(std::string_view line) {
    const std::string_view value = base::trim(value_of(line));
    std::string escaped = base::replace_all(std::string(value), "\"", "\\\"");
    const std::string key(key_of(line));
    return "a value that begins with '{{' must be quoted: " + (key.empty() || key.find('{') != std::string::npos ? "" : key + ": ") + "\"" + escaped + "\"";
}

}  // namespace

YamlText::YamlText(std::string_view text, std::uint32_t source) : text_(text), source_(source) {
    starts_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n') starts_.push_back(i + 1);
}

Place YamlText::place(int line, int column) const {
    if (line < 0) return Place{source_, 0, 0};
    return Place{source_, static_cast<std::uint32_t>(line) + 1, static_cast<std::uint32_t>(column) + 1};
}

std::size_t YamlText::offset(int line, int column) const {
    if (line < 0 || static_cast<std::size_t>(line) >= starts_.size()) return text_.size();
    return std::min(starts_[static_cast<std::size_t>(line)] + static_cast<std::size_t>(column), text_.size());
}

std::string_view YamlText::line(int number) const {
    if (number < 0 || static_cast<std::size_t>(number) >= starts_.size()) return {};
    std::string_view rest = text_.substr(starts_[static_cast<std::size_t>(number)]);
    rest = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
}

std::string_view YamlText::at(Place place) const {
    return text_.substr(offset(static_cast<int>(place.line) - 1, static_cast<int>(place.column) - 1));
}

int YamlText::characters_before(Place place) const {
    const std::string_view whole = line(static_cast<int>(place.line) - 1);
    return static_cast<int>(base::utf8_length(whole.substr(0, place.column - 1)));
}

bool YamlText::is_null_word(int line, int column) const {
    const std::string_view rest = text_.substr(offset(line, column));
    for (const std::string_view word : {"~", "null", "Null", "NULL"})
        if (rest.starts_with(word)) {
            const char next = rest.size() > word.size() ? rest[word.size()] : '\n';
            return next == '\n' || next == '\r' || blank(next) || next == ',' || next == ']' || next == '}';
        }
    return false;
}

bool YamlText::has_colon(Place key) const {
    const std::string_view whole = line(static_cast<int>(key.line) - 1);
    const std::string_view before = whole.substr(0, key.column - 1), rest = whole.substr(std::min<std::size_t>(key.column - 1, whole.size()));
    if (before.find('?') != std::string_view::npos || (key.line > 1 && base::trim(line(static_cast<int>(key.line) - 2)).ends_with('?'))) return true;
    for (std::size_t i = rest.find(':'); i != std::string_view::npos; i = rest.find(':', i + 1))
        if (i + 1 == rest.size() || blank(rest[i + 1]) || (i > 0 && (rest[i - 1] == '"' || rest[i - 1] == '\''))) return true;
    return rest.empty();   // an empty key that something else has placed
}

bool YamlText::is_bare_colon(int row, int column) const {
    const std::string_view whole = line(row);
    if (static_cast<std::size_t>(column) >= whole.size() || whole[static_cast<std::size_t>(column)] != ':') return false;
    std::string_view before = base::trim(whole.substr(0, static_cast<std::size_t>(column)));
    while (before.starts_with('-')) before = base::trim(before.substr(1));
    if (!before.empty()) return false;
    while (--row >= 0)
        if (const auto text = base::trim(line(row)); !text.empty()) return !text.ends_with('?');
    return true;
}

bool YamlText::has_document_marker(int from, int to) const {
    for (int i = from; i <= to; ++i) {
        const std::string_view text = line(i);
        if ((text.starts_with("---") || text.starts_with("...")) && (text.size() == 3 || blank(text[3]))) return true;
    }
    return false;
}

namespace {

/// yaml-cpp loses one newline where a quoted text ends with empty lines.
int newlines_before(std::string_view inside, char quote) {
    const std::size_t last = inside.find_last_not_of(" \t\r\n");
    const std::string_view tail = inside.substr(last == std::string_view::npos ? 0 : last + 1);
    const auto breaks = std::count(tail.begin(), tail.end(), '\n');
    if (breaks < 2 || (quote == '"' && last != std::string_view::npos && inside[last] == '\\')) return -1;
    return static_cast<int>(breaks) - 1;
}

}  // namespace

int YamlText::kept_newlines(int header, std::size_t indent) const {
    const std::string_view head = line(header);
    const std::size_t mark = head.rfind('>');
    if (mark == std::string_view::npos || head.substr(mark, 3).find('+') == std::string_view::npos) return -1;
    int blanks = 0;
    bool ended = true;   // the last line of the text has a newline
    for (int i = header + 1; static_cast<std::size_t>(i) < starts_.size(); ++i) {
        const std::string_view raw = line(i);
        const std::size_t first = raw.find_first_not_of(' ');
        const bool last = static_cast<std::size_t>(i) + 1 == starts_.size();
        if (first == std::string_view::npos && raw.size() <= indent) {
            blanks += !last;
            continue;
        }
        if (first != std::string_view::npos && first < indent) break;
        blanks = 0;
        ended = !last;
    }
    return ended ? blanks + 1 : 0;
}

ScalarSite YamlText::scalar_site(int line_number, int column, std::string_view value) const {
    std::size_t at = offset(line_number, column);
    int current = line_number;
    // Tags and anchors come first; the text may stand on a later line.
    while (at < text_.size()) {
        const char c = text_[at];
        if (c == '\n') {
            ++current;
            ++at;
        } else if (blank(c) || c == '\r') {
            ++at;
        } else if (c == '!' || c == '&') {
            while (at < text_.size() && !blank(text_[at]) && text_[at] != '\n' && text_[at] != '\r') ++at;
        } else if (c == '#' && at > 0 && (blank(text_[at - 1]) || text_[at - 1] == '\n')) {
            while (at < text_.size() && text_[at] != '\n') ++at;
        } else {
            break;
        }
    }
    if (at >= text_.size()) return {place(line_number, column)};
    const int found = static_cast<int>(at - starts_[static_cast<std::size_t>(current)]);
    const char c = text_[at];
    if (c == '"' || c == '\'') {
        ScalarSite site{place(current, found + 1), false, -1, true};
        for (std::size_t i = at + 1; i < text_.size(); ++i) {
            if (c == '"' && text_[i] == '\\') {
                ++i;
            } else if (text_[i] == c) {
                if (c == '\'' && i + 1 < text_.size() && text_[i + 1] == c) {
                    ++i;
                } else {
                    site.unclosed = false;
                    site.ends = newlines_before(text_.substr(at + 1, i - at - 1), c);
                    break;
                }
            }
        }
        if (site.unclosed) site.place = place(current, found);
        return site;
    }
    if (c == '|' || c == '>') {
        // A block's text begins on the next line; its indentation is what the raw line has more than the value's line.
        std::size_t lead = 0, start = 0;
        while (start < value.size()) {
            const std::size_t end = std::min(value.find('\n', start), value.size());
            const std::size_t first = value.find_first_not_of(' ', start);
            if (first != std::string_view::npos && first < end) {
                lead = first - start;
                break;
            }
            start = end + 1;
        }
        for (int i = current + 1; static_cast<std::size_t>(i) < starts_.size(); ++i) {
            const std::string_view raw = line(i);
            const std::size_t first = raw.find_first_not_of(' ');
            if (first == std::string_view::npos) continue;
            const std::size_t indent = first >= lead ? first - lead : first;
            return {place(current + 1, static_cast<int>(indent)), false, c == '>' ? kept_newlines(current, indent) : -1};
        }
        return {place(current, found), false};
    }
    return {place(current, found)};
}

std::string YamlText::for_scanner() const {
    std::string out(text_);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] != '?') continue;
        const char before = i ? out[i - 1] : '\n', after = i + 1 < out.size() ? out[i + 1] : '\n';
        const bool begins = blank(before) || std::string_view("\n[{,").find(before) != std::string_view::npos;
        const bool ends = blank(after) || std::string_view("\r\n]},").find(after) != std::string_view::npos;
        if (!begins || !ends) out[i] = hidden;
    }
    return out;
}

std::string YamlText::with_end(std::string value, int newlines) {
    if (newlines < 0) return value;
    while (!value.empty() && value.back() == '\n') value.pop_back();
    return value.append(static_cast<std::size_t>(newlines), '\n');
}

std::string YamlText::repaired(const std::string& given) {
    std::string value = given;
    std::replace(value.begin(), value.end(), hidden, '?');
    if (base::is_utf8(value)) return value;
    std::string out;
    for (std::size_t at = 0; at < value.size();) {
        const char32_t code = base::next_code_point(value, at);
        base::append_utf8(out, code >= 0xDC80 && code <= 0xDCFF ? code - 0xDC00 : code);
    }
    return out;
}

void YamlText::check_characters() const {
    // A first line that begins with '%' is a directive; yaml-cpp forgives all kinds of them, and drops the line.
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        const std::string_view first = line(static_cast<int>(i));
        if (base::trim(first).empty() || first[0] == '#') continue;
        if (first[0] == '%' && !first.starts_with("%YAML ") && !first.starts_with("%TAG "))
            throw Failure(Kind::parse, "syntax error in YAML: found unknown directive name", place(static_cast<int>(i), 0), "quote a value that begins with '%'");
        if (first[0] != '%') break;
    }
    std::size_t at = 0;
    std::size_t row = 0;
    while (at < text_.size()) {
        const std::size_t start = at;
        const auto byte = static_cast<unsigned char>(text_[at]);
        if (byte == '\n') ++row;
        if (byte < 0x80) {
            ++at;
            if (byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t') continue;
        } else {
            const char32_t code = base::next_code_point(text_, at);
            if (code < 0xD800 || code > 0xDFFF) continue;
        }
        const Place where = place(static_cast<int>(row), static_cast<int>(start - std::min(start, starts_[row])));
        if (byte < 0x80) throw Failure(Kind::parse, "control characters are not allowed", where, "write it as an escape in double quotes, such as \"\\x07\"");
        throw Failure(Kind::parse, "the text is not valid UTF-8", where, "save the file as UTF-8");
    }
}

std::string YamlText::guess(int number) const {
    for (int i = number; i >= std::max(0, number - 1); --i) {
        const std::string_view text = line(i);
        const std::string_view value = base::trim(value_of(text));
        const std::size_t indent_end = text.find_first_not_of(' ');
        if (indent_end != std::string_view::npos && text[indent_end] == '\t') return "the line is indented with a tab; indent with spaces";
        if (value.starts_with("{{") || value.starts_with("{%")) return unquoted(text);
        if (value.size() > 1 && (value[0] == '"' || value[0] == '\'')) {
            const std::size_t end = value.find(value[0], 1);
            if (end == std::string_view::npos) return "the quote that opens in line " + std::to_string(i + 1) + " is not closed there";
            const std::string_view rest = without_indent(value.substr(end + 1));
            if (!rest.empty() && rest[0] != '#' && rest[0] != ':' && rest[0] != ',' && value.back() != '\\')
                return "the value ends at its second quote; put the whole value in quotes, or none of it";
        }
        if (i == number && value.find(": ") != std::string_view::npos) return "a value that holds ': ' must be quoted";
        if (i == number && value.ends_with(':') && value_of(text).size() < without_indent(text).size()) return "a value that ends with ':' must be quoted";
        const std::string_view body = base::trim(without_indent(text));
        const std::size_t colon = body.find(':');
        if (i < number && !body.starts_with('#') && colon != std::string_view::npos && colon + 1 < body.size() && !blank(body[colon + 1]) &&
            body.find(": ") == std::string_view::npos && body[0] != '"' && body[0] != '\'')
            return "a space is missing after the colon in line " + std::to_string(i + 1);
        if (i < number && !body.empty() && !body.starts_with('#') && !body.starts_with('-') && colon == std::string_view::npos &&
            body.find_first_of("\"'{[|>") == std::string_view::npos)
            return "line " + std::to_string(i + 1) + " has no colon";
        if (i < number && !body.empty() && !body.starts_with('#') && body.find(": ") != std::string_view::npos && !value.empty() &&
            line(number).find_first_not_of(' ') != std::string_view::npos && line(number).find_first_not_of(' ') > indent_end)
            return "line " + std::to_string(number + 1) + " is indented more than line " + std::to_string(i + 1) + ", which already has a value";
    }
    return {};
}

Failure YamlText::failure(std::string_view complaint, int line_number, int column) const {
    std::string what(complaint), hint;
    for (const auto& row : complaints)
        if (complaint.starts_with(row.scanner)) {
            what = row.ours;
            hint = row.hint;
        }
    // At the end of the file the last line with text is the better witness.
    int witness = line_number;
    while (witness > 0 && base::trim(line(witness)).empty()) --witness;
    if (const std::string better = guess(witness); !better.empty()) hint = better;
    return Failure(Kind::parse, "syntax error in YAML: " + what, place(line_number, column), hint);
}

Failure YamlText::unquoted_template(Place where) const {
    return Failure(Kind::parse, "found unhashable key: a template stands here without quotes", where, unquoted(line(static_cast<int>(where.line) - 1)));
}

}  // namespace fprov::values
