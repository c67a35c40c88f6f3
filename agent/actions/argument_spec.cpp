// SPDX-License-Identifier: Apache-2.0
// validate_argument_spec, also put in front of roles that describe their arguments (meta/argument_specs.yml).
#include <algorithm>
#include <set>

#include "actions/support.hpp"
#include "base/text.hpp"
#include "spec/argument.hpp"
#include "values/python.hpp"

namespace fprov::actions {
namespace {

using Names = std::vector<std::string>;

const Value* field(const Value& spec, std::string_view key) {
    const Value* value = spec.find(key);
    return value && !value->is_none() ? value : nullptr;
}

Names names_of(const Value& list) {
    Names names;
    if (list.is_string()) return {list.string()};
    if (list.is_sequence()) for (const Value& one : list.list()) names.push_back(values::str(one));
    return names;
}

std::optional<spec::Type> type_named(std::string_view name) {
    static constexpr std::pair<std::string_view, spec::Type> types[] = {
        {"str", spec::Type::text}, {"bool", spec::Type::boolean}, {"int", spec::Type::integer}, {"float", spec::Type::real}, {"list", spec::Type::list},
        {"dict", spec::Type::dict}, {"path", spec::Type::path}, {"raw", spec::Type::raw}, {"json", spec::Type::json}, {"jsonarg", spec::Type::json},
        {"bits", spec::Type::bits}, {"bytes", spec::Type::bytes}};
    for (const auto& [known, type] : types) if (known == name) return type;
    return std::nullopt;
}

std::string class_of(const Value& value) {
    if (value.is_string() && value.as_written()) return "<class 'ansible.parsing.yaml.objects.AnsibleUnicode'>";
    return "<class '" + values::type_name(value) + "'>";
}
// What a template made of a container holds plain texts.
Value made(const Value& value) {
    if (value.is_string()) return Value(value).set_as_written(false);
    if (value.is_map()) {
        Map out;
        for (const auto& [key, inner] : value.map()) out.set(key, made(inner));
        return Value(std::move(out));
    }
    if (!value.is_list()) return value;
    List out;
    for (const Value& one : value.list()) out.push_back(made(one));
    return Value(std::move(out));
}
bool is_template(const Value* value) { return value && value->is_string() && value->string().find("{{") != std::string::npos; }
// The reason names the same class.
std::string reason(const base::Failure& failure, const Value& value) { return base::replace_all(failure.error().what, "<class 'str'> cannot", class_of(value) + " cannot"); }

// Checks in Ansible's order and words; goes on after a mistake, so that all of them are told at once.
class Validator {
public:
    Names errors;

    void check(const Map& options, Map args, const Value& rules, const Names& path) {
        std::string within = path.empty() ? "" : " found in " + base::join(path, " -> ");
        look_into_dicts(options, args);
        Names aliases;
        for (const auto& [key, spec] : options)
            if (const Value* others = field(spec, "aliases"))
                for (const auto& alias : names_of(*others)) {
                    aliases.push_back(alias);
                    if (const Value* value = args.find(alias)) {
                        args.set(values::str(key), *value);
                        args.erase(alias);
                    }
                }
        exclusive(field(rules, "mutually_exclusive"), args, within);
        for (const auto& [key, value] : args)
            if (!options.contains(values::str(key))) {
                std::string name = values::str(key);
                unknown_.insert(path.empty() ? name : base::join(path, ".") + "." + name);
                supported_.clear();
                for (const auto& [known, spec] : options) supported_.insert(values::str(known));
                supported_aliases_ = {aliases.begin(), aliases.end()};
            }
        required(options, args, within);
        types(options, args, path);
        choices(options, args, within);
        together(rules, args, within);
        for (const auto& [key, spec] : options) {
            const Value* below = field(spec, "options");
            const Value* value = args.find(key);
            if (!below || !below->is_map() || !value || value->is_none()) continue;
            Names inner = path;
            inner.push_back(values::str(key));
            for (const Value& one : value->is_list() ? value->list() : List{*value}) {
                if (!one.is_map()) {
                    if (!value->is_list()) errors.push_back("value of '" + inner.back() + "' must be of type dict or list of dicts");
                    continue;
                }
                check(below->map(), one.map(), spec, inner);
            }
        }
        if (path.empty() && !unknown_.empty()) {
            std::string text = base::join(Names(unknown_.begin(), unknown_.end()), ", ") + ". Supported parameters include: " +
                               base::join(Names(supported_.begin(), supported_.end()), ", ");
            if (!supported_aliases_.empty()) text += " (" + base::join(Names(supported_aliases_.begin(), supported_aliases_.end()), ", ") + ")";
            errors.push_back(text + ".");
        }
    }

private:
    // Dicts given as text, and lists of dicts that hold something else, are found before anything else.
    void look_into_dicts(const Map& options, Map& args) {
        for (const auto& [key, spec] : options) {
            const Value* value = args.find(key);
            if (!field(spec, "options") || !value || value->is_none()) continue;
            if (value->is_string()) {
                try {
                    args.set(values::str(key), spec::coerce(*value, spec::Type::dict));
                } catch (const base::Failure& failure) {
                    errors.push_back(failure.error().what);
                }
            } else if (value->is_list()) {
                for (const Value& one : value->list())
                    if (!one.is_map() && !one.is_string())
                        errors.push_back("Value '" + values::str(one) + "' in the sub parameter field '" + values::str(key) + "' must by a list, not '" + values::type_name(one) + "'");
            }
        }
    }

