// SPDX-License-Identifier: Apache-2.0
// Lookups that arrange what they are given: items, dict, nested, together, sequence, subelements …
#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/lookups/options.hpp"
#include "dialect/pattern.hpp"
#include "dialect/python_random.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace {

List items(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        if (term.is_sequence()) out.insert(out.end(), term.list().begin(), term.list().end());
        else out.push_back(term);
    }
    return out;
}

List list(LookupCall& call) { return call.terms; }

void flatten_into(const List& terms, List& out) {
    for (const auto& term : terms) {
        if (term.is_string() && (term.string() == "None" || term.string() == "null")) continue;
        if (term.is_sequence()) flatten_into(term.list(), out);
        else out.push_back(term);
    }
}

List flattened(LookupCall& call) {
    List out;
    flatten_into(call.terms, out);
    return out;
}

List dict(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        if (!term.is_map()) fail(call.place, "with_dict expects a dict", "give a dictionary, or use `loop: \"{{ x | dict2items }}\"`");
        for (const auto& entry : term.map()) {
            Map pair;
            pair.set("key", entry.key);
            pair.set("value", entry.value);
            out.push_back(Value(std::move(pair)));
        }
    }
    return out;
}

List elements_of(LookupCall& call, const Value& value) {
    require_defined(value, call.place);
    auto elements = value.is_string() ? std::optional(List{value}) : values::elements(value);
    return elements ? std::move(*elements) : List{value};
}

List nested(LookupCall& call) {
    if (call.terms.empty()) fail(call.place, "with_nested requires at least one element in the nested list");
    List rows{Value(List{})};
    for (const auto& term : call.terms) {
        List longer;
        for (const auto& row : rows)
            for (const auto& element : elements_of(call, term)) {
                List extended = row.list();
                // A list as an element is one level deep only.
                if (element.is_sequence()) extended.insert(extended.end(), element.list().begin(), element.list().end());
                else extended.push_back(element);
                longer.push_back(Value(std::move(extended)));
            }
        if (longer.size() > 2'000'000) fail(call.place, "with_nested would give more than 2000000 items");
        rows = std::move(longer);
    }
    return rows;
}

List together(LookupCall& call) {
    if (call.terms.empty()) fail(call.place, "with_together requires at least one element in each list");
    std::vector<List> columns;
    std::size_t longest = 0;
    for (const auto& term : call.terms) {
        columns.push_back(elements_of(call, term));
        longest = std::max(longest, columns.back().size());
    }
    List out;
    for (std::size_t i = 0; i < longest; ++i) {
        List row;
        for (const auto& column : columns) row.push_back(i < column.size() ? column[i] : Value());
        out.push_back(Value(std::move(row)));
    }
    return out;
}

List indexed_items(LookupCall& call) {
    List flat = items(call), out;
    for (std::size_t i = 0; i < flat.size(); ++i) out.push_back(Value::tuple({Value(i), flat[i]}));
    return out;
}

List random_choice(LookupCall& call) {
    if (call.terms.empty()) return {};
    return {call.terms[PythonRandom().below(call.terms.size())]};
}

std::int64_t sequence_number(LookupCall& call, std::string_view name, const std::string& text) {
    const int radix = text.rfind("0x", 0) == 0 ? 16 : text.rfind("0b", 0) == 0 ? 2 : text.size() > 1 && text[0] == '0' ? 8 : 10;
    auto number = python_int(text, radix);
    if (!number) fail(call.place, "can't parse " + std::string(name) + "=" + text + " as integer");
    return *number;
}

struct Sequence {
    std::int64_t start = 1, stride = 1;
    std::optional<std::int64_t> count, end;
    std::string format = "%d";
};

/// "start-end/stride:format", every part but the end optional.
bool short_form(LookupCall& call, const std::string& text, Sequence& sequence) {
    const auto pattern = pattern_of(call.place, "^(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:/(0?x?[0-9a-f]+))?(?::(.*))?$", {.ignore_case = true});
    const auto match = pattern.match(text);
    if (!match) return false;
    auto part = [&](std::size_t i) { return std::string(match->groups[i].of(text)); };
    if (match->groups[1].matched()) sequence.start = sequence_number(call, "start", part(1));
    sequence.end = sequence_number(call, "end", part(2));
    if (match->groups[3].matched()) sequence.stride = sequence_number(call, "stride", part(3));
    if (match->groups[4].matched()) sequence.format = part(4);
    return true;
}

