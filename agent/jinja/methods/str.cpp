// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "jinja/format.hpp"
#include "jinja/methods/methods.hpp"
#include "jinja/operators.hpp"
#include "jinja/text.hpp"
#include "values/python.hpp"

namespace fprov::jinja {
namespace {

const std::string& self(const Call& call) { return call[0].string(); }
const Limits& limits(const Call& call) { return call.context.environment.limits; }

const std::string& text(const Call& call, std::size_t i) {
    require_defined(call[i], &call.context.scope);
    if (!call[i].is_string()) fail_type("expected a string, got '" + values::type_name(call[i]) + "'");
    return call[i].string();
}
std::int64_t integer(const Call& call, std::size_t i) {
    require_defined(call[i], &call.context.scope);
    if (!is_integral(call[i])) fail_type("'" + values::type_name(call[i]) + "' object cannot be interpreted as an integer");
    return as_integer(call[i]);
}

using Change = std::string (*)(std::string_view);
template <Change change> Value changed(Call& call) { return change(self(call)); }

// str.isX: true when there is a character and all of them pass.
using Check = bool (*)(char32_t);
template <Check check> Value all_are(Call& call) {
    auto characters = decode(self(call));
    return !characters.empty() && std::all_of(characters.begin(), characters.end(), check);
}
bool is_decimal(char32_t c) { return is_digit(c) && c != 0xb2 && c != 0xb3 && c != 0xb9; }
bool is_printable(char32_t c) { return c == ' ' || (c >= 0x21 && c < 0x7f) || (c > 0xa0 && c != 0xad && !is_space(c)); }
template <Check wanted, Check refused> Value cased(Call& call) {
    bool any = false;
    for (char32_t c : decode(self(call))) {
        if (refused(c)) return false;
        any = any || wanted(c);
    }
    return any;
}
Value is_title(Call& call) {
    bool any = false, inside = false;
    for (char32_t c : decode(self(call))) {
        if (is_upper(c) ? inside : is_lower(c) ? !inside : false) return false;
        inside = is_cased(c);
        any = any || inside;
    }
    return any;
}
Value is_ascii_text(Call& call) { return is_ascii(self(call)); }
Value is_identifier(Call& call) {
    auto characters = decode(self(call));
    if (characters.empty() || is_digit(characters[0])) return false;
    return std::all_of(characters.begin(), characters.end(), [](char32_t c) { return c == '_' || is_alnum(c); });
}

struct Sides { bool left, right; };
Value strip_sides(Call& call, Sides sides) {
    auto all = decode(self(call));
    std::u32string set;
    if (!call[1].is_none()) set = decode(text(call, 1));
    auto drops = [&](char32_t c) { return call[1].is_none() ? is_space(c) : set.find(c) != std::u32string::npos; };
    std::u32string_view rest = all;
    while (sides.left && !rest.empty() && drops(rest.front())) rest.remove_prefix(1);
    while (sides.right && !rest.empty() && drops(rest.back())) rest.remove_suffix(1);
    return encode(rest);
}
Value strip_both(Call& call) { return strip_sides(call, {true, true}); }
Value strip_left(Call& call) { return strip_sides(call, {true, false}); }
Value strip_right(Call& call) { return strip_sides(call, {false, true}); }

Value split(Call& call) {
    std::int64_t limit = integer(call, 2);
    if (call[1].is_none()) return Value::strings(split_space(self(call), limit < 0 ? -1 : static_cast<long>(limit)));
    const std::string& separator = text(call, 1);
    if (separator.empty()) fail_value("empty separator");
    std::vector<std::string> parts;
    std::size_t at = 0;
    for (std::size_t next; (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) && (next = self(call).find(separator, at)) != std::string::npos; at = next + separator.size())
        parts.push_back(self(call).substr(at, next - at));
    parts.push_back(self(call).substr(at));
    return Value::strings(parts);
}
Value rsplit(Call& call) {
    std::int64_t limit = integer(call, 2);
    if (limit < 0) return split(call);
    std::vector<std::string> parts;
    std::string_view rest = self(call);
    if (call[1].is_none()) {
        auto blank = [&](std::size_t i) { return is_space(static_cast<unsigned char>(rest[i])); };
        for (;;) {
            while (!rest.empty() && blank(rest.size() - 1)) rest.remove_suffix(1);
            if (rest.empty() || static_cast<std::int64_t>(parts.size()) >= limit) break;
            std::size_t begin = rest.size();
            while (begin && !blank(begin - 1)) --begin;
            parts.emplace_back(rest.substr(begin));
            rest = rest.substr(0, begin);
        }
        if (!rest.empty()) parts.emplace_back(rest);
    } else {
        const std::string& separator = text(call, 1);
        if (separator.empty()) fail_value("empty separator");
        for (std::size_t next; static_cast<std::int64_t>(parts.size()) < limit && (next = rest.rfind(separator)) != std::string_view::npos; rest = rest.substr(0, next))
            parts.emplace_back(rest.substr(next + separator.size()));
        parts.emplace_back(rest);
    }
    std::reverse(parts.begin(), parts.end());
    return Value::strings(parts);
}
Value splitlines(Call& call) { return Value::strings(split_lines(self(call), truth(call[1]))); }
Value partition(Call& call) {
    const std::string& separator = text(call, 1);
    if (separator.empty()) fail_value("empty separator");
    std::size_t at = self(call).find(separator);
    if (at == std::string::npos) return Value::tuple({Value(self(call)), Value(""), Value("")});
    return Value::tuple({Value(self(call).substr(0, at)), Value(separator), Value(self(call).substr(at + separator.size()))});
}
Value rpartition(Call& call) {
    const std::string& separator = text(call, 1);
    if (separator.empty()) fail_value("empty separator");
    std::size_t at = self(call).rfind(separator);
    if (at == std::string::npos) return Value::tuple({Value(""), Value(""), Value(self(call))});
    return Value::tuple({Value(self(call).substr(0, at)), Value(separator), Value(self(call).substr(at + separator.size()))});
}

// The part self[start:end] that find, count, startswith … look at, as byte offsets; nothing when start is behind the end.
struct Window { std::size_t begin, end; bool valid; };
Window window(const Call& call, std::size_t first) {
    const std::string& all = self(call);
    auto size = static_cast<std::int64_t>(char_count(all));
    auto bound = [&](std::size_t i, std::int64_t otherwise) {
        if (call[i].is_none()) return otherwise;
        std::int64_t at = integer(call, i);
        return at < 0 ? std::max<std::int64_t>(0, at + size) : at;
    };
    std::int64_t begin = bound(first, 0), end = std::min(bound(first + 1, size), size);
    if (begin > end) return {0, 0, false};
    return {offset_of(all, static_cast<std::size_t>(begin)), offset_of(all, static_cast<std::size_t>(end)), true};
}
std::int64_t search(const Call& call, bool last) {
    const std::string& wanted = text(call, 1);
    Window part = window(call, 2);
    if (!part.valid) return -1;
    std::string_view view = std::string_view(self(call)).substr(part.begin, part.end - part.begin);
    std::size_t at = last ? view.rfind(wanted) : view.find(wanted);
    return at == std::string_view::npos ? -1 : static_cast<std::int64_t>(char_count(std::string_view(self(call)).substr(0, part.begin + at)));
}
Value find(Call& call) { return search(call, false); }
Value rfind(Call& call) { return search(call, true); }
Value found_or_fail(std::int64_t at) {
    if (at < 0) fail_value("substring not found");
    return at;
}
Value index(Call& call) { return found_or_fail(search(call, false)); }
Value rindex(Call& call) { return found_or_fail(search(call, true)); }
Value count(Call& call) {
    const std::string& wanted = text(call, 1);
    Window part = window(call, 2);
    if (!part.valid) return 0;
    std::string_view view = std::string_view(self(call)).substr(part.begin, part.end - part.begin);
    if (wanted.empty()) return static_cast<std::int64_t>(char_count(view)) + 1;
    std::int64_t found = 0;
    for (std::size_t at = 0; (at = view.find(wanted, at)) != std::string_view::npos; at += wanted.size()) ++found;
    return found;
}
bool matches(const Call& call, bool front) {
    Window part = window(call, 2);
    if (!part.valid) return false;
    std::string_view view = std::string_view(self(call)).substr(part.begin, part.end - part.begin);
    auto one = [&](const Value& wanted) {
        require_defined(wanted, &call.context.scope);
        if (!wanted.is_string()) fail_type(std::string(front ? "startswith" : "endswith") + " first arg must be str or a tuple of str, not " + values::type_name(wanted));
        return front ? view.starts_with(wanted.string()) : view.ends_with(wanted.string());
    };
    if (!call[1].is_tuple()) return one(call[1]);
    return std::any_of(call[1].list().begin(), call[1].list().end(), one);
}
Value startswith(Call& call) { return matches(call, true); }
Value endswith(Call& call) { return matches(call, false); }

Value replace(Call& call) {
    const std::string &from = text(call, 1), &to = text(call, 2);
    std::int64_t limit = integer(call, 3);
    std::string out;
    std::size_t at = 0;
    const std::string& all = self(call);
    for (std::int64_t done = 0; limit < 0 || done < limit; ++done) {
        std::size_t next = from.empty() ? at : all.find(from, at);
        if (next == std::string::npos) break;
        out.append(all, at, next - at);
        out += to;
        check_text(limits(call), out.size());
        at = next + from.size();
        if (from.empty()) {
            if (at >= all.size()) return out;
            std::size_t begin = at;
            base::next_code_point(all, at);
            out.append(all, begin, at - begin);
        }
    }
    return out + (at < all.size() ? all.substr(at) : std::string());
}
Value join(Call& call) {
    require_defined(call[1], &call.context.scope);
    auto all = values::elements(call[1]);
    if (!all) fail_type("can only join an iterable");
    std::string out;
    for (std::size_t i = 0; i < all->size(); ++i) {
        const Value& item = (*all)[i];
        require_defined(item, &call.context.scope);
        if (!item.is_string()) fail_type("sequence item " + std::to_string(i) + ": expected str instance, " + values::type_name(item) + " found");
        if (i) out += self(call);
        out += item.string();
        check_text(limits(call), out.size());
    }
    return out;
}

// Padding to a width in characters.
Value padded(const Call& call, char side) {
    std::int64_t width = integer(call, 1);
    std::string fill = call.arguments.size() > 2 ? text(call, 2) : "0";
    if (char_count(fill) != 1) fail_type("The fill character must be exactly one character long");
    auto size = static_cast<std::int64_t>(char_count(self(call)));
    if (width <= size) return self(call);
    std::int64_t missing = width - size;
    check_text(limits(call), static_cast<std::size_t>(missing) / 4);
    check_text(limits(call), static_cast<std::size_t>(missing) * fill.size());
    // Python's str.center: an odd rest goes to the left when the width is odd.
    std::int64_t left = side == '<' ? 0 : side == '>' ? missing : missing / 2 + (missing & width & 1);
    std::string out;
    for (std::int64_t i = 0; i < left; ++i) out += fill;
    out += self(call);
    for (std::int64_t i = left; i < missing; ++i) out += fill;
    return out;
}
Value center(Call& call) { return padded(call, '^'); }
Value ljust(Call& call) { return padded(call, '<'); }
Value rjust(Call& call) { return padded(call, '>'); }
Value zfill(Call& call) {
    std::string body = self(call), sign;
    auto width = integer(call, 1);
    if (!body.empty() && (body[0] == '+' || body[0] == '-')) { sign = body[0]; body.erase(0, 1); }
    auto size = static_cast<std::int64_t>(char_count(body) + sign.size());
    if (width <= size) return self(call);
    check_text(limits(call), static_cast<std::size_t>(width));
    return sign + std::string(static_cast<std::size_t>(width - size), '0') + body;
}
Value expandtabs(Call& call) {
    std::int64_t width = integer(call, 1);
    if (width > 10000) check_text(limits(call), static_cast<std::size_t>(width) * self(call).size());
    std::string out;
    std::int64_t column = 0;
    for (std::string_view c : code_points(self(call))) {
        if (c == "\t") {
            if (width <= 0) continue;
            std::int64_t spaces = width - column % width;
            out.append(static_cast<std::size_t>(spaces), ' ');
            column += spaces;
        } else {
            out += c;
            column = c == "\n" || c == "\r" ? 0 : column + 1;
        }
        check_text(limits(call), out.size());
    }
    return out;
}
Value removeprefix(Call& call) { return self(call).starts_with(text(call, 1)) ? self(call).substr(text(call, 1).size()) : self(call); }
Value removesuffix(Call& call) { return self(call).ends_with(text(call, 1)) ? self(call).substr(0, self(call).size() - text(call, 1).size()) : self(call); }
Value format(Call& call) { return brace_format(self(call), call.rest, call.keywords, limits(call)); }
Value format_map(Call& call) {
    require_defined(call[1], &call.context.scope);
    if (!call[1].is_map()) fail_type("format_map() needs a mapping");
    return brace_format(self(call), {}, call[1].map(), limits(call));
}
Value encode_text(Call& call) { return self(call); }   // there is no bytes type: text and its UTF-8 bytes are the same here
Value translate(Call& call) {
    require_defined(call[1], &call.context.scope);
    if (!call[1].is_map()) fail_type("translate() needs a mapping");
    std::string out;
    for (char32_t c : decode(self(call))) {
        const Value* to = call[1].map().find(Value(static_cast<std::int64_t>(c)));
        if (!to) base::append_utf8(out, c);
        else if (to->is_string()) out += to->string();
        else if (is_integral(*to)) base::append_utf8(out, static_cast<char32_t>(as_integer(*to)));
    }
    return out;
}

constexpr Method rows[] = {
    {"capitalize", "self", changed<capitalize>},
    {"casefold", "self", changed<casefold>},
    {"center", "self, width, fillchar=' '", center},
    {"count", "self, sub, start=None, end=None", count},
    {"decode", "self, encoding='utf-8', errors='strict'", encode_text},
    {"encode", "self, encoding='utf-8', errors='strict'", encode_text},
    {"endswith", "self, suffix, start=None, end=None", endswith},
    {"expandtabs", "self, tabsize=8", expandtabs},
    {"find", "self, sub, start=None, end=None", find},
    {"format", "self, *args, **kwargs", format},
    {"format_map", "self, mapping", format_map},
    {"index", "self, sub, start=None, end=None", index},
    {"isalnum", "self", all_are<is_alnum>},
    {"isalpha", "self", all_are<is_alpha>},
    {"isascii", "self", is_ascii_text},
    {"isdecimal", "self", all_are<is_decimal>},
    {"isdigit", "self", all_are<is_digit>},
    {"isidentifier", "self", is_identifier},
    {"islower", "self", cased<is_lower, is_upper>},
    {"isnumeric", "self", all_are<is_digit>},
    {"isprintable", "self", [](Call& call) -> Value { return self(call).empty() || all_are<is_printable>(call).boolean(); }},
    {"isspace", "self", all_are<is_space>},
    {"istitle", "self", is_title},
    {"isupper", "self", cased<is_upper, is_lower>},
    {"join", "self, iterable", join},
    {"ljust", "self, width, fillchar=' '", ljust},
    {"lower", "self", changed<lower>},
    {"lstrip", "self, chars=None", strip_left},
    {"partition", "self, sep", partition},
    {"removeprefix", "self, prefix", removeprefix},
    {"removesuffix", "self, suffix", removesuffix},
    {"replace", "self, old, new, count=-1", replace},
    {"rfind", "self, sub, start=None, end=None", rfind},
    {"rindex", "self, sub, start=None, end=None", rindex},
    {"rjust", "self, width, fillchar=' '", rjust},
    {"rpartition", "self, sep", rpartition},
    {"rsplit", "self, sep=None, maxsplit=-1", rsplit},
    {"rstrip", "self, chars=None", strip_right},
    {"split", "self, sep=None, maxsplit=-1", split},
    {"splitlines", "self, keepends=False", splitlines},
    {"startswith", "self, prefix, start=None, end=None", startswith},
    {"strip", "self, chars=None", strip_both},
    {"swapcase", "self", changed<swapcase>},
    {"title", "self", changed<title>},
    {"translate", "self, table", translate},
    {"upper", "self", changed<upper>},
    {"zfill", "self, width", zfill},
};

}  // namespace

std::span<const Method> str_methods() { return rows; }

}  // namespace fprov::jinja
