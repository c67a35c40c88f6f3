// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "playbook/loader.hpp"

namespace fprov::playbook {
namespace {

struct Word { std::size_t begin, end; };   // of the text, quotes included

constexpr std::array<std::string_view, 9> free_form_keys = {"creates", "removes", "chdir", "executable", "warn", "stdin",
                                                            "stdin_add_newline", "strip_empty_ends", "expand_argument_vars"};

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int occurrences(std::string_view text, std::string_view mark) {
    int found = 0;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + mark.size())) ++found;
    return found;
}

// Words end at blanks outside of quotes and Jinja blocks. The two are counted apart, as Ansible does: quotes inside a block and blocks inside
// quotes need not nest.
std::vector<Word> words(const std::string& text, Place place) {
    constexpr std::pair<std::string_view, std::string_view> marks[] = {{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}};
    std::vector<Word> found;
    char quote = 0;
    std::array<int, 3> depth{};
    std::optional<std::size_t> begin;
    for (std::size_t i = 0; i < text.size();) {
        if (blank(text[i])) { ++i; continue; }
        std::size_t end = i;
        while (end < text.size() && !blank(text[end])) ++end;
        std::string_view token = std::string_view(text).substr(i, end - i);
        for (std::size_t k = 0; k < token.size(); ++k) {
            if ((token[k] != '"' && token[k] != '\'') || (k > 0 && token[k - 1] == '\\')) continue;
            if (!quote) quote = token[k];
            else if (quote == token[k]) quote = 0;
        }
        for (std::size_t k = 0; k < depth.size(); ++k)
            depth[k] = std::max(0, depth[k] + occurrences(token, marks[k].first) - occurrences(token, marks[k].second));
        if (!begin) begin = i;
        if (!quote && depth == std::array<int, 3>{}) {
            found.push_back({*begin, end});
            begin.reset();
        }
        i = end;
    }
    if (begin)
        throw base::Failure(base::Kind::parse, "failed at splitting arguments, either an unbalanced jinja2 block or quotes: " + text, place);
    return found;
}

// A line that ends with a backslash of its own goes on in the next one. Blanks as Ansible leaves them: one stands for a missing indentation
// there; elsewhere an indentation of one is lost. Quoted lines stay as they are.
std::string joined_lines(const std::string& text) {
    if (text.find('\n') == std::string::npos && !text.ends_with('\\')) return text;
    std::string out;
    char quote = 0;
    bool first = true, continued = false;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        std::string line = text.substr(begin, end - begin);
        begin = end + 1;
        if (!first && !continued) out += '\n';
        if (!quote && !first && !continued && line.size() > 1 && line[0] == ' ' && line[1] != ' ') line.erase(0, 1);
        if (continued && !line.empty() && line[0] != ' ' && !out.empty()) out += ' ';
        for (std::size_t i = 0; i < line.size(); ++i) {
            if ((line[i] != '"' && line[i] != '\'') || (i > 0 && line[i - 1] == '\\')) continue;
            if (!quote) quote = line[i];
            else if (quote == line[i]) quote = 0;
        }
        continued = !quote && line.ends_with('\\') && (line.size() == 1 || line[line.size() - 2] == ' ');
        if (continued) line.pop_back();
        out += line;
        if (continued && out.ends_with(' ')) out.pop_back();
        first = false;
    }
    return out;
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
        switch (c) {
            case 'n': out += '\n'; break;
            case 't': out += '\t'; break;
            case 'r': out += '\r'; break;
            case '\\': case '\'': case '"': out += c; break;
            case 'x':
                if (auto byte = i + 2 < text.size() ? base::unhex(std::string_view(text).substr(i + 1, 2)) : std::nullopt) { out += *byte; i += 2; break; }
                [[fallthrough]];
            default: out += '\\'; out += c;
        }
    }
    return out;
}

}  // namespace

Map parse_key_values(const std::string& given, bool free_form, Place place) {
    const std::string text = joined_lines(given);
    Map map;
    std::string raw;
    std::size_t copied = 0;
    auto keep_raw = [&](std::size_t upto) { raw.append(text, copied, upto - copied); };
    for (const Word& word : words(text, place)) {
        std::string_view piece = std::string_view(text).substr(word.begin, word.end - word.begin);
        auto at = equals_sign(piece);
        bool take = at != std::string_view::npos;
        std::string key(take ? base::trim(piece.substr(0, at)) : std::string_view{});
        if (take && free_form) take = std::find(free_form_keys.begin(), free_form_keys.end(), key) != free_form_keys.end();
        if (!take) continue;
        std::string value = unquoted(decode_escapes(std::string(piece.substr(at + 1))));
        map.set(key, Value(std::move(value), values::Trust::template_ok, place));
        const bool ends_line = word.end < text.size() && text[word.end] == '\n';     // its blank or line end goes with it
        keep_raw(!ends_line && word.begin > copied && text[word.begin - 1] == ' ' ? word.begin - 1 : word.begin);
        copied = word.end + ends_line;
    }
    keep_raw(text.size());
    // A free-form command keeps its inner layout, and its final newline where YAML's folding left one.
    std::string rest(free_form && !copied ? text : std::string(base::trim(raw)));
    if (!base::trim(rest).empty()) map.set("_raw_params", Value(std::move(rest), values::Trust::template_ok, place));
    return map;
}

}  // namespace fprov::playbook
