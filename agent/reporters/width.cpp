// SPDX-License-Identifier: Apache-2.0
// Columns of texts: banners end at the same column whatever script a name is written in.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "reporters/screen.hpp"

namespace fprov::reporters {
namespace {

struct Range { char32_t first, last; };
constexpr std::array wide{
    Range{0x1100, 0x115f}, Range{0x231a, 0x231b}, Range{0x2329, 0x232a}, Range{0x23e9, 0x23ec}, Range{0x23f0, 0x23f0}, Range{0x23f3, 0x23f3},
    Range{0x25fd, 0x25fe}, Range{0x2614, 0x2615}, Range{0x2648, 0x2653}, Range{0x267f, 0x267f}, Range{0x2693, 0x2693}, Range{0x26a1, 0x26a1},
    Range{0x26aa, 0x26ab}, Range{0x26bd, 0x26be}, Range{0x26c4, 0x26c5}, Range{0x26ce, 0x26ce}, Range{0x26d4, 0x26d4}, Range{0x26ea, 0x26ea},
    Range{0x26f2, 0x26f3}, Range{0x26f5, 0x26f5}, Range{0x26fa, 0x26fa}, Range{0x26fd, 0x26fd}, Range{0x2705, 0x2705}, Range{0x270a, 0x270b},
    Range{0x2728, 0x2728}, Range{0x274c, 0x274c}, Range{0x274e, 0x274e}, Range{0x2753, 0x2755}, Range{0x2757, 0x2757}, Range{0x2795, 0x2797},
    Range{0x27b0, 0x27b0}, Range{0x27bf, 0x27bf}, Range{0x2b1b, 0x2b1c}, Range{0x2b50, 0x2b50}, Range{0x2b55, 0x2b55}, Range{0x2e80, 0x303e},
    Range{0x3041, 0x33ff}, Range{0x3400, 0x4dbf}, Range{0x4e00, 0x9fff}, Range{0xa000, 0xa4cf}, Range{0xa960, 0xa97c}, Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff}, Range{0xfe10, 0xfe19}, Range{0xfe30, 0xfe6f}, Range{0xff01, 0xff60}, Range{0xffe0, 0xffe6}, Range{0x1f004, 0x1f004},
    Range{0x1f0cf, 0x1f0cf}, Range{0x1f18e, 0x1f18e}, Range{0x1f191, 0x1f19a}, Range{0x1f200, 0x1f320}, Range{0x1f32d, 0x1f335},
    Range{0x1f337, 0x1f37c}, Range{0x1f37e, 0x1f393}, Range{0x1f3a0, 0x1f3ca}, Range{0x1f3cf, 0x1f3d3}, Range{0x1f3e0, 0x1f3f0},
    Range{0x1f3f4, 0x1f3f4}, Range{0x1f3f8, 0x1f43e}, Range{0x1f440, 0x1f440}, Range{0x1f442, 0x1f4fc}, Range{0x1f4ff, 0x1f53d},
    Range{0x1f54b, 0x1f54e}, Range{0x1f550, 0x1f567}, Range{0x1f57a, 0x1f57a}, Range{0x1f595, 0x1f596}, Range{0x1f5a4, 0x1f5a4},
    Range{0x1f5fb, 0x1f64f}, Range{0x1f680, 0x1f6c5}, Range{0x1f6cc, 0x1f6cc}, Range{0x1f6d0, 0x1f6d2}, Range{0x1f6d5, 0x1f6d7},
    Range{0x1f6eb, 0x1f6ec}, Range{0x1f6f4, 0x1f6fc}, Range{0x1f7e0, 0x1f7eb}, Range{0x1f90c, 0x1f93a}, Range{0x1f93c, 0x1f945},
    Range{0x1f947, 0x1f9ff}, Range{0x1fa70, 0x1faf8}, Range{0x20000, 0x3fffd},
};
constexpr std::array combining{
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x0610, 0x061a}, Range{0x064b, 0x065f}, Range{0x06d6, 0x06dc},
    Range{0x093c, 0x093c}, Range{0x0941, 0x0948}, Range{0x0e31, 0x0e31}, Range{0x0e34, 0x0e3a}, Range{0x0e47, 0x0e4e}, Range{0x1ab0, 0x1aff},
    Range{0x1dc0, 0x1dff}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e}, Range{0x2060, 0x2064}, Range{0x20d0, 0x20f0}, Range{0x302a, 0x302d},
    Range{0x3099, 0x309a}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff}, Range{0xe0100, 0xe01ef},
};
template <class Table> bool within(const Table& table, char32_t code) {
    auto at = std::lower_bound(table.begin(), table.end(), code, [](const Range& range, char32_t value) { return range.last < value; });
    return at != table.end() && code >= at->first;
}

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

