// SPDX-License-Identifier: Apache-2.0
// Arguments against their specification, in Ansible's order: aliases, defaults, mutual exclusion, missing ones, types, choices,
// rules, suboptions, and unsupported names last (the first error is the one that a user sees).
#include <algorithm>

#include "base/text.hpp"
#include "spec/argument.hpp"
#include "values/literal.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::spec {
namespace {

using values::List;
using values::Map;

constexpr std::string_view masked = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

struct TypeName { Type type; std::string_view name; };
constexpr TypeName type_names[] = {
    {Type::text, "str"}, {Type::boolean, "bool"}, {Type::integer, "int"}, {Type::real, "float"}, {Type::list, "list"}, {Type::dict, "dict"},
    {Type::path, "path"}, {Type::raw, "raw"}, {Type::bits, "bits"}, {Type::bytes, "bytes"}, {Type::json, "json"},
};
std::string_view name_of(Type type) {
    for (const auto& row : type_names)
        if (row.type == type) return row.name;
    return "raw";
}

std::vector<std::string> words(std::string_view text, char separator) {
    std::vector<std::string> out;
    if (text.empty()) return out;
    for (auto& word : base::split(text, separator)) out.emplace_back(base::trim(word));
    return out;
}

bool holds_template(const Value& value) {
    if (value.is_string()) return value.string().find("{{") != std::string::npos || value.string().find("{%") != std::string::npos;
    if (value.is_sequence()) return std::any_of(value.list().begin(), value.list().end(), holds_template);
    if (value.is_map())
        for (const auto& entry : value.map())
            if (holds_template(entry.value)) return true;
    return false;
}

/// A default as written in the table, in the parameter's type.
Value default_of(const Arg& arg) {
    std::string text(arg.fallback);
    if (text == "''" || text == "\"\"") text.clear();
    else if (arg.type == Type::list || arg.type == Type::dict || arg.type == Type::raw) {
        if (auto json = values::read_json(text)) return *json;
        if (auto literal = values::literal_eval(text)) return *literal;
        if (text.size() > 1 && text.front() == '[' && text.back() == ']') return Value::strings(words(text.substr(1, text.size() - 2), ','));
        if (arg.type == Type::raw && (text == "yes" || text == "no")) return text == "yes";
    }
    return coerce(Value(text), arg.type, arg.type == Type::list ? arg.elements : Type::raw);
}

class Level {
public:
    Level(Checked& out, std::span<const Arg> args, std::vector<std::string> path, bool pending)
        : out_(out), args_(args), path_(std::move(path)), pending_(pending) {}

    Map run(const Map& given, std::span<const Rule> rules) {
        resolve_names(given);
        exclusive(rules);
        missing();
        types();
        choices();
        for (auto kind : {Rule::Kind::required_together, Rule::Kind::required_one_of, Rule::Kind::required_if, Rule::Kind::required_by})
            for (const auto& rule : rules)
                if (rule.kind == kind) check_rule(rule);
        suboptions();
        return std::move(map_);
    }

    std::vector<std::string> unsupported;       // with the path: "sub.x"
    std::vector<std::string> supported_names, supported_aliases;   // of the level that had them

private:
    std::string in_path() const { return path_.empty() ? "" : " found in " + base::join(path_, " -> "); }
    void error(std::string text) { out_.errors.push_back(std::move(text)); }
    const Arg* named(std::string_view name) const {
        for (const auto& arg : args_)
            if (arg.name == name) return &arg;
        return nullptr;
    }
    const Arg* aliased(std::string_view name) const {
        for (const auto& arg : args_)
            for (const auto& alias : words(arg.aliases, '|'))
                if (alias == name) return &arg;
        return nullptr;
    }
    bool present(std::string_view name) const { return map_.contains(name) && !defaulted(name); }
    bool defaulted(std::string_view name) const { return std::find(defaulted_.begin(), defaulted_.end(), name) != defaulted_.end(); }
    bool open(std::string_view name) const {   // not known before templates are rendered
        const Value* value = map_.find(name);
        return pending_ && value && holds_template(*value);
    }

