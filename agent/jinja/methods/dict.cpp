// SPDX-License-Identifier: Apache-2.0
#include "jinja/methods/methods.hpp"
#include "jinja/operators.hpp"
#include "values/python.hpp"

namespace fprov::jinja {
namespace {

Map& self(Call& call) { return call.arguments[0].mutable_map(); }
const Value& key(const Call& call) {
    require_defined(call[1], &call.context.scope);
    if (call[1].is_list() || call[1].is_map()) fail_type("unhashable type: '" + values::type_name(call[1]) + "'");
    return call[1];
}

// keys(), values() and items() are lists: that is how Ansible shows them too.
Value keys(Call& call) {
    List out;
    for (const auto& entry : call[0].map()) out.push_back(entry.key);
    return Value(std::move(out));
}
Value values_list(Call& call) {
    List out;
    for (const auto& entry : call[0].map()) out.push_back(entry.value);
    return Value(std::move(out));
}
Value items(Call& call) {
    List out;
    for (const auto& entry : call[0].map()) out.push_back(Value::tuple({entry.key, entry.value}));
    return Value(std::move(out));
}
Value get(Call& call) {
    const Value* found = call[0].map().find(key(call));
    return found ? *found : call[2];
}
Value setdefault(Call& call) {
    if (const Value* found = call[0].map().find(key(call))) return *found;
    refuse_cycle(call[0], call[2]);
    self(call).set(call[1], call[2]);
    return call[2];
}
Value pop(Call& call) {
    if (const Value* found = call[0].map().find(key(call))) {
        Value taken = *found;
        self(call).erase(call[1]);
        return taken;
    }
    if (!call.rest.empty()) return call.rest[0];
    fail_value("there is no key " + values::repr(call[1]) + " to pop");
}
Value popitem(Call& call) {
    if (call[0].map().empty()) fail_value("popitem(): dictionary is empty");
    Map::Entry last = *(call[0].map().end() - 1);
    self(call).erase(last.key);
    return Value::tuple({last.key, last.value});
}
Value update(Call& call) {
    for (const Value& given : call.rest) {
        require_defined(given, &call.context.scope);
        if (given.is_map()) {
            Map copy = given.map();   // it may be the same map
            for (const auto& entry : copy) { refuse_cycle(call[0], entry.value); self(call).set(entry.key, entry.value); }
            continue;
        }
        auto pairs = values::elements(given);
        if (!pairs) fail_type("'" + values::type_name(given) + "' object is not iterable");
        for (const Value& pair : *pairs) {
            auto both = values::elements(pair);
            if (!both || both->size() != 2) fail_value("dictionary update sequence element needs a key and a value");
            refuse_cycle(call[0], (*both)[1]);
            self(call).set((*both)[0], (*both)[1]);
        }
    }
    for (const auto& entry : call.keywords) refuse_cycle(call[0], entry.value);
    for (const auto& entry : call.keywords) self(call).set(entry.key, entry.value);
    return {};
}
Value clear(Call& call) { self(call).clear(); return {}; }
Value copy(Call& call) { return Value(call[0].map()); }
Value fromkeys(Call& call) {
    require_defined(call[1], &call.context.scope);
    auto all = values::elements(call[1]);
    if (!all) fail_type("'" + values::type_name(call[1]) + "' object is not iterable");
    Map map;
    for (const Value& each : *all) map.set(each, call[2]);
    return Value(std::move(map));
}

constexpr Method rows[] = {
    {"clear", "self", clear, true},
    {"copy", "self", copy},
    {"fromkeys", "self, iterable, value=None", fromkeys},
    {"get", "self, key, default=None", get},
    {"items", "self", items},
    {"keys", "self", keys},
    {"pop", "self, key, *default", pop, true},
    {"popitem", "self", popitem, true},
    {"setdefault", "self, key, default=None", setdefault, true},
    {"update", "self, *other, **kwargs", update, true},
    {"values", "self", values_list},
};

}  // namespace

std::span<const Method> dict_methods() { return rows; }

}  // namespace fprov::jinja
