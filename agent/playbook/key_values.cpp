// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "playbook/loader.hpp"

namespace fprov::playbook {
namespace {

constexpr std::array<std::string_view, 9> free_form_keys = {"creates", "removes", "chdir", "executable", "warn", "stdin",
                                                            "stdin_add_newline", "strip_empty_ends", "expand_argument_vars"};

int occurrences(std::string_view text, std::string_view mark) {
    int found = 0;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + mark.size())) ++found;
    return found;
}

// Words end at spaces and line breaks outside of quotes and Jinja blocks. The two are counted apart, as Ansible does: quotes inside a block and
// blocks inside quotes need not nest. As with Ansible, a word keeps the line break and the further spaces behind it, a backslash at the end of a
// line goes away with the break, and so does a space in front of a line.
std::vector<std::string> words(const std::string& text, Place place) {
    constexpr std::pair<std::string_view, std::string_view> marks[] = {{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}};
    std::vector<std::string> found;
    char quote = 0;
    std::array<int, 3> depth{};
    bool open = false;   // the last word goes on
    const auto lines = base::split(text, '\n');
    for (std::size_t row = 0; row < lines.size(); ++row) {
        bool joined = false;
        const auto tokens = base::split(lines[row], ' ');
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::string& token = tokens[i];
            if (token.empty()) {
                if (i > 0 && !found.empty()) found.back() += ' ';
                continue;
            }
            if (token == "\\" && !quote) { joined = true; continue; }
            for (std::size_t k = 0; k < token.size(); ++k) {
                if ((token[k] != '"' && token[k] != '\'') || (k > 0 && token[k - 1] == '\\')) continue;
                if (!quote) quote = token[k];
                else if (quote == token[k]) quote = 0;
            }
            for (std::size_t k = 0; k < depth.size(); ++k)
                depth[k] = std::max(0, depth[k] + occurrences(token, marks[k].first) - occurrences(token, marks[k].second));
            if (!open) found.push_back(token);
            else found.back() += (i > 0 ? " " : "") + token;
            open = quote || depth != std::array<int, 3>{};
        }
        if (row + 1 < lines.size() && !joined && !found.empty()) found.back() += '\n';
    }
    if (open)
        throw base::Failure(base::Kind::parse, "failed at splitting arguments, either an unbalanced jinja2 block or quotes: " + text, place);
    return found;
}

// The position of "=" when the word is key=value.
std::size_t equals_sign(std::string_view word) {
    auto at = word.find('=');
    if (at == std::string_view::npos || at == 0) return std::string_view::npos;
    for (char c : word.substr(0, at))
        if (!(c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return std::string_view::npos;
    return at;
}

std::string unquoted(std::string_view text) {
    if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0]) text = text.substr(1, text.size() - 2);
    return std::string(text);
}

// Python's string escapes, as in k=v only.
std::string decode_escapes(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) { out += text[i]; continue; }
        char c = text[++i];
        constexpr std::string_view letters = "ntrabfv\\'\"", meant = "\n\t\r\a\b\f\v\\'\"";
        if (const auto at = letters.find(c); at != std::string_view::npos) { out += meant[at]; continue; }
        const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        const auto code = digits && i + digits < text.size() ? base::parse_int(text.substr(i + 1, digits), 16) : std::nullopt;
        if (code && *code >= 0 && *code <= 0x10ffff) {
            base::append_utf8(out, static_cast<char32_t>(*code));
            i += digits;
        } else {
            (out += '\\') += c;
        }
    }
    return out;
}

}  // namespace

Map parse_key_values(const std::string& text, bool free_form, Place place) {
    Map map;
    std::string raw;
    for (const std::string& word : words(text, place)) {
        const auto at = equals_sign(word);
        bool take = at != std::string_view::npos;
        std::string key(take ? base::trim(std::string_view(word).substr(0, at)) : std::string_view{});
        if (take && free_form) take = std::find(free_form_keys.begin(), free_form_keys.end(), key) != free_form_keys.end();
        if (take) {
            map.set(key, Value(unquoted(decode_escapes(std::string(base::trim(std::string_view(word).substr(at + 1))))), values::Trust::template_ok, place));
        } else {
            if (!raw.empty() && raw.back() != '\n') raw += ' ';
            raw += word;
        }
    }
    if (!free_form) raw = std::string(base::trim(raw));
    if (!base::trim(raw).empty()) map.set("_raw_params", Value(std::move(raw), values::Trust::template_ok, place));
    return map;
}

}  // namespace fprov::playbook
