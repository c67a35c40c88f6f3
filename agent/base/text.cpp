// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <cerrno>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace fprov::base {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto at = text.find_first_of("\r\n");
        lines.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) break;
        text.remove_prefix(text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? at + 2 : at + 1);
    }
    return lines;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i) out += separator;
        out += parts[i];
    }
    return out;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view space = " \t\r\n\v\f";
    auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    if (from.empty()) return text;
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
    return text;
}

std::optional<std::int64_t> parse_int(std::string_view text, int base) {
    std::int64_t number = 0;
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (code != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

std::optional<double> parse_double(std::string_view text) {
    // strtod, because the tables of std::from_chars are large; it would also take white space, hexadecimal digits and a second sign.
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    const bool sign = !text.empty() && text[0] == '-';
    if (text.size() <= sign || std::isspace(static_cast<unsigned char>(text[sign])) || text[sign] == '+' || text[sign] == '-' ||
        text.find_first_of("xXpP(") != std::string_view::npos)
        return std::nullopt;
    const std::string copy(text);
    char* end = nullptr;
    errno = 0;
    const double number = std::strtod(copy.c_str(), &end);
    if (end != copy.c_str() + copy.size()) return std::nullopt;
    if (errno == ERANGE && std::isinf(number)) return std::nullopt;
    return number;
}

std::optional<std::vector<std::string>> shell_split(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool open = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            if (open) words.push_back(std::move(word));
            word.clear();
            open = false;
        } else if (c == '\'') {
            auto end = text.find('\'', i + 1);
            if (end == std::string_view::npos) return std::nullopt;
            word.append(text.substr(i + 1, end - i - 1));
            i = end;
            open = true;
        } else if (c == '"') {
            open = true;
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
                word += text[i];
            }
            if (i >= text.size()) return std::nullopt;
        } else if (c == '\\') {
            if (i + 1 >= text.size()) return std::nullopt;
            word += text[++i];
            open = true;
        } else {
            word += c;
            open = true;
        }
    }
    if (open) words.push_back(std::move(word));
    return words;
}

std::string shell_quote(std::string_view text) {
    if (text.empty()) return "''";
    bool plain = true;
    for (char c : text) {
        bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    std::string_view("@%+=:,./-_").find(c) != std::string_view::npos;
        if (!safe) plain = false;
    }
    if (plain) return std::string(text);
    return "'" + replace_all(std::string(text), "'", "'\"'\"'") + "'";
}

namespace {
// One bracket expression at pattern[at] == '['; moves past it. False when it is not closed (then '[' is a plain character).
bool bracket(std::string_view pattern, std::size_t& at, char c, bool& matched) {
    std::size_t i = at + 1;
    bool negate = i < pattern.size() && pattern[i] == '!';
    if (negate) ++i;
    std::size_t end = i;
    if (end < pattern.size() && pattern[end] == ']') ++end;
    while (end < pattern.size() && pattern[end] != ']') ++end;
    if (end >= pattern.size()) return false;
    matched = false;
    for (; i < end; ++i) {
        if (i + 2 < end && pattern[i + 1] == '-') {
            if (pattern[i] <= c && c <= pattern[i + 2]) matched = true;
            i += 2;
        } else if (pattern[i] == c) {
            matched = true;
        }
    }
    matched = matched != negate;
    at = end + 1;
    return true;
}
}  // namespace

bool fnmatch(std::string_view name, std::string_view pattern) {
    std::size_t n = 0, p = 0, star = std::string_view::npos, mark = 0;
    while (n < name.size()) {
        bool ok = false;
        if (p < pattern.size()) {
            if (pattern[p] == '*') { star = p++; mark = n; continue; }
            std::size_t next = p;
            bool matched = false;
            if (pattern[p] == '[' && bracket(pattern, next, name[n], matched)) {
                if (matched) { p = next; ++n; ok = true; }
            } else if (pattern[p] == '?' || pattern[p] == name[n]) {
                ++p; ++n; ok = true;
            }
        }
        if (ok) continue;
        if (star == std::string_view::npos) return false;
        p = star + 1;
        n = ++mark;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = byte(at);
    if (first < 0x80) { ++at; return first; }
    int more = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xC2 && first < 0xE0 ? 1 : 0;
    char32_t code = more == 3 ? first & 7 : more == 2 ? first & 15 : first & 31;
    bool ok = more > 0 && at + static_cast<std::size_t>(more) < text.size();
    for (int i = 1; ok && i <= more; ++i) {
        if ((byte(at + static_cast<std::size_t>(i)) & 0xC0) != 0x80) ok = false;
        else code = (code << 6) | (byte(at + static_cast<std::size_t>(i)) & 0x3F);
    }
    if (ok && ((more == 2 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) || (more == 3 && (code < 0x10000 || code > 0x10FFFF)))) ok = false;
    if (!ok) { ++at; return 0xDC00u + first; }
    at += static_cast<std::size_t>(more) + 1;
    return code;
}

void append_utf8(std::string& out, char32_t c) {
    if (c < 0x80) out += static_cast<char>(c);
    else if (c >= 0xDC80 && c <= 0xDCFF) out += static_cast<char>(c - 0xDC00);
    else if (c < 0x800) { out += static_cast<char>(0xC0 | (c >> 6)); out += static_cast<char>(0x80 | (c & 0x3F)); }
    else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12)); out += static_cast<char>(0x80 | ((c >> 6) & 0x3F)); out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18)); out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F)); out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
    return count;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = next_code_point(text, at);
        if (c >= 0xDC80 && c <= 0xDCFF) return false;
    }
    return true;
}

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (unsigned char c : bytes) { out += digits[c >> 4]; out += digits[c & 15]; }
    return out;
}

std::optional<std::string> unhex(std::string_view text) {
    if (text.size() % 2) return std::nullopt;
    auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

namespace { constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; }

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned block = static_cast<unsigned char>(bytes[i]) << 16;
        if (i + 1 < bytes.size()) block |= static_cast<unsigned char>(bytes[i + 1]) << 8;
        if (i + 2 < bytes.size()) block |= static_cast<unsigned char>(bytes[i + 2]);
        out += alphabet[block >> 18];
        out += alphabet[(block >> 12) & 63];
        out += i + 1 < bytes.size() ? alphabet[(block >> 6) & 63] : '=';
        out += i + 2 < bytes.size() ? alphabet[block & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out;
    unsigned block = 0;
    int bits = 0, symbols = 0;
    std::size_t pads = 0;
    for (char c : text) {
        if (c == '\n' || c == '\r' || c == ' ') continue;
        if (c == '=') { ++pads; continue; }
        auto at = std::string_view(alphabet, 64).find(c);
        if (at == std::string_view::npos || pads) return std::nullopt;
        block = (block << 6) | static_cast<unsigned>(at);
        bits += 6;
        ++symbols;
        if (bits >= 8) { bits -= 8; out += static_cast<char>((block >> bits) & 255); }
    }
    if (symbols % 4 == 1 || (symbols + static_cast<int>(pads)) % 4) return std::nullopt;
    return out;
}

}  // namespace fprov::base
