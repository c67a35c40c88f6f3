// SPDX-License-Identifier: Apache-2.0
// `plugin: constructed`: variables and groups made from the variables of hosts that earlier sources brought.
#include <algorithm>

#include "base/text.hpp"
#include "inventory/names.hpp"
#include "inventory/reader.hpp"
#include "values/python.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

class Constructed {
public:
    Constructed(const Value& config, Target& target) : config_(config), target_(target), strict_(flag("strict", false)) {}

    void run() {
        const std::vector<std::string> hosts = target_.inventory.host_names();
        for (const auto& host : hosts) {
            compose(host);
            conditional(host);
            keyed(host);
        }
    }

private:
    bool flag(const char* name, bool other) const {
        const Value* value = config_.find(name);
        return value ? value->truthy() : other;
    }

    Map vars(const std::string& name) const {
        const Host& host = *target_.inventory.host(name);
        Map out;
        for (const auto* group : target_.inventory.groups_of(host))
            for (const auto& entry : group->vars) out.set(entry.key, entry.value);
        for (const auto& entry : host.vars) out.set(entry.key, entry.value);
        out.set("inventory_hostname", Value(name));
        out.set("inventory_hostname_short", Value(name.substr(0, name.find('.'))));
        std::vector<std::string> groups = host.groups;
        std::sort(groups.begin(), groups.end());
        out.set("group_names", Value::strings(groups));
        return out;
    }

    /// The value of an expression; nothing when it fails and `strict` is off.
    std::optional<Value> evaluate(const std::string& expression, const std::string& host, const std::string& what, base::Place place) const {
        try {
            return target_.options.evaluate(expression, vars(host));
        } catch (const Failure& failure) {
            if (strict_) throw Failure(Kind::parse, "Could not " + what + " for host " + host + ": " + failure.what(), place);
            return std::nullopt;
        }
    }

    void compose(const std::string& host) {
        const Value* rows = config_.find("compose");
        if (!rows || !rows->is_map()) return;
        for (const auto& entry : rows->map())
            if (auto value = evaluate(values::str(entry.value), host, "set " + values::str(entry.key), entry.value.origin()))
                target_.host_variable(host, entry.key, std::move(*value));
    }

    void conditional(const std::string& host) {
        const Value* rows = config_.find("groups");
        if (!rows || !rows->is_map()) return;
        for (const auto& entry : rows->map()) {
            const auto holds = evaluate(values::str(entry.value), host, "add host to group " + values::str(entry.key), entry.value.origin());
            if (holds && holds->truthy()) join(host, target_.group(values::str(entry.key)));
        }
    }

    void join(const std::string& host, const std::string& group) {
        target_.inventory.add_group(group);
        target_.inventory.add_to_group(host, group);
    }

    void keyed(const std::string& host) {
        const Value* rows = config_.find("keyed_groups");
        if (!rows || !rows->is_list()) return;
        for (const auto& row : rows->list()) {
            const Value* key = row.find("key");
            if (!key) throw Failure(Kind::parse, "a keyed group needs a 'key'", row.origin());
            const auto value = evaluate(values::str(*key), host, "generate group from " + values::str(*key), key->origin());
            if (!value || value->is_undefined()) continue;
            const std::string prefix = text(row, "prefix", ""), separator = text(row, "separator", "_");
            const bool lead = !row.find("leading_separator") || row.find("leading_separator")->truthy();
            std::vector<std::string> names;
            if (value->is_string()) {
                names.push_back(value->string().empty() ? text(row, "default_value", "") : value->string());
            } else if (value->is_list()) {
                for (const auto& item : value->list()) names.push_back(values::str(item));
            } else if (value->is_map()) {
                for (const auto& entry : value->map()) names.push_back(values::str(entry.key) + separator + values::str(entry.value));
            } else if (!value->is_none()) {
                names.push_back(values::str(*value));
            }
            for (const auto& name : names) {
                if (name.empty()) continue;
                const bool bare = prefix.empty() && !lead;
                const std::string group = safe_group_name(prefix + (bare ? "" : separator) + name);
                join(host, group);
                if (const std::string parent = text(row, "parent_group", ""); !parent.empty()) {
                    target_.inventory.add_group(parent);
                    target_.inventory.add_child(parent, group);
                }
            }
        }
    }

    static std::string text(const Value& row, const char* name, const char* other) {
        const Value* value = row.find(name);
        return value && !value->is_none() ? values::str(*value) : other;
    }

    const Value& config_;
    Target& target_;
    bool strict_;
};

}  // namespace

void read_constructed(const Value& config, Target& target) {
    if (!target.options.evaluate) throw Failure(Kind::parse, "the inventory plugin 'constructed' needs templates, which are not available here", config.origin());
    target.inventory.reconcile();   // variables merge by the depth of groups
    Constructed(config, target).run();
}

}  // namespace fprov::inventory