    static std::size_t count(const Names& names, const Map& args) {
        return static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const std::string& name) { return args.contains(name); }));
    }

    void exclusive(const Value* groups, const Map& args, const std::string& within) {
        if (!groups) return;
        for (const Names& names : lists(*groups))
            if (count(names, args) > 1) errors.push_back("parameters are mutually exclusive: " + base::join(names, "|") + within);
    }

    void required(const Map& options, const Map& args, const std::string& within) {
        std::set<std::string> missing;
        for (const auto& [key, spec] : options) {
            const Value* needed = field(spec, "required");
            if (needed && needed->truthy() && !args.contains(values::str(key)) && !field(spec, "default")) missing.insert(values::str(key));
        }
        if (!missing.empty()) errors.push_back("missing required arguments: " + base::join(Names(missing.begin(), missing.end()), ", ") + within);
    }

    void types(const Map& options, Map& args, const Names& path) {
        for (const auto& [key, spec] : options) {
            const Value* value = args.find(key);
            if (!value || value->is_none()) continue;
            std::string type = field(spec, "type") ? values::str(*field(spec, "type")) : "str", name = values::str(key);
            auto wanted = type_named(type);
            if (!wanted) { errors.push_back("Invalid type specified: '" + type + "'"); continue; }
            try {
                Value typed = spec::coerce(*value, *wanted);
                if (const Value* elements = field(spec, "elements"); elements && typed.is_list()) {
                    auto inner = type_named(values::str(*elements));
                    List list;
                    for (const Value& one : typed.list()) list.push_back(inner ? element(one, *inner, values::str(*elements), name) : one);
                    typed = Value(std::move(list));
                }
                args.set(values::str(key), typed);
            } catch (const base::Failure& failure) {
                errors.push_back("argument '" + name + "' is of type " + class_of(*value) + (path.empty() ? "" : " found in '" + base::join(path, " -> ") + "'.") +
                                 " and we were unable to convert to " + type + ": " + reason(failure, *value));
            }
        }
    }

    Value element(const Value& one, spec::Type type, const std::string& type_text, const std::string& name) {
        try {
            return spec::coerce(one, type);
        } catch (const base::Failure& failure) {
            errors.push_back("Elements value for option '" + name + "' is of type " + class_of(one) + " and we were unable to convert to " + type_text + ": " + reason(failure, one));
            return one;
        }
    }

    void choices(const Map& options, const Map& args, const std::string& within) {
        for (const auto& [key, spec] : options) {
            const Value* allowed = field(spec, "choices");
            const Value* value = args.find(key);
            if (!allowed || !allowed->is_list() || !value) continue;
            std::string known = base::join(names_of(*allowed), ", ");
            if (value->is_list()) {
                Names wrong;
                for (const Value& one : value->list()) if (!values::contains(*allowed, one)) wrong.push_back(values::str(one));
                if (!wrong.empty()) errors.push_back("value of " + values::str(key) + " must be one or more of: " + known + ". Got no match for: " + base::join(wrong, ", ") + within);
            } else if (!values::contains(*allowed, *value)) {
                errors.push_back("value of " + values::str(key) + " must be one of: " + known + ", got: " + values::str(*value) + within);
            }
        }
    }

    static std::vector<Names> lists(const Value& value) {
        std::vector<Names> out;
        if (!value.is_sequence()) return out;
        bool nested = std::any_of(value.list().begin(), value.list().end(), [](const Value& one) { return one.is_sequence(); });
        if (!nested) return {names_of(value)};
        for (const Value& one : value.list()) out.push_back(names_of(one));
        return out;
    }

    void together(const Value& rules, const Map& args, const std::string& within) {
        if (const Value* groups = field(rules, "required_together"))
            for (const Names& names : lists(*groups))
                if (auto n = count(names, args); n > 0 && n < names.size()) errors.push_back("parameters are required together: " + base::join(names, ", ") + within);
        if (const Value* groups = field(rules, "required_one_of"))
            for (const Names& names : lists(*groups))
                if (count(names, args) == 0) errors.push_back("one of the following is required: " + base::join(names, ", ") + within);
        if (const Value* conditions = field(rules, "required_if"); conditions && conditions->is_sequence())
            for (const Value& one : conditions->list()) {
                if (!one.is_sequence() || one.list().size() < 3) continue;
                const Value* value = args.find(values::str(one.list()[0]));
                if (!value || !values::equal(*value, one.list()[1])) continue;
                bool any = one.list().size() > 3 && one.list()[3].truthy();
                Names missing, names = names_of(one.list()[2]);
                for (const auto& name : names) if (!args.contains(name)) missing.push_back(name);
                if (missing.empty() || (any && missing.size() < names.size())) continue;
                errors.push_back(values::str(one.list()[0]) + " is " + values::str(one.list()[1]) + " but " + (any ? "any" : "all") + " of the following are missing: " +
                                 base::join(missing, ", ") + within);
            }
        if (const Value* needs = field(rules, "required_by"); needs && needs->is_map())
            for (const auto& [key, others] : needs->map()) {
                if (!args.contains(values::str(key))) continue;
                Names missing;
                for (const auto& name : names_of(others)) if (!args.contains(name)) missing.push_back(name);
                if (!missing.empty()) errors.push_back("missing parameter(s) required by '" + values::str(key) + "': " + base::join(missing, ", ") + within);
            }
    }

    std::set<std::string> unknown_, supported_, supported_aliases_;
};

}  // namespace