    void resolve_names(const Map& given) {
        for (const auto& entry : given) {
            std::string key = values::str(entry.key);
            if (key.starts_with("_fprov_") || named(key)) { map_.set(std::string_view(key), entry.value); continue; }
            if (!aliased(key)) {
                unsupported.push_back((path_.empty() ? "" : base::join(path_, ".") + ".") + key);
            }
        }
        for (const auto& arg : args_)
            for (const auto& alias : words(arg.aliases, '|'))
                if (const Value* value = given.find(std::string_view(alias)); value && !named(alias)) {
                    if (given.contains(arg.name))
                        out_.warnings.push_back("Both option " + std::string(arg.name) + " and its alias " + alias + " are set.");
                    map_.set(arg.name, *value);
                }
        if (!unsupported.empty())
            for (const auto& arg : args_) {
                supported_names.emplace_back(arg.name);
                for (auto& alias : words(arg.aliases, '|')) supported_aliases.push_back(std::move(alias));
            }
        for (const auto& arg : args_)
            if (!arg.fallback.empty() && !map_.contains(arg.name)) {
                map_.set(arg.name, default_of(arg));
                defaulted_.emplace_back(arg.name);
            }
    }

    void exclusive(std::span<const Rule> rules) {
        for (const auto& rule : rules) {
            if (rule.kind != Rule::Kind::mutually_exclusive) continue;
            auto names = words(rule.names, ',');
            auto count = std::count_if(names.begin(), names.end(), [&](const auto& name) { return present(name) && !open(name); });
            if (count > 1) error("parameters are mutually exclusive: " + base::join(names, "|") + in_path());
        }
    }

    void missing() {
        std::vector<std::string> names;
        for (const auto& arg : args_)
            if (arg.required && !map_.contains(arg.name)) names.emplace_back(arg.name);
        std::sort(names.begin(), names.end());
        if (!names.empty()) error("missing required arguments: " + base::join(names, ", ") + in_path());
    }

    void types() {
        for (const auto& arg : args_) {
            Value* value = map_.find(arg.name);
            if (!value || value->is_none() || open(arg.name)) continue;
            auto trouble = [&](const Value& bad, Type type, bool element, const std::string& why) {
                error((element ? "Elements value for option '" : "argument '") + std::string(arg.name) + "' is of type <class '" +
                      values::type_name(bad) + "'>" + (path_.empty() ? "" : " found in '" + base::join(path_, " -> ") + "'.") +
                      " and we were unable to convert to " + std::string(name_of(type)) + ": " + (arg.secret ? hide(why, bad) : why));
            };
            Value before = *value;
            try {
                *value = coerce(before, arg.type);
            } catch (const base::Failure& failure) {
                trouble(before, arg.type, false, failure.error().what);
                broken_.emplace_back(arg.name);
                continue;
            }
            if (arg.type != Type::list || arg.elements == Type::raw || !arg.suboptions.empty()) continue;
            List items;
            for (const auto& item : value->list()) {
                try {
                    items.push_back(coerce(item, arg.elements));
                } catch (const base::Failure& failure) {
                    trouble(item, arg.elements, true, failure.error().what);
                    broken_.emplace_back(arg.name);
                    break;
                }
            }
            *value = Value(std::move(items));
        }
    }

    static std::string hide(const std::string& text, const Value& value) {
        std::string plain = values::str(value);
        return plain.empty() ? text : base::replace_all(text, plain, masked);
    }

    void choices() {
        for (const auto& arg : args_) {
            Value* value = map_.find(arg.name);
            if (arg.choices.empty() || !value || open(arg.name) || std::find(broken_.begin(), broken_.end(), arg.name) != broken_.end()) continue;
            auto allowed = words(arg.choices, '|');
            auto is_allowed = [&](const Value& v) {
                return std::find(allowed.begin(), allowed.end(), arg.type == Type::boolean ? (v.truthy() ? "yes" : "no") : values::str(v)) != allowed.end();
            };
            if (value->is_sequence()) {
                std::vector<std::string> bad;
                for (const auto& item : value->list())
                    if (!is_allowed(item)) bad.push_back(values::str(item));
                if (!bad.empty())
                    error("value of " + std::string(arg.name) + " must be one or more of: " + base::join(allowed, ", ") +
                          ". Got no match for: " + base::join(bad, ", ") + in_path());
                continue;
            }
            if (is_allowed(*value)) continue;
            // YAML has made a boolean of a word that the choices spell out: take the only choice that means the same.
            if (value->is_string() && (value->string() == "True" || value->string() == "False")) {
                static constexpr std::string_view yes[] = {"yes", "on", "true", "y", "t", "1"}, no[] = {"no", "off", "false", "n", "f", "0"};
                std::vector<std::string> same;
                for (const auto& choice : allowed)
                    for (auto word : value->string() == "True" ? yes : no)
                        if (choice == word) same.push_back(choice);
                if (same.size() == 1) { *value = Value(same[0]); continue; }
            }
            error("value of " + std::string(arg.name) + " must be one of: " + base::join(allowed, ", ") + ", got: " +
                  (arg.secret ? std::string(masked) : values::str(*value)) + in_path());
        }
    }

