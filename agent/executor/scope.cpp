// SPDX-License-Identifier: Apache-2.0
#include "executor/scope.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "dialect/python_plugins.hpp"
#include "inventory/names.hpp"
#include "jinja/objects.hpp"
#include "values/python.hpp"

namespace fprov::executor {
namespace {

// Calls a mapping's get(key, default) on anything that answers item().
class GetMethod : public values::Object {
public:
    explicit GetMethod(std::shared_ptr<const values::Object> owner) : owner_(std::move(owner)) {}
    std::string type_name() const override { return "method"; }
    std::string str() const override { return "<bound method get>"; }
    bool callable() const override { return true; }
    Value call(values::CallArguments& arguments) override {
        if (arguments.positional.empty()) throw base::Failure(base::Kind::type, "get expected at least 1 argument, got 0");
        if (auto value = owner_->item(arguments.positional[0]); value && !value->is_undefined()) return *value;
        return arguments.positional.size() > 1 ? arguments.positional[1] : Value();
    }

private:
    std::shared_ptr<const values::Object> owner_;
};

class ListMethod : public values::Object {   // keys(), items(), values()
public:
    ListMethod(std::shared_ptr<const values::Object> owner, std::string kind) : owner_(std::move(owner)), kind_(std::move(kind)) {}
    std::string type_name() const override { return "method"; }
    std::string str() const override { return "<bound method " + kind_ + ">"; }
    bool callable() const override { return true; }
    Value call(values::CallArguments&) override {
        List result;
        const List keys = owner_->items().value_or(List{});
        for (const Value& key : keys) {
            if (kind_ == "keys") { result.push_back(key); continue; }
            Value value = owner_->item(key).value_or(Value());
            result.push_back(kind_ == "values" ? value : Value::tuple({key, value}));
        }
        return Value(std::move(result));
    }

private:
    std::shared_ptr<const values::Object> owner_;
    std::string kind_;
};

// The variables of one host as a mapping: hostvars[name], rendered where that is possible, and `vars`, as they were written.
class VariablesObject : public values::Object, public std::enable_shared_from_this<VariablesObject> {
public:
    VariablesObject(std::shared_ptr<TaskScope> scope, bool raw) : scope_(std::move(scope)), raw_(raw) {}
    std::string type_name() const override { return raw_ ? "dict" : "ansible.vars.hostvars.HostVarsVars"; }
    std::string str() const override { return values::str(Value(as_map())); }
    std::optional<Value> item(const Value& key) const override {
        if (!key.is_string()) return std::nullopt;
        return get(key.string());
    }
    std::optional<Value> attribute(std::string_view name) const override {
        if (name == "get") return Value(std::shared_ptr<values::Object>(std::make_shared<GetMethod>(shared_from_this())));
        if (name == "keys" || name == "items" || name == "values")
            return Value(std::shared_ptr<values::Object>(std::make_shared<ListMethod>(shared_from_this(), std::string(name))));
        return get(name);
    }
    std::optional<List> items() const override {
        List keys;
        for (auto& name : scope_->names()) keys.emplace_back(name);
        return keys;
    }
    std::optional<std::int64_t> length() const override { return static_cast<std::int64_t>(scope_->names().size()); }

private:
    std::optional<Value> get(std::string_view name) const {
        const Value* written = scope_->raw(name);
        if (raw_ || !written) return written ? std::optional(*written) : std::nullopt;
        auto value = scope_->lookup(name);
        return value && value->is_undefined() ? *written : value;
    }
    Map as_map() const {
        Map map;
        for (auto& name : scope_->names())
            if (auto value = get(name); value && !value->is_undefined() && !value->is_object()) map.set(name, *value);
        return map;
    }
    std::shared_ptr<TaskScope> scope_;
    bool raw_;
};

class HostVarsObject : public values::Object, public std::enable_shared_from_this<HostVarsObject> {
public:
    HostVarsObject(Run& run, bool watch) : run_(run), watch_(watch) {}
    std::string type_name() const override { return "HostVars"; }
    std::string str() const override {
        List names;
        for (const auto& name : run_.inventory.host_names()) names.emplace_back(name);
        return "<HostVars of " + values::repr(Value(names)) + ">";
    }
    std::optional<Value> item(const Value& key) const override {
        if (!key.is_string()) return std::nullopt;
        const std::string& name = key.string();
        if (!run_.inventory.host(name) && !inventory::is_local_name(name)) {
            const std::string asked = "hostvars['" + name + "']";
            return Value::undefined(asked, "\"" + asked + "\" is undefined");
        }
        auto [at, fresh] = made_.try_emplace(name);
        if (fresh) {
            auto scope = std::make_shared<TaskScope>(run_, nullptr, name, nullptr);   // what belongs to the play is not seen through hostvars
            scope->watch_pending(watch_, true);
            at->second = Value(std::shared_ptr<values::Object>(std::make_shared<VariablesObject>(scope, false)));
        }
        return at->second;
    }
    std::optional<Value> attribute(std::string_view name) const override {
        if (name == "get") return Value(std::shared_ptr<values::Object>(std::make_shared<GetMethod>(shared_from_this())));
        if (name == "keys" || name == "items" || name == "values")
            return Value(std::shared_ptr<values::Object>(std::make_shared<ListMethod>(shared_from_this(), std::string(name))));
        return item(Value(name));
    }
    std::optional<List> items() const override {
        List names;
        for (const auto& name : run_.inventory.host_names()) names.emplace_back(name);
        return names;
    }
    std::optional<std::int64_t> length() const override { return static_cast<std::int64_t>(run_.inventory.host_names().size()); }

private:
    Run& run_;
    bool watch_;
    mutable std::unordered_map<std::string, Value> made_;
};

Value role_names(const std::vector<playbook::Role*>& roles, bool paths) {
    List names;
    for (const auto* role : roles) names.emplace_back(paths ? role->path : role->full_name());
    return Value(std::move(names));
}

}  // namespace

TaskScope::TaskScope(Run& run, const PlayState* play, const std::string& host, const playbook::Task* task, const playbook::Block* block)
    : run_(run), play_(play), host_(host), task_(task), block_(block), view_(run.store, host, play ? play->play : nullptr, task, block) {}
TaskScope::TaskScope(const TaskScope& other)
    : run_(other.run_), play_(other.play_), host_(other.host_), delegate_(other.delegate_), task_(other.task_), block_(other.block_), view_(other.view_) {}

// Magic variables: one row each. They win over everything but loop variables.
std::optional<Value> TaskScope::magic(std::string_view name) const {
    using Make = Value (*)(const TaskScope&);
    static const std::unordered_map<std::string_view, Make> rows = {
        {"inventory_hostname", [](const TaskScope& s) { return Value(s.host_); }},
        {"inventory_hostname_short", [](const TaskScope& s) { return Value(s.host_.substr(0, s.host_.find('.'))); }},
        {"inventory_dir", [](const TaskScope& s) {
            const auto* host = s.run_.inventory.host(s.host_);
            if (host && host->source.ends_with(',')) return Value("None");   // a list of hosts; Ansible has this text
            return host && !host->source.empty() ? Value(base::is_directory(host->source) ? host->source : base::dirname(host->source)) : Value(); }},
        {"inventory_file", [](const TaskScope& s) {
            const auto* host = s.run_.inventory.host(s.host_);
            return host && !host->source.empty() ? Value(host->source) : Value(); }},
        {"groups", [](const TaskScope& s) { return s.run_.groups_variable; }},
        {"group_names", [](const TaskScope& s) {
            std::vector<std::string> names;
            if (const auto* host = s.run_.inventory.host(s.host_))
                for (const auto* group : s.run_.inventory.groups_of(*host)) if (group->name != "all") names.push_back(group->name);
            std::sort(names.begin(), names.end());
            return Value::strings(names); }},
        {"hostvars", [](const TaskScope& s) {
            return Value(std::shared_ptr<values::Object>(std::make_shared<HostVarsObject>(s.run_, s.watching()))); }},
        {"vars", [](const TaskScope& s) {
            return Value(std::shared_ptr<values::Object>(std::make_shared<VariablesObject>(std::make_shared<TaskScope>(s), true))); }},
        {"omit", [](const TaskScope& s) { return Value(s.run_.templar.omit_token()); }},
        {"playbook_dir", [](const TaskScope& s) { return Value(s.run_.store.playbook_directory()); }},
        {"ansible_check_mode", [](const TaskScope& s) { return Value(s.run_.options.check); }},
        {"ansible_diff_mode", [](const TaskScope& s) { return Value(s.run_.options.diff); }},
        {"ansible_verbosity", [](const TaskScope& s) { return Value(s.run_.options.verbosity); }},
        {"ansible_forks", [](const TaskScope& s) { return Value(s.run_.options.forks ? s.run_.options.forks : 5); }},
        {"ansible_version", [](const TaskScope&) {
            auto parts = base::split(playbook::ansible_version, '.');
            auto part = [&](std::size_t i) { return Value(base::parse_int(parts.at(i)).value_or(0)); };
            return Value(Map{{"full", playbook::ansible_version}, {"major", part(0)}, {"minor", part(1)}, {"revision", part(2)}, {"string", playbook::ansible_version}}); }},
        {"ansible_run_tags", [](const TaskScope& s) { return Value::strings(s.run_.options.tags); }},
        {"ansible_skip_tags", [](const TaskScope& s) { return Value::strings(s.run_.options.skip_tags); }},
        {"ansible_inventory_sources", [](const TaskScope& s) { return Value::strings(s.run_.options.inventory_sources); }},
        {"ansible_config_file", [](const TaskScope& s) { return s.run_.options.config_file.empty() ? Value() : Value(s.run_.options.config_file); }},
        {"ansible_playbook_python", [](const TaskScope&) { return Value(dialect::controller_python().value_or("python3")); }},
        {"ansible_facts", [](const TaskScope& s) { return Value(s.run_.store.host(s.host_).facts); }},
    };
    if (auto row = rows.find(name); row != rows.end()) {
        if (name == "ansible_facts" && watching() && (run_.store.host(host_).facts_pending || (view_.watch_anywhere && run_.store.facts_pending_anywhere))) throw variables::Pending{"ansible_facts"};
        return row->second(*this);
    }
    if (play_) {
        static const std::unordered_map<std::string_view, Make> of_play = {
            {"ansible_play_name", [](const TaskScope& s) { return Value(s.play_->name); }},
            {"ansible_play_hosts_all", [](const TaskScope& s) { return Value::strings(s.play_->all_hosts); }},
            {"ansible_play_hosts", [](const TaskScope& s) { return Value::strings(s.play_->alive); }},
            {"play_hosts", [](const TaskScope& s) { return Value::strings(s.play_->batch); }},
            {"ansible_play_batch", [](const TaskScope& s) { return Value::strings(s.play_->batch); }},
            {"environment", [](const TaskScope& s) {   // the layers as they are written, outer ones first
                 List layers;
                 const auto written = s.task_ ? playbook::inherited_all(*s.task_, "environment") : std::vector<const Value*>{};
                 for (const Value* layer : written) {
                     if (!layer->is_list()) layers.push_back(*layer);
                     else for (const Value& one : layer->list()) layers.push_back(one);
                 }
                 return Value(std::move(layers));
             }},
        };
        if (auto row = of_play.find(name); row != of_play.end()) return row->second(*this);
    }
    if (name == "ansible_limit") return run_.options.limit.empty() ? std::optional<Value>() : Value(run_.options.limit);
    const playbook::Role* role = task_ && task_->role ? task_->role.get() : block_ && block_->role ? block_->role.get() : nullptr;
    if (role) {
        if (name == "role_name") return Value(role->role_name);
        if (name == "ansible_role_name") return Value(role->full_name());
        if (name == "ansible_collection_name") return role->collection.empty() ? Value() : Value(role->collection);
        if (name == "role_path") return Value(role->path);
        if (name.starts_with("ansible_parent_role_") && (role->is_dependency || role->parents.empty())) return std::nullopt;   // only of included roles
        if (name == "ansible_parent_role_names") return role_names({role->parents.rbegin(), role->parents.rend()}, false);
        if (name == "ansible_parent_role_paths") return role_names({role->parents.rbegin(), role->parents.rend()}, true);
    }
    if (play_ && play_->play && (name == "role_names" || name == "ansible_play_role_names" || name == "ansible_role_names" || name == "ansible_dependent_role_names")) {
        List names;
        const bool each = name == "role_names" || name == "ansible_play_role_names";   // every entry, as often as it stands there
        auto add = [&](const playbook::Role& one) {
            Value text(one.full_name());
            if (each || !values::contains(Value(names), text)) names.push_back(text);
        };
        auto dependencies = [&](auto& self, const playbook::Role& one) -> void { for (const auto& next : one.dependencies) self(self, *next), add(*next); };
        for (const auto& one : play_->play->roles) {
            if (!each) dependencies(dependencies, *one);
            if (name != "ansible_dependent_role_names") add(*one);
        }
        return Value(std::move(names));
    }
    if (name == "ansible_search_path" && task_) {
        std::vector<std::string> paths;
        auto add = [&](const std::string& path) { if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path); };
        if (task_->role) {
            add(task_->role->path);
            for (auto parent = task_->role->parents.rbegin(); parent != task_->role->parents.rend(); ++parent) add((*parent)->path);
        }
        add(task_->file_directory);
        if (play_ && play_->play) add(play_->play->directory);
        return Value::strings(paths);
    }
    // Connection variables that nobody has set: what Ansible fills in from the play's context when a task runs.
    static const std::unordered_map<std::string_view, std::string_view> twins = {
        {"ansible_host", "ansible_ssh_host"}, {"ansible_ssh_host", "ansible_host"}, {"ansible_user", "ansible_ssh_user"},
        {"ansible_ssh_user", "ansible_user"}, {"ansible_port", "ansible_ssh_port"}, {"ansible_ssh_port", "ansible_port"}};
    if (auto twin = play_ ? twins.find(name) : twins.end(); twin != twins.end() && !view_.find(name)) {
        if (const Value* value = view_.find(twin->second)) return *value;
        if (name.ends_with("host") && !delegate_.empty()) {
            if (auto known = TaskScope(run_, play_, delegate_, nullptr).lookup("ansible_host")) return *known;
            return Value(delegate_);
        }
        if (name.ends_with("host")) return Value(host_);
        if (const Value* login = name.ends_with("user") && task_ ? playbook::inherited(*task_, "remote_user") : nullptr;
            login && login->is_string() && login->string().find("{{") == std::string::npos) return *login;   // a template could ask for ansible_user itself
        if (name.ends_with("user") && !run_.options.remote_user.empty()) return Value(run_.options.remote_user);
    }
    return std::nullopt;
}

