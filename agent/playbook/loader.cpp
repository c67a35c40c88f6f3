// SPDX-License-Identifier: Apache-2.0
#include "playbook/loader.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "playbook/builder.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::playbook {

std::string text_of(const Value& value) { return value.is_string() ? value.string() : value.is_none() ? "" : values::str(value); }

List as_list(const Value& value) {
    if (value.is_sequence()) return value.list();
    if (value.is_none()) return {};
    return {value};
}

List tag_list(const Value& value) {
    List tags;
    for (const Value& one : as_list(value)) {
        if (!one.is_string() || one.string().find("{{") != std::string::npos) { tags.push_back(one); continue; }
        for (const auto& part : base::split(one.string(), ','))
            tags.emplace_back(std::string(base::trim(part)), one.trust(), one.origin());
    }
    return tags;
}

Loader::Loader(LoadOptions options) : options_(std::move(options)) {}
Loader::~Loader() = default;

void Loader::throw_if_errors() const {
    if (!errors_.empty()) throw base::Failure(errors_.front());
}

Value Loader::read_file(const std::string& path) const {
    auto text = base::read_file(path);
    if (!text) throw base::Failure(base::Kind::not_found, "cannot read '" + path + "': " + text.error().what);
    if (options_.decrypt && text->starts_with("$ANSIBLE_VAULT;"))
        if (auto plain = options_.decrypt(*text, path)) *text = *plain;
    std::vector<values::YamlWarning> warnings;
    values::YamlOptions options;
    options.vault = options_.vault;
    options.warnings = &warnings;
    Value value = values::read_yaml(*text, base::add_source(path, *text), options);
    if (options_.duplicate_keys == "error" && !warnings.empty()) throw base::Failure(base::Kind::parse, warnings.front().text, warnings.front().place);
    if (options_.warnings && options_.duplicate_keys != "ignore")
        for (auto& warning : warnings) options_.warnings->push_back(warning.text);
    return value;
}

Map Loader::read_vars_file(const std::string& path) const {
    Value value = read_file(path);
    if (value.is_none()) return {};
    if (!value.is_map())
        throw base::Failure(base::Kind::parse, "variables in '" + path + "' must be a mapping of names to values, not a " + values::type_name(value),
                            base::Place{base::add_source(path), 1, 0});
    return value.map();
}

Playbook Loader::load(const std::string& path) {
    Playbook book;
    if (!base::exists(path)) throw base::Failure(base::Kind::not_found, "the playbook: " + path + " could not be found");
    Builder(*this).plays(path, book, {}, {}, {}, {});
    return book;
}

Playbook Loader::load_value(const Value& plays, const std::string& path) {
    Playbook book;
    Builder builder(*this);
    for (const Value& entry : as_list(plays)) builder.play(entry, path, book, {}, {}, {});
    return book;
}

std::shared_ptr<Block> Loader::include_tasks(const Task& include, const std::string& path, Map params) {
    errors_.clear();
    auto block = std::make_shared<Block>();
    block->place = include.place;
    block->implicit = true;
    block->play = include.play;
    block->parent = include.parent;
    block->role = include.role;
    block->include_params = include.vars;   // above facts and registered variables
    for (const auto& [key, value] : params) block->include_params.set(key, value);
    block->include_file = path;
    Surroundings around{include.play, block.get(), include.role, base::dirname(path), include.is_handler};
    if (Value content = read_file(path); !content.is_list() && !content.is_none())
        throw base::Failure(base::Kind::generic, "included task files must contain a list of tasks", content.origin());
    block->tasks = Builder(*this).task_file(path, around, include.place);
    throw_if_errors();
    return block;
}

std::shared_ptr<Block> Loader::include_role(const Task& include, const RoleRequest& request) {
    errors_.clear();
    Surroundings around{include.play, include.parent, include.role, include.file_directory, false};
    Node entry;
    entry.place = include.place;
    entry.vars = include.vars;
    std::vector<Role*> parents;
    if (include.role) { parents = include.role->parents; parents.push_back(include.role.get()); }
    Builder builder(*this);
    RoleRequest wanted = request;
    wanted.of_task = true;
    wanted.collections = builder.collections_of(around, include.own("collections"));
    auto block = builder.role_block(wanted, entry, around, parents, true);
    throw_if_errors();
    if (block) Builder::join_play(include.play, block->role);
    return block;
}

std::optional<Loader::FoundRole> Loader::find_role(const std::string& name, const std::string& from_directory, const std::string& parent_role_path,
                                                   const std::vector<std::string>& collections) const {
    if (auto found = find_collection_role(name, collections)) return found;
    std::vector<std::string> folders;
    if (name.find('/') != std::string::npos) folders.push_back(base::absolute_path(base::join_path(from_directory, base::expand_user(name))));
    folders.push_back(base::join_path(base::join_path(from_directory, "roles"), name));
    for (const auto& path : options_.roles_path) folders.push_back(base::join_path(path, name));
    if (!parent_role_path.empty()) folders.push_back(base::join_path(base::dirname(parent_role_path), name));
    folders.push_back(base::join_path(from_directory, name));
    for (const auto& folder : folders)
        if (base::is_directory(folder)) return FoundRole{base::normalize_path(folder), ""};
    return std::nullopt;
}

