// SPDX-License-Identifier: Apache-2.0
#include "executor/action_context.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "executor/play_runner.hpp"
#include "inventory/names.hpp"
#include "values/python.hpp"
#include "vault/vault.hpp"

namespace fprov::executor {

ActionContext::ActionContext(TaskRun& task_run, bool checking, bool diffing, std::string delegate)
    : task_run_(task_run), run_(task_run.scope().run()), delegate_(std::move(delegate)) {
    task = &task_run.task();
    host = task_run.host().name;
    check = checking;
    diff = diffing;
    verbosity = run_.options.verbosity;
}

Value ActionContext::render(const Value& value) { return run_.templar.render(value, task_run_.scope()); }
bool ActionContext::condition(const Value& condition) { return run_.templar.condition(condition, task_run_.scope(), "conditional check"); }
Value ActionContext::evaluate(const std::string& expression) { return run_.templar.evaluate(expression, task_run_.scope()); }
const Value* ActionContext::raw_variable(std::string_view name) { return task_run_.scope().raw(name); }

std::string ActionContext::render_template(const std::string& text, const std::string& path, const Map& extra, const Map& options) {
    dialect::LayeredScope scope(task_run_.scope(), extra);
    dialect::FileSyntax syntax;
    auto set = [&](const char* name, std::string& field) { if (const Value* value = options.find(name); value && value->is_string()) field = value->string(); };
    auto flag = [&](const char* name, bool& field) { if (const Value* value = options.find(name); value && value->is_bool()) field = value->boolean(); };
    set("block_start_string", syntax.syntax.block_start);
    set("block_end_string", syntax.syntax.block_end);
    set("variable_start_string", syntax.syntax.variable_start);
    set("variable_end_string", syntax.syntax.variable_end);
    set("comment_start_string", syntax.syntax.comment_start);
    set("comment_end_string", syntax.syntax.comment_end);
    set("newline_sequence", syntax.syntax.newline_sequence);
    flag("trim_blocks", syntax.syntax.trim_blocks);
    flag("lstrip_blocks", syntax.syntax.lstrip_blocks);
    return run_.templar.render_file(text, path, scope, syntax, base::Place{base::add_source(path, text), 1, 1});
}

std::string ActionContext::find_file(const std::string& name, const std::string& kind) {
    std::string wanted = base::expand_user(name);
    if (!wanted.empty() && wanted[0] == '/') {
        if (base::exists(wanted)) return base::normalize_path(wanted) + (wanted.ends_with("/") && wanted.size() > 1 ? "/" : "");
        throw base::Failure(base::Kind::not_found, "Could not find or access '" + name + "' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option");
    }
    std::vector<std::string> folders, named;   // Ansible's message names a folder as often as it is a candidate
    auto add = [&](const std::string& folder, bool name_it = true) {
        for (const auto& full : {base::join_path(folder, kind), folder}) {
            if (name_it) named.push_back(full);
            if (std::find(folders.begin(), folders.end(), full) == folders.end()) folders.push_back(full);
        }
    };
    if (task->role) {
        add(task->role->path);
        for (auto parent = task->role->parents.rbegin(); parent != task->role->parents.rend(); ++parent) add((*parent)->path);
    }
    add(task->file_directory);
    if (base::basename(task->file_directory) == "tasks") add(base::dirname(task->file_directory), false);
    if (task_run_.scope().play() && task_run_.scope().play()->play) add(task_run_.scope().play()->play->directory);
    for (const auto& folder : folders) {
        std::string path = base::normalize_path(base::join_path(folder, wanted));
        if (base::exists(path)) return wanted.ends_with("/") ? path + "/" : path;
    }
    std::string places;
    for (const auto& folder : named) places += "\n\t" + base::normalize_path(base::join_path(folder, wanted));
    throw base::Failure(base::Kind::not_found, "Could not find or access '" + name + "'\nSearched in:" + places + " on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option");
}

base::Result<std::string> ActionContext::read_file(const std::string& path, bool decrypt) {
    auto text = base::read_file(path);
    if (!text || !decrypt || !vault::is_encrypted(*text)) return text;
    return vault::decrypt(*text, run_.secrets ? *run_.secrets : vault::Secrets{});
}

const std::vector<std::string>& ActionContext::python_path() { return run_.loader.python_path(); }

actions::Target ActionContext::target() {
    auto& runner = task_run_.runner();
    return {runner.endpoint_for(task_run_.scope(), *task, host), runner.become_for(task_run_.scope(), *task), delegate_};
}

bool ActionContext::works_here() {
    auto& runner = task_run_.runner();
    const std::string& name = delegate_.empty() ? host : delegate_;
    TaskScope scope(run_, &runner.state(), name, task);
    return runner.endpoint_for(scope, *task, name).connection == "local";
}

Map ActionContext::read_vars(const std::string& path) { return run_.loader.read_vars_file(path); }

std::vector<std::string> ActionContext::owners() {
    const Value* once = playbook::inherited(*task, "run_once");
    const Value* delegated = playbook::inherited(*task, "delegate_facts");
    if (delegated && delegated->truthy() && playbook::inherited(*task, "delegate_to")) return {values::str(render(*playbook::inherited(*task, "delegate_to")))};
    if (once && once->truthy() && task_run_.scope().play()) return task_run_.scope().play()->batch;
    return {host};
}

void ActionContext::set_facts(const Map& facts, bool cacheable) {
    task_run_.take_effect([this_run = &task_run_, &store = run_.store, names = owners(), facts, cacheable] {
        for (const auto& name : names) {
            auto& vars = store.host(name);
            for (const auto& [key, value] : facts) vars.set_facts.set(key.text_or(""), value);
            if (cacheable) store.set_facts(name, facts);
        }
        this_run->scope().forget();
    });
}

void ActionContext::include_vars(const Map& vars) {
    task_run_.take_effect([this_run = &task_run_, &store = run_.store, names = owners(), vars] {
        for (const auto& name : names) {
            auto& layer = store.host(name).include_vars;
            for (const auto& [key, value] : vars) layer.set(key.text_or(""), value);
        }
        this_run->scope().forget();
    });
}

void ActionContext::change_inventory(std::function<bool(Run&)> change, bool& changed) {
    task_run_.take_effect_on_inventory([&run = run_, change = std::move(change)] {
        const bool does = change(run);
        run.inventory.reconcile();
        run.store.invalidate();
        run.refresh_groups();
        return does;
    }, changed);
}

void ActionContext::add_host(const std::string& name, const std::vector<std::string>& groups, const Map& vars, bool& changed) {
    auto& state = task_run_.runner().state();
    change_inventory([=, &state](Run& run) {
        const bool is_new = run.inventory.host(name) == nullptr;
        bool does = is_new;
        for (const auto& group : groups) {
            const auto* known = run.inventory.group(group);
            does = does || !known || std::find(known->hosts.begin(), known->hosts.end(), name) == known->hosts.end();
        }
        auto& added = run.inventory.add_host(name, groups);
        if (is_new) run.inventory.add_to_group(name, "all");      // so it comes before those of other groups, as in Ansible
        for (const auto& [key, value] : vars) {
            const Value* old = added.vars.find(key.text_or(""));
            if (!old || !values::equal(*old, value)) does = true;
            added.vars.set(key.text_or(""), value);
        }
        if (does && std::find(state.all_hosts.begin(), state.all_hosts.end(), name) == state.all_hosts.end()) state.all_hosts.push_back(name);   // as if it were of the play
        return does;
    }, changed);
}

void ActionContext::group_by(const std::string& key, const std::vector<std::string>& parents, bool& changed) {
    change_inventory([key, parents, host = host](Run& run) {
        const auto* known = run.inventory.group(key);
        bool does = !known;
        for (const auto& parent : parents) does = does || std::find(known->parents.begin(), known->parents.end(), parent) == known->parents.end();
        run.inventory.add_group(key, parents);
        auto members = run.inventory.hosts_of(key);
        if (!run.inventory.host(host) && inventory::is_local_name(host)) {   // now it is one of the inventory
            Map vars = run.inventory.implicit_localhost(host).vars;
            run.inventory.add_host(host, {}).vars = std::move(vars);
        }
        if (std::find(members.begin(), members.end(), host) == members.end()) { run.inventory.add_to_group(host, key); does = true; }
        return does;
    }, changed);
}

void ActionContext::set_stats(const Map& data, bool per_host, bool aggregate) {
    std::string owner = per_host ? host : "_run";
    Value& entry = run_.custom_stats[owner];
    if (!entry.is_map()) entry = Value(Map{});
    for (const auto& [key, value] : data) {
        std::string name = key.text_or("");
        const Value* old = entry.map().find(name);
        if (aggregate && old) {
            if (old->is_map() && value.is_map()) { Map merged = old->map(); for (const auto& [k, v] : value.map()) merged.set(k, v); entry.mutable_map().set(name, Value(merged)); continue; }
            if (old->is_list() && value.is_list()) { List joined = old->list(); joined.insert(joined.end(), value.list().begin(), value.list().end()); entry.mutable_map().set(name, Value(joined)); continue; }
            if (old->is_int() && value.is_int()) { entry.mutable_map().set(name, Value(old->integer() + value.integer())); continue; }
            if (old->is_string() && value.is_string()) { entry.mutable_map().set(name, Value(old->string() + value.string())); continue; }
        }
        entry.mutable_map().set(name, value);
    }
}

std::string ActionContext::ask(const std::string& prompt, bool echo, double seconds, bool& was_interrupted) {
    return run_.questions.pause ? run_.questions.pause(prompt, echo, seconds, was_interrupted) : std::string();
}
bool ActionContext::has_terminal() { return run_.questions.terminal; }
void ActionContext::say(const std::string& text) { run_.emit(events::Message{events::Message::Level::info, 0, text}); }
void ActionContext::warn(const std::string& text) { run_.emit(events::Message{events::Message::Level::warning, 0, text}); }

}  // namespace fprov::executor