// Pieces that a line may be broken between: words, and the parts of hyphenated words.
std::vector<std::string> pieces(std::string_view text) {
    std::vector<std::string> out;
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t from = i;
        if (text[i] == ' ') {
            while (i < text.size() && text[i] == ' ') ++i;
        } else {
            while (i < text.size() && text[i] != ' ') {
                ++i;
                bool hyphen = text[i - 1] == '-' && i - from >= 3 && letter(text[i - 2]) && (letter(text[i - 3]) || (i - from >= 4 && text[i - 3] == '-' && letter(text[i - 4])));
                if (!hyphen || i >= text.size()) continue;
                std::size_t next = i;
                if (letter(text[next]) && next + 1 < text.size() && (letter(text[next + 1]) || (text[next + 1] == '-' && next + 2 < text.size() && letter(text[next + 2])))) break;
            }
        }
        out.emplace_back(text.substr(from, i - from));
    }
    return out;
}

}  // namespace

int display_width(std::string_view text) {
    int columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        char32_t code = base::next_code_point(text, at);
        if (code < 0x20 || (code >= 0x7f && code < 0xa0) || within(combining, code)) continue;
        columns += within(wide, code) ? 2 : 1;
    }
    return columns;
}

std::string banner_text(std::string_view text) {
    int stars = std::max(3, 79 - display_width(text));
    return std::string(text) + " " + std::string(static_cast<std::size_t>(stars), '*');
}

std::string wrap(std::string_view raw, int columns) {
    std::string text;
    for (char c : raw) text += c == '\t' ? std::string(8 - text.size() % 8, ' ') : std::string(1, (c == '\n' || c == '\r' || c == '\v' || c == '\f') ? ' ' : c);
    auto words = pieces(text);
    std::vector<std::string> lines;
    std::size_t next = 0, width = static_cast<std::size_t>(columns);
    auto length = [](const std::string& s) { return base::utf8_length(s); };
    while (next < words.size()) {
        if (!lines.empty() && words[next][0] == ' ') { if (++next >= words.size()) break; }
        std::string line;
        std::size_t used = 0;
        std::vector<std::string> kept;
        while (next < words.size() && used + length(words[next]) <= width) { used += length(words[next]); kept.push_back(words[next++]); }
        if (next < words.size() && length(words[next]) > width) {   // a word longer than a line is cut
            std::size_t space = width > used ? width - used : 0;
            if (kept.empty() && !space) space = 1;
            if (space) {
                std::size_t at = 0, count = 0;
                while (at < words[next].size() && count < space) { base::next_code_point(words[next], at); ++count; }
                kept.push_back(words[next].substr(0, at));
                words[next].erase(0, at);
            }
        }
        if (!kept.empty() && kept.back()[0] == ' ') kept.pop_back();
        for (auto& piece : kept) line += piece;
        if (!kept.empty()) lines.push_back(std::move(line));
    }
    return base::join(lines, "\n");
}

std::string strip_controls(std::string_view text) {
    std::string out;
    for (char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
        else if (c == '\n' || c == '\t') out += c;
    return out;
}

}  // namespace fprov::reporters
