// SPDX-License-Identifier: Apache-2.0
#include "dialect/scope.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace fprov::dialect {
namespace {

using base::Failure;
using base::Kind;

std::string path_of(const std::vector<std::string>& running, std::string_view name) {
    std::string text;
    auto start = std::find(running.begin(), running.end(), name);
    for (auto it = start; it != running.end(); ++it) text += *it + " -> ";
    return text + std::string(name);
}

/// The reason as Ansible words it: "{{ y }}: 'y' is undefined".
std::string because(const Value& raw, std::string_view name, const std::string& what) {
    return (raw.is_string() ? raw.string() : std::string(name)) + ": " + what;
}

}  // namespace

VariableScope::VariableScope(const Templar& templar, const Map& variables)
    : templar_(templar), raw_([&variables](std::string_view name) { return variables.find(name); }) {
    list_names = [&variables] {
        std::vector<std::string> names;
        for (const auto& entry : variables)
            if (entry.key.is_string()) names.push_back(entry.key.string());
        return names;
    };
}

std::optional<Value> VariableScope::lookup(std::string_view name) const {
    const Value* raw = raw_(name);
    if (!raw) return std::nullopt;
    // `vars` holds every variable unrendered, as in Ansible; looking through it for templates would take long, too.
    if (name == "vars" || !templar_.is_template(*raw)) return *raw;
    if (auto known = kept_.find(name); known != kept_.end()) return known->second;
    if (std::find(running_.begin(), running_.end(), name) != running_.end())
        throw Failure(Kind::limit, "recursive loop detected in template string: " + (raw->is_string() ? raw->string() : std::string(name)),
                      raw->origin(), "the variables need each other: " + path_of(running_, name));
    struct Running {
        std::vector<std::string>& names;
        ~Running() { names.pop_back(); }
    };
    running_.emplace_back(name);
    Running guard{running_};
    const auto before = templar_.volatile_uses();
    Value value;
    try {
        value = templar_.render(*raw, *this);
    } catch (Failure& failure) {
        if (failure.error().kind != Kind::undefined) {
            failure.error().during("rendering variable '" + std::string(name) + "'", raw->origin());
            throw;
        }
        value = Value::undefined(std::string(name), because(*raw, name, failure.error().what), failure.error().where, failure.error().hint);
    }
    if (templar_.volatile_uses() == before) kept_.emplace(std::string(name), value);
    return value;
}

std::vector<std::string> VariableScope::names() const { return list_names ? list_names() : std::vector<std::string>{}; }
std::string VariableScope::explain(std::string_view name) const { return explain_name ? explain_name(name) : std::string{}; }

std::optional<Value> LayeredScope::lookup(std::string_view name) const {
    if (const Value* found = top_.find(name)) return *found;
    return below_.lookup(name);
}

const Value* LayeredScope::raw(std::string_view name) const {
    if (const Value* found = top_.find(name)) return found;
    const auto* below = dynamic_cast<const RawScope*>(&below_);
    return below ? below->raw(name) : nullptr;
}

std::vector<std::string> LayeredScope::names() const {
    auto names = below_.names();
    for (const auto& entry : top_)
        if (entry.key.is_string()) names.push_back(entry.key.string());
    return names;
}

}  // namespace fprov::dialect
