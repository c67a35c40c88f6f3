// SPDX-License-Identifier: Apache-2.0
// The tree of groups and hosts. Order matters everywhere: it is the order in which plays visit hosts.
#include "inventory/inventory.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "inventory/names.hpp"

namespace fprov::inventory {

using base::Failure;
using base::Kind;

struct Inventory::Data {
    std::deque<Group> groups;      // deques: references stay valid when more is added
    std::deque<Host> hosts;
    std::unordered_map<std::string, Group*> groups_by_name;
    std::unordered_map<std::string, Host*> hosts_by_name;
    std::vector<std::string> host_names;
    std::deque<Host> implicit;
    std::unordered_set<std::string> members;   // "group\nhost": groups may have thousands of hosts

    Group* find_group(std::string_view name) {
        const auto found = groups_by_name.find(std::string(name));
        return found == groups_by_name.end() ? nullptr : found->second;
    }
    Host* find_host(std::string_view name) {
        const auto found = hosts_by_name.find(std::string(name));
        return found == hosts_by_name.end() ? nullptr : found->second;
    }
    Group& make_group(const std::string& name) {
        if (Group* old = find_group(name)) return *old;
        groups.push_back(Group{});
        groups.back().name = name;
        groups_by_name[name] = &groups.back();
        return groups.back();
    }
};

namespace {

template <class T> bool holds(const std::vector<T>& list, const T& item) { return std::find(list.begin(), list.end(), item) != list.end(); }

void drop(std::vector<std::string>& list, const std::string& item) { list.erase(std::remove(list.begin(), list.end(), item), list.end()); }

}  // namespace

std::shared_ptr<Inventory::Data> Inventory::make_data() {
    auto data = std::make_shared<Data>();
    Group& all = data->make_group("all");
    Group& ungrouped = data->make_group("ungrouped");
    all.children.push_back("ungrouped");
    ungrouped.parents.push_back("all");
    ungrouped.depth = 1;
    return data;
}

Inventory Inventory::clone() const {
    Inventory out = *this;
    out.data_ = std::make_shared<Data>(*data_);
    for (auto& group : out.data_->groups) out.data_->groups_by_name[group.name] = &group;
    for (auto& host : out.data_->hosts) out.data_->hosts_by_name[host.name] = &host;
    return out;
}

const Host* Inventory::host(std::string_view name) const { return data_->find_host(name); }

const Group* Inventory::group(std::string_view name) const { return data_->find_group(name); }

const std::vector<std::string>& Inventory::host_names() const { return data_->host_names; }

std::vector<std::string> Inventory::group_names() const {
    std::vector<std::string> out;
    for (const auto& group : data_->groups) out.push_back(group.name);
    return out;
}

std::vector<const Group*> Inventory::groups_of(const Host& host) const {
    std::vector<const Group*> out;
    std::vector<std::string> waiting = host.groups;
    waiting.push_back("all");
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const Group* group = data_->find_group(waiting[i]);
        if (!group || holds(out, group)) continue;
        out.push_back(group);
        waiting.insert(waiting.end(), group->parents.begin(), group->parents.end());
    }
    std::stable_sort(out.begin(), out.end(), [](const Group* a, const Group* b) {
        return std::tie(a->depth, a->priority, a->name) < std::tie(b->depth, b->priority, b->name);
    });
    return out;
}

std::vector<std::string> Inventory::hosts_of(std::string_view name) const {
    std::vector<std::string> out;
    std::unordered_set<std::string> seen, visited;
    std::vector<const Group*> level;
    if (const Group* group = data_->find_group(name)) level.push_back(group);
    // Level by level: a group's own hosts come before those of its children, as in Ansible.
    while (!level.empty()) {
        std::vector<const Group*> next;
        for (const Group* group : level) {
            if (!visited.insert(group->name).second) continue;
            for (const auto& host : group->hosts)
                if (seen.insert(host).second) out.push_back(host);
            for (const auto& child : group->children)
                if (const Group* below = data_->find_group(child)) next.push_back(below);
        }
        level = std::move(next);
    }
    return out;
}

