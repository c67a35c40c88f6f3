// SPDX-License-Identifier: Apache-2.0
// Roles: folders of tasks, handlers, variables and dependencies.
#include <algorithm>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "playbook/builder.hpp"
#include "values/python.hpp"

namespace fprov::playbook {

std::optional<std::string> Builder::main_file(const std::string& folder, const std::string& name) const {
    for (const char* ending : {"", ".yml", ".yaml", ".json"}) {
        std::string path = base::join_path(folder, name + ending);
        if (base::is_file(path)) return path;
    }
    return std::nullopt;
}

namespace {
// A folder main/ holds several files, read in order.
void collect_files(const std::string& folder, std::vector<std::string>& files) {
    for (const auto& name : base::list_directory(folder)) {
        std::string path = base::join_path(folder, name);
        if (name[0] == '.' || name.back() == '~') continue;
        if (base::is_directory(path)) collect_files(path, files);
        else if (name.find('.') == std::string::npos || name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".json")) files.push_back(path);
    }
}
}  // namespace

Map Builder::role_vars(const std::string& folder, const std::string& from, bool required, Place place) {
    Map vars;
    std::string name = from.empty() ? "main" : from;
    std::vector<std::string> files;
    if (base::is_directory(base::join_path(folder, name)) && from.empty()) collect_files(base::join_path(folder, name), files);
    else if (auto file = main_file(folder, name)) files.push_back(*file);
    else if (required && !from.empty()) {
        error("Could not find specified file in role: " + base::join_path(folder, from), place, {}, base::Kind::not_found);
        return vars;
    }
    for (const auto& file : files) {
        try {
            for (const auto& [key, value] : loader_.read_vars_file(file)) vars.set(key, value);
        } catch (const base::Failure& failure) {
            loader_.errors_.push_back(failure.error());
        }
    }
    return vars;
}

std::shared_ptr<Block> Builder::role(const Value& entry, const Surroundings& around, std::vector<Role*> parents) {
    Loader::RoleRequest request;
    request.allow_duplicates = false;   // `roles:` and dependencies: once for each host
    Node node;
    node.place = entry.origin();
    Map params;
    if (entry.is_string()) {
        request.name = entry.string();
        // "name,version" and "name k=v" are old spellings that ansible-galaxy files still carry.
        if (auto comma = request.name.find(','); comma != std::string::npos) request.name = request.name.substr(0, comma);
    } else if (entry.is_map()) {
        const Value* name = entry.find("role");
        if (!name) name = entry.find("name");
        if (!name) name = entry.find("src");
        if (!name || name->is_list() || name->is_map()) { error("role definitions must contain a role name", entry.origin(), {}, base::Kind::generic); return nullptr; }
        request.name = text_of(*name);
        for (const auto& [key, value] : entry.map()) {
            std::string keyword = text_of(key);
            if (keyword == "role" || keyword == "name" || keyword == "src") continue;
            if (is_keyword(keyword, on_role)) common(node, keyword, key.origin() ? key.origin() : value.origin(), value);
            else params.set(key, value);
        }
    } else {
        error("a role entry must be a name or a mapping with 'role', got a " + values::type_name(entry), entry.origin());
        return nullptr;
    }
    if (request.name.find("{{") != std::string::npos && loader_.options_.render_static)
        request.name = text_of(loader_.options_.render_static(Value(request.name, values::Trust::template_ok, entry.origin()), *around.play, params));
    request.vars = std::move(params);
    if (!around.role || !around.role->collection.empty()) request.collections = collections_of(around);   // a plain role's dependencies are plain roles
    return role_block(request, node, around, std::move(parents), false);
}