Plan plan_validate_argument_spec(const Map& args, Context& context) {
    const Value* spec = args.find("argument_spec");
    if (spec && !spec->is_none() && !spec->is_map()) raise("Incorrect type for argument_spec, expected dict and got " + class_of(*spec));
    if (!spec || spec->is_none()) raise("\"argument_spec\" arg is required in args: " + values::repr(Value(args)));
    const Value* more = args.find("provided_arguments");
    if (more && !more->is_none() && !more->is_map()) raise("Incorrect type for provided_arguments, expected dict and got " + class_of(*more));
    // What the specification names is taken from the task's variables.
    Map provided;
    for (const auto& [key, value] : spec->map())
        if (const Value* raw = context.raw_variable(values::str(key))) provided.set(values::str(key), is_template(raw) ? made(context.render(*raw)) : context.render(*raw));
    const bool rendered = is_template(context.task->args.find("provided_arguments"));
    if (more && more->is_map()) for (const auto& [key, value] : more->map()) provided.set(values::str(key), rendered ? made(value) : value);
    Validator validator;
    validator.check(spec->map(), std::move(provided), Value(), {});
    const Value* about = args.find("validate_args_context");
    Map result{{"changed", false}, {"validate_args_context", about ? *about : Value(Map{})}};
    if (validator.errors.empty()) {
        result.set("msg", "The arg spec validation passed");
    } else {
        result.set("failed", true);
        result.set("msg", Value("Validation of arguments failed:\n" + base::join(validator.errors, "\n")));
        result.set("argument_spec_data", *spec);
        result.set("argument_errors", Value::strings(validator.errors));
    }
    return Immediate{Value(std::move(result))};
}

}  // namespace fprov::actions
