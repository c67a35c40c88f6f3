// SPDX-License-Identifier: Apache-2.0
// Variables of the run, unrendered, by host and by Ansible's 22 levels of precedence. Layers are shared, not copied: a lookup walks them
// from the highest down.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inventory/inventory.hpp"
#include "playbook/model.hpp"
#include "variables/fact_cache.hpp"

namespace fprov::variables {

using values::List;
using values::Map;
using values::Value;

/// Variables of one host that live as long as the run.
struct HostVariables {
    Map inventory;          // levels 3 to 10, merged
    Map facts;              // 11: ansible_facts without the prefix
    Map injected;           // the same under their own names (ansible_x), as variables
    Map local;              // ansible_local alone: it is a variable also where facts are not
    bool gathered = false;  // by setup, in this run or from the cache
    Map include_vars;       // 18
    Map set_facts;          // 19: set_fact and register
    Map vars_files;         // 14: of the running play
    std::unordered_set<std::string> pending;   // names that a task in flight will set
    bool facts_pending = false;                // a task in flight will set facts
};

/// A variable that a task in flight will set was read: whoever looks ahead stops here.
struct Pending { std::string name; };

struct StoreOptions {
    inventory::LoadOptions loading;       // vault hooks for group_vars files
    bool inject_facts = true;             // INJECT_FACT_VARS
    bool merge_hashes = false;            // hash_behaviour = merge: dicts of several levels are merged
    std::optional<FactCache> cache;       // none: facts last as long as the run
};

class Store {
public:
    Store(inventory::Inventory& inventory, StoreOptions options, Map extra_vars);

    inventory::Inventory& inventory() { return inventory_; }
    const Map& extra() const { return extra_; }
    HostVariables& host(const std::string& name);
    /// Group and host variable files beside a playbook (levels 5, 7, 10) count from now on.
    void use_playbook_directory(const std::string& directory);
    const std::string& playbook_directory() const { return playbook_directory_; }
    /// The inventory changed (add_host, group_by, refresh): merged levels are built again on next use.
    void invalidate();
    void set_facts(const std::string& host, const Map& facts);        // from setup and modules: names without or with "ansible_"
    void facts_gathered(const std::string& host);                     // smart gathering asks no more
    void forget_facts(const std::string& host);                       // meta: clear_facts, --flush-cache; the cache too
    const StoreOptions& options() const { return options_; }
    std::unordered_set<std::string> pending_anywhere;     // names that a task in flight will set on some host
    bool facts_pending_anywhere = false;
    Map prompts;                          // 13: vars_prompt answers of the running play

private:
    void take_facts(HostVariables& variables, const Map& facts);
    void save_facts(const std::string& name);
    Map merge_inventory(const std::string& name);
    const Map& files(const std::string& directory, const std::string& kind, const std::string& name);
    inventory::Inventory& inventory_;
    StoreOptions options_;
    Map extra_;
    std::unordered_map<std::string, HostVariables> hosts_;
    std::unordered_set<std::string> merged_;
    std::map<std::string, Map> files_;    // cache of group_vars/host_vars by "directory|kind|name"
    std::vector<std::string> inventory_directories_;
    std::string playbook_directory_;
};

/// The variables that one task sees on one host, unrendered. Cheap to make; holds pointers only.
class View {
public:
    View(Store& store, const std::string& host, const playbook::Play* play, const playbook::Task* task, const playbook::Block* block = nullptr);
    /// Null when unknown. Throws Pending when `watch_pending` and the value is yet to come.
    const Value* find(std::string_view name) const;
    /// Every visible name (for `vars`, hostvars, suggestions).
    std::vector<std::string> names() const;
    Map local;                 // loop variables and the like, above everything
    bool watch_pending = false;
    bool watch_anywhere = false;               // seen through hostvars: what tasks in flight will set on any host counts

private:
    template <class Visit> const Value* walk(Visit&& visit) const;
    const Value* find_merged(std::string_view name) const;
    mutable std::map<std::string, Value, std::less<>> merged_;   // hash_behaviour = merge
    Store& store_;
    HostVariables* host_;
    const playbook::Play* play_;
    const playbook::Task* task_;
    const playbook::Block* block_;
};

}  // namespace fprov::variables
