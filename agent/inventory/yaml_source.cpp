// SPDX-License-Identifier: Apache-2.0
// YAML (and JSON) inventories: groups by name, each with vars, children and hosts.
#include "base/text.hpp"
#include "inventory/names.hpp"
#include "inventory/reader.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

class Yaml {
public:
    explicit Yaml(Target& target) : target_(target) {}

    std::string group(const Value& key, const Value& data) {
        if (!key.is_string())
            throw Failure(Kind::parse, "Invalid group name '" + values::str(key) + "': group names are texts", key.origin(), "quote the name");
        const std::string name = target_.group(key.string());
        if (!data.is_none() && !data.is_map()) {
            target_.warn("Skipping '" + name + "' as this is not a valid group definition");
            return name;
        }
        target_.inventory.add_group(name);
        if (data.is_none()) return name;
        // Ansible turns a plain text into a section with one entry, and skips empty sections.
        for (const auto& entry : data.map()) {
            const std::string section = entry.key.is_string() ? entry.key.string() : values::str(entry.key);
            if (section != "vars" && section != "children" && section != "hosts") {
                target_.warn("Skipping unexpected key (" + section + ") in group (" + name + "), only \"vars\", \"children\" and \"hosts\" are valid");
                continue;
            }
            Value body = entry.value;
            if (body.is_none()) continue;
            if (body.is_string()) {
                values::Map one;
                one.set(body, Value());
                body = Value(std::move(one));
            }
            if (!body.is_map())
                throw Failure(Kind::parse, "Invalid \"" + section + "\" entry for \"" + name + "\" group, requires a dictionary, found \"" + values::type_name(body) + "\" instead.",
                              entry.key.origin(), section == "hosts" ? "write each host as 'name:', without a dash" : "");
            for (const auto& item : body.map()) {
                if (section == "vars") target_.group_variable(name, item.key, item.value);
                else if (section == "children") child(name, item);
                else hosts(name, item);
            }
        }
        return name;
    }

private:
    void child(const std::string& parent, const values::Map::Entry& item) {
        const std::string name = group(item.key, item.value);
        try {
            target_.inventory.add_child(parent, name);
        } catch (const Failure& failure) {
            throw Failure(Kind::parse, failure.what(), item.key.origin());
        }
    }

    void hosts(const std::string& group, const values::Map::Entry& item) {
        std::optional<int> port;
        if (!item.key.is_string())
            throw Failure(Kind::parse, "Host pattern " + values::str(item.key) + " must be a string. Enclose integers/floats in quotation marks.", item.key.origin());
        for (const auto& host : expand_hosts(item.key.string(), port)) {
            target_.host(host, group, port);
            if (item.value.is_none()) continue;
            if (!item.value.is_map())
                throw Failure(Kind::parse, "the variables of host '" + host + "' must be a dictionary, not " + values::type_name(item.value), item.key.origin());
            for (const auto& entry : item.value.map()) target_.host_variable(host, entry.key, entry.value);
        }
    }

    Target& target_;
};

}  // namespace

void read_yaml_source(const std::string& text, Target& target) {
    values::YamlOptions options;
    options.vault = target.options.vault;
    std::vector<values::YamlWarning> notes;
    options.warnings = &notes;
    const Value data = values::read_data(text, base::add_source(target.path, text), options);
    if (target.options.duplicate_keys == "error" && !notes.empty()) throw Failure(Kind::parse, notes.front().text, notes.front().place);
    if (target.options.duplicate_keys != "ignore") for (const auto& note : notes) target.warn(note.text);
    if (data.is_none()) throw Failure(Kind::parse, "Parsed empty YAML file");
    if (!data.is_map())
        throw Failure(Kind::parse, "YAML inventory has invalid structure, it should be a dictionary, got: " + values::type_name(data), data.origin());
    if (const Value* plugin = data.find("plugin")) {
        const std::string name = values::str(*plugin);
        if (name == "constructed" || name == "ansible.builtin.constructed") return read_constructed(data, target);
        if (name == "generator" || name == "ansible.builtin.generator") return read_generator(data, target);
        throw Failure(Kind::parse, "the inventory plugin '" + name + "' is not available", plugin->origin(), "fprov reads INI, YAML, scripts, host lists, 'constructed' and 'generator'");
    }
    Yaml reader(target);
    for (const auto& entry : data.map()) reader.group(entry.key, entry.value);
}

}  // namespace fprov::inventory