const Value* TaskScope::raw(std::string_view name) const {
    if (!view_.local.contains(name)) {
        std::string text(name);
        if (auto known = magic_.find(text); known != magic_.end()) return &known->second;
        if (auto value = magic(name))         // what the controller says itself is no host's text
            return &(magic_[text] = name == "ansible_facts" || name == "groups" ? std::move(*value) : jinja::as_template(*value));
    }
    return view_.find(name);
}

void TaskScope::forget() {
    rendered_.reset();
    magic_.clear();
}

std::optional<Value> TaskScope::lookup(std::string_view name) const {
    if (!rendered_) {
        rendered_ = std::make_unique<dialect::VariableScope>(run_.templar, [this](std::string_view wanted) { return raw(wanted); });
        rendered_->list_names = [this] { return names(); };
        rendered_->explain_name = [this](std::string_view wanted) { return explain(wanted); };
    }
    return rendered_->lookup(name);
}

std::vector<std::string> TaskScope::names() const {
    std::vector<std::string> all = view_.names();
    // In Ansible's order; those that have a value here.
    for (const char* name : {"inventory_hostname", "inventory_hostname_short", "inventory_file", "inventory_dir", "group_names", "ansible_facts", "playbook_dir",
                             "ansible_playbook_python", "ansible_config_file", "role_name", "role_path", "ansible_role_name", "ansible_parent_role_names",
                             "ansible_parent_role_paths", "ansible_role_names", "ansible_play_role_names", "ansible_dependent_role_names", "role_names",
                             "ansible_play_name", "groups", "ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch", "play_hosts", "omit", "ansible_version",
                             "ansible_check_mode", "ansible_diff_mode", "ansible_forks", "ansible_inventory_sources", "ansible_limit", "ansible_skip_tags",
                             "ansible_run_tags", "ansible_verbosity", "hostvars", "environment"})
        if (play_ || std::string_view(name) != "hostvars")
            if (std::find(all.begin(), all.end(), name) == all.end() && raw(name)) all.emplace_back(name);
    return all;
}

std::string TaskScope::explain(std::string_view name) const {
    for (const auto& other : run_.inventory.host_names()) {
        if (other == host_) continue;
        variables::View view(run_.store, other, play_ ? play_->play : nullptr, nullptr);
        if (const Value* value = view.find(name))
            return "it is defined for host '" + other + "'" + (value->origin() ? " in " + base::describe(value->origin()) : "");
    }
    std::string hint = base::did_you_mean(name, view_.names());
    if (!hint.empty()) {
        auto candidate = base::nearest(name, view_.names());
        const Value* value = view_.find(*candidate);
        if (value && value->origin()) hint += "  " + base::describe(value->origin());
    }
    return hint;
}

}  // namespace fprov::executor
