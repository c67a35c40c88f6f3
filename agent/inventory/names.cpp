// SPDX-License-Identifier: Apache-2.0
#include "inventory/names.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool word(char c) { return digit(c) || alpha(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

/// Length of a range such as [1:3], [01:10:2] or [a:f] at the start of the text; 0 when there is none.
std::size_t range_length(std::string_view text) {
    if (text.empty() || text[0] != '[') return 0;
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return 0;
    const std::vector<std::string> parts = base::split(text.substr(1, end - 1), ':');
    if (parts.size() != 2 && parts.size() != 3) return 0;
    auto digits = [](const std::string& part) { return !part.empty() && std::all_of(part.begin(), part.end(), digit); };
    auto letter = [](const std::string& part) { return part.size() == 1 && alpha(part[0]); };
    if (!(digits(parts[0]) && digits(parts[1])) && !(letter(parts[0]) && letter(parts[1]))) return 0;
    if (parts.size() == 3 && !digits(parts[2])) return 0;
    return end + 1;
}

/// Labels of letters, digits, "_" and inner "-", split by dots; a range counts as a letter.
bool is_host_name(std::string_view text) {
    if (text.empty()) return false;
    bool start = true, hyphen = false;
    for (std::size_t i = 0; i < text.size();) {
        if (const std::size_t range = range_length(text.substr(i))) {
            i += range;
            start = hyphen = false;
        } else if (word(text[i])) {
            ++i;
            start = hyphen = false;
        } else if (text[i] == '-' && !start) {
            ++i;
            hyphen = true;
        } else if (text[i] == '.' && !start && !hyphen) {
            ++i;
            start = true;
        } else {
            return false;
        }
    }
    return !start && !hyphen;
}

bool is_ipv6(std::string_view text) {
    const std::size_t zone = text.find('%');
    if (zone != std::string_view::npos) {
        if (zone + 1 == text.size()) return false;
        text = text.substr(0, zone);
    }
    int groups = 0, doubles = 0, digits = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (text.substr(i).starts_with("::")) {
            ++doubles;
            groups += digits > 0;
            digits = 0;
            i += 2;
            if (i < text.size() && text[i] == ':') return false;
        } else if (text[i] == ':') {
            if (digits == 0) return false;
            ++groups;
            digits = 0;
            if (++i == text.size()) return false;
        } else if (const std::size_t range = range_length(text.substr(i))) {
            ++digits;
            i += range;
        } else if (std::isxdigit(static_cast<unsigned char>(text[i]))) {
            if (++digits > 4) {
                return false;
            }
            ++i;
        } else if (text[i] == '.' && text.find(':') < i) {
            // An IPv4 tail: take it as the last two groups.
            const std::size_t colon = text.rfind(':', i);
            const std::vector<std::string> parts = base::split(text.substr(colon + 1), '.');
            if (parts.size() != 4 || !std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
                    const auto number = base::parse_int(part);
                    return number && *number >= 0 && *number <= 255;
                }))
                return false;
            groups += 2;
            digits = 0;
            break;
        } else {
            return false;
        }
    }
    groups += digits > 0;
    return doubles == 1 ? groups <= 7 : doubles == 0 && groups == 8;
}

std::optional<int> port_of(std::string_view text) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), digit) || text.size() > 9) return std::nullopt;
    return static_cast<int>(*base::parse_int(text));
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    Address out;
    std::string_view host = text;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && port_of(text.substr(colon + 1))) {
        const std::string_view before = text.substr(0, colon);
        if (before.size() > 2 && before.front() == '[' && before.back() == ']' && (range_length(before) != before.size())) {
            host = before.substr(1, before.size() - 2);
            out.port = port_of(text.substr(colon + 1));
        } else {
            // Without brackets a port may only follow a name that has no colon outside of its ranges.
            std::string bare;
            for (std::size_t i = 0; i < before.size();) {
                if (const std::size_t range = range_length(before.substr(i))) i += range;
                else bare += before[i++];
            }
            if (bare.find_first_of(":[]") == std::string::npos) {
                host = before;
                out.port = port_of(text.substr(colon + 1));
            }
        }
    }
    if (!is_host_name(host) && !is_ipv6(host)) return std::nullopt;
    out.host = std::string(host);
    return out;
}

bool has_range(std::string_view name) {
    const std::size_t open = name.find('[');
    return open != std::string_view::npos && name.find(']', open) != std::string_view::npos;
}

