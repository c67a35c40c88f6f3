// SPDX-License-Identifier: Apache-2.0
// Dynamic includes: every host says which file or role it wants (per loop item); hosts that want the same run it together.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "executor/outcome_rules.hpp"
#include "executor/play_runner.hpp"
#include "values/python.hpp"

namespace fprov::executor {

using events::Status;

std::string PlayRunner::find_tasks_file(const playbook::Task& task, const std::string& name) {
    std::vector<std::string> folders;
    if (!name.empty() && name[0] == '/') return name;
    folders.push_back(task.file_directory);
    if (task.role) {
        folders.push_back(base::join_path(task.role->path, task.is_handler ? "handlers" : "tasks"));
        folders.push_back(task.role->path);
    }
    for (const playbook::Block* block = task.parent; block; block = block->parent)
        if (!block->include_file.empty()) folders.push_back(base::dirname(block->include_file));
    if (task.role) folders.push_back(base::join_path(play_.directory, "tasks"));
    folders.push_back(play_.directory);
    for (const auto& folder : folders) {
        std::string path = base::join_path(folder, name);
        if (base::is_file(base::normalize_path(path))) return path;
    }
    return base::join_path(task.role ? folders.front() : folders.back(), name);
}

namespace {

struct Wanted {
    std::string path;              // task file, or the role's name
    std::string shown;             // the file as its banner says it
    std::string label;             // "(item=…)"
    Map params;
    playbook::Loader::RoleRequest role;
    Hosts hosts;
    std::string key;
};

}  // namespace

void PlayRunner::run_include(const playbook::Task& task, const Hosts& hosts, const events::TaskInfo& info) {
    bool is_role = task.action == "include_role";
    std::vector<Wanted> groups;
    const Value* once_value = playbook::inherited(task, "run_once");
    Hosts deciding = hosts;
    bool once = once_value && once_value->truthy();
    if (once) deciding = {hosts.front()};
    bool anyone_failed = false;
    for (HostRun* host : deciding) {
        drop_ahead(*host);
        tell_start(task.action == "include_role" ? info.name : values::str(playbook::display_name(task)), task.is_handler, *host);
        TaskScope scope(run_, &state_, host->name, &task);
        events::HostFinished event{info, host->name, "", Status::ok, false, !task.loop_kind.empty(), Value(Map{{"changed", false}}), 0};
        events::Counters& count = run_.counters[host->name];
        try {
            List items{Value()};
            std::string loop_var = "item", index_var;
            bool loop = !task.loop_kind.empty();
            Value control, all_items;
            bool extended = false;
            if (loop) {
                if (const Value* given = task.own("loop_control"); given && given->is_map()) {
                    control = *given;
                    if (const Value* name = control.find("loop_var")) loop_var = run_.templar.render_text(*name, scope);
                    if (const Value* name = control.find("index_var")) index_var = run_.templar.render_text(*name, scope);
                }
                const bool first_found = task.loop_kind == "first_found" || task.loop_kind == "ansible.builtin.first_found";
                try {
                    Value terms = first_found ? run_.templar.render_tolerant(task.loop, scope) : run_.templar.render(task.loop, scope);
                    if (task.loop_kind == "loop") {
                        auto elements = values::elements(terms);
                        if (!elements || terms.is_string()) throw base::Failure(base::Kind::type, "Invalid data passed to 'loop', it requires a list, got this instead: " + values::str(terms) + ".", task.loop.origin());
                        items = *elements;
                    } else {
                        items = run_.templar.loop_from_with(task.loop_kind, terms, scope, task.loop.origin(), task.action);
                    }
                } catch (const base::Failure& failure) {
                    // Over something undefined: skipped when the condition is false anyway.
                    const auto conditions = playbook::conditions(task);
                    if (failure.error().kind != base::Kind::undefined ||
                        std::all_of(conditions.begin(), conditions.end(), [&](const Value* one) { return run_.templar.condition(*one, scope); })) throw;
                    loop = false;
                }
            }
            if (const Value* wanted = control.find("extended"); wanted && run_.templar.render(*wanted, scope).truthy()) {
                extended = true;
                const Value* all = control.find("extended_allitems");
                if (!all || run_.templar.render(*all, scope).truthy()) all_items = Value(items);
            }
            std::size_t included = 0, index = 0;
            std::string missing;
            List results;   // of the loop, for register
            Value only;
            auto remember = [&](Map result, const Value& item) {
                if (!loop) { only = Value(std::move(result)); return; }
                result.set(loop_var, item);
                result.set("ansible_loop_var", Value(loop_var));
                results.emplace_back(std::move(result));
            };
            for (const Value& item : items) {
                if (loop) {
                    scope.set_local(loop_var, item);
                    scope.set_local("ansible_loop_var", Value(loop_var));
                    if (!index_var.empty()) scope.set_local(index_var, Value(index));
                    if (extended) scope.set_local("ansible_loop", loop_information(items, index, all_items));
                }
                ++index;
                bool hold = true;
                for (const Value* condition : playbook::conditions(task)) if (!run_.templar.condition(*condition, scope)) { hold = false; break; }
                std::string label;
                if (loop) {
                    const Value* wanted = control.find("label");
                    label = wanted ? values::str(run_.templar.render(*wanted, scope)) : values::str(item);
                }
                if (!hold) {
                    remember(Map{{"changed", false}, {"skipped", true}, {"skip_reason", "Conditional result was False"}}, item);
                    if (loop) run_.emit(events::ItemFinished{info, host->name, "", Status::skipped, false, info.no_log ? "None" : label,
                                                             censor(Map{{"ansible_loop_var", Value(loop_var)}, {"changed", false}, {loop_var, item}, {"skipped", true}, {"skip_reason", "Conditional result was False"}}, info.no_log)});
                    continue;
                }
                ++included;
                Wanted wanted;
                const Value* own_label = control.find("label");   // Ansible shows no label that is as good as nothing: 0, none, an empty list
                wanted.label = info.no_log ? "(censored due to no_log)" : own_label || item.truthy() ? label : "";
                Value args = run_.templar.strip_omitted(run_.templar.render(Value(task.args), scope));
                if (!task.args_template.is_none()) args = run_.templar.render(task.args_template, scope);
                if (is_role) {
                    for (const auto& [key, value] : args.map()) {
                        std::string name = key.text_or("");
                        std::string text = value.is_none() ? "" : values::str(value);
                        if (name == "name" || name == "role" || name == "_raw_params") wanted.role.name = text;
                        else if (name == "tasks_from") wanted.role.tasks_from = text;
                        else if (name == "vars_from") wanted.role.vars_from = text;
                        else if (name == "defaults_from") wanted.role.defaults_from = text;
                        else if (name == "handlers_from") wanted.role.handlers_from = text;
                        else if (name == "public") wanted.role.is_public = spec::coerce(value, spec::Type::boolean).bool_or(false);
                        else if (name == "allow_duplicates") wanted.role.allow_duplicates = spec::coerce(value, spec::Type::boolean).bool_or(true);
                        else if (name == "rolespec_validate") wanted.role.validate = spec::coerce(value, spec::Type::boolean).bool_or(true);
                        else if (name != "apply")
                            throw base::Failure(base::Kind::parse, "Invalid options for include_role: " + name, task.place);
                    }
                    if (wanted.role.name.empty()) throw base::Failure(base::Kind::parse, "'name' is a required field for include_role.", task.place);
                    Map result{{"include_args", args}};
                    if (!loop) result.set("changed", false);
                    remember(std::move(result), item);
                    wanted.path = wanted.role.name;
                    wanted.key = "role|" + wanted.role.name + "|" + wanted.role.tasks_from + "|" + wanted.role.vars_from + "|" + wanted.role.defaults_from;
                } else {
                    const Value* file = args.find("file");
                    if (!file) file = args.find("_raw_params");
                    if (!file) throw base::Failure(base::Kind::parse, "No file specified for include_tasks", task.place);
                    std::string found = find_tasks_file(task, values::str(*file));
                    wanted.path = base::normalize_path(found);
                    // Ansible shows the path as it was said where a role includes, or what a play has included, and tidied elsewhere.
                    const playbook::Block* outer = task.parent;
                    while (outer && outer->include_file.empty()) outer = outer->parent;
                    wanted.shown = (task.role != nullptr) == (outer != nullptr) || values::str(*file).starts_with("/") ? wanted.path : std::move(found);
                    Map given;
                    for (const auto& [key, value] : args.map())
                        if (std::string name = key.text_or(""); name != "file" && name != "_raw_params") given.set(key, value);
                    Map result{{"include", Value(values::str(*file))}, {"include_args", Value(std::move(given))}};
                    if (!loop) result.set("changed", false);
                    remember(std::move(result), item);
                    for (const auto& [key, value] : args.map())
                        if (std::string name = key.text_or(""); name != "file" && name != "_raw_params" && name != "apply") wanted.params.set(key, value);
                    wanted.key = wanted.path;
                }
                if (loop) {
                    wanted.params.set(loop_var, item);
                    if (!index_var.empty()) wanted.params.set(index_var, Value(index - 1));
                    if (extended) wanted.params.set("ansible_loop", loop_information(items, index - 1, all_items));
                }
                // Variables of the include itself are rendered where they are used: with the host's own values.
                wanted.key += "|" + values::repr(Value(wanted.params)) + "|" + std::to_string(loop ? index : 0);
                if (!is_role && !base::is_file(wanted.path)) {
                    missing = "Could not find or access '" + wanted.path + "' on the Ansible Controller.";
                    break;
                }
                auto same = std::find_if(groups.begin(), groups.end(), [&](const Wanted& group) { return group.key == wanted.key; });
                Hosts targets{host};
                if (same == groups.end()) { wanted.hosts = targets; groups.push_back(std::move(wanted)); }
                else same->hosts.insert(same->hosts.end(), targets.begin(), targets.end());
            }
            if (const Value* name = task.own("register")) {
                Value stored = only;
                if (loop) {
                    const bool skipped = included == 0;
                    stored = Value(items.empty() ? Map{{"changed", false}, {"results", List{}}, {"skipped", true}, {"skipped_reason", "No items in the list"}}
                                                 : Map{{"results", Value(std::move(results))}, {"skipped", skipped}, {"changed", false},
                                                       {"msg", skipped ? "All items skipped" : "All items completed"}});
                }
                run_.store.host(host->name).set_facts.set(run_.templar.render_text(*name, scope), values::as_data(stored));
            }
            if (!missing.empty()) {
                --included;
                // As Ansible: neither ignored nor counted as rescued.
                anyone_failed = anyone_failed || fails_at_once();
                host->failed = true;
                ++count.failed;
                Value result(Map{{"reason", Value(missing)}});
                run_.emit(events::HostFinished{info, host->name, "", Status::failed, false, false, censor(result, info.no_log), 0});
            } else if (included == 0) {
                event.status = Status::skipped;
                event.result = items.empty() || (items.size() == 1 && !loop)
                    ? Value(Map{{"changed", false}, {"skipped", true}, {"skip_reason", "Conditional result was False"}})
                    : Value(Map{{"changed", false}, {"skipped", true}, {"msg", "All items skipped"}});
                if (event.result.find("msg")) {
                    List results;
                    for (const Value& item : items)
                        results.emplace_back(Map{{"changed", false}, {"skipped", true}, {"skip_reason", "Conditional result was False"}, {loop_var, item}, {"ansible_loop_var", Value(loop_var)}});
                    event.result.mutable_map().set("results", Value(std::move(results)));
                }
                if (loop && items.empty()) event.result = Value(Map{{"changed", false}, {"results", List{}}, {"skipped", true}, {"skipped_reason", "No items in the list"}});
                if (info.no_log) event.result = censor(event.result, true);
                ++count.skipped;
                run_.emit(event);
            }
        } catch (const base::Failure& failure) {
            base::Error plain = failure.error();
            plain.kind = base::Kind::generic;   // of an include, Ansible says the bare sentence
            Value result = failure_result(plain);
            const Value* ignore = playbook::inherited(task, "ignore_errors");
            event.status = Status::failed;
            event.loop = false;
            event.ignored = ignore && ignore->truthy();
            event.result = censor(result, info.no_log);
            run_.emit(event);
            if (event.ignored) { ++count.ok; ++count.ignored; continue; }
            anyone_failed = anyone_failed || fails_at_once();
            host->failed = true;
            if (will_be_rescued()) {
                ++count.rescued;
                remember_failure(*host, Value(Map{{"name", Value(info.name)}, {"action", Value(info.action)}}), result);
            } else ++count.failed;
        }
    }
    // All files are read, and their banners told, before any of the included tasks.
    std::vector<std::pair<std::shared_ptr<playbook::Block>, Hosts>> blocks;
    for (auto& group : groups) {
        Hosts now = active(group.hosts);
        if (is_role && now.empty()) continue;
        std::shared_ptr<playbook::Block> block;
        try {
            if (is_role) {
                block = run_.loader.include_role(task, group.role);
                if (block) {
                    block->include_params = task.vars;   // above facts
                    for (const auto& [key, value] : group.params) block->include_params.set(key, value);
                }
            } else {
                block = run_.loader.include_tasks(task, group.path, group.params);
            }
            if (!block) throw base::Failure(base::Kind::not_found, "the role '" + group.path + "' was not found", task.place);
        } catch (const base::Failure& failure) {
            if (failure.error().kind == base::Kind::parse) throw;   // ends the run, as Ansible does
            // Neither ignored nor counted as rescued; a role that cannot be read is told once, and is no result of any host.
            if (is_role) run_.emit(events::Message{events::Message::Level::error, 0, base::render(failure.error())});
            for (HostRun* host : now) {
                host->failed = true;
                if (is_role) { run_.failed.insert(host->name); continue; }
                Value result(Map{{"reason", *failure_result(failure.error()).find("msg")}});
                run_.emit(events::HostFinished{info, host->name, "", Status::failed, false, false, censor(result, info.no_log), 0});
                ++run_.counters[host->name].failed;
            }
            anyone_failed = anyone_failed || fails_at_once();
            continue;
        }
        if (!is_role) {
            if (block->tasks.empty()) continue;   // of an empty file, nothing is told
            std::vector<std::string> names;
            for (HostRun* host : group.hosts) {
                names.push_back(host->name);
                ++run_.counters[host->name].ok;   // one for each file
            }
            run_.emit(events::Included{info, group.shown, names, group.label});
        }
        blocks.emplace_back(std::move(block), std::move(now));
    }
    check_fatal(task, hosts, anyone_failed);
    refresh_alive();
    if (stop_) return;
    for (auto& [block, given] : blocks) {
        Hosts now = active(given);
        if (now.empty() || stop_) continue;
        if (const Value* apply = task.args.find("apply"); apply && apply->is_map()) {
            for (const auto& [key, value] : apply->map()) {
                std::string name = key.text_or("");
                if (name == "tags") for (const Value& tag : value.is_sequence() ? value.list() : List{value}) block->tags.push_back(tag);
                else if (name == "when") for (const Value& one : value.is_sequence() ? value.list() : List{value}) block->when.push_back(one);
                else if (name == "vars" && value.is_map()) for (const auto& [k, v] : value.map()) block->vars.set(k, v);
                else block->keywords.set(name, value);
            }
        }
        // The include's own tags choose the include only; its other keywords stay with it, too. What stands around it counts through `parent`.
        kept_.push_back(block);
        for (HostRun* host : now) drop_ahead(*host);
        run_block(*block, now);
    }
}

}  // namespace fprov::executor