    /// Rules look at what is there, defaults included, as Ansible's later checks do: not none.
    bool filled(const std::string& name) const {
        const Value* value = map_.find(std::string_view(name));
        return value && !value->is_none();
    }

    void check_rule(const Rule& rule) {
        auto names = words(rule.names, ',');
        std::vector<std::string> absent;
        for (const auto& name : names)
            if (!filled(name)) absent.push_back(name);
        switch (rule.kind) {
            case Rule::Kind::required_together: {
                bool sure = std::any_of(names.begin(), names.end(), [&](const auto& name) { return map_.contains(std::string_view(name)) && !open(name); });
                if (sure && !absent.empty()) error("parameters are required together: " + base::join(names, ", ") + in_path());
                break;
            }
            case Rule::Kind::required_one_of:
                if (absent.size() == names.size()) error("one of the following is required: " + base::join(names, ", ") + in_path());
                break;
            case Rule::Kind::required_if: {
                const Value* value = map_.find(rule.when_name);
                if (!value || value->is_none() || open(rule.when_name)) break;
                bool same = value->is_bool() ? (coerce(Value(std::string(rule.when_value)), Type::boolean).boolean() == value->boolean())
                                             : values::str(*value) == rule.when_value;
                if (!same || absent.empty() || (rule.any && absent.size() < names.size())) break;
                error(std::string(rule.when_name) + " is " + values::str(*value) + " but " + (rule.any ? "any" : "all") +
                      " of the following are missing: " + base::join(absent, ", ") + in_path());
                break;
            }
            case Rule::Kind::required_by: {
                if (!filled(std::string(rule.when_name)) || open(rule.when_name) || absent.empty()) break;
                error("missing parameter(s) required by '" + std::string(rule.when_name) + "': " + base::join(absent, ", ") + in_path());
                break;
            }
            case Rule::Kind::mutually_exclusive: break;
        }
    }

    Value descend(const Arg& arg, const Map& given) {
        auto path = path_;
        path.emplace_back(arg.name);
        Level level(out_, arg.suboptions, std::move(path), pending_);
        Value value = level.run(given, {});
        if (!level.unsupported.empty()) {
            unsupported.insert(unsupported.end(), level.unsupported.begin(), level.unsupported.end());
            if (supported_names.empty()) {
                supported_names = level.supported_names;
                supported_aliases = level.supported_aliases;
            }
        }
        return value;
    }

    void suboptions() {
        for (const auto& arg : args_) {
            Value* value = map_.find(arg.name);
            if (arg.suboptions.empty() || !value || value->is_none() || (pending_ && value->is_string())) continue;
            if (std::find(broken_.begin(), broken_.end(), arg.name) != broken_.end()) continue;
            if (value->is_map()) { *value = descend(arg, value->map()); continue; }
            if (!value->is_sequence()) continue;
            List items;
            for (const auto& item : value->list()) {
                Value as_map = item;
                if (item.is_string() && !(pending_ && holds_template(item))) {
                    try { as_map = coerce(item, Type::dict); }
                    catch (const base::Failure& failure) { error(failure.error().what); }
                }
                if (as_map.is_map()) as_map = descend(arg, as_map.map());
                else if (!item.is_string())
                    error("Value '" + values::str(item) + "' in the sub parameter field '" + std::string(arg.name) + "' must by a list, not '" +
                          values::type_name(item) + "'");
                items.push_back(std::move(as_map));
            }
            *value = Value(std::move(items));
        }
    }

    Checked& out_;
    std::span<const Arg> args_;
    std::vector<std::string> path_;
    bool pending_;
    Map map_;
    std::vector<std::string> defaulted_, broken_;
};

}  // namespace

Checked check(std::string_view module_name, std::span<const Arg> args, std::span<const Rule> rules, const Map& given, bool templates_pending) {
    Checked out;
    Level level(out, args, {}, templates_pending);
    out.args = Args(level.run(given, rules));
    if (!level.unsupported.empty()) {
        auto sorted = [](std::vector<std::string> names) { std::sort(names.begin(), names.end()); return base::join(names, ", "); };
        std::string text = "Unsupported parameters for (" + std::string(module_name) + ") module: " + sorted(level.unsupported) +
                           ". Supported parameters include: " + sorted(level.supported_names);
        if (!level.supported_aliases.empty()) text += " (" + sorted(level.supported_aliases) + ")";
        out.errors.push_back(text + ".");
    }
    return out;
}

}  // namespace fprov::spec