namespace {

constexpr std::int64_t most_hosts = 100'000;           // of one name with ranges
constexpr std::int64_t highest = 1'000'000'000'000'000;
constexpr int most_ranges = 50;

std::vector<std::string> expand_one(const std::string& name, int depth) {
    const std::size_t open = name.find('['), close = name.find(']', open);
    const std::string head = name.substr(0, open), tail = name.substr(close + 1);
    const std::vector<std::string> bounds = base::split(name.substr(open + 1, close - open - 1), ':');
    auto broken = [&name](const char* what) { return Failure(Kind::parse, std::string(what) + " in '" + name + "'"); };
    if (depth >= most_ranges) throw broken("too many host ranges");
    if (bounds.size() != 2 && bounds.size() != 3) throw broken("host range must be begin:end or begin:end:step");
    const std::string begin = bounds[0].empty() ? "0" : bounds[0], &end = bounds[1];
    const auto step = bounds.size() == 3 ? base::parse_int(bounds[2]) : 1;
    if (end.empty()) throw broken("host range must specify end value");
    if (!step || *step < 1) throw broken("host range must have a step of 1 or more");
    std::size_t width = 0;
    if (begin[0] == '0' && begin.size() > 1) {
        width = begin.size();
        if (width != end.size()) throw broken("host range must specify equal-length begin and end formats");
    }
    std::vector<std::string> middle;
    static const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::size_t first = begin.size() == 1 ? letters.find(begin) : std::string::npos, last = end.size() == 1 ? letters.find(end) : std::string::npos;
    if (first != std::string::npos && last != std::string::npos) {
        if (first > last) throw broken("host range must have begin <= end");
        for (std::size_t i = first; i <= last; i += static_cast<std::size_t>(std::min<std::int64_t>(*step, 100))) middle.emplace_back(1, letters[i]);
    } else {
        const auto low = base::parse_int(begin), high = base::parse_int(end);
        if (!low || !high) throw broken("host range must have numbers or single letters as bounds");
        if (*low < -highest || *low > highest || *high < -highest || *high > highest || *step > highest) throw broken("host range has too large numbers");
        if ((*high - *low) / *step > most_hosts) throw broken("host range has more than 100000 hosts");
        for (std::int64_t i = *low; i <= *high; i += *step) {
            std::string digits = std::to_string(i);
            if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
            middle.push_back(std::move(digits));
        }
    }
    std::vector<std::string> out;
    for (const auto& part : middle) {
        const std::string one = head + part + tail;
        if (has_range(one)) {
            for (auto& more : expand_one(one, depth + 1)) out.push_back(std::move(more));
            if (out.size() > static_cast<std::size_t>(most_hosts)) throw broken("host ranges have more than 100000 hosts");
        } else {
            out.push_back(one);
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> expand_range(const std::string& name) { return expand_one(name, 0); }

std::vector<std::string> expand_hosts(const std::string& pattern, std::optional<int>& port) {
    std::string name = pattern;
    if (const auto address = parse_address(pattern)) {
        name = address->host;
        port = address->port;
    }
    if (has_range(name)) return expand_range(name);
    if (name.ends_with(':'))
        throw Failure(Kind::parse, "Invalid host pattern '" + name + "' supplied, ending in ':' is not allowed, this character is reserved to provide a port.");
    return {name};
}

std::vector<std::string> split_patterns(const std::string& text) {
    std::vector<std::string> out;
    auto keep = [&out](std::string_view part) {
        if (part = base::trim(part); !part.empty()) out.emplace_back(part);
    };
    if (text.find(',') != std::string::npos) {
        for (const auto& part : base::split(text, ',')) keep(part);
        return out;
    }
    if (parse_address(base::trim(text))) {
        keep(text);
        return out;
    }
    // Colons and blanks separate, but not inside brackets: "g[1:3]".
    std::string part;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t close = c == '[' ? text.find(']', i) : std::string::npos;
        if (close != std::string::npos) {
            part += text.substr(i, close - i + 1);
            i = close;
        } else if (c == ':' || c == '[' || c == ']' || std::isspace(static_cast<unsigned char>(c))) {
            keep(part);
            part.clear();
        } else {
            part += c;
        }
    }
    keep(part);
    return out;
}

bool is_valid_group_name(std::string_view name) {
    return !name.empty() && !digit(name[0]) && std::all_of(name.begin(), name.end(), word);
}

std::string safe_group_name(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) out += !word(name[i]) || (i == 0 && digit(name[i])) ? '_' : name[i];
    return out;
}

}  // namespace fprov::inventory