Playbook Loader::ad_hoc(const std::string& pattern, const std::string& module, const std::string& arguments, bool gather_facts) {
    auto source = base::add_source("command line", "-m " + module + " -a " + arguments);
    Place place{source, 1, 1};
    auto play = std::make_shared<Play>();
    play->place = place;
    play->name = Value("Ansible Ad-Hoc");
    play->hosts = Value(pattern, values::Trust::template_ok, place);
    play->directory = base::absolute_path(".");
    serve(play->directory);
    play->keywords.set("gather_facts", gather_facts);
    Map entry;
    Surroundings around{play.get(), nullptr, nullptr, play->directory, false};
    std::string_view text = base::trim(arguments);
    if (std::string file; !Builder(*this).action_named(module, around, nullptr, file)) {
        // What no one knows fails on the hosts, as every action does whose name is only known there.
        entry.set("action", Value("{{ " + values::repr(Value(module)) + " }}", values::Trust::template_ok, place));
    } else if (!text.empty() && text[0] == '{') {
        Value args = values::read_yaml(text, source);
        entry.set(module, args);
    } else {
        entry.set(module, arguments.empty() ? Value() : Value(arguments, values::Trust::template_ok, place));
    }
    play->tasks = Builder(*this).tasks(Value(List{Value(std::move(entry)).set_origin(place)}), around, "the ad-hoc command");
    Playbook book;
    book.plays.push_back(play);
    return book;
}

void Builder::error(std::string what, Place place, std::string hint, base::Kind kind) {
    for (const auto& known : loader_.errors_)
        if (known.what == what && known.where == place) return;   // a role that is used twice has its mistakes once
    loader_.errors_.push_back(base::Error{kind, std::move(what), place, std::move(hint)});
}

void Builder::plays(const std::string& path, Playbook& book, const Map& vars, const List& tags, const List& when, Place from) {
    auto& chain = loader_.chain_;
    if (std::find(chain.begin(), chain.end(), path) != chain.end())
        return error("playbook '" + path + "' imports itself: " + base::join(chain, " -> "), from);
    chain.push_back(path);
    try {
        Value content = loader_.read_file(path);
        Place start{base::add_source(path), 1, 1};
        if (content.is_none() || (content.is_list() && content.list().empty())) error("Empty playbook, nothing to do: " + path, start);
        else if (!content.is_list())
            error("A playbook must be a list of plays, got a " + values::type_name(content) + " instead: " + path, content.origin() ? content.origin() : start,
                  "begin each play with '- hosts: …'");
        else
            for (const Value& entry : content.list()) play(entry, path, book, vars, tags, when);
    } catch (const base::Failure& failure) {
        base::Error problem = failure.error();
        if (from && problem.kind == base::Kind::not_found) problem.at(from);
        loader_.errors_.push_back(std::move(problem));
    }
    chain.pop_back();
}

namespace {

const char* section_names[] = {"pre_tasks", "tasks", "post_tasks", "handlers", "roles"};

}  // namespace

