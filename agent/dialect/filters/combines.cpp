// SPDX-License-Identifier: Apache-2.0
// Dicts: combine, dict2items and back, rekey_on_member.
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"
#include "values/json.hpp"
#include "values/merge.hpp"

namespace fprov::dialect {

using values::ListMerge, values::list_merge_named, values::merge_maps;

namespace filters {
namespace {

void require_maps(Call& call, const Value& a, const Value& b) {
    for (const auto* value : {&a, &b}) require_defined(*value, call.place);
    if (a.is_map() && b.is_map()) return;
    auto shown = [](const Value& value) { return values::write_json(value); };
    fail(call, "failed to combine variables, expected dicts but got a '" + values::type_name(a) + "' and a '" + values::type_name(b) +
                   "': \n" + shown(a) + "\n" + shown(b));
}

Value combine(Call& call) {
    bool recursive = false;
    ListMerge lists = ListMerge::replace;
    for (const auto& entry : call.keywords) {
        if (entry.key.string() == "recursive") recursive = entry.value.truthy();
        else if (entry.key.string() == "list_merge") {
            auto named = list_merge_named(values::str(entry.value));
            if (!named) fail(call, "merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'");
            lists = *named;
        } else fail(call, "'recursive' and 'list_merge' are the only valid keyword arguments");
    }
    List all;
    auto add = [&](const Value& value) {   // lists of dicts are taken as their elements, at any depth
        auto into = [&](auto&& self, const Value& part) -> void {
            call.context.step(call.place);
            require_defined(part, call.place);
            if (part.is_sequence()) { for (const auto& element : part.list()) self(self, element); return; }
            if (!part.is_none()) all.push_back(part);   // nothing adds nothing
        };
        into(into, value);
    };
    for (const auto& value : call.arguments) add(value);
    for (const auto& value : call.rest) add(value);
    if (all.empty()) return Value(Map{});
    if (all.size() == 1) return all[0];
    Value merged = all[0];
    for (std::size_t i = 1; i < all.size(); ++i) {
        require_maps(call, merged, all[i]);
        merged = Value(merge_maps(merged.map(), all[i].map(), recursive, lists));
    }
    return merged;
}

std::string class_name(const Value& value) { return "<class '" + values::type_name(value) + "'>"; }

Value dict2items(Call& call) {
    require_defined(call[0], call.place);
    List out;
    if (const auto keys = call[0].is_object() && values::type_name(call[0]).find("HostVars") != std::string::npos ? call[0].object()->items() : std::nullopt) {
        for (const Value& key : *keys) {   // hostvars, and what it holds
            Map pair;
            pair.set(call[1], key);
            pair.set(call[2], call[0].object()->item(key).value_or(Value()));
            out.push_back(Value(std::move(pair)));
        }
        return Value(std::move(out));
    }
    if (!call[0].is_map()) fail(call, "dict2items requires a dictionary, got " + class_name(call[0]) + " instead.");
    for (const auto& entry : call[0].map()) {
        Map pair;
        pair.set(call[1], entry.key);
        pair.set(call[2], entry.value);
        out.push_back(Value(std::move(pair)));
    }
    return Value(std::move(out));
}

Value items2dict(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_sequence()) fail(call, "items2dict requires a list, got " + class_name(call[0]) + " instead.");
    Map out;
    for (const auto& element : call[0].list()) {
        auto part = [&](const Value& name) -> const Value* {   // pairs have parts 0 and 1
            if (element.is_map()) return element.map().find(name);
            const auto at = name.int_or(-1);
            return element.is_sequence() && at >= 0 && static_cast<std::size_t>(at) < element.list().size() ? &element.list()[static_cast<std::size_t>(at)] : nullptr;
        };
        const Value *key = part(call[1]), *value = part(call[2]);
        if (!key || !value)
            fail(call, "items2dict requires each dictionary in the list to contain the keys '" + values::str(call[1]) + "' and '" + values::str(call[2]) +
                           "', got " + values::str(call[0]) + " instead.");
        out.set(Value(*key), *value);
    }
    return Value(std::move(out));
}

Value rekey_on_member(Call& call) {
    require_defined(call[0], call.place);
    const auto duplicates = text_of(call, 2);
    if (duplicates != "error" && duplicates != "overwrite") fail(call, "duplicates parameter to rekey_on_member has unknown value: " + duplicates);
    List elements;
    if (call[0].is_map())
        for (const auto& entry : call[0].map()) elements.push_back(entry.value);
    else if (call[0].is_sequence())
        elements = call[0].list();
    else
        fail(call, "Type is not a valid list, set, or dict");
    Map out;
    for (const auto& element : elements) {
        if (!element.is_map()) fail(call, "List item is not a valid dict");
        const Value* key = element.map().find(call[1]);
        if (!key) fail(call, "Key " + values::str(call[1]) + " was not found");
        if (out.find(*key) && duplicates == "error") fail(call, "Key " + values::str(*key) + " is not unique, cannot correctly turn into dict");
        out.set(Value(*key), element);
    }
    return Value(std::move(out));
}

constexpr jinja::Filter rows[] = {
    {"combine", "value, *args, **kwargs", combine, false, "Dicts merged, later ones win"},
    {"dict2items", "mydict, key_name='key', value_name='value'", dict2items, false, "A dict as a list of key and value"},
    {"items2dict", "mylist, key_name='key', value_name='value'", items2dict, false, "A list of key and value as a dict"},
    {"rekey_on_member", "data, key, duplicates='error'", rekey_on_member, false, "Dicts by the value of one of their members"},
};

}  // namespace

std::span<const jinja::Filter> combines() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
