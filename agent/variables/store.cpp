// SPDX-License-Identifier: Apache-2.0
#include "variables/store.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "inventory/names.hpp"
#include "values/merge.hpp"

namespace fprov::variables {
namespace {

constexpr const char* gathered_mark = "_ansible_facts_gathered";   // stands among the facts, as with Ansible

// What a host tells may not change how it is reached or who we are there.
bool may_be_variable(std::string_view name) {
    constexpr std::string_view own[] = {"ansible_connection", "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_pass", "ansible_private_key_file",
                                        "ansible_rsync_path", "ansible_playbook_python", "ansible_shell_executable", "ansible_remote_tmp"};
    if (std::find(std::begin(own), std::end(own), name) != std::end(own) || name.ends_with("_interpreter")) return false;
    if (name.starts_with("ansible_ssh_")) return name.starts_with("ansible_ssh_host_key_");
    return !name.starts_with("ansible_become") && !name.starts_with("ansible_sudo") && name != "ansible_su" && !name.starts_with("ansible_su_");
}

}  // namespace

Store::Store(inventory::Inventory& inventory, StoreOptions options, Map extra_vars)
    : inventory_(inventory), options_(std::move(options)), extra_(std::move(extra_vars)) {
    for (const auto& source : inventory_.sources) {
        std::string directory = base::is_directory(source) ? source : base::dirname(source);
        if (directory.empty()) directory = ".";
        if (std::find(inventory_directories_.begin(), inventory_directories_.end(), directory) == inventory_directories_.end())
            inventory_directories_.push_back(directory);
    }
}

HostVariables& Store::host(const std::string& name) {
    auto [at, fresh] = hosts_.try_emplace(name);
    HostVariables& variables = at->second;
    if (fresh && options_.cache)
        if (auto known = options_.cache->load(name)) {
            take_facts(variables, *known);
            if (const Value* gathered = known->find(gathered_mark)) variables.gathered = gathered->truthy();
        }
    if (merged_.insert(name).second) variables.inventory = merge_inventory(name);
    return variables;
}

void Store::use_playbook_directory(const std::string& directory) {
    if (directory == playbook_directory_) return;
    playbook_directory_ = directory;
    merged_.clear();
}

void Store::invalidate() { merged_.clear(); }

const Map& Store::files(const std::string& directory, const std::string& kind, const std::string& name) {
    std::string key = directory + "|" + kind + "|" + name;
    auto [at, fresh] = files_.try_emplace(key);
    if (fresh)
        for (const auto& file : inventory::read_vars_files(directory, kind, name, options_.loading))
            for (const auto& [variable, value] : file.vars) at->second.set(variable, value);
    return at->second;
}

Map Store::merge_inventory(const std::string& name) {
    Map merged;
    auto add = [&](const Map& vars) {
        if (options_.merge_hashes) merged = values::merge_maps(merged, vars);
        else for (const auto& [key, value] : vars) merged.set(key, value);
    };
    const inventory::Host* host = inventory_.host(name);
    if (!host) {
        if (!inventory::is_local_name(name)) return merged;
        host = &inventory_.implicit_localhost(name);
    }
    // The same folder counts once when inventory and playbook share it.
    std::vector<std::string> inventory_folders = inventory_directories_;
    std::string own = playbook_directory_.empty() ? "" : base::absolute_path(playbook_directory_);
    auto groups = inventory_.groups_of(*host);
    auto group_files = [&](const std::string& directory, bool all) {
        for (const auto* group : groups)
            if ((group->name == "all") == all) add(files(directory, "group_vars", group->name));
    };
    for (const auto* group : groups) add(group->vars);                                   // 3
    for (const auto& directory : inventory_folders) group_files(directory, true);        // 4
    if (!own.empty()) group_files(own, true);                                            // 5
    for (const auto& directory : inventory_folders) group_files(directory, false);       // 6
    if (!own.empty()) group_files(own, false);                                           // 7
    add(host->vars);                                                                     // 8
    for (const auto& directory : inventory_folders) add(files(directory, "host_vars", name));   // 9
    if (!own.empty()) add(files(own, "host_vars", name));                                // 10
    return merged;
}

void Store::take_facts(HostVariables& variables, const Map& facts) {
    for (const auto& [key, value] : facts) {
        std::string text = key.text_or("");
        const bool local = text == "ansible_local";   // keeps its name
        variables.facts.set(text.starts_with("ansible_") && !local ? text.substr(8) : text, value);
        if (local) variables.local.set(text, value);
        if (may_be_variable(text) && text != gathered_mark) variables.injected.set(text, value);
    }
}

void Store::set_facts(const std::string& name, const Map& facts) {
    take_facts(host(name), facts);
    save_facts(name);
}

void Store::facts_gathered(const std::string& name) {
    HostVariables& variables = host(name);
    variables.facts.set(gathered_mark, true);
    if (std::exchange(variables.gathered, true)) return;
    save_facts(name);
}

void Store::save_facts(const std::string& name) {
    if (!options_.cache) return;
    const HostVariables& variables = host(name);
    Map kept = variables.injected;
    if (variables.gathered) kept.set(gathered_mark, true);
    options_.cache->save(name, kept);
}

void Store::forget_facts(const std::string& name) {
    HostVariables& variables = host(name);
    variables.facts.clear();
    variables.injected.clear();
    variables.local.clear();
    variables.gathered = false;
    if (options_.cache) options_.cache->forget(name);
}

View::View(Store& store, const std::string& host, const playbook::Play* play, const playbook::Task* task, const playbook::Block* block)
    : store_(store), host_(&store.host(host)), play_(play), task_(task), block_(block ? block : task ? task->parent : nullptr) {}

// Calls `visit` for every layer, the highest first, until it gives a value.
template <class Visit>
const Value* View::walk(Visit&& visit) const {
    auto layer = [&](const Map& map) -> const Value* { return map.empty() ? nullptr : visit(map); };
    if (auto* v = layer(local)) return v;
    if (auto* v = layer(store_.extra())) return v;
    for (const auto* block = block_; block; block = block->parent) if (auto* v = layer(block->include_params)) return v;     // 21
    const playbook::Role* role = task_ && task_->role ? task_->role.get() : block_ && block_->role ? block_->role.get() : nullptr;
    if (role) {                                                                                                              // 20
        if (auto* v = layer(role->params)) return v;
        for (auto parent = role->parents.rbegin(); parent != role->parents.rend(); ++parent) if (auto* v = layer((*parent)->params)) return v;
    }
    if (auto* v = layer(host_->set_facts)) return v;                                                                         // 19
    if (auto* v = layer(host_->include_vars)) return v;                                                                      // 18
    if (task_) if (auto* v = layer(task_->vars)) return v;                                                                   // 17
    for (const auto* block = block_; block; block = block->parent) if (auto* v = layer(block->vars)) return v;               // 16
    auto own_vars = [&](const playbook::Role& one) -> const Value* {                                                         // 15
        if (auto* v = layer(one.role_vars)) return v;
        return layer(one.vars);
    };
    auto role_vars = [&](auto& self, const playbook::Role& one) -> const Value* {
        if (auto* v = own_vars(one)) return v;
        for (auto dep = one.dependencies.rbegin(); dep != one.dependencies.rend(); ++dep) if (auto* v = self(self, **dep)) return v;
        return nullptr;
    };
    if (role) {
        if (auto* v = role_vars(role_vars, *role)) return v;
        for (auto parent = role->parents.rbegin(); parent != role->parents.rend(); ++parent) if (auto* v = own_vars(**parent)) return v;
    }
    if (play_)
        for (auto one = play_->roles.rbegin(); one != play_->roles.rend(); ++one) if (auto* v = role_vars(role_vars, **one)) return v;
    if (play_) {
        if (auto* v = layer(host_->vars_files)) return v;                                                                    // 14
        if (auto* v = layer(store_.prompts)) return v;                                                                       // 13
        if (auto* v = layer(play_->vars)) return v;                                                                          // 12
    }
    if (auto* v = layer(store_.options().inject_facts ? host_->injected : host_->local)) return v;                           // 11
    if (auto* v = layer(host_->inventory)) return v;                                                                         // 10 to 3
    auto of_dependencies = [&](auto& self, const playbook::Role& one) -> const Value* {                                      // 2
        for (auto dep = one.dependencies.rbegin(); dep != one.dependencies.rend(); ++dep) {
            if (auto* v = layer((*dep)->default_vars)) return v;
            if (auto* v = self(self, **dep)) return v;
        }
        return nullptr;
    };
    if (role) {
        if (auto* v = layer(role->default_vars)) return v;
        for (auto parent = role->parents.rbegin(); parent != role->parents.rend(); ++parent) if (auto* v = layer((*parent)->default_vars)) return v;
        if (auto* v = of_dependencies(of_dependencies, *role)) return v;
    }
    if (play_)
        for (auto one = play_->roles.rbegin(); one != play_->roles.rend(); ++one) {
            if (auto* v = layer((*one)->default_vars)) return v;
            if (auto* v = of_dependencies(of_dependencies, **one)) return v;
        }
    return nullptr;
}

const Value* View::find(std::string_view name) const {
    if (watch_pending) {
        std::string text(name);
        bool fact = name.starts_with("ansible_") && !local.contains(name);
        if (watch_anywhere && (store_.pending_anywhere.contains(text) || (store_.facts_pending_anywhere && fact && !host_->injected.contains(name)))) throw Pending{text};
        if (host_->pending.contains(text) || (host_->facts_pending && fact && !host_->injected.contains(name))) throw Pending{text};
    }
    if (store_.options().merge_hashes) return find_merged(name);
    return walk([&](const Map& map) { return map.find(name); });
}

const Value* View::find_merged(std::string_view name) const {
    std::vector<const Value*> maps;   // highest first, down to the first value that is no dict
    const Value* other = walk([&](const Map& map) -> const Value* {
        const Value* value = map.find(name);
        if (value && value->is_map()) { maps.push_back(value); return nullptr; }
        return value;
    });
    if (maps.empty()) return other;
    if (maps.size() == 1) return maps[0];
    auto [at, fresh] = merged_.try_emplace(std::string(name));
    Map sum = maps.back()->map();
    for (std::size_t i = maps.size() - 1; i-- > 0;) sum = values::merge_maps(sum, maps[i]->map());
    at->second = Value(std::move(sum));
    return &at->second;
}

std::vector<std::string> View::names() const {
    std::vector<std::string> all;
    std::unordered_set<std::string> seen;
    walk([&](const Map& map) -> const Value* {
        for (const auto& [key, value] : map)
            if (key.is_string() && seen.insert(key.string()).second) all.push_back(key.string());
        return nullptr;
    });
    return all;
}

}  // namespace fprov::variables
