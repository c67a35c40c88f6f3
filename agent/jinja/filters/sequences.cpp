// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/sorting.hpp"
#include "jinja/text.hpp"

namespace fprov::jinja {
namespace {

std::size_t positive_count(const Call& call, std::size_t i) {
    std::int64_t number = integer_of(call, i);
    if (number <= 0) fail_value("a number greater than 0 is needed");
    return static_cast<std::size_t>(number);
}

Value batch(Call& call) {
    std::size_t size = positive_count(call, 1);
    List out, group;
    for (Value& item : iterate(call)) {
        if (group.size() == size) { out.push_back(Value(std::move(group))); group = {}; }
        group.push_back(std::move(item));
    }
    if (!group.empty()) {
        if (!call[2].is_none()) {
            check_list(limits_of(call), size);
            while (group.size() < size) group.push_back(call[2]);
        }
        out.push_back(Value(std::move(group)));
    }
    return out;
}
Value slice_filter(Call& call) {
    List all = iterate(call), out;
    std::size_t slices = positive_count(call, 1), each = all.size() / slices, longer = all.size() % slices, at = 0;
    check_list(limits_of(call), slices);
    for (std::size_t i = 0; i < slices; ++i) {
        std::size_t size = each + (i < longer);
        List part(all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(at + size));
        at += size;
        if (!call[2].is_none() && i >= longer && longer) part.push_back(call[2]);
        if (!call[2].is_none() && !longer) part.push_back(call[2]);
        out.push_back(Value(std::move(part)));
    }
    return out;
}

Value first(Call& call) {
    if (call[0].is_sequence() && !call[0].list().empty()) return call[0].list().front();
    List all = iterate(call);
    return all.empty() ? undefined_because("No first item, sequence was empty.", call.place) : all.front();
}
Value last(Call& call) {
    if (call[0].is_sequence() && !call[0].list().empty()) return call[0].list().back();
    List all = iterate(call);
    return all.empty() ? undefined_because("No last item, sequence was empty.", call.place) : all.back();
}
Value length(Call& call) {
    if (call[0].is_undefined()) return 0;   // the missing else of an inline if
    auto size = values::length(call[0]);
    if (!size) fail_type("object of type '" + values::type_name(call[0]) + "' has no len()");
    return *size;
}
Value list(Call& call) { return Value(iterate(call)); }
Value reverse(Call& call) {
    if (call[0].is_string()) {
        auto characters = decode(call[0].string());
        std::reverse(characters.begin(), characters.end());
        return encode(characters);
    }
    List all = iterate(call);
    std::reverse(all.begin(), all.end());
    return all;
}

using Keyed = std::function<Value(const Value&)>;
Keyed sort_key(const Call& call, const Value& attribute, bool case_sensitive) {
    auto get = getter(call, attribute);
    if (case_sensitive) return get;
    return [get](const Value& value) { return ignoring_case(get(value)); };
}

Value sort(Call& call) {
    List all = iterate(call);
    bool reverse = flag_of(call, 1), case_sensitive = flag_of(call, 2);
    if (call[3].is_string() && call[3].string().find(',') != std::string::npos) {   // several attributes
        std::vector<Keyed> keys;
        for (const auto& attribute : base::split(call[3].string(), ',')) keys.push_back(sort_key(call, Value(attribute), case_sensitive));
        sort_values(all, [&](const Value& value) {
            List key;
            for (const auto& get : keys) key.push_back(get(value));
            return Value::tuple(std::move(key));
        }, reverse);
    } else {
        sort_values(all, sort_key(call, call[3], case_sensitive), reverse);
    }
    return all;
}

Value extreme(Call& call, bool largest) {
    List all = iterate(call);
    if (all.empty()) return undefined_because("No aggregated item, sequence was empty.", call.place);
    auto key = sort_key(call, call[2], flag_of(call, 1));
    std::size_t best = 0;
    Value best_key = key(all[0]);
    for (std::size_t i = 1; i < all.size(); ++i) {
        Value other = key(all[i]);
        require_defined(other, &call.context.scope);
        require_defined(best_key, &call.context.scope);
        if (largest ? values::compare(other, best_key, ">") == 1 : values::compare(other, best_key, "<") == -1) { best = i; best_key = std::move(other); }
    }
    return all[best];
}
Value max(Call& call) { return extreme(call, true); }
Value min(Call& call) { return extreme(call, false); }

Value unique(Call& call) {
    auto key = sort_key(call, call[2], flag_of(call, 1));
    Map seen;
    List out;
    for (const Value& item : iterate(call)) {
        Value mark = key(item);
        require_defined(mark, &call.context.scope);
        if (mark.is_list() || mark.is_map()) fail_type("unhashable type: '" + values::type_name(mark) + "'");
        if (seen.find(mark)) continue;
        seen.set(std::move(mark), Value());
        out.push_back(item);
    }
    return out;
}

CallArguments remaining(const Call& call, std::size_t used) {
    CallArguments arguments;
    arguments.positional.assign(call.rest.begin() + static_cast<std::ptrdiff_t>(used), call.rest.end());
    for (const auto& [key, value] : call.keywords) arguments.named.emplace_back(key.string(), value);
    return arguments;
}
std::string name_argument(const Call& call, std::size_t i, const char* missing) {
    if (i >= call.rest.size()) fail_type(missing);
    if (!call.rest[i].is_string()) fail_type(std::string(missing) + ", not a " + values::type_name(call.rest[i]));
    return call.rest[i].string();
}

// What is false has no elements, be it none or 0: Jinja2 does not look at it, nor at the filter's or test's name.
bool nothing(const Call& call) { return !call[0].is_object() && !call[0].truthy(); }

Value map(Call& call) {
    List out;
    if (nothing(call)) return out;
    List all = iterate(call);
    if (call.rest.empty() && call.keywords.contains("attribute")) {
        for (const auto& entry : call.keywords)
            if (entry.key.string() != "attribute" && entry.key.string() != "default") fail_type("Unexpected keyword argument '" + entry.key.string() + "'");
        const Value* otherwise = call.keywords.find("default");
        auto get = getter(call, *call.keywords.find("attribute"), otherwise ? *otherwise : Value());
        for (const Value& item : all) out.push_back(get(item));
        return out;
    }
    std::string name = name_argument(call, 0, "map requires a filter argument");
    for (Value& item : all) out.push_back(call.context.apply_filter(name, std::move(item), remaining(call, 1), call.place));
    return out;
}

// select, reject and their attribute forms: `offset` is where the test's name stands.
Value chosen(Call& call, bool wanted, bool by_attribute) {
    List out;
    if (nothing(call)) return out;
    std::size_t offset = by_attribute ? 1 : 0;
    if (by_attribute && call.rest.empty()) fail_type("Missing parameter for attribute name");
    auto get = getter(call, by_attribute ? call.rest[0] : Value());
    bool tested = call.rest.size() > offset;
    std::string name = tested ? name_argument(call, offset, "a test's name is needed") : "";
    for (const Value& item : iterate(call)) {
        Value subject = get(item);
        bool passes = tested ? call.context.apply_test(name, std::move(subject), remaining(call, offset + 1), call.place) : truth(subject, &call.context.scope);
        if (passes == wanted) out.push_back(item);
    }
    return out;
}
Value select(Call& call) { return chosen(call, true, false); }
Value reject(Call& call) { return chosen(call, false, false); }
Value selectattr(Call& call) { return chosen(call, true, true); }
Value rejectattr(Call& call) { return chosen(call, false, true); }

constexpr Filter rows[] = {
    {"batch", "value, linecount, fill_with=None", batch, false, "lists of linecount elements"},
    {"count", "value", length, false, "number of elements"},
    {"first", "seq", first, false, "the first element"},
    {"last", "seq", last, false, "the last element"},
    {"length", "value", length, false, "number of elements"},
    {"list", "value", list, false, "as a list"},
    {"map", "value, *args, **kwargs", map, false, "a filter applied to each element, or an attribute of each"},
    {"max", "value, case_sensitive=False, attribute=None", max, false, "the largest element"},
    {"min", "value, case_sensitive=False, attribute=None", min, false, "the smallest element"},
    {"reject", "value, *args, **kwargs", reject, false, "elements that fail a test"},
    {"rejectattr", "value, *args, **kwargs", rejectattr, false, "elements whose attribute fails a test"},
    {"reverse", "value", reverse, false, "from the end to the beginning"},
    {"select", "value, *args, **kwargs", select, false, "elements that pass a test"},
    {"selectattr", "value, *args, **kwargs", selectattr, false, "elements whose attribute passes a test"},
    {"slice", "value, slices, fill_with=None", slice_filter, false, "divided into so many lists"},
    {"sort", "value, reverse=False, case_sensitive=False, attribute=None", sort, false, "sorted"},
    {"unique", "value, case_sensitive=False, attribute=None", unique, false, "without repetitions"},
};

}  // namespace

std::span<const Filter> sequence_filters() { return rows; }

}  // namespace fprov::jinja
