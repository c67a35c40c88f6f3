// SPDX-License-Identifier: Apache-2.0
// `plugin: constructed`: variables and groups made from the variables of hosts that earlier sources brought.
#include <algorithm>

#include "base/files.hpp"
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
    Constructed(const Value& config, Target& target)
        : config_(config), target_(target), strict_(flag(config, "strict", false)), lead_(flag(config, "leading_separator", true)), files_(flag(config, "use_vars_plugins", false)) {
        if (flag(config, "use_extra_vars", target.options.use_extra_vars) && target.options.extra_vars) extra_ = target.options.extra_vars();
    }

    void run() {
        const std::vector<std::string> hosts = target_.inventory.host_names();
        for (const auto& host : hosts) {
            vars_ = vars(host);
            compose(host);
            const Map composed = vars_ = vars(host);   // with what was composed
            // As Ansible: for `groups`, not for keyed ones, a host's own variables win over extra ones.
            for (const auto& [name, value] : target_.inventory.host(host)->vars) vars_.set(name, value);
            conditional(host);
            vars_ = composed;
            keyed(host);
        }
    }

private:
    static bool flag(const Value& map, const char* name, bool other) {
        const Value* value = map.find(name);
        return value && !value->is_none() ? (value->is_string() ? base::lower(value->string()) == "yes" || base::lower(value->string()) == "true" || value->string() == "1" : value->truthy()) : other;
    }

    Map vars(const std::string& name) const {
        const Host& host = *target_.inventory.host(name);
        Map out;
        auto add = [&](const Map& more) { for (const auto& entry : more) out.set(entry.key, entry.value); };
        auto add_files = [&](const char* kind, const std::string& of) {
            if (!files_) return;
            for (const auto& file : read_vars_files(base::dirname(target_.path), kind, of, target_.options)) add(file.vars);
        };
        std::vector<std::string> names;
        const auto groups = target_.inventory.groups_of(host);
        for (const auto* group : groups) {
            add(group->vars);
            if (group->name != "all") names.push_back(group->name);
        }
        for (const auto* group : groups) add_files("group_vars", group->name);
        add(host.vars);
        add_files("host_vars", name);
        if (target_.options.cached_facts) add(target_.options.cached_facts(name));
        auto text = [](std::string of) { return Value(std::move(of), values::Trust::template_ok); };
        out.set("inventory_hostname", text(name));
        out.set("inventory_hostname_short", text(name.substr(0, name.find('.'))));
        std::sort(names.begin(), names.end());
        values::List sorted;
        for (const auto& one : names) sorted.push_back(text(one));
        out.set("group_names", Value(std::move(sorted)));
        add(extra_);
        return out;
    }

    /// The value of a template; nothing when it fails and `strict` is off.
    std::optional<Value> render(const std::string& text, const std::string& host, const std::string& what, base::Place place) const {
        try {
            return target_.options.render(text, vars_);
        } catch (const Failure& failure) {
            if (strict_) throw Failure(Kind::parse, "Could not " + what + " for host " + host + ": " + failure.what(), place);
            return std::nullopt;
        }
    }

    void compose(const std::string& host) {
        const Value* rows = config_.find("compose");
        if (!rows || !rows->is_map()) return;
        for (const auto& entry : rows->map())
            if (auto value = render("{{" + values::str(entry.value) + "}}", host, "set " + values::str(entry.key), entry.value.origin()))
                target_.host_variable(host, entry.key, std::move(*value));
    }

    void conditional(const std::string& host) {
        const Value* rows = config_.find("groups");
        if (!rows || !rows->is_map()) return;
        for (const auto& entry : rows->map()) {
            const auto holds = render("{% if " + values::str(entry.value) + " %}True{% else %}False{% endif %}", host, "add host to group " + values::str(entry.key), entry.value.origin());
            if (holds && values::str(*holds) == "True") join(host, safe_group_name(values::str(entry.key)));
        }
    }

    void join(const std::string& host, const std::string& group) {
        target_.inventory.add_group(group);
        target_.inventory.add_to_group(host, group);
    }

    void keyed(const std::string& host) {
        const Value* rows = config_.find("keyed_groups");
        if (!rows || rows->is_none()) return;
        if (!rows->is_list()) throw Failure(Kind::parse, "Invalid keyed group configuration provided: " + values::str(*rows), rows->origin());
        for (const auto& row : rows->list()) {
            if (!row.is_map()) throw Failure(Kind::parse, "Invalid keyed group configuration provided: " + values::str(row), row.origin());
            const Value *key = row.find("key"), *fallback = row.find("default_value");
            const bool trail = flag(row, "trailing_separator", true);
            if (fallback && !fallback->is_none() && row.find("trailing_separator"))
                throw Failure(Kind::parse, "parameters are mutually exclusive for keyed groups: default_value|trailing_separator", row.origin());
            if (!key) {
                if (strict_) throw Failure(Kind::parse, "No key or key resulted empty for " + values::str(row) + " in host " + host + ", invalid entry", row.origin());
                continue;
            }
            const auto value = render("{{" + values::str(*key) + "}}", host, "generate group from " + values::str(*key), key->origin());
            if (!value || !value->truthy()) {
                if (value && value->is_string() && fallback && !fallback->is_none()) {   // an empty text
                    keyed_group(host, row, values::str(*fallback));
                } else if (value && strict_) {
                    throw Failure(Kind::parse, "No key or key resulted empty for " + values::str(*key) + " in host " + host + ", invalid entry", key->origin());
                }
                continue;
            }
            const std::string separator = text(row, "separator", "_"), empty = text(row, "default_value", "");
            if (value->is_string()) {
                keyed_group(host, row, value->string());
            } else if (value->is_list()) {
                for (const auto& item : value->list()) {
                    const std::string name = values::str(item);
                    keyed_group(host, row, name.empty() ? empty : name);
                }
            } else if (value->is_map()) {
                for (const auto& entry : value->map()) {
                    const std::string name = values::str(entry.value);
                    const std::string shown = name.empty() ? empty : name;
                    keyed_group(host, row, values::str(entry.key) + (shown.empty() && !trail ? "" : separator + shown));
                }
            } else {
                throw Failure(Kind::parse, "Invalid group name format, expected a string or a list of them or dictionary, got: <class '" + values::type_name(*value) + "'>", key->origin());
            }
        }
    }

    void keyed_group(const std::string& host, const Value& row, const std::string& name) {
        const std::string prefix = text(row, "prefix", ""), separator = text(row, "separator", "_");
        const std::string group = safe_group_name(prefix + (prefix.empty() && !lead_ ? "" : separator) + name);
        join(host, group);
        std::string parent = text(row, "parent_group", "");
        if (parent.empty()) return;
        parent = safe_group_name(values::str(target_.options.render(parent, vars_)));
        target_.inventory.add_group(parent);
        target_.inventory.add_child(parent, group);
    }

    static std::string text(const Value& row, const char* name, const char* other) {
        const Value* value = row.find(name);
        return value && !value->is_none() ? values::str(*value) : other;
    }

    const Value& config_;
    Target& target_;
    bool strict_, lead_, files_;
    Map extra_{}, vars_{};   // vars_: of the host whose turn it is
};

}  // namespace

void read_constructed(const Value& config, Target& target) {
    if (!target.options.render) throw Failure(Kind::parse, "the inventory plugin 'constructed' needs templates, which are not available here", config.origin());
    target.inventory.reconcile();   // variables merge by the depth of groups
    Constructed(config, target).run();
}

}  // namespace fprov::inventory
