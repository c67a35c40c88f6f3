// SPDX-License-Identifier: Apache-2.0
#include "inventory/export.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/files.hpp"
#include "values/date.hpp"
#include "values/json.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"
#include "vault/vault.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

// Magic variables; Ansible computes them and does not show them here.
constexpr std::string_view internal[] = {
    "ansible_config_file", "ansible_diff_mode", "ansible_facts", "ansible_forks", "ansible_inventory_sources", "ansible_limit",
    "ansible_playbook_python", "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity", "ansible_version",
    "group_names", "groups", "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short",
    "omit", "playbook_dir",
};

Map visible(const Map& vars) {
    Map out;
    for (const auto& entry : vars)
        if (!entry.key.is_string() || std::find(std::begin(internal), std::end(internal), entry.key.string()) == std::end(internal))
            out.set(entry.key, entry.value);
    return out;
}

Map of_group(const ExportVars& vars, const Group& group) {
    Map out = visible(vars.group(group));
    if (group.priority != 1) out.set("ansible_group_priority", Value(group.priority));
    return out;
}

/// Ansible's JSON marks what is encrypted or unsafe, so that it can be read back.
Value for_json(const Value& value) {
    if (value.is_string() && value.trust() == values::Trust::data_only) {
        Map out;
        out.set("__ansible_unsafe", value);
        return Value(std::move(out));
    }
    if (const auto text = value.object_as<vault::EncryptedText>()) {
        Map out;
        out.set("__ansible_vault", Value(text->envelope()));
        return Value(std::move(out));
    }
    if (const auto moment = value.object_as<values::DateTime>()) return Value(moment->isoformat());
    if (value.is_sequence()) {
        values::List out;
        for (const auto& item : value.list()) out.push_back(for_json(item));
        return Value(std::move(out));
    }
    if (value.is_map()) {
        Map out;
        for (const auto& entry : value.map()) out.set(entry.key, for_json(entry.value));
        return Value(std::move(out));
    }
    return value;
}

std::string dump(const Value& value, bool yaml) {
    if (yaml) return values::write_yaml(value, {.aliases = true});
    return values::write_json(value, {.indent = 4, .sort_keys = true, .ensure_ascii = false}) + "\n";
}

void for_each_child(const Inventory& inventory, const Group& group, const std::function<void(const Group&)>& visit) {
    for (const auto& name : group.children)
        if (const Group* child = inventory.group(name)) visit(*child);
}

class Json {
public:
    Json(const Inventory& inventory, const ExportVars& vars, const ExportStyle& style) : inventory_(inventory), vars_(vars), style_(style) {}

    Value run() {
        group(*inventory_.group("all"));
        Map hostvars;
        for (const auto& name : inventory_.hosts_of("all")) {
            const Host& host = *inventory_.host(name);
            const Map found = visible(style_.export_form ? vars_.own(host) : vars_.merged(host));
            if (!found.empty()) hostvars.set(name, for_json(Value(found)));
        }
        Map meta;
        meta.set("hostvars", Value(std::move(hostvars)));
        out_.set("_meta", Value(std::move(meta)));
        return Value(std::move(out_));
    }

private:
    void group(const Group& group) {
        if (!seen_.insert(group.name).second) return;
        Map row;
        if (group.name != "all" && !group.hosts.empty()) row.set("hosts", Value::strings(group.hosts));
        if (!group.children.empty()) row.set("children", Value::strings(group.children));
        if (style_.export_form)
            if (const Map found = of_group(vars_, group); !found.empty()) row.set("vars", for_json(Value(found)));
        if (!row.empty()) out_.set(group.name, Value(std::move(row)));
        for_each_child(inventory_, group, [this](const Group& child) { this->group(child); });
    }

    const Inventory& inventory_;
    const ExportVars& vars_;
    const ExportStyle& style_;
    Map out_;
    std::unordered_set<std::string> seen_;
};

class Yaml {
public:
    Yaml(const Inventory& inventory, const ExportVars& vars, const ExportStyle& style) : inventory_(inventory), vars_(vars), style_(style) {}

    Value run() {
        Map out;
        out.set("all", group(*inventory_.group("all")));
        return Value(std::move(out));
    }

private:
    Value group(const Group& group) {
        Map row, children, hosts;
        for_each_child(inventory_, group, [&](const Group& child) { children.set(child.name, this->group(child)); });
        if (!children.empty()) row.set("children", Value(std::move(children)));
        if (group.name != "all")
            for (const auto& name : group.hosts) {
                Map found;   // shown where a host is met first
                if (seen_.insert(name).second) {
                    const Host& host = *inventory_.host(name);
                    found = visible(style_.export_form ? vars_.own(host) : vars_.merged(host));
                }
                hosts.set(name, Value(std::move(found)));
            }
        if (!hosts.empty()) row.set("hosts", Value(std::move(hosts)));
        if (style_.export_form)
            if (Map found = of_group(vars_, group); !found.empty()) row.set("vars", Value(std::move(found)));
        return Value(std::move(row));
    }

