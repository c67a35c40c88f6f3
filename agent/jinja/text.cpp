// SPDX-License-Identifier: Apache-2.0
#include "jinja/text.hpp"

#include <clocale>
#include <cwctype>

#include "base/text.hpp"

namespace fprov::jinja {
namespace {

locale_t unicode() {
    static const locale_t table = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return table;
}
wint_t wide(char32_t c) { return static_cast<wint_t>(c); }
bool ascii(char32_t c) { return c < 0x80; }

template <class Change> std::string mapped(std::string_view text, Change change) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) change(out, base::next_code_point(text, at));
    return out;
}
void append_upper(std::string& out, char32_t c) {
    if (c == 0xdf) out += "SS";   // the one common letter that grows
    else base::append_utf8(out, to_upper(c));
}

}  // namespace

bool is_ascii(std::string_view text) {
    for (char c : text) if (static_cast<unsigned char>(c) >= 0x80) return false;
    return true;
}
std::vector<std::string_view> code_points(std::string_view text) {
    std::vector<std::string_view> result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        std::size_t begin = at;
        base::next_code_point(text, at);
        result.push_back(text.substr(begin, at - begin));
    }
    return result;
}
std::u32string decode(std::string_view text) {
    std::u32string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) result += base::next_code_point(text, at);
    return result;
}
std::string encode(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char32_t c : text) base::append_utf8(out, c);
    return out;
}
std::size_t char_count(std::string_view text) { return is_ascii(text) ? text.size() : base::utf8_length(text); }

bool is_space(char32_t c) {
    if (ascii(c)) return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}
bool is_digit(char32_t c) {
    return (c >= '0' && c <= '9') || c == 0xb2 || c == 0xb3 || c == 0xb9 || (c >= 0x660 && c <= 0x669) || (c >= 0x6f0 && c <= 0x6f9) || (c >= 0xff10 && c <= 0xff19);
}
bool is_alpha(char32_t c) { return ascii(c) ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z' : !is_digit(c) && iswalpha_l(wide(c), unicode()); }
bool is_alnum(char32_t c) { return is_alpha(c) || is_digit(c); }
bool is_upper(char32_t c) { return ascii(c) ? c >= 'A' && c <= 'Z' : iswupper_l(wide(c), unicode()); }
bool is_lower(char32_t c) { return ascii(c) ? c >= 'a' && c <= 'z' : iswlower_l(wide(c), unicode()); }
bool is_cased(char32_t c) { return is_upper(c) || is_lower(c); }
char32_t to_upper(char32_t c) {
    if (ascii(c)) return is_lower(c) ? c - 32 : c;
    return static_cast<char32_t>(towupper_l(wide(c), unicode()));
}
char32_t to_lower(char32_t c) {
    if (ascii(c)) return is_upper(c) ? c + 32 : c;
    return static_cast<char32_t>(towlower_l(wide(c), unicode()));
}

std::string upper(std::string_view text) { return mapped(text, append_upper); }
std::string lower(std::string_view text) {
    return mapped(text, [](std::string& out, char32_t c) { base::append_utf8(out, to_lower(c)); });
}
std::string casefold(std::string_view text) {
    return mapped(text, [](std::string& out, char32_t c) { if (c == 0xdf) out += "ss"; else base::append_utf8(out, to_lower(c)); });
}
std::string capitalize(std::string_view text) {
    bool first = true;
    return mapped(text, [&](std::string& out, char32_t c) {
        if (first && c == 0xdf) out += "Ss";
        else base::append_utf8(out, first ? to_upper(c) : to_lower(c));
        first = false;
    });
}
std::string swapcase(std::string_view text) {
    return mapped(text, [](std::string& out, char32_t c) { if (is_upper(c)) base::append_utf8(out, to_lower(c)); else append_upper(out, c); });
}
std::string title(std::string_view text) {
    bool inside = false;
    return mapped(text, [&](std::string& out, char32_t c) {
        base::append_utf8(out, inside ? to_lower(c) : to_upper(c));
        inside = is_cased(c);
    });
}

std::string strip(std::string_view text) {
    std::size_t begin = 0, end = text.size();
    if (is_ascii(text)) {
        while (begin < end && is_space(static_cast<unsigned char>(text[begin]))) ++begin;
        while (end > begin && is_space(static_cast<unsigned char>(text[end - 1]))) --end;
        return std::string(text.substr(begin, end - begin));
    }
    auto characters = decode(text);
    std::u32string_view all = characters;
    while (!all.empty() && is_space(all.front())) all.remove_prefix(1);
    while (!all.empty() && is_space(all.back())) all.remove_suffix(1);
    return encode(all);
}

std::vector<std::string> split_space(std::string_view text, long limit) {
    std::vector<std::string> words;
    std::size_t at = 0;
    for (;;) {
        std::size_t next = at;
        while (at < text.size() && is_space(base::next_code_point(text, next))) at = next;
        if (at >= text.size()) return words;
        if (limit >= 0 && static_cast<long>(words.size()) >= limit) {
            words.emplace_back(text.substr(at));
            return words;
        }
        std::size_t begin = at;
        for (next = at; at < text.size() && !is_space(base::next_code_point(text, next));) at = next;
        words.emplace_back(text.substr(begin, at - begin));
    }
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
    std::vector<std::string> lines;
    for (std::size_t at = 0, begin = 0; at < text.size();) {
        std::size_t end = at;
        char32_t c = base::next_code_point(text, at);
        bool breaks = (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
        if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
        if (breaks) {
            lines.emplace_back(text.substr(begin, (keep_ends ? at : end) - begin));
            begin = at;
        } else if (at >= text.size()) {
            lines.emplace_back(text.substr(begin));
        }
    }
    return lines;
}

std::size_t offset_of(std::string_view text, std::size_t index) {
    std::size_t at = 0;
    while (index-- && at < text.size()) base::next_code_point(text, at);
    return at;
}

}  // namespace fprov::jinja
