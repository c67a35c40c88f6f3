// SPDX-License-Identifier: Apache-2.0
// Lists of tasks and blocks.
#include <algorithm>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "playbook/builder.hpp"
#include "spec/argument.hpp"
#include "values/python.hpp"

namespace fprov::playbook {
namespace {

constexpr int deepest = 100;   // nesting of blocks, imports and roles

On level(const Surroundings& around) { return around.handlers ? on_handler : on_task; }

bool is_include_with_raw_params(const std::string& action) {
    constexpr std::string_view names[] = {"include", "include_tasks", "import_tasks", "include_vars", "meta", "include_role", "import_role"};
    return std::find(std::begin(names), std::end(names), action) != std::end(names);
}

}  // namespace

Items Builder::tasks(const Value& list, const Surroundings& around, const std::string& what) {
    Items items;
    if (list.is_none()) return items;
    if (around.depth > deepest) { error("blocks, imports and roles are nested more than " + std::to_string(deepest) + " deep", list.origin()); return items; }
    if (!list.is_list()) {
        error(what + " must be a list of tasks, got a " + values::type_name(list) + " instead", list.origin(), "begin each task with '- '");
        return items;
    }
    for (const Value& entry : list.list()) item(entry, around, items);
    return items;
}

void Builder::item(const Value& entry, const Surroundings& around, Items& out) {
    if (entry.is_none()) return;
    if (!entry.is_map()) return error("A task must be a mapping, got a " + values::type_name(entry), entry.origin());
    if (entry.find("block") || ((entry.find("rescue") || entry.find("always")) )) {
        if (auto made = block(entry, around)) out.push_back({nullptr, made});
        return;
    }
    auto made = task(entry, around);
    if (made && !static_import(made, around, out)) out.push_back({made, nullptr});
}

std::shared_ptr<Block> Builder::block(const Value& entry, const Surroundings& around) {
    auto made = std::make_shared<Block>();
    made->place = entry.origin();
    made->play = around.play;
    made->parent = around.parent;
    made->role = around.role;
    for (const auto& [key, value] : entry.map()) {
        std::string name = text_of(key);
        if (name == "block" || name == "rescue" || name == "always") continue;
        if (!is_keyword(name, on_block)) {
            error("'" + name + "' is not a valid attribute for a Block", key_place(key, value), base::did_you_mean(name, keyword_names(on_block)));
            continue;
        }
        common(*made, name, key_place(key, value), value);
    }
    if (!entry.find("block")) error("'rescue' and 'always' need a 'block' beside them", made->place);
    Surroundings inside = around;
    inside.parent = made.get();
    ++inside.depth;
    auto section = [&](const char* name, Items& items) {
        const Value* list = entry.find(name);
        if (list && list->is_none()) error(std::string("A malformed block was encountered while loading ") + (name == std::string("block") ? "a block" : name), made->place);
        else if (list) items = tasks(*list, inside, std::string("'") + name + "'");
    };
    section("block", made->tasks);
    section("rescue", made->rescue);
    section("always", made->always);
    return made;
}

std::shared_ptr<Task> Builder::task(const Value& entry, const Surroundings& around) {
    auto made = std::make_shared<Task>();
    made->place = entry.origin();
    made->play = around.play;
    made->parent = around.parent;
    made->role = around.role;
    made->is_handler = around.handlers;
    made->file_directory = around.directory;
    made->number = ++loader_.counter_;
    const auto& options = loader_.options_;
    std::vector<std::string> actions;
    const Value* action_value = nullptr;
    std::string unknown;
    Place unknown_place;
    for (const auto& [key, value] : entry.map()) {
        std::string name = text_of(key);
        Place place = key_place(key, value);
        if (name == "action" || name == "local_action") {
            actions.push_back(name);
            made->action_place = place;
            action_value = &value;
            if (name == "local_action") made->keywords.set("delegate_to", "localhost");
            continue;
        }
        if (name == "loop" || name.starts_with("with_")) {
            if (!made->loop_kind.empty()) error("duplicate loop in task: " + name, place, {}, base::Kind::generic);
            if (name == "loop" && value.is_none()) continue;   // as if it were not there
            if (name != "loop" && loader_.options_.has_lookup && !loader_.options_.has_lookup(name.substr(5))) {
                error("'" + name + "' is not a valid attribute for a " + (around.handlers ? "Handler" : "Task"), place, "there is no lookup '" + name.substr(5) + "'");
                continue;
            }
            made->loop_kind = name == "loop" ? "loop" : name.substr(5);
            made->loop = value;
            if (!made->loop.origin()) made->loop.set_origin(place);
            continue;
        }
        if (name == "args") {
            if (value.is_string() && value.string().find("{{") == std::string::npos)
                error("Complex args containing variables cannot use bare variables (without Jinja2 delimiters), and must use the full variable style ('{{var_name}}')", place);
            else if (value.is_string()) made->args_template = value;
            else if (value.is_map()) for (const auto& [k, v] : value.map()) made->args.set(k, v);
            else if (!value.is_none()) error("'args' must be a mapping of arguments", place);
            continue;
        }
        if (name == "listen" && around.handlers) {
            for (const Value& topic : as_list(value)) made->listen.push_back(text_of(topic));
            continue;
        }
        if (is_keyword(name, level(around))) { common(*made, name, place, value); continue; }
        if (std::string file; action_named(name, around, entry.find("collections"), file)) {
            actions.push_back(name);
            made->action_place = place;
            action_value = &value;
            continue;
        }
        if (unknown.empty()) { unknown = name; unknown_place = place; }
    }
    if (actions.size() > 1) { error("conflicting action statements: " + base::join(actions, ", "), made->place); return nullptr; }
    if (actions.empty()) {
        if (unknown.empty()) { error("no module/action detected in task.", made->place); return nullptr; }
        std::vector<std::string> names = keyword_names(level(around));
        if (options.action_names) for (auto& name : options.action_names()) names.push_back(name);
        std::string hint = base::did_you_mean(unknown, names);
        error("couldn't resolve module/action '" + unknown + "'. This often indicates a misspelling, missing collection, or incorrect module path.",
              unknown_place, hint.empty() ? "see `fprov doc --list` for what this version knows" : hint);
        return nullptr;
    }
    if (!unknown.empty()) {
        error("'" + unknown + "' is not a valid attribute for a " + (around.handlers ? "Handler" : "Task"), unknown_place,
              base::did_you_mean(unknown, keyword_names(level(around))));
        return nullptr;
    }
    if (!made->name.is_string()) made->name = Value();   // a number names nothing
    check_fields(*made);
    try {
        arguments(*made, actions[0], *action_value, around);
        if ((made->action == "include_tasks" || made->action == "include") && made->args.empty() && made->args_template.is_none())
            error("No file specified for " + made->action, made->action_place);
        if (const Value* apply = made->args.find("apply"); apply && (made->action == "include_tasks" || made->action == "include_role") && !apply->is_map() && !apply->is_none())
            error("Expected a dict for apply but got <class '" + values::type_name(*apply) + "'> instead", made->action_place);
    } catch (const base::Failure& failure) {
        loader_.errors_.push_back(failure.error());
        return nullptr;
    }
    return made;
}

// A module of library/ wins over a built-in one of the same short name, as in Ansible; not one in Python on Ansible's own library, though:
// then the built-in one is what can run.
std::optional<std::string> Builder::action_named(const std::string& name, const Surroundings& around, const Value* own_collections, std::string& library_file) const {
    const auto& options = loader_.options_;
    if (loader_.find_action_plugin(name)) return name;   // arguments() says what is wrong with it
    auto known = options.resolve_action ? options.resolve_action(name) : std::optional(name);
    if (auto file = loader_.find_library_module(name); file && !(known && needs_module_utils(*file))) {
        library_file = *file;
        return name.substr(name.rfind('.') + 1);
    }
    if (known || is_keyword(name, level(around))) return known;
    auto file = loader_.find_python_module(name);
    if (!file && name.find('.') == std::string::npos)
        for (const auto& collection : collections_of(around, own_collections)) if ((file = loader_.find_python_module(collection + "." + name))) break;
    if (!file) return std::nullopt;
    library_file = *file;
    return name.substr(name.rfind('.') + 1);
}

// Roles do not see the collections of the play, as in Ansible.
std::vector<std::string> Builder::collections_of(const Surroundings& around, const Value* own) const {
    auto names = [](const Value& list) {
        std::vector<std::string> all;
        for (const Value& one : as_list(list)) all.push_back(text_of(one));
        return all;
    };
    if (own) return names(*own);
    for (const Block* block = around.parent; block && block->role == around.role; block = block->parent)
        if (const Value* keyword = block->own("collections")) return names(*keyword);
    if (around.role) return around.role->collections;
    if (!around.play) return {};
    if (const Value* keyword = around.play->own("collections")) return names(*keyword);
    std::string collection = collection_of_playbook(around.play->file);
    return collection.empty() ? std::vector<std::string>{} : std::vector<std::string>{collection};
}

std::shared_ptr<Task> Loader::with_action(const Task& task, const std::string& action) {
    auto made = std::make_shared<Task>(task);
    Surroundings around{task.play, task.parent, task.role, task.file_directory, task.is_handler};
    made->action = Builder(*this).action_named(action, around, task.own("collections"), made->library_file).value_or(action);
    return made;
}

void Builder::arguments(Task& task, const std::string& name, const Value& value, const Surroundings& around) {
    const auto& options = loader_.options_;
    auto unfit_arguments = [&](const Value& given) {
        throw base::Failure(base::Kind::parse, "unexpected parameter type in action: <class '" + (given.is_list() ? "ansible.parsing.yaml.objects.AnsibleSequence" : values::type_name(given)) + "'>",
                            task.action_place, "give the arguments of '" + name + "' as a mapping");
    };
    Value content = value;
    std::string action = name;
    if (name == "action" || name == "local_action") {
        task.by_action = true;
        if (value.is_map()) {
            const Value* module = value.find("module");
            if (!module) throw base::Failure(base::Kind::parse, "'" + name + "' as a mapping needs 'module'", task.action_place);
            action = text_of(*module);
            Map rest;
            for (const auto& [k, v] : value.map()) if (text_of(k) != "module") rest.set(k, v);
            content = Value(std::move(rest));
        } else {
            if (!value.is_string()) unfit_arguments(value);
            std::string text(base::trim(value.string()));
            std::size_t end = 0;
            for (int braces = 0; end < text.size() && (braces || !std::isspace(static_cast<unsigned char>(text[end]))); ++end)
                braces += text.compare(end, 2, "{{") == 0 ? 1 : text.compare(end, 2, "}}") == 0 ? -1 : 0;
            if (end == text.size()) end = std::string::npos;
            action = text.substr(0, end);
            content = Value(end == std::string::npos ? "" : text.substr(end + 1), values::Trust::template_ok, value.origin());
        }
    }
    task.written_action = action;
    const bool later = action != name && action.find("{{") != std::string::npos;   // known when it runs: Loader::with_action
    auto known = later ? std::optional(action) : action_named(action, around, task.own("collections"), task.library_file);
    if (!known)
        throw base::Failure(base::Kind::parse, "couldn't resolve module/action '" + action + "'. This often indicates a misspelling, missing collection, or incorrect module path.",
                            task.action_place, options.action_names ? base::did_you_mean(action, options.action_names()) : "");
    if (auto plugin = loader_.find_action_plugin(action))
        throw base::Failure(base::Kind::parse, "the module '" + action + "' works through an action plugin in Python (" + *plugin + "), which fprov does not run", task.action_place);
    task.action = *known;
    bool free_form = !later && task.library_file.empty() && (is_include_with_raw_params(task.action) || (options.is_free_form && options.is_free_form(task.action)));
    Map given;
    if (content.is_string()) {
        std::string_view text = base::trim(content.string());
        bool whole = text.starts_with("{{") && text.ends_with("}}") && text.find("}}") == text.size() - 2;
        if (whole && !free_form) task.args_template = content;
        else {
            given = parse_key_values(content.string(), free_form || is_include_with_raw_params(task.action), content.origin() ? content.origin() : task.action_place);
            // Includes take "file.yml key=value": what is no file name is a parameter.
            if (is_include_with_raw_params(task.action))
                if (const Value* raw = given.find("_raw_params"); raw && task.action != "meta") {
                    Map more = parse_key_values(raw->string(), false, raw->origin());
                    for (const auto& [k, v] : more) given.set(k, v);
                }
            constexpr std::string_view also[] = {"add_host", "group_by", "set_fact"};
            const Value* rest = given.find("_raw_params");
            if (rest && !free_form && std::find(std::begin(also), std::end(also), task.action) == std::end(also)) {
                if (rest->string().find("{{") == std::string::npos)
                    throw base::Failure(base::Kind::parse, "this task '" + action + "' has extra params, which is only allowed in the following modules: add_host, command, group_by, "
                                        "import_role, import_tasks, include, include_role, include_tasks, include_vars, meta, raw, script, set_fact, shell, win_command, win_shell",
                                        task.action_place, "'" + std::string(base::trim(rest->string())) + "' is no key=value; quote a value that has spaces in it");
                task.args_template = *rest;   // more arguments, as a mapping
                given.erase("_raw_params");
            }
        }
    } else if (content.is_map()) {
        given = content.map();
    } else if (!content.is_none()) {
        unfit_arguments(content);
    }
    for (const auto& [k, v] : given) task.args.set(k, v);   // the action's own win over `args`
}

std::string Builder::find_task_file(const std::string& name, const Surroundings& around) const {
    if (!name.empty() && name[0] == '/') return name;
    std::vector<std::string> folders;
    if (around.role) {
        folders.push_back(around.directory);
        folders.push_back(base::join_path(around.role->path, around.handlers ? "handlers" : "tasks"));
        folders.push_back(around.role->path);
    }
    folders.push_back(around.directory);
    if (around.play) folders.push_back(around.play->directory);
    if (around.role && around.play) folders.push_back(base::join_path(around.play->directory, "tasks"));
    for (const auto& folder : folders) {
        std::string path = base::normalize_path(base::join_path(folder, name));
        if (base::is_file(path)) return path;
    }
    return base::normalize_path(base::join_path(around.directory, name));
}

Items Builder::task_file(const std::string& path, const Surroundings& around, Place from) {
    auto& chain = loader_.chain_;
    if (std::find(chain.begin(), chain.end(), path) != chain.end()) {
        error("'" + path + "' imports itself: " + base::join(chain, " -> "), from);
        return {};
    }
    Items items;
    chain.push_back(path);
    try {
        Value content = loader_.read_file(path);
        Surroundings inside = around;
        inside.directory = base::dirname(path);
        ++inside.depth;
        items = tasks(content, inside, "the task file '" + path + "'");
    } catch (const base::Failure& failure) {
        base::Error problem = failure.error();
        if (problem.kind == base::Kind::not_found) problem.at(from);
        loader_.errors_.push_back(std::move(problem));
    }
    chain.pop_back();
    return items;
}

bool Builder::static_import(const std::shared_ptr<Task>& task, const Surroundings& around, Items& out) {
    bool import_tasks = task->action == "import_tasks", import_role = task->action == "import_role";
    const bool include_role = task->action == "include_role";
    if (include_role || task->action == "include_tasks") {
        // Other keywords would have to reach what is included: that is what `apply` is for.
        constexpr std::string_view taken[] = {"collections", "debugger", "ignore_errors", "loop_control", "no_log", "register", "run_once", "timeout"};
        for (const auto& [key, value] : task->keywords)
            if (std::string name = text_of(key); std::find(std::begin(taken), std::end(taken), name) == std::end(taken)) {
                error("'" + name + "' is not a valid attribute for a " + (include_role ? "IncludeRole" : "TaskInclude"), value.origin() ? value.origin() : task->place,
                      "for the included tasks, write it under 'apply'");
                return true;
            }
    }
    if (import_tasks || task->action == "include_tasks")
        for (const auto& [key, value] : task->args)
            if (std::string name = text_of(key); name != "file" && name != "_raw_params" && (name != "apply" || import_tasks)) {
                error("Invalid options for " + task->written_action + ": " + name, value.origin() ? value.origin() : task->place, "variables go under 'vars'");
                return true;
            }
    // The deprecated `include` is static unless it loops or its name is a template.
    if (task->action == "include") {
        const Value* raw = task->args.find("_raw_params");
        import_tasks = task->loop_kind.empty() && raw && raw->is_string() && raw->string().find("{{") == std::string::npos;
        if (!import_tasks) task->action = "include_tasks";
    }
    if (!import_tasks && !import_role) return false;
    if (!task->loop_kind.empty()) {
        error("You cannot use loops on '" + task->action + "' statements. You should use 'include_" + (import_role ? "role" : "tasks") + "' instead.", task->place);
        return true;
    }
    auto& options = loader_.options_;
    auto rendered = [&](const Value& value) {
        if (value.is_string() && value.string().find("{{") != std::string::npos && options.render_static) {
            Map vars = around.static_vars;
            for (const auto& [k, v] : task->vars) vars.set(k, v);
            return text_of(options.render_static(value, *around.play, vars));
        }
        return text_of(value);
    };
    if (import_role) {
        Loader::RoleRequest request;
        request.of_task = true;
        request.collections = collections_of(around, task->own("collections"));
        for (const auto& [key, value] : task->args) {
            std::string name = text_of(key);
            std::string text = value.is_string() ? rendered(value) : text_of(value);
            if (name == "name" || name == "role" || name == "_raw_params") request.name = text;
            else if (name == "tasks_from") request.tasks_from = text;
            else if (name == "vars_from") request.vars_from = text;
            else if (name == "defaults_from") request.defaults_from = text;
            else if (name == "handlers_from") request.handlers_from = text;
            else if (name == "rolespec_validate") request.validate = spec::coerce(Value(text), spec::Type::boolean).bool_or(true);
            else if (name == "allow_duplicates") request.allow_duplicates = value.bool_or(true);
            else error("Invalid options for import_role: " + name, value.origin() ? value.origin() : task->place);
        }
        if (request.name.empty()) { error("'name' is a required field for import_role.", task->place); return true; }
        std::vector<Role*> parents;
        if (around.role) { parents = around.role->parents; parents.push_back(around.role.get()); }
        Surroundings inside = around;
        ++inside.depth;
        if (auto block = role_block(request, *task, inside, parents, false)) {
            join_play(around.play, block->role);
            block->vars = task->vars;   // above those of the role
            out.push_back({nullptr, block});
        }
        return true;
    }
    const Value* file = task->args.find("_raw_params");
    if (!file) file = task->args.find("file");
    if (!file) { error("No file specified for import_tasks", task->place); return true; }
    std::string name = rendered(*file);
    std::string path = find_task_file(name, around);
    if (!base::is_file(path)) {
        error("Could not find or access '" + path + "' on the Ansible Controller.", file->origin() ? file->origin() : task->place,
              "looked in " + around.directory, base::Kind::not_found);
        return true;
    }
    auto block = std::make_shared<Block>();
    block->place = task->place;
    block->implicit = true;
    block->play = around.play;
    block->parent = around.parent;
    block->role = around.role;
    block->keywords = task->keywords;
    block->when = task->when;
    block->tags = task->tags;
    block->vars = task->vars;
    block->include_file = path;
    for (const auto& [key, value] : task->args)
        if (std::string k = text_of(key); k != "_raw_params" && k != "file") block->include_params.set(key, value);
    Surroundings inside = around;
    inside.parent = block.get();
    for (const auto& [k, v] : task->vars) inside.static_vars.set(k, v);
    block->tasks = task_file(path, inside, file->origin() ? file->origin() : task->place);
    out.push_back({nullptr, block});
    return true;
}

}  // namespace fprov::playbook
