// SPDX-License-Identifier: Apache-2.0
#include "dialect/text.hpp"

#include <cctype>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"

namespace fprov::dialect {

using values::Value;

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Copies a string literal that starts at `at`; backslashes twice when `doubled`.
void copy_literal(std::string_view text, std::size_t& at, std::string& out, bool doubled) {
    const char quote = text[at];
    out += text[at++];
    while (at < text.size() && text[at] != quote) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            if (doubled) out += '\\';
            out += text[at++];
            if (doubled && text[at] == '\\') out += '\\';
        }
        out += text[at++];
    }
    if (at < text.size()) out += text[at++];
}

/// The position after "{% raw %}…{% endraw %}" when a raw block opens at `at`, else `at`.
std::size_t after_raw(std::string_view text, std::size_t at) {
    std::size_t i = at + 2;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    while (i < text.size() && is_space(text[i])) ++i;
    if (text.substr(i, 3) != "raw" || (i + 3 < text.size() && is_word(text[i + 3]))) return at;
    for (auto end = text.find("endraw", i); end != std::string_view::npos; end = text.find("endraw", end + 6)) {
        auto open = text.substr(0, end).rfind("{%");
        if (open == std::string_view::npos || open <= at) continue;
        auto close = text.find("%}", end);
        return close == std::string_view::npos ? text.size() : close + 2;
    }
    return text.size();
}

/// JSON's true, false and null as Python names, outside of quotes.
std::string python_names(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"' || c == '\'') { copy_literal(text, at, out, false); continue; }
        if (std::isalpha(static_cast<unsigned char>(c))) {
            std::size_t end = at;
            while (end < text.size() && is_word(text[end])) ++end;
            const auto word = text.substr(at, end - at);
            out += word == "true" ? "True" : word == "false" ? "False" : word == "null" ? "None" : word;
            at = end;
            continue;
        }
        out += c;
        ++at;
    }
    return out;
}

}  // namespace

std::string escape_backslashes(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 8);
    std::size_t at = 0;
    while (at < text.size()) {
        const auto two = text.substr(at, 2);
        if (two == "{#") {
            const auto end = text.find("#}", at);
            const auto stop = end == std::string_view::npos ? text.size() : end + 2;
            out += text.substr(at, stop - at);
            at = stop;
        } else if (two == "{%") {
            if (const auto stop = after_raw(text, at); stop != at) {
                out += text.substr(at, stop - at);
                at = stop;
                continue;
            }
            while (at < text.size() && text.substr(at, 2) != "%}") {
                if (text[at] == '"' || text[at] == '\'') copy_literal(text, at, out, false);
                else out += text[at++];
            }
        } else if (two == "{{") {
            out += two;
            at += 2;
            int braces = 0;
            while (at < text.size() && !(braces == 0 && text.substr(at, 2) == "}}")) {
                if (text[at] == '"' || text[at] == '\'') { copy_literal(text, at, out, true); continue; }
                if (text[at] == '{') ++braces;
                if (text[at] == '}' && braces) --braces;
                out += text[at++];
            }
        } else {
            out += text[at++];
        }
    }
    return out;
}

std::optional<std::string_view> bare_name(std::string_view text) {
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (text.size() < 5 || text.substr(0, 2) != "{{" || text.substr(text.size() - 2) != "}}") return std::nullopt;
    text = text.substr(2, text.size() - 4);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) return std::nullopt;
    for (char c : text)
        if (!is_word(c)) return std::nullopt;
    for (std::string_view constant : {"true", "True", "false", "False", "none", "None"})
        if (text == constant) return std::nullopt;
    return text;
}

std::optional<Value> read_literal(std::string_view text) {
    if (text == "True") return Value(true);
    if (text == "False") return Value(false);
    if (text.empty() || (text[0] != '[' && text[0] != '{')) return std::nullopt;
    // Cheap look at the other end: most text that merely starts with a brace is no literal.
    const auto end = text.find_last_not_of(" \t\r\n");
    if (text[end] != ']' && text[end] != '}' && text.find('#') == std::string_view::npos) return std::nullopt;
    if (auto value = jinja::literal_eval(text)) return value;
    return jinja::literal_eval(python_names(text));
}

bool apply_setting(jinja::Syntax& syntax, std::string_view key, const Value& value) {
    struct Text { std::string_view name; std::string jinja::Syntax::*field; };
    struct Flag { std::string_view name; bool jinja::Syntax::*field; };
    static constexpr Text texts[] = {
        {"block_end_string", &jinja::Syntax::block_end},
        {"block_start_string", &jinja::Syntax::block_start},
        {"comment_end_string", &jinja::Syntax::comment_end},
        {"comment_start_string", &jinja::Syntax::comment_start},
        {"line_comment_prefix", &jinja::Syntax::line_comment_prefix},
        {"line_statement_prefix", &jinja::Syntax::line_statement_prefix},
        {"newline_sequence", &jinja::Syntax::newline_sequence},
        {"variable_end_string", &jinja::Syntax::variable_end},
        {"variable_start_string", &jinja::Syntax::variable_start},
    };
    static constexpr Flag flags[] = {
        {"keep_trailing_newline", &jinja::Syntax::keep_trailing_newline},
        {"lstrip_blocks", &jinja::Syntax::lstrip_blocks},
        {"trim_blocks", &jinja::Syntax::trim_blocks},
    };
    for (const auto& row : texts)
        if (row.name == key) { syntax.*row.field = values::str(value); return true; }
    for (const auto& row : flags)
        if (row.name == key) { syntax.*row.field = value.is_string() ? ansible_bool(value) : value.truthy(); return true; }
    return false;
}

std::string_view take_header(std::string_view text, jinja::Syntax& syntax, base::Place origin, std::vector<std::string>* unknown) {
    static constexpr std::string_view mark = "#jinja2:";
    if (text.substr(0, mark.size()) != mark) return text;
    const auto end = text.find('\n');
    auto line = text.substr(mark.size(), end == std::string_view::npos ? end : end - mark.size());
    // Commas separate the pairs, unless they stand in a quoted value.
    std::size_t from = 0;
    while (from < line.size()) {
        char quote = 0;
        std::size_t at = from;
        for (; at < line.size() && (quote || line[at] != ','); ++at) {
            if (quote) { if (line[at] == quote) quote = 0; }
            else if (line[at] == '"' || line[at] == '\'') quote = line[at];
        }
        const auto pair = line.substr(from, at - from);
        from = at + 1;
        const auto colon = pair.find(':');
        if (colon == std::string_view::npos)
            throw base::Failure(base::Kind::parse, "failed to parse jinja2 override '" + std::string(base::trim(pair)) + "'", origin,
                                "write it as `#jinja2: trim_blocks: False, variable_start_string: '[%'`");
        const auto key = base::trim(pair.substr(0, colon));
        const auto value = jinja::literal_eval(base::trim(pair.substr(colon + 1)));
        if (!value)
            throw base::Failure(base::Kind::parse, "failed to parse jinja2 override '" + std::string(base::trim(pair)) + "': the value is no literal", origin,
                                "write texts in quotes and booleans as True or False");
        if (!apply_setting(syntax, key, *value) && unknown) unknown->emplace_back(key);
    }
    return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

}  // namespace fprov::dialect
