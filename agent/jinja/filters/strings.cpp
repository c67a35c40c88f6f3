// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/filters/wrapping.hpp"
#include "jinja/format.hpp"
#include "jinja/text.hpp"

namespace fprov::jinja {
namespace {

using Change = std::string (*)(std::string_view);
template <Change change> Value changed(Call& call) { return change(text_of(call, 0)); }

Value center(Call& call) {
    std::string text = text_of(call, 0);
    std::int64_t width = integer_of(call, 1), size = static_cast<std::int64_t>(char_count(text));
    if (width <= size) return text;
    check_text(limits_of(call), static_cast<std::size_t>(width));
    std::int64_t missing = width - size, left = missing / 2 + (missing & width & 1);
    return std::string(static_cast<std::size_t>(left), ' ') + text + std::string(static_cast<std::size_t>(missing - left), ' ');
}
Value escape(Call& call) { return escape_html(text_of(call, 0)); }
Value same(Call& call) { return text_of(call, 0); }

Value format(Call& call) {
    if (!call.keywords.empty() && !call.rest.empty()) fail_type("can't handle positional and keyword arguments at the same time");
    Value arguments = call.keywords.empty() ? Value::tuple(call.rest) : Value(call.keywords);
    return percent_format(text_of(call, 0), arguments, limits_of(call));
}

Value indent(Call& call) {
    if (call[0].is_list()) fail_type("'list' object has no attribute 'splitlines'");
    if (!call[0].is_string()) fail_type("unsupported operand type(s) for +=: '" + values::type_name(call[0]) + "' and 'str'");
    std::string indention;
    if (call[1].is_string()) {
        indention = call[1].string();
    } else {
        std::int64_t width = integer_of(call, 1);
        check_text(limits_of(call), width > 0 ? static_cast<std::size_t>(width) : 0);
        indention.assign(width > 0 ? static_cast<std::size_t>(width) : 0, ' ');
    }
    bool first = flag_of(call, 2), blank = flag_of(call, 3);
    std::string out;
    auto lines = split_lines(text_of(call, 0) + "\n", false);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i) out += '\n';
        if (i ? blank || !lines[i].empty() : first) out += indention;
        out += lines[i];
        check_text(limits_of(call), out.size());
    }
    return out;
}

Value join(Call& call) {
    std::string separator = text_of(call, 1), out;
    auto get = getter(call, call[2]);
    bool first = true;
    for (const Value& item : iterate(call)) {
        if (!first) out += separator;
        first = false;
        Value part = get(item);
        if (part.is_undefined() && !part.undefined_info().lenient) fail_undefined(part, &call.context.scope);
        out += values::str(part);
        check_text(limits_of(call), out.size());
    }
    return out;
}

// An argument as a text for a method; whether it may be compiled as a template stays with it.
Value as_text(Call& call, std::size_t at) { return call[at].is_string() ? call[at] : Value(text_of(call, at)); }

Value replace(Call& call) {
    CallArguments arguments;
    arguments.positional = {as_text(call, 1), as_text(call, 2), call[3].is_none() ? Value(-1) : call[3]};
    return call.context.call(call.context.attribute(as_text(call, 0), "replace", call.place), std::move(arguments), call.place);
}

// In Jinja2 a word begins after white space and - ( { [ <
Value title(Call& call) {
    std::string out;
    bool start = true;
    for (char32_t c : decode(text_of(call, 0))) {
        base::append_utf8(out, start ? to_upper(c) : to_lower(c));
        start = is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    }
    return out;
}

Value trim(Call& call) {
    CallArguments arguments;
    arguments.positional = {call[1]};
    return call.context.call(call.context.attribute(as_text(call, 0), "strip", call.place), std::move(arguments), call.place);
}

Value truncate(Call& call) {
    std::string text = text_of(call, 0), end = text_of(call, 3);
    std::int64_t length = integer_of(call, 1), leeway = call[4].is_none() ? 5 : integer_of(call, 4), tail = static_cast<std::int64_t>(char_count(end));
    if (length < tail) fail_value("expected length >= " + std::to_string(tail) + ", got " + std::to_string(length));
    if (leeway < 0) fail_value("expected leeway >= 0, got " + std::to_string(leeway));
    if (!call[0].is_string()) {   // Jinja asks for its length before it asks what it is
        const auto size = call[0].is_sequence() ? call[0].list().size() : call[0].is_map() ? call[0].map().size() : std::string::npos;
        if (size == std::string::npos) fail_type("object of type '" + values::type_name(call[0]) + "' has no len()");
        if (static_cast<std::int64_t>(size) <= length + leeway) return call[0];
    }
    if (static_cast<std::int64_t>(char_count(text)) <= length + leeway) return text;
    std::string head = text.substr(0, offset_of(text, static_cast<std::size_t>(length - tail)));
    if (!flag_of(call, 2)) head = head.substr(0, head.rfind(' '));
    return head + end;
}

Value wordcount(Call& call) {
    std::int64_t count = 0;
    bool inside = false;
    for (char32_t c : decode(text_of(call, 0))) {
        bool word = c == '_' || is_alnum(c);
        count += word && !inside;
        inside = word;
    }
    return count;
}