Host& Inventory::add_host(const std::string& name, const std::vector<std::string>& groups) {
    Host* host = data_->find_host(name);
    if (!host) {
        data_->hosts.push_back(Host{});
        host = &data_->hosts.back();
        host->name = name;
        data_->hosts_by_name[name] = host;
        data_->host_names.push_back(name);
    }
    for (const auto& group : groups) {
        add_group(group);
        add_to_group(name, group);
    }
    return *host;
}

Group& Inventory::add_group(const std::string& name, const std::vector<std::string>& parents) {
    if (name.empty()) throw Failure(Kind::parse, "Invalid empty/false group name provided");
    data_->make_group(name);
    for (const auto& parent : parents) {
        data_->make_group(parent);
        add_child(parent, name);
    }
    return *data_->find_group(name);
}

void Inventory::add_to_group(const std::string& host_name, const std::string& group_name) {
    Group* group = data_->find_group(group_name);
    Host* host = data_->find_host(host_name);
    if (!group) throw Failure(Kind::not_found, "Could not find group " + group_name + " in inventory");
    if (!host) throw Failure(Kind::not_found, host_name + " is not a known host nor group");
    if (!data_->members.insert(group_name + "\n" + host_name).second) return;
    group->hosts.push_back(host_name);
    if (group_name != "all" && !holds(host->groups, group_name)) host->groups.push_back(group_name);
}

void Inventory::add_child(const std::string& parent_name, const std::string& child_name) {
    Group* parent = data_->find_group(parent_name);
    Group* child = data_->find_group(child_name);
    if (!parent) throw Failure(Kind::not_found, "Could not find group " + parent_name + " in inventory");
    if (!child) throw Failure(Kind::not_found, child_name + " is not a known host nor group");
    if (parent == child) throw Failure(Kind::parse, "can't add group to itself");
    if (holds(parent->children, child_name)) return;
    std::vector<std::string> above{parent_name};
    for (std::size_t i = 0; i < above.size(); ++i) {
        const std::string name = above[i];
        if (name == child_name)
            throw Failure(Kind::parse, "Adding group '" + child_name + "' as child to '" + parent_name + "' creates a recursive dependency loop.");
        if (const Group* group = data_->find_group(name))
            for (const auto& next : group->parents)
                if (!holds(above, next)) above.push_back(next);
    }
    parent->children.push_back(child_name);
    child->parents.push_back(parent_name);
}

void Inventory::reconcile() {
    Group& all = *data_->find_group("all");
    Group& ungrouped = *data_->find_group("ungrouped");
    // What nobody claims belongs to all.
    for (const auto& group : data_->groups)
        if (&group != &all && group.parents.empty()) add_child("all", group.name);
    std::unordered_set<std::string> gone;
    for (auto& host : data_->hosts) {
        const bool listed = holds(host.groups, ungrouped.name);
        if (host.groups.empty()) {
            add_to_group(host.name, ungrouped.name);
        } else if (listed && host.groups.size() > 1) {
            drop(host.groups, ungrouped.name);
            data_->members.erase(ungrouped.name + "\n" + host.name);
            gone.insert(host.name);
        }
    }
    std::erase_if(ungrouped.hosts, [&gone](const std::string& host) { return gone.contains(host); });
    // A group stands below the deepest of its parents.
    for (auto& group : data_->groups) group.depth = &group == &all ? 0 : 1;
    bool changed = true;
    while (changed) {
        changed = false;
        for (auto& group : data_->groups)
            for (const auto& parent : group.parents) {
                const int depth = data_->find_group(parent)->depth + 1;
                if (depth > group.depth) {
                    group.depth = depth;
                    changed = true;
                }
            }
    }
}

const Host& Inventory::implicit_localhost(const std::string& name) {
    for (const auto& known : local_names)   // one the user wrote wins over one made up
        if (const Host* host = data_->find_host(known)) return *host;
    if (!data_->implicit.empty()) return data_->implicit.front();   // one only, whatever name it was asked by later
    Host host;
    host.name = name;
    host.implicit = true;
    host.vars.set("ansible_connection", Value("local").set_trust(values::Trust::template_ok));
    data_->implicit.push_back(std::move(host));
    return data_->implicit.back();
}

}  // namespace fprov::inventory
