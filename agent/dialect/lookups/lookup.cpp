// SPDX-License-Identifier: Apache-2.0
// The lookup functions: which plugin, what its results become, what its errors become.
#include <algorithm>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {

using base::Failure;
using base::Kind;

namespace {

std::string_view short_name(std::string_view name) {
    for (std::string_view prefix : {"ansible.builtin.", "ansible.legacy.", "community.general."})
        if (name.substr(0, prefix.size()) == prefix) return name.substr(prefix.size());
    return name;
}

std::vector<std::string> lookup_names() {
    std::vector<std::string> names;
    for (auto rows : {file_lookups(), list_lookups(), tree_lookups(), value_lookups()})
        for (const auto& row : rows) names.emplace_back(row.name);
    return names;
}

}  // namespace

const Lookup* find_lookup(std::string_view name) {
    name = short_name(name);
    for (auto rows : {file_lookups(), list_lookups(), tree_lookups(), value_lookups()})
        for (const auto& row : rows)
            if (row.name == name) return &row;
    return nullptr;
}

Value Templar::lookup(const std::string& name, const List& terms, const Map& options, const jinja::Scope& scope, Place place) const {
    const Lookup* plugin = find_lookup(name);
    if (!plugin) {
        if (auto list = plugin_lookup(name, terms, options, scope)) { note_volatile(); return as_data(Value(std::move(*list))); }
        throw Failure(Kind::generic, "lookup plugin (" + name + ") not found", place, base::did_you_mean(name, lookup_names()));
    }
    note_volatile();
    LookupCall call{*this, scope, terms, options, place};
    try {
        return as_data(Value(plugin->run(call)));
    } catch (Failure& failure) {
        auto& error = failure.error();
        if (!error.where) error.where = place;
        // What the plugin itself could not do is an error of the lookup; undefined names and secrets keep their kind.
        if (error.kind != Kind::undefined && error.kind != Kind::secret && error.kind != Kind::limit) {
            error.kind = Kind::generic;
        }
        throw;
    }
}

List Templar::loop_from_with(const std::string& name, const Value& terms, const jinja::Scope& scope, Place place, std::string_view action) const {
    List list;
    const auto kind = short_name(name);
    if (kind == "list" && !terms.is_sequence()) throw Failure(Kind::generic, "with_list expects a list", place);
    if (terms.is_sequence()) list = terms.list();
    else if (terms.is_map() && kind != "dict")
        for (const auto& entry : terms.map()) list.push_back(entry.key);   // a dict is iterated like any other collection
    else if (terms.is_object() && terms.object()->items()) list = *terms.object()->items();
    else list.push_back(terms);   // none, too
    Map options;
    if (kind == "first_found")   // by the same words in the action's name as Ansible
        options.set("_folder", action.find("template") != action.npos ? "templates" : action.find("var") != action.npos ? "vars" : "files");
    const Value result = lookup(name, list, options, scope, place);
    return result.list();
}

namespace {

/// In templates Ansible says whose error it is, and says it twice; not of those that it raises as errors of lookups.
std::string told(const std::string& lookup, const std::string& what) {
    constexpr std::string_view unhandled = "An unhandled exception occurred while running the lookup plugin '";
    for (std::string_view own : {unhandled, std::string_view("No file was found when using first_found."), std::string_view("Duplicate option in "), std::string_view("Unable to find setting ")})
        if (what.starts_with(own)) return what;
    std::string type = "ansible.errors.AnsibleError";
    if (what.starts_with("Unable to find file matching")) type = "ansible.errors.AnsibleParserError";
    else if (what.starts_with("Source contains parsing errors")) type = "configparser.ParsingError";
    return std::string(unhandled) + lookup + "'. Error was a <class '" + type + "'>, original message: " + what + ". " + what;
}

/// lookup() gives text or a single value where query() gives the list.
Value run(jinja::Call& call, bool wantlist) {
    const Templar& templar = templar_of(call.context);
    const auto name = text_of(call, 0);
    Map options;
    std::string errors = "strict";
    for (const auto& entry : call.keywords) {
        const auto& key = entry.key.string();
        if (key == "wantlist") wantlist = entry.value.truthy();
        else if (key == "errors") errors = values::str(entry.value);
        else if (key != "allow_unsafe") options.set(key, entry.value);
    }
    // Terms are rendered once more, as Ansible does: lookup('pipe', 'echo {{ x }}') works. Data stays as it is.
    List terms;
    for (const auto& term : call.rest) {
        require_defined(term, call.place);
        if (term.is_list()) for (const auto& part : term.list()) require_defined(part, call.place);
        terms.push_back(templar.render(term, call.context.scope));
    }
    call.context.saw_data = true;
    Value result;
    if (!templar.has_lookup(name)) errors = "strict";
    try {
        result = templar.lookup(name, terms, options, call.context.scope, call.place);
    } catch (Failure& failure) {
        const auto kind = failure.error().kind;
        if (kind == Kind::generic && templar.has_lookup(name)) failure.error().what = told(name, failure.error().what);
        if (kind == Kind::undefined || (errors != "ignore" && errors != "warn")) throw;
        if (errors == "warn" && templar.options().hooks.warn) templar.options().hooks.warn(failure.error().what);
        return wantlist ? Value(List{}) : Value();
    }
    const List& list = result.list();
    if (wantlist || list.empty()) return result;
    if (std::all_of(list.begin(), list.end(), [](const Value& value) { return value.is_string(); })) {
        if (list.size() == 1) return list[0];
        std::string joined;
        for (const auto& value : list) joined += (joined.empty() && &value == &list[0] ? "" : ",") + value.string();
        return Value(joined);
    }
    return list.size() == 1 ? list[0] : result;
}

}  // namespace

Value run_lookup(jinja::Call& call) { return run(call, false); }
Value run_query(jinja::Call& call) { return run(call, true); }

}  // namespace fprov::dialect
