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

// What is open at a place of the text: a quote, Jinja blocks. The two are counted apart, as Ansible does: quotes inside a block and blocks inside
// quotes need not nest.
struct Nesting {
    char quote = 0;
    std::array<int, 3> blocks{};

    bool open() const { return quote || blocks != std::array<int, 3>{}; }
    void pass(std::string_view piece) {
        constexpr std::pair<std::string_view, std::string_view> marks[] = {{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}};
        char before = 0;
        for (const char c : piece) {
            if ((c == '"' || c == '\'') && before != '\\' && (!quote || quote == c)) quote = quote ? 0 : c;
            before = c;
        }
        for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = std::max(0, blocks[i] + occurrences(piece, marks[i].first) - occurrences(piece, marks[i].second));
    }
};

// Words end at spaces and line breaks where nothing is open. Seen with Ansible: a word keeps the line break behind it and the spaces that are more than
// one; a backslash by itself takes the break of its line with it.
std::vector<std::string> words(std::string_view text, Place place) {
    std::vector<std::string> found;
    Nesting nesting;
    bool continued = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto piece_begin = std::min(text.find_first_not_of(' ', at), text.size());
        const auto spaces = piece_begin - at;
        const auto piece = text.substr(piece_begin, text.find_first_of(" \n", piece_begin) - piece_begin);
        at = piece_begin + piece.size();
        const auto kept = piece.empty() || spaces == 0 ? spaces : spaces - 1;       // one of them parts two words
        if (!found.empty()) found.back().append(kept, ' ');
        if (piece.empty()) {                                                        // the line ends here
            if (at < text.size() && !std::exchange(continued, false) && !found.empty()) found.back() += '\n';
            ++at;
        } else if (piece == "\\" && !nesting.quote) {
            continued = true;
        } else {
            if (nesting.open()) (found.back() += spaces ? " " : "") += piece;
            else found.emplace_back(piece);
            nesting.pass(piece);
        }
    }
    if (nesting.open())
        throw base::Failure(base::Kind::parse, "failed at splitting arguments, either an unbalanced jinja2 block or quotes: " + std::string(text), place);
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