void Builder::play(const Value& entry, const std::string& path, Playbook& book, const Map& vars, const List& tags, const List& when) {
    if (!entry.is_map()) return error("A play must be a mapping with 'hosts', got a " + values::type_name(entry), entry.origin());
    for (const auto& [key, value] : entry.map()) {
        std::string name = text_of(key);
        bool import = name == "import_playbook" || name == "ansible.builtin.import_playbook" || (name == "include" && !entry.find("hosts"));
        if (!import) continue;
        Map import_vars;
        List import_tags = tags, import_when = when;
        for (const auto& [other, content] : entry.map()) {
            std::string keyword = text_of(other);
            if (keyword == "vars" && content.is_map()) for (const auto& [k, v] : content.map()) import_vars.set(k, v);
            else if (keyword == "tags") for (const Value& tag : tag_list(content)) import_tags.push_back(tag);
            else if (keyword == "when") for (const Value& condition : as_list(content)) import_when.push_back(condition);
            else if (keyword != name && keyword != "name")
                error("'" + keyword + "' is not a valid attribute for a PlaybookInclude", key_place(other, content));
        }
        for (const auto& [k, v] : vars) import_vars.set(k, v);   // the outermost import wins
        if (value.is_none()) return error("playbook import parameter is missing", key_place(key, value));
        std::string target = text_of(value);
        if (target.find("{{") != std::string::npos && loader_.options_.render_static) target = text_of(loader_.options_.render_static(value, Play{}, import_vars));
        std::string file = base::normalize_path(base::join_path(base::dirname(path), target));
        if (base::dirname(path).empty() && target[0] != '/') file = base::normalize_path(target);
        if (auto named = find_collection_playbook(target, loader_.python_path())) file = *named;
        if (!base::exists(file)) return error("could not find the playbook '" + target + "' that is imported", value.origin(), {}, base::Kind::not_found);
        return plays(file, book, import_vars, import_tags, import_when, value.origin());
    }
    auto play = std::make_shared<Play>();
    play->place = entry.origin();
    play->file = path;
    play->directory = base::absolute_path(base::dirname(path).empty() ? "." : base::dirname(path));
    loader_.serve(play->directory);
    play->vars = vars;
    play->tags = tags;
    play->when = when;   // of import_playbook: reaches every task
    for (const auto& [key, value] : entry.map()) {
        std::string name = text_of(key);
        Place place = key_place(key, value);
        if (!is_keyword(name, on_play)) {
            error("'" + name + "' is not a valid attribute for a Play", place, base::did_you_mean(name, keyword_names(on_play)));
            continue;
        }
        if (name == "hosts") play->hosts = value;
        else if (name == "vars_files") play->vars_files = as_list(value);
        else if (name == "vars_prompt") play->vars_prompt = as_list(value);
        else if (name == "user") play->keywords.set("remote_user", value);
        else if (std::find(std::begin(section_names), std::end(section_names), name) == std::end(section_names)) common(*play, name, place, value);
    }
    for (const auto& [k, v] : vars) play->vars.set(k, v);
    auto* hosts = entry.find("hosts");
    if (!hosts) error("the field 'hosts' is required but was not set", play->place);
    else if (hosts->is_none() || (hosts->is_string() && hosts->string().empty()) || (hosts->is_list() && hosts->list().empty()))
        error("Hosts list cannot be empty. Please check your playbook", play->place);
    else if (hosts->is_list()) {
        for (const Value& one : hosts->list())
            if (!one.is_string()) error(one.is_none() ? "Hosts list cannot contain values of 'None'. Please check your playbook" : "Hosts list contains an invalid host value: '" + values::str(one) + "'", play->place);
    } else if (!hosts->is_string()) error("Hosts list must be a sequence or string. Please check your playbook.", play->place);
    for (const Value& prompt : play->vars_prompt) {
        if (!prompt.is_map()) error("variable files must contain either a dictionary of variables, or a list of dictionaries. Got: " + values::str(Value(play->vars_prompt)), play->place);
        else if (!prompt.find("name")) error("Invalid vars_prompt data structure, missing 'name' key", play->place);
        else
            for (const auto& [key, value] : prompt.map()) {
                constexpr std::string_view known[] = {"name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"};
                if (std::find(std::begin(known), std::end(known), text_of(key)) == std::end(known))
                    error("Invalid vars_prompt data structure, found unsupported key '" + text_of(key) + "'", key_place(key, value));
            }
    }
    for (const auto& keyword : keywords())
        if (keyword.where == on_play && keyword.type != spec::Type::raw && keyword.type != spec::Type::text)   // those of tasks, too, fail the tasks
            if (const Value* value = play->own(keyword.name))
                if (std::string problem = wrong_type(keyword, *value); !problem.empty()) error(problem, value->origin());
    Surroundings around{play.get(), nullptr, nullptr, play->directory, false};
    auto section = [&](const char* name, bool handlers) {
        const Value* list = entry.find(name);
        if (!list || list->is_none()) return Items{};
        Surroundings here = around;
        here.handlers = handlers;
        return tasks(*list, here, std::string("'") + name + "'");
    };
    if (const Value* roles = entry.find("roles"); roles && !roles->is_none()) {
        if (!roles->is_list()) error("'roles' must be a list of roles", roles->origin());
        else
            for (const Value& one : roles->list())
                if (auto block = role(one, around, {})) play->role_blocks.push_back({nullptr, block});
    }
    // Ansible's order: it decides which of several roles' variables and handlers of one name count.
    play->pre_tasks = section("pre_tasks", false);
    play->post_tasks = section("post_tasks", false);
    play->tasks = section("tasks", false);
    Items handlers;
    std::vector<std::shared_ptr<Role>> named;
    for (const auto& item : play->role_blocks) {
        named.push_back(item.block->role);
        add_handlers(*play, *item.block->role, handlers);
    }
    play->roles.insert(play->roles.begin(), named.begin(), named.end());
    for (const Items& more : {section("handlers", true), std::exchange(play->handlers, {})}) handlers.insert(handlers.end(), more.begin(), more.end());
    play->handlers = std::move(handlers);
    if (!play->when.empty()) {   // carried by an outer block so that conditions() finds it
        auto wrap = [&](Items& items) {
            if (items.empty()) return;
            auto outer = std::make_shared<Block>();
            outer->play = play.get();
            outer->implicit = true;
            outer->when = play->when;
            outer->tasks = std::move(items);
            for (auto& item : outer->tasks) {
                Node* node = item.task ? static_cast<Node*>(item.task.get()) : item.block.get();
                if (!node->parent) node->parent = outer.get();
            }
            items = {{nullptr, outer}};
        };
        wrap(play->pre_tasks), wrap(play->role_blocks), wrap(play->tasks), wrap(play->post_tasks);
    }
    book.plays.push_back(play);
}

}  // namespace fprov::playbook