    const Inventory& inventory_;
    const ExportVars& vars_;
    const ExportStyle& style_;
    std::unordered_set<std::string> seen_;
};

class Graph {
public:
    Graph(const Inventory& inventory, const ExportVars* vars) : inventory_(inventory), vars_(vars) {}

    std::string run(const Group& start) {
        group(start, 0);
        return std::move(out_);
    }

private:
    void line(const std::string& text, int depth) {
        if (depth > 0) {
            for (int i = 1; i < depth; ++i) out_ += "  |";
            out_ += "  |--";
        }
        out_ += text + "\n";
    }

    void variables(const Map& vars, int depth) {
        std::vector<std::string> names;
        const Map shown = visible(vars);
        for (const auto& entry : shown) names.push_back(values::str(entry.key));
        std::sort(names.begin(), names.end());
        for (const auto& name : names) line("{" + name + " = " + values::str(*shown.find(name)) + "}", depth);
    }

    void group(const Group& group, int depth) {
        line("@" + group.name + ":", depth);
        for_each_child(inventory_, group, [this, depth](const Group& child) { this->group(child, depth + 1); });
        if (group.name != "all")
            for (const auto& name : group.hosts) {
                line(name, depth + 1);
                if (vars_) variables(vars_->merged(*inventory_.host(name)), depth + 2);
            }
        if (vars_) variables(of_group(*vars_, group), depth + 1);
    }

    const Inventory& inventory_;
    const ExportVars* vars_;
    std::string out_;
};

}  // namespace

std::string export_list(const Inventory& inventory, const ExportVars& vars, const ExportStyle& style) {
    return dump(style.yaml ? Yaml(inventory, vars, style).run() : Json(inventory, vars, style).run(), style.yaml);
}

std::string export_host(Inventory& inventory, const std::string& pattern, const ExportVars& vars, const ExportStyle& style, std::vector<std::string>* warnings) {
    const std::vector<std::string> hosts = inventory.match(pattern, warnings);
    if (hosts.size() != 1) throw Failure(Kind::usage, "You must pass a single valid host to --host parameter");
    const Host* host = inventory.host(hosts[0]);
    const Map found = visible(vars.merged(host ? *host : inventory.implicit_localhost(hosts[0])));
    return dump(style.yaml ? Value(found) : for_json(Value(found)), style.yaml);
}

std::string export_graph(const Inventory& inventory, const std::string& name, const ExportVars* vars) {
    const Group* group = inventory.group(name);
    if (!group) throw Failure(Kind::usage, "Pattern must be valid group name when using --graph");
    return Graph(inventory, vars).run(*group);
}

ExportVars inventory_vars(const Inventory& inventory, const LoadOptions& options) {
    std::vector<std::string> folders;
    for (const auto& source : inventory.sources) {
        const std::string folder = base::is_directory(source) ? source : base::dirname(source);
        if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
    }
    auto add = [](Map& into, const Map& from) {
        for (const auto& entry : from) into.set(entry.key, entry.value);
    };
    // One file is read once, so that equal values are the same values (and YAML can show them as aliases).
    auto cache = std::make_shared<std::map<std::string, Map>>();
    auto files = [=](Map& into, const std::string& kind, const std::string& name) {
        for (const auto& folder : folders) {
            const auto [found, fresh] = cache->try_emplace(folder + "|" + kind + "|" + name);
            if (fresh)
                for (const auto& file : read_vars_files(folder, kind, name, options)) add(found->second, file.vars);
            add(into, found->second);
        }
    };
    ExportVars out;
    out.group = [=](const Group& group) {
        Map vars = group.vars;
        files(vars, "group_vars", group.name);
        return vars;
    };
    out.own = [=](const Host& host) {
        Map vars = host.vars;
        files(vars, "host_vars", host.name);
        return vars;
    };
    out.merged = [=, &inventory](const Host& host) {
        Map vars;
        const auto groups = inventory.groups_of(host);
        for (const auto* group : groups) add(vars, group->vars);
        for (const bool all : {true, false})
            for (const auto* group : groups)
                if ((group->name == "all") == all) files(vars, "group_vars", group->name);
        add(vars, host.vars);
        files(vars, "host_vars", host.name);
        return vars;
    };
    return out;
}

}  // namespace fprov::inventory
