// SPDX-License-Identifier: Apache-2.0
// Variables as templates see them: kept as the user wrote them, rendered when they are used.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/templar.hpp"

namespace fprov::dialect {

/// A scope that can also show a variable as the user wrote it. Templates need it: `{{ name }}` alone keeps the type of a number or
/// a list, but a variable that is itself text with a template gives text.
class RawScope : public jinja::Scope {
public:
    virtual const Value* raw(std::string_view name) const = 0;   // null = unknown
};

/// Wraps a source of unrendered variables. Rendered values are kept as long as the scope lives, except those made with
/// something volatile (random, now, lookups). Make a new scope for every task, host and loop item.
class VariableScope : public RawScope {
public:
    using Raw = std::function<const Value*(std::string_view name)>;   // null = unknown

    VariableScope(const Templar& templar, Raw raw) : templar_(templar), raw_(std::move(raw)) {}
    VariableScope(const Templar& templar, const Map& variables);      // the map must outlive the scope

    /// The rendered value. A variable that needs an undefined one is itself undefined (with the reason as its message), so that
    /// default() and `is defined` work on it. A loop throws "recursive loop detected in template string: {{ a }}" with the path.
    std::optional<Value> lookup(std::string_view name) const override;
    std::vector<std::string> names() const override;
    std::string explain(std::string_view name) const override;

    const Value* raw(std::string_view name) const override { return raw_(name); }
    const Templar& templar() const { return templar_; }

    std::function<std::vector<std::string>()> list_names{};
    std::function<std::string(std::string_view name)> explain_name{};

private:
    const Templar& templar_;
    Raw raw_;
    mutable std::map<std::string, Value, std::less<>> kept_;
    mutable std::vector<std::string> running_;   // names being rendered, outermost first
};

/// Extra names over another scope (template_path …, template_vars, loop variables of lookups). The names are looked up as they are.
class LayeredScope : public RawScope {
public:
    LayeredScope(const jinja::Scope& below, Map names) : below_(below), top_(std::move(names)) {}
    std::optional<Value> lookup(std::string_view name) const override;
    std::vector<std::string> names() const override;
    std::string explain(std::string_view name) const override { return below_.explain(name); }
    const Value* raw(std::string_view name) const override;

private:
    const jinja::Scope& below_;
    Map top_;
};

}  // namespace fprov::dialect