void numbers(LookupCall& call, Sequence sequence, List& out) {
    if (!sequence.count && !sequence.end) fail(call.place, "must specify count or end in with_sequence");
    if (sequence.count && sequence.end) fail(call.place, "can't specify both count and end in with_sequence");
    if (sequence.count) {
        if (*sequence.count == 0) return;
        sequence.end = sequence.start + *sequence.count * sequence.stride - sequence.stride;
    }
    if (sequence.stride > 0 && *sequence.end < sequence.start) fail(call.place, "to count backwards make stride negative");
    if (sequence.stride < 0 && *sequence.end > sequence.start) fail(call.place, "to count forward don't make stride negative");
    // One printf directive and no other percent sign.
    const auto directive = pattern_of(call.place, "^[^%]*%[-+ #0]*\\d*(?:\\.\\d+)?[diouxXeEfFgG][^%]*$");
    if (!directive.match(sequence.format)) fail(call.place, "bad formatting string: " + sequence.format);
    if (sequence.stride == 0) return;
    auto format = sequence.format;
    const auto letter = format.find_first_of("diouxXeEfFgG", format.find('%'));
    const bool real = std::string_view("eEfFgG").find(format[letter]) != std::string_view::npos;
    if (!real) {
        format.insert(letter, "ll");
        if (format[letter + 2] == 'u') format[letter + 2] = 'd';
    }
    for (auto number = sequence.start; sequence.stride > 0 ? number <= *sequence.end : number >= *sequence.end; number += sequence.stride) {
        char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (real) std::snprintf(text, sizeof text, format.c_str(), static_cast<double>(number));
        else std::snprintf(text, sizeof text, format.c_str(), static_cast<long long>(number));   // checked by the pattern above
#pragma GCC diagnostic pop
        out.push_back(Value(std::string(text)));
        if (out.size() > 5'000'000) fail(call.place, "with_sequence would give more than 5000000 items");
    }
}

List sequence(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        Sequence sequence;
        const auto text = std::string(base::trim(values::str(term)));
        if (!short_form(call, text, sequence)) {
            auto options = parse_options(call, text);
            for (const auto& [name, value] : options.named) {
                if (name == "start") sequence.start = sequence_number(call, name, value);
                else if (name == "end") sequence.end = sequence_number(call, name, value);
                else if (name == "count") sequence.count = sequence_number(call, name, value);
                else if (name == "stride") sequence.stride = sequence_number(call, name, value);
                else if (name == "format") sequence.format = value;
                else fail(call.place, "unrecognized arguments to with_sequence: ['" + name + "']");
            }
            if (options.named.empty()) fail(call.place, "unknown error parsing with_sequence arguments: '" + text + "'");
        }
        numbers(call, sequence, out);
    }
    return out;
}

/// The element without the list that is taken from it.
Value without(const Value& element, const std::vector<std::string>& path, std::size_t depth) {
    Map rest = element.map();
    if (depth + 1 == path.size()) rest.erase(path[depth]);
    else rest.set(path[depth], without(*element.find(path[depth]), path, depth + 1));
    return Value(std::move(rest));
}

List subelements(LookupCall& call) {
    auto usage = [&](const std::string& what) { fail(call.place, "subelements lookup expects a list of two or three items, " + what); };
    if (call.terms.size() < 2 || call.terms.size() > 3) usage("first a dict or a list, second a string pointing to the subkey");
    List elements;
    if (call.terms[0].is_map()) {
        for (const auto& entry : call.terms[0].map())
            if (!entry.value.is_map() || !entry.value.find("skipped")) elements.push_back(entry.value);
    } else if (call.terms[0].is_sequence()) {
        elements = call.terms[0].list();
    } else {
        usage("first a dict or a list, second a string pointing to the subkey");
    }
    bool skip = false;
    if (call.terms.size() == 3) {
        const Value* given = call.terms[2].find("skip_missing");
        if (!call.terms[2].is_map()) usage("the optional third item must be a dict with flags ('skip_missing',)");
        skip = given && ansible_bool(*given);
    }
    const auto path = base::split(values::str(call.terms[1]), '.');
    List out;
    for (const auto& element : elements) {
        if (!element.is_map()) fail(call.place, "subelements lookup expects a dictionary, got '" + values::str(element) + "'");
        if (element.find("skipped")) continue;
        Value found = element;
        bool missing = false;
        for (std::size_t i = 0; i < path.size() && !missing; ++i) {
            const Value* next = found.is_map() ? found.find(path[i]) : nullptr;
            if (!next) {
                if (!skip) fail(call.place, "could not find '" + path[i] + "' key in iterated item '" + values::str(element) + "'");
                missing = true;
            } else if (i + 1 < path.size() && !next->is_map()) {
                if (!skip) fail(call.place, "the key " + path[i] + " should point to a dictionary, got '" + values::str(*next) + "'");
                missing = true;
            } else if (i + 1 == path.size() && !next->is_sequence()) {
                if (!skip) fail(call.place, "the key " + path[i] + " should point to a list, got '" + values::str(*next) + "'");
                missing = true;
            } else {
                found = Value(*next);
            }
        }
        if (missing) continue;
        const Value rest = without(element, path, 0);
        for (const auto& inner : found.list()) out.push_back(Value::tuple({rest, inner}));
    }
    return out;
}

constexpr Lookup rows[] = {
    {"cartesian", nested, "Every combination of the lists given"},
    {"dict", dict, "Key and value of a dict's entries"},
    {"flattened", flattened, "All elements, lists in lists included"},
    {"indexed_items", indexed_items, "Elements with their index"},
    {"items", items, "Elements, flattened one level"},
    {"list", list, "What is given, as it is"},
    {"nested", nested, "Every combination of the lists given"},
    {"random_choice", random_choice, "One element at random"},
    {"sequence", sequence, "Numbers, formatted"},
    {"subelements", subelements, "An element with each entry of a list in it"},
    {"together", together, "Lists side by side"},
};

}  // namespace

std::span<const Lookup> list_lookups() { return rows; }

}  // namespace fprov::dialect