std::shared_ptr<Block> Builder::role_block(const Loader::RoleRequest& request, const Node& entry, const Surroundings& around,
                                           std::vector<Role*> parents, bool from_include) {
    std::string parent_path = parents.empty() ? "" : parents.back()->path;
    if (around.depth > 100) { error("roles are nested more than 100 deep", entry.place); return nullptr; }
    auto found = loader_.find_role(request.name, around.play ? around.play->directory : around.directory, parent_path, request.collections);
    if (!found) {
        std::string where = base::join_path(around.play ? around.play->directory : around.directory, "roles");
        for (const auto& folder : loader_.options_.roles_path) where += ":" + folder;
        std::vector<std::string> names = base::list_directory(base::join_path(around.play ? around.play->directory : ".", "roles"));
        for (const auto& folder : loader_.options_.roles_path) for (auto& name : base::list_directory(folder)) names.push_back(name);
        std::string hint = base::did_you_mean(request.name, names);
        error("the role '" + request.name + "' was not found in " + where, entry.place, hint, base::Kind::not_found);
        return nullptr;
    }
    const std::string& path = found->path;
    for (Role* parent : parents)
        if (parent->path == path && static_cast<int>(std::count_if(parents.begin(), parents.end(), [&](Role* r) { return r->path == path; })) > (from_include ? 20 : 0)) {
            std::vector<std::string> names;
            for (Role* r : parents) names.push_back(r->role_name);
            error("A recursion loop was detected with the roles specified. Make sure child roles do not have dependencies on parent roles: " +
                  base::join(names, " -> ") + " -> " + request.name, entry.place);
            return nullptr;
        }

    loader_.serve(path);
    auto made = std::make_shared<Role>();
    made->place = entry.place;
    made->collection = found->collection;
    made->role_name = !found->collection.empty() ? base::basename(path) : base::basename(request.name).empty() ? request.name : request.name.find('/') != std::string::npos ? base::basename(base::normalize_path(request.name)) : request.name;
    made->path = path;
    if (!made->collection.empty()) made->collections.push_back(made->collection);
    made->parents = parents;
    made->vars = entry.vars;
    made->params = request.vars;
    made->tags = entry.tags;
    made->when = entry.when;
    made->allow_duplicates = request.allow_duplicates;
    made->from_include = from_include && !request.is_public;
    made->identity = made->path + "|" + values::repr(Value(entry.vars)) + base::join({request.tasks_from, request.vars_from, request.defaults_from, request.handlers_from}, "|");
    made->identity += request.of_task ? "|task" : values::repr(Value(request.vars)) + values::repr(Value(entry.when)) + values::repr(Value(entry.tags));

    auto block = std::make_shared<Block>();
    block->place = entry.place;
    block->implicit = true;
    block->play = around.play;
    block->parent = around.parent;
    block->role = made;
    block->role_end = true;
    block->when = from_include ? List{} : entry.when;
    block->tags = from_include ? List{} : entry.tags;
    block->vars = {};
    if (!from_include) for (const auto& [key, value] : entry.keywords) block->keywords.set(key, value);

    Surroundings inside{around.play, block.get(), made, base::join_path(path, "tasks"), false, around.depth + 1, around.static_vars};
    std::vector<Role*> chain = parents;
    chain.push_back(made.get());

    if (auto meta = main_file(base::join_path(path, "meta"))) {
        try {
            Value content = loader_.read_file(*meta);
            if (const Value* list = content.find("collections"))
                for (const Value& one : as_list(*list)) made->collections.push_back(text_of(one));
            if (const Value* many = content.find("allow_duplicates")) made->allow_duplicates = made->allow_duplicates || many->bool_or(false);
            if (const Value* specs = content.find("argument_specs"); specs && specs->is_map()) made->argument_specs = specs->map();
            if (const Value* list = content.find("dependencies"); list && list->is_list())
                for (const Value& one : list->list())
                    if (auto dependency = role(one, inside, chain)) {
                        dependency->role->is_dependency = true;
                        block->tasks.push_back({nullptr, dependency});
                        made->dependencies.push_back(dependency->role);
                    }
        } catch (const base::Failure& failure) {
            loader_.errors_.push_back(failure.error());
        }
    }
    if (auto specs = main_file(base::join_path(path, "meta"), "argument_specs")) {
        try {
            Value content = loader_.read_file(*specs);
            if (const Value* map = content.find("argument_specs"); map && map->is_map()) made->argument_specs = map->map();
        } catch (const base::Failure& failure) {
            loader_.errors_.push_back(failure.error());
        }
    }
    made->default_vars = role_vars(base::join_path(path, "defaults"), request.defaults_from, true, entry.place);
    made->role_vars = role_vars(base::join_path(path, "vars"), request.vars_from, true, entry.place);
    auto handlers = main_file(base::join_path(path, "handlers"), request.handlers_from.empty() ? "main" : request.handlers_from);
    if (handlers) {
        Surroundings here = inside;
        here.handlers = true;
        here.directory = base::join_path(path, "handlers");
        made->handlers = task_file(*handlers, here, entry.place);
    }
    std::string tasks_name = request.tasks_from.empty() ? "main" : request.tasks_from;
    auto tasks = main_file(base::join_path(path, "tasks"), tasks_name);
    if (request.validate)
        if (auto check = argument_check(*made, tasks_name, inside)) block->tasks.push_back({check, nullptr});
    if (tasks) {
        Items items = task_file(*tasks, inside, entry.place);
        block->tasks.insert(block->tasks.end(), items.begin(), items.end());
    } else if (!request.tasks_from.empty()) {
        error("Could not find specified file in role: tasks/" + request.tasks_from, entry.place, {}, base::Kind::not_found);
    }
    return block;
}

// Dependencies' handlers first. The same role with the same parameters has one set of handlers in a play, however often it is used.
void Builder::add_handlers(Play& play, const Role& role, Items& to) {
    for (const auto& dependency : role.dependencies) add_handlers(play, *dependency, to);
    auto known = [&](const Item& item) { const Role* owner = item.task ? item.task->role.get() : item.block->role.get(); return owner && owner->identity == role.identity; };
    if (std::any_of(to.begin(), to.end(), known)) return;
    const Items& items = play.handlers_of_roles.try_emplace(role.identity, role.handlers).first->second;
    to.insert(to.end(), items.begin(), items.end());
}

// import_role and include_role: the role comes after what the play has so far.
void Builder::join_play(Play* play, const std::shared_ptr<Role>& role) {
    if (!play) return;
    if (!role->from_include) play->roles.push_back(role);
    add_handlers(*play, *role, play->handlers);
}

// The task that Ansible puts in front of a role whose entry point has a specification of its arguments.
std::shared_ptr<Task> Builder::argument_check(const Role& role, std::string entry, const Surroundings& inside) {
    if (auto dot = entry.rfind('.'); dot != std::string::npos) entry.erase(dot);
    const Value* spec = role.argument_specs.find(entry);
    if (!spec || !spec->is_map()) return nullptr;
    const Value* options = spec->find("options");
    const Value* summary = spec->find("short_description");
    std::string name = "Validating arguments against arg spec '" + entry + "'";
    if (summary && !summary->is_none()) name += " - " + text_of(*summary);
    Map arguments{{"argument_spec", options ? *options : Value(Map{})},
                  {"provided_arguments", Value(role.params)},
                  {"validate_args_context", Value(Map{{"type", "role"}, {"name", Value(role.full_name())}, {"argument_spec_name", Value(entry)}, {"path", Value(role.path)}})}};
    Map written{{"name", Value(name)}, {"ansible.builtin.validate_argument_spec", Value(std::move(arguments))}, {"tags", Value(List{Value("always")})}};
    Value entry_task(std::move(written));
    entry_task.set_origin(role.place);
    return task(entry_task, inside);
}

}  // namespace fprov::playbook