Value wordwrap(Call& call) {
    std::int64_t width = integer_of(call, 1);
    if (width <= 0) fail_value("invalid width " + std::to_string(width) + " (must be > 0)");
    std::string separator = call[3].is_none() ? "\n" : text_of(call, 3);
    if (!call[0].is_string()) fail_type("'" + values::type_name(call[0]) + "' object has no attribute 'splitlines'");
    std::vector<std::string> lines;
    for (const std::string& line : split_lines(text_of(call, 0), false))
        lines.push_back(base::join(wrap_line(line, static_cast<std::size_t>(width), flag_of(call, 2), flag_of(call, 4)), separator));
    return base::join(lines, separator);
}

Value striptags(Call& call) {
    std::string text = text_of(call, 0), out;
    for (std::size_t at = 0; at < text.size();) {
        bool comment = text.compare(at, 4, "<!--") == 0;
        std::size_t end = comment ? text.find("-->", at + 4) : text[at] == '<' ? text.find('>', at) : std::string::npos;
        if (end == std::string::npos) { out += text[at++]; continue; }
        at = end + (comment ? 3 : 1);
    }
    std::string joined = base::join(split_space(out), " ");
    struct Entity { std::string_view name, text; };
    constexpr Entity entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#34;", "\""}, {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", "\u00a0"}, {"&amp;", "&"}};
    for (const auto& [name, meaning] : entities) joined = base::replace_all(std::move(joined), name, meaning);
    return joined;
}

std::string url_quote(std::string_view text, bool query) {
    std::string out;
    for (char c : text) {
        bool safe = std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_.-~").find(c) != std::string_view::npos || (c == '/' && !query);
        if (safe) out += c;
        else if (c == ' ' && query) out += '+';
        else { out += '%'; out += base::upper(base::hex(std::string_view(&c, 1))); }
    }
    return out;
}
Value urlencode(Call& call) {
    const Value& value = call[0];
    if (value.is_string() || !values::elements(value)) return url_quote(text_of(call, 0), false);
    std::string out;
    auto add = [&](const Value& key, const Value& item) {
        if (!out.empty()) out += '&';
        out += url_quote(values::str(key), true) + '=' + url_quote(values::str(item), true);
    };
    if (value.is_map()) {
        for (const auto& [key, item] : value.map()) add(key, item);
    } else {
        for (const Value& pair : iterate(call)) {
            auto both = values::elements(pair);
            if (!both || both->size() != 2) fail_value("urlencode needs pairs of a key and a value");
            add((*both)[0], (*both)[1]);
        }
    }
    return out;
}

Value urlize(Call& call) {
    std::string target = call[3].is_none() ? "" : " target=\"" + escape_html(text_of(call, 3)) + "\"";
    std::vector<std::string> rel = call[4].is_none() ? std::vector<std::string>{} : split_space(text_of(call, 4));
    if (flag_of(call, 2)) rel.emplace_back("nofollow");
    rel.emplace_back("noopener");
    std::sort(rel.begin(), rel.end());
    rel.erase(std::unique(rel.begin(), rel.end()), rel.end());
    UrlStyle style;
    style.limit = call[1].is_none() ? -1 : integer_of(call, 1);
    style.attributes = " rel=\"" + escape_html(base::join(rel, " ")) + "\"" + target;
    return link_urls(text_of(call, 0), style);
}

Value xmlattr(Call& call) {
    if (!call[0].is_map()) fail_type("xmlattr needs a mapping");
    std::string out;
    for (const auto& [key, value] : call[0].map()) {
        if (value.is_none() || value.is_undefined()) continue;
        if (!out.empty()) out += ' ';
        out += escape_html(values::str(key)) + "=\"" + escape_html(values::str(value)) + '"';
    }
    return flag_of(call, 1) && !out.empty() ? " " + out : out;
}

constexpr Filter rows[] = {
    {"capitalize", "s", changed<capitalize>, false, "first letter upper, the others lower"},
    {"center", "value, width=80", center, false, "centered with blanks"},
    {"e", "s", escape, false, "& < > ' \" as HTML entities"},
    {"escape", "s", escape, false, "& < > ' \" as HTML entities"},
    {"forceescape", "value", escape, false, "as escape"},
    {"format", "value, *args, **kwargs", format, false, "'%s' % arguments"},
    {"indent", "s, width=4, first=False, blank=False", indent, false, "lines indented, the first one only if asked"},
    {"join", "value, d='', attribute=None", join, false, "texts of the elements, with d between them"},
    {"lower", "s", changed<lower>, false, "lower case"},
    {"replace", "s, old, new, count=None", replace, false, "old replaced by new"},
    {"safe", "value", same, false, "the text itself (nothing is escaped automatically)"},
    {"string", "s", same, false, "the value as text"},
    {"striptags", "value", striptags, false, "without HTML tags, white space collapsed"},
    {"title", "s", title, false, "words begin with upper case"},
    {"trim", "value, chars=None", trim, false, "without white space (or chars) at both ends"},
    {"truncate", "s, length=255, killwords=False, end='...', leeway=None", truncate, false, "cut to a length"},
    {"upper", "s", changed<upper>, false, "upper case"},
    {"urlencode", "value", urlencode, false, "quoted for a URL; a mapping as a query"},
    {"urlize", "value, trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None", urlize, false, "URLs as HTML links"},
    {"wordcount", "s", wordcount, false, "number of words"},
    {"wordwrap", "s, width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True", wordwrap, false, "wrapped at a width"},
    {"xmlattr", "d, autospace=True", xmlattr, false, "a mapping as XML attributes"},
};

}  // namespace

std::span<const Filter> string_filters() { return rows; }

}  // namespace fprov::jinja
