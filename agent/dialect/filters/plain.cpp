// SPDX-License-Identifier: Apache-2.0
// The everyday filters: bool, ternary, mandatory, quote, comment, split …
#include <algorithm>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value boolean(Call& call) {
    require_defined(call[0], call.place);
    if (call[0].is_none()) return Value();
    return Value(ansible_bool(call[0]));
}

Value ternary(Call& call) {
    require_defined(call[0], call.place);
    if (call[0].is_none() && !call[3].is_none()) return call[3];
    return call[0].truthy() ? call[1] : call[2];
}

Value mandatory(Call& call) {
    if (!call[0].is_undefined()) return call[0];
    if (!call[1].is_none()) fail(call, values::str(call[1]));
    const auto& info = call[0].undefined_info();
    fail(call, "Mandatory variable " + (info.name.empty() ? std::string() : "'" + info.name + "' ") + " not defined.", info.hint);
}

Value quote(Call& call) {
    require_defined(call[0], call.place);
    return Value(base::shell_quote(call[0].is_none() ? std::string() : text_of(call, 0)));
}

Value type_debug(Call& call) {
    if (call[0].is_undefined()) return Value("AnsibleUndefined");
    if (call[0].is_string() && call[0].keeps_text()) return Value("NativeJinjaText");
    if (call[0].is_string() && call[0].trust() == values::Trust::data_only) return Value("AnsibleUnsafeText");
    if (call[0].is_string() && call[0].as_written()) return Value("AnsibleUnicode");
    const auto name = values::type_name(call[0]);
    return Value(name.substr(name.rfind('.') + 1));
}

Value split(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_string()) fail(call, "descriptor 'split' for 'str' objects doesn't apply to a '" + values::type_name(call[0]) + "' object");
    const auto text = text_of(call, 0);
    const auto most = call[2].int_or(-1);
    List parts;
    if (call[1].is_none()) {   // at white space, none at the ends
        std::size_t at = 0;
        auto space = [&](std::size_t i) { return std::isspace(static_cast<unsigned char>(text[i])) != 0; };
        while (true) {
            while (at < text.size() && space(at)) ++at;
            if (at >= text.size()) break;
            if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
                std::size_t end = text.size();
                while (end > at && space(end - 1)) --end;
                parts.push_back(Value(text.substr(at)));
                break;
            }
            std::size_t end = at;
            while (end < text.size() && !space(end)) ++end;
            parts.push_back(Value(text.substr(at, end - at)));
            at = end;
        }
        return Value(std::move(parts));
    }
    const auto separator = text_of(call, 1);
    if (separator.empty()) fail(call, "empty separator");
    std::size_t from = 0;
    for (auto at = text.find(separator); at != std::string::npos && (most < 0 || static_cast<std::int64_t>(parts.size()) < most); at = text.find(separator, from)) {
        parts.push_back(Value(text.substr(from, at - from)));
        from = at + separator.size();
    }
    parts.push_back(Value(text.substr(from)));
    return Value(std::move(parts));
}

struct CommentStyle { std::string_view name, beginning, decoration, end; };
constexpr CommentStyle comment_styles[] = {
    {"c", "", "// ", ""},
    {"cblock", "/*", " * ", " */"},
    {"erlang", "", "% ", ""},
    {"plain", "", "# ", ""},
    {"xml", "<!--", " - ", "-->"},
};

Value comment(Call& call) {
    const auto text = string_of(call, 0, "replace");
    const auto wanted = text_of(call, 1);
    const auto style = std::find_if(std::begin(comment_styles), std::end(comment_styles), [&](const auto& row) { return row.name == wanted; });
    if (style == std::end(comment_styles)) fail(call, "'" + wanted + "'", "comment styles: plain, c, cblock, erlang, xml");
    const auto newline = [&] { const Value* given = keyword(call, "newline"); return given ? values::str(*given) : std::string("\n"); }();
    auto part = [&](std::string_view name, std::string otherwise) {
        const Value* given = keyword(call, name);
        return given ? values::str(*given) : otherwise;
    };
    const std::string decoration = part("decoration", std::string(style->decoration));
    const std::string beginning = part("beginning", std::string(style->beginning)), end = part("end", std::string(style->end));
    const std::string bare(decoration.substr(0, decoration.find_last_not_of(' ') + 1));
    const std::string prefix = part("prefix", bare), postfix = part("postfix", bare);
    const auto prefix_count = keyword_int(call, "prefix_count", 1), postfix_count = keyword_int(call, "postfix_count", 1);
    std::string out;
    if (!beginning.empty()) out += beginning + newline;
    if (!prefix.empty()) {
        for (std::int64_t i = 0; i < prefix_count; ++i) out += prefix + newline;
    }
    std::string body;
    const auto lines = base::replace_all(text, newline, newline + decoration);
    body = decoration + lines;
    // A decorated empty line keeps no white space at its end.
    body = base::replace_all(body, decoration + newline, bare + newline);
    out += body;
    for (std::int64_t i = 0; i < postfix_count; ++i) out += newline + postfix;
    if (!end.empty()) out += newline + end;
    return Value(out);
}

// Jinja's groupby, with the groups as plain tuples (they survive the way through text).
Value groupby(Call& call) {
    std::vector<std::pair<Value, List>> groups;
    auto elements = list_of(call, 0);
    std::vector<std::pair<Value, Value>> keyed;
    for (auto& element : elements) {
        Value key = element;
        if (call[1].is_int()) key = call.context.item(element, call[1], call.place);
        else for (const auto& part : base::split(text_of(call, 1), '.')) {
            if (auto index = base::parse_int(part)) key = call.context.item(key, Value(*index), call.place);
            else key = call.context.item(key, Value(part), call.place);
        }
        if (key.is_undefined() && !call[2].is_none()) key = call[2];
        require_defined(key, call.place);
        keyed.emplace_back(std::move(key), std::move(element));
    }
    const bool sensitive = flag_of(call, 3);
    auto folded = [&](const Value& key) { return !sensitive && key.is_string() ? Value(base::lower(key.string())) : key; };
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) { return values::compare(folded(a.first), folded(b.first)) < 0; });
    for (auto& [key, element] : keyed) {
        if (groups.empty() || !values::equal(folded(groups.back().first), folded(key))) groups.emplace_back(key, List{});
        groups.back().second.push_back(std::move(element));
    }
    List out;
    for (auto& [key, list] : groups) out.push_back(Value::tuple({key, Value(std::move(list))}));
    return Value(std::move(out));
}

constexpr jinja::Filter rows[] = {
    {"bool", "a", boolean, false, "True for yes, on, true, 1"},
    {"comment", "text, style='plain', **kwargs", comment, false, "Text as a comment of a configuration file"},
    {"groupby", "value, attribute, default=None, case_sensitive=False", groupby, false, "Elements grouped by an attribute"},
    {"mandatory", "a, msg=None", mandatory, true, "Fails when a variable is undefined"},
    {"quote", "a", quote, false, "Text quoted for a shell"},
    {"split", "value, sep=None, maxsplit=-1", split, false, "Text split into a list"},
    {"ternary", "value, true_val, false_val, none_val=None", ternary, false, "One value or another, by a condition"},
    {"type_debug", "obj", type_debug, true, "The name of a value's Python type"},
};

}  // namespace

std::span<const jinja::Filter> plain() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
