// SPDX-License-Identifier: Apache-2.0
#include "jinja/filters/wrapping.hpp"

#include <algorithm>

#include "jinja/filters/support.hpp"
#include "jinja/text.hpp"

namespace fprov::jinja {
namespace {

// White space, and words cut behind hyphens that stand between letters.
std::vector<std::u32string> chunks(const std::u32string& line, bool hyphens) {
    std::vector<std::u32string> result;
    std::size_t at = 0;
    auto letter = [&](std::size_t i) { return i < line.size() && is_alpha(line[i]); };
    while (at < line.size()) {
        std::size_t end = at;
        bool blank = is_space(line[at]);
        while (end < line.size() && is_space(line[end]) == blank) {
            ++end;
            bool hyphen = hyphens && !blank && line[end - 1] == '-' && end >= at + 3 && letter(end - 2) && letter(end) && letter(end + 1) && (is_alnum(line[end - 3]));
            if (hyphen) break;
        }
        result.push_back(line.substr(at, end - at));
        at = end;
    }
    return result;
}

}  // namespace

std::vector<std::string> wrap_line(std::string_view text, std::size_t width, bool break_long, bool break_hyphens) {
    std::vector<std::u32string> parts = chunks(decode(text), break_hyphens);
    std::vector<std::string> lines;
    std::reverse(parts.begin(), parts.end());
    while (!parts.empty()) {
        if (!lines.empty() && is_space(parts.back()[0])) parts.pop_back();
        std::vector<std::u32string> line;
        std::size_t size = 0;
        while (!parts.empty() && size + parts.back().size() <= width) {
            size += parts.back().size();
            line.push_back(std::move(parts.back()));
            parts.pop_back();
        }
        if (!parts.empty() && parts.back().size() > width) {
            std::size_t room = width > size ? width - size : 0;
            if (width < 1) room = 1;
            if (break_long) {
                std::size_t cut = room;
                if (break_hyphens && parts.back().size() > room) {
                    std::size_t hyphen = room ? parts.back().rfind(U'-', room - 1) : std::u32string::npos;
                    if (hyphen != std::u32string::npos && hyphen > 0 && parts.back().find_first_not_of(U'-') < hyphen) cut = hyphen + 1;
                }
                line.push_back(parts.back().substr(0, cut));
                parts.back().erase(0, cut);
                if (parts.back().empty()) parts.pop_back();
            } else if (line.empty()) {
                line.push_back(std::move(parts.back()));
                parts.pop_back();
            }
        }
        if (!line.empty() && !line.back().empty() && is_space(line.back()[0])) line.pop_back();
        std::u32string whole;
        for (const auto& part : line) whole += part;
        if (!line.empty()) lines.push_back(encode(whole));
    }
    return lines;
}

std::string link_urls(std::string_view text, const UrlStyle& style) {
    std::string out;
    auto shown = [&](const std::string& url) {
        if (style.limit < 0 || static_cast<std::int64_t>(char_count(url)) <= style.limit) return url;
        return url.substr(0, offset_of(url, static_cast<std::size_t>(style.limit))) + "...";
    };
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        bool blank = is_space(static_cast<unsigned char>(text[at]));
        while (end < text.size() && is_space(static_cast<unsigned char>(text[end])) == blank) ++end;
        std::string word = escape_html(text.substr(at, end - at));
        at = end;
        if (blank) { out += word; continue; }
        std::string head, tail;
        for (bool more = true; more;) {
            more = false;
            for (std::string_view open : {"(", "&lt;"}) if (word.starts_with(open)) { head += open; word.erase(0, open.size()); more = true; }
        }
        for (bool more = true; more;) {
            more = false;
            for (std::string_view close : {")", "&gt;", ".", ","}) {
                if (!word.ends_with(close) || (close == ")" && word.find('(') != std::string::npos)) continue;
                tail.insert(0, close);
                word.erase(word.size() - close.size());
                more = true;
            }
        }
        bool scheme = word.starts_with("http://") || word.starts_with("https://");
        bool bare = word.starts_with("www.") && word.size() > 4;
        std::size_t at_sign = word.find('@');
        bool mail = !scheme && at_sign != std::string::npos && at_sign > 0 && word.find('.', at_sign) != std::string::npos && word.find(':') == std::string::npos;
        if (scheme) word = "<a href=\"" + word + "\"" + style.attributes + ">" + shown(word) + "</a>";
        else if (bare) word = "<a href=\"https://" + word + "\"" + style.attributes + ">" + shown(word) + "</a>";
        else if (mail) word = "<a href=\"mailto:" + word + "\">" + word + "</a>";
        out += head + word + tail;
    }
    return out;
}

}  // namespace fprov::jinja
