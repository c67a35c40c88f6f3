// SPDX-License-Identifier: Apache-2.0
// set_fact, include_vars, gather_facts, add_host, group_by.
#include <algorithm>

#include "actions/support.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "playbook/loader.hpp"
#include "regex/regex.hpp"
#include "values/merge.hpp"
#include "values/python.hpp"

namespace fprov::actions {
Plan plan_set_fact(const Map& args, Context& context) {
    Map facts;
    bool cacheable = false;
    for (const auto& [key, value] : args) {
        std::string name = values::str(key);
        if (name == "cacheable") { cacheable = flag(args, "cacheable", false); continue; }
        if (name.find("{{") != std::string::npos) name = values::str(context.render(Value(name, values::Trust::template_ok)));
        if (!playbook::is_variable_name(name))
            return refuse(invalid_name(name));
        Value stored = value;
        // yes/no/true/false in the k=v form are booleans here.
        if (value.is_string()) {
            std::string low = base::lower(value.string());
            if (low == "true" || low == "false" || low == "yes" || low == "no") stored = Value(low == "true" || low == "yes");
        }
        facts.set(name, stored);
    }
    if (facts.empty()) return refuse("No key/value pairs provided, at least one is required for this action to succeed");
    context.set_facts(facts, cacheable);
    return Immediate{Value(Map{{"ansible_facts", Value(facts)}, {"_ansible_facts_cacheable", cacheable}})};
}

namespace {

Plan include_vars(const Map& args, Context& context) {
    Map loaded;
    List files;
    const bool merging = text(args, "hash_behaviour") == "merge";
    auto merge = [&](const std::string& path) {
        if (merging) loaded = values::merge_maps(loaded, context.read_vars(path));
        else for (const auto& [key, value] : context.read_vars(path)) loaded.set(key, value);
        files.emplace_back(path);
    };
    std::string file = text(args, "file", text(args, "_raw_params"));
    if (given(args, "dir")) {
        std::string folder = text(args, "dir");
        if (folder[0] != '/') {
            // One place only: the role's vars, or where the task is written.
            const std::string start = context.task->role ? context.task->role->path : context.task->file_directory;
            const std::string direct = base::join_path(start, folder);
            const bool named = folder.starts_with("vars/") || folder == "vars";
            folder = context.task->role && !(named && base::exists(direct)) ? base::join_path(base::join_path(start, "vars"), folder) : direct;
        }
        if (!base::is_directory(folder)) return fail(folder + " directory does not exist");
        auto extensions = texts(args, "extensions");
        if (extensions.empty()) extensions = {"yaml", "yml", "json"};
        auto ignored = texts(args, "ignore_files");
        std::optional<regex::Regex> pattern;
        if (given(args, "files_matching")) pattern = regex::Regex::compile(text(args, "files_matching")).value();
        std::int64_t depth = base::parse_int(text(args, "depth", "0")).value_or(0);
        std::optional<Immediate> problem;
        std::function<void(const std::string&, std::int64_t)> walk = [&](const std::string& at, std::int64_t level) {
            std::vector<std::string> below;
            for (const auto& name : base::list_directory(at)) {
                std::string path = base::join_path(at, name);
                if (base::is_directory(path)) { below.push_back(path); continue; }
                if (pattern && !pattern->search(name)) continue;
                bool skip = false;
                for (const auto& pattern_text : ignored) if (regex::Regex::compile(pattern_text + "$") && regex::Regex::compile(pattern_text + "$")->search(name)) skip = true;
                if (skip) continue;
                auto dot = name.rfind('.');
                std::string extension = dot == std::string::npos ? "" : name.substr(dot + 1);
                bool known = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
                if (!known) {
                    if (flag(args, "ignore_unknown_extensions", false)) continue;
                    problem = fail(path + " does not have a valid extension: " + base::join(extensions, ", "));
                    problem->result.mutable_map().set("ansible_included_var_files", Value(files));   // what was read before it
                    return;
                }
                merge(path);
            }
            if (depth == 0 || level < depth) for (const auto& folder_below : below) walk(folder_below, level + 1);
        };
        walk(folder, 1);
        if (problem) return *problem;
    } else {
        if (file.empty()) return fail("Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option");
        merge(context.find_file(file, "vars"));
    }
    if (given(args, "name")) loaded = Map{{text(args, "name"), Value(loaded)}};
    if (merging) {   // with what the variables hold already, too
        Map merged;
        for (const auto& [key, value] : loaded) {
            const Value* old = value.is_map() && key.is_string() ? context.raw_variable(key.string()) : nullptr;
            merged.set(key, old && old->is_map() ? Value(values::merge_maps(old->map(), value.map())) : value);
        }
        loaded = std::move(merged);
    }
    context.include_vars(loaded);
    return Immediate{Value(Map{{"changed", false}, {"ansible_facts", Value(loaded)}, {"ansible_included_var_files", Value(files)}, {"_ansible_no_log", false}})};
}

}  // namespace

// This action's failures stand in "message"; wrong options are told as those of other actions.
Plan plan_include_vars(const Map& args, Context& context) {
    constexpr std::string_view of_folders[] = {"depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions", "dir"},
                               of_files[] = {"file", "_raw_params"}, of_both[] = {"name", "hash_behaviour"};
    auto one_of = [](auto& names, const std::string& name) { return std::find(std::begin(names), std::end(names), name) != std::end(names); };
    bool folders = false, file = false;
    for (const auto& [key, value] : args) {
        std::string name = key.text_or("");
        if (one_of(of_folders, name)) folders = true;
        else if (one_of(of_files, name)) file = true;
        else if (!one_of(of_both, name)) raise(name + " is not a valid option in include_vars");
    }
    if (folders && file) raise("You are mixing file only and dir only arguments, these are incompatible");
    for (const char* list : {"extensions", "ignore_files"})
        if (const Value* given_list = args.find(list); given_list && !given_list->is_list() && !given_list->is_string()) raise("Invalid type for \"" + std::string(list) + "\" option, it must be a list");
    auto failed_with = [](Value message, Value files = Value(List{})) {
        return Immediate{Value(Map{{"failed", true}, {"changed", false}, {"ansible_facts", Map{}}, {"ansible_included_var_files", std::move(files)}, {"message", std::move(message)}})};
    };
    try {
        Plan plan = include_vars(args, context);
        const auto* done = std::get_if<Immediate>(&plan);
        if (const Value* wrong = done ? done->result.find("failed") : nullptr; wrong && wrong->truthy()) {
            const Value* files = done->result.find("ansible_included_var_files");
            return failed_with(*done->result.find("msg"), files ? *files : Value(List{}));
        }
        return plan;
    } catch (const base::Failure& failure) {
        if (failure.error().kind == base::Kind::undefined) throw;
        const std::string& what = failure.error().what;
        if (what.starts_with("variables in '") && what.find("' must be a mapping") != std::string::npos)
            return failed_with(Value(what.substr(14, what.find("' must be a mapping") - 14) + " must be stored as a dictionary/hash"));
        return failed_with(Value(what));
    }
}

Plan plan_gather_facts(const Map& args, Context&) {
    Map given = args;
    given.erase("parallel");   // there is one module of facts
    Remote remote{"setup", std::move(given)};
    remote.finish = [](Value result) {
        for (const char* notes : {"warnings", "deprecations"})
            if (!result.find(notes)) result.mutable_map().set(notes, List{});
        return result;
    };
    return remote;
}

Plan plan_add_host(const Map& args, Context& context) {
    std::string name = text(args, "name", text(args, "hostname", text(args, "host")));
    if (name.empty()) return refuse("name, host or hostname needs to be provided");
    for (const char* option : {"groups", "group", "groupname"})
        if (const Value* list = args.find(option); list && !list->is_none() && !list->is_list() && !list->is_string()) return refuse("Groups must be specified as a list.");
    std::vector<std::string> groups = texts(args, "groups");
    for (const char* alias : {"group", "groupname"}) for (auto& group : texts(args, alias)) groups.push_back(group);
    groups.erase(std::remove(groups.begin(), groups.end(), ""), groups.end());
    Map vars;
    for (const auto& [key, value] : args) {
        std::string option = key.text_or("");
        if (option == "name" || option == "hostname" || option == "groups" || option == "groupname") continue;
        vars.set(option, value);
    }
    // "host:port" as in inventories.
    if (auto colon = name.rfind(':'); colon != std::string::npos && name.find(':') == colon)
        if (auto port = base::parse_int(name.substr(colon + 1))) { vars.set("ansible_ssh_port", *port); name.resize(colon); }
    bool changed = false;
    context.add_host(name, groups, vars, changed);
    return Immediate{Value(Map{{"changed", changed}, {"add_host", Value(Map{{"host_name", Value(name)}, {"groups", Value::strings(groups)}, {"host_vars", Value(vars)}})}})};
}

Plan plan_group_by(const Map& args, Context& context) {
    if (auto wrong = check_names("group_by", args)) return *wrong;
    if (!given(args, "key")) return fail("the 'key' param is required when using group_by");
    std::string key = base::replace_all(text(args, "key"), " ", "-");
    std::vector<std::string> parents = texts(args, "parents");
    if (parents.empty()) parents = {"all"};
    for (auto& parent : parents) parent = base::replace_all(parent, " ", "-");
    bool changed = false;
    context.group_by(key, parents, changed);
    return Immediate{Value(Map{{"changed", changed}, {"add_group", Value(key)}, {"parent_groups", Value::strings(parents)}})};
}

}  // namespace fprov::actions
