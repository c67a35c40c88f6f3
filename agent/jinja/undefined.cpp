// SPDX-License-Identifier: Apache-2.0
#include "jinja/undefined.hpp"

#include "base/suggest.hpp"
#include "jinja/environment.hpp"
#include "values/python.hpp"

namespace fprov::jinja {
namespace {

std::string owner(const Value& object) { return object.is_none() ? "None" : values::type_name(object) + " object"; }

std::string near_keys(const Value& object, const Value& key) {
    if (!object.is_map() || !key.is_string() || object.map().size() > 500) return {};
    std::vector<std::string> keys;
    for (const auto& entry : object.map()) if (entry.key.is_string()) keys.push_back(entry.key.string());
    return base::did_you_mean(key.string(), keys);
}

}  // namespace

Value undefined_name(std::string_view name, Place place) {
    std::string text(name);
    return Value::undefined(text, "'" + text + "' is undefined", place);
}

Value undefined_member(const Value& object, const Value& key, Place place) {
    if (key.is_string())
        return Value::undefined(key.string(), "'" + owner(object) + "' has no attribute " + values::repr(key), place, near_keys(object, key));
    return Value::undefined(values::str(key), owner(object) + " has no element " + values::repr(key), place);
}

Value undefined_because(std::string message, Place place) { return Value::undefined({}, std::move(message), place); }

Value undefined_else(Place place) {
    values::Undefined missing;
    missing.message = "the inline if-expression on line " + std::to_string(place.line) + " evaluated to false and no else section was defined";
    missing.place = place;
    missing.lenient = true;
    return Value(std::make_shared<const values::Undefined>(std::move(missing)));
}

void fail_undefined(const Value& value, const Scope* scope) {
    const auto& info = value.undefined_info();
    std::string hint = info.hint;
    bool whole_name = info.message == "'" + info.name + "' is undefined";
    if (hint.empty() && scope && whole_name) {
        hint = scope->explain(info.name);
        if (hint.empty()) hint = base::did_you_mean(info.name, scope->names());
    }
    throw base::Failure(base::Kind::undefined, info.message, info.place, std::move(hint));
}

bool truth(const Value& value, const Scope* scope) {
    if (value.is_undefined()) {
        if (value.undefined_info().lenient) return false;
        fail_undefined(value, scope);
    }
    return value.truthy();
}

}  // namespace fprov::jinja
