// SPDX-License-Identifier: Apache-2.0
// Keywords' values: which a play, block, role or task takes, and what is said of the others.
#include <algorithm>
#include <cctype>

#include "base/suggest.hpp"
#include "playbook/builder.hpp"
#include "spec/argument.hpp"
#include "values/python.hpp"

namespace fprov::playbook {

// What Ansible says of a keyword's value as soon as it reads it; nothing when it takes it.
std::string Builder::unfit(const std::string& key, const Value& value) {
    const Keyword* keyword = find_keyword(key);
    if ((value.is_list() || value.is_map()) && keyword && keyword->type == spec::Type::text)
        return "The field '" + key + "' is supposed to be a string type, however the incoming data structure is a <class 'ansible.parsing.yaml.objects.Ansible" +
               (value.is_list() ? "Sequence" : "Mapping") + "'>";
    if (key == "tags" && !value.is_string() && !value.is_list()) return "tags must be specified as a list";
    if (key == "loop_control" && !value.is_map())
        return "the `loop_control` value must be specified as a dictionary and cannot be a variable itself (though it can contain variables)";
    if (key == "collections")
        for (const Value& one : as_list(value))
            if (!one.is_string()) return "the field 'collections' should be a list of (<class 'str'>,), but the item '" + values::str(one) + "' is a " + values::type_name(one);
    if (key == "module_defaults")
        for (const Value& one : as_list(value))
            if (!one.is_map()) return "The field 'module_defaults' is supposed to be a dictionary or list of dictionaries, the keys of which must be static action, module, or group names. "
                                      "Only the values may contain templates. For example: {'ping': \"{{ ping_defaults }}\"}";
    return {};
}

// What Ansible says of a keyword's value when it is used; nothing for templates, whose values are not known yet.
std::string wrong_type(const Keyword& keyword, const Value& value) {
    if (value.is_none() || (value.is_string() && (value.string().empty() || value.string().find("{{") != std::string::npos))) return {};
    try {
        (void)spec::coerce(value, keyword.type);
        return {};
    } catch (const base::Failure& failure) {
        const char* name = keyword.type == spec::Type::boolean ? "bool" : keyword.type == spec::Type::integer ? "int" : keyword.name == "max_fail_percentage" ? "percent" : "float";
        return "the field '" + std::string(keyword.name) + "' has an invalid value (" + values::str(value) + "), and could not be converted to an " + name + ".The error was: " + failure.error().what;
    }
}

Place key_place(const Value& key, const Value& value) { return key.origin() ? key.origin() : value.origin(); }

bool is_variable_name(const std::string& name) {
    constexpr std::string_view words[] = {"False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
                                          "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
                                          "while", "with", "yield"};
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) || std::find(std::begin(words), std::end(words), name) != std::end(words)) return false;
    return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

void Builder::check_fields(Task& task) const {
    for (const auto& keyword : keywords()) {
        if (keyword.type == spec::Type::raw || keyword.type == spec::Type::text) continue;   // of texts, unfit() has spoken
        const Value* value = inherited(task, keyword.name);
        if (!value) continue;
        task.wrong_field = wrong_type(keyword, *value);
        if (!task.wrong_field.empty()) return;
    }
}

void Builder::common(Node& node, const std::string& key, const Place& place, const Value& value) {
    if (std::string problem = unfit(key, value); !problem.empty()) return error(std::move(problem), place, {}, key == "tags" ? base::Kind::generic : base::Kind::parse);
    if (key == "name") node.name = value;
    else if (key == "when") { for (const Value& condition : as_list(value)) node.when.push_back(condition); }
    else if (key == "tags") { for (const Value& tag : tag_list(value)) node.tags.push_back(tag); }
    else if (key == "vars") {
        if (value.is_none()) return;
        auto add = [&](const Value& map) {
            if (!map.is_map()) return error("Vars in a " + std::string("play, block or task") + " must be specified as a dictionary, or a list of dictionaries", place);
            for (const auto& [name, content] : map.map()) {
                if (!is_variable_name(text_of(name))) error("Invalid variable name in vars specified: '" + text_of(name) + "' is not a valid variable name", key_place(name, content),
                                                             "names begin with a letter or underscore and hold letters, digits and underscores");
                node.vars.set(name, content);
            }
        };
        if (value.is_list()) for (const Value& one : value.list()) add(one);
        else add(value);
    } else {
        if (key == "debugger" && !value.is_none()) {
            constexpr std::string_view known[] = {"never", "always", "on_failed", "on_unreachable", "on_skipped"};
            std::string wanted = text_of(value);
            if (std::find(std::begin(known), std::end(known), wanted) == std::end(known))
                error("'" + wanted + "' is not a valid value for debugger. Must be one of never, always, on_failed, on_unreachable, on_skipped", place);
        }
        if (key == "module_defaults")
            for (const Value& one : as_list(value))
                if (one.is_map()) for (const auto& [name, defaults] : one.map())
                    if (std::string group = text_of(name); group.starts_with("group/") && !loader_.knows_group(group.substr(6)))
                        error("Error loading module_defaults: could not resolve the module_defaults group " +
                              std::string(group.find('.') == std::string::npos ? "ansible.builtin." : "") + group.substr(6), key_place(name, defaults));
        if (key == "register" && !value.is_none() && !is_variable_name(text_of(value)) && text_of(value).find("{{") == std::string::npos)
            error("Invalid variable name in 'register' specified: '" + text_of(value) + "'", place, {}, base::Kind::generic);
        if (key == "loop_control" && value.is_map()) {
            constexpr std::string_view known[] = {"loop_var", "index_var", "label", "pause", "extended", "extended_allitems"};
            for (const auto& [name, content] : value.map())
                if (std::find(std::begin(known), std::end(known), text_of(name)) == std::end(known))
                    error("'" + text_of(name) + "' is not a valid attribute for a LoopControl", key_place(name, content), base::did_you_mean(text_of(name), {std::begin(known), std::end(known)}));
        }
        Value placed = value;
        if (!placed.origin()) placed.set_origin(place);
        node.keywords.set(key, std::move(placed));
    }
}

}  // namespace fprov::playbook
