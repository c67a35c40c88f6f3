// SPDX-License-Identifier: Apache-2.0
// Executable inventories: `script --list`, and `script --host NAME` where the list has no _meta.
#include "base/process.hpp"
#include "base/text.hpp"
#include "inventory/reader.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

Value ask(const std::string& path, std::vector<std::string> arguments) {
    base::Command command;
    command.argv = {path};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    auto ran = base::run_process(command);
    if (!ran) throw Failure(Kind::parse, "problem running " + path + " " + base::join(arguments, " ") + " (" + ran.error().what + ")");
    if (ran->code != 0)
        throw Failure(Kind::parse, "Inventory script (" + path + ") had an execution error: " + std::string(base::trim(ran->error_output)));
    if (base::trim(ran->output).empty() && arguments[0] == "--host") return Value(values::Map{});
    auto data = values::read_json(ran->output);
    if (!data)
        throw Failure(Kind::parse, "failed to parse executable inventory script results from " + path + ": " + data.error().what, {},
                      "the script must print one JSON object and nothing else");
    return std::move(*data);
}

/// Scripts belong to the user: what they print may hold templates.
Value templates(Value value) {
    if (value.is_string()) value.set_trust(values::Trust::template_ok);
    if (value.is_list())
        for (auto& item : value.mutable_list()) item = templates(std::move(item));
    if (value.is_map())
        for (auto& entry : value.mutable_map()) entry.value = templates(std::move(entry.value));
    return value;
}

void host_variables(Target& target, const std::string& host, const Value& vars) {
    if (!vars.is_map()) return;
    for (const auto& entry : vars.map()) target.host_variable(host, entry.key, templates(entry.value));
}

void group_of(Target& target, const std::string& given, Value data, std::vector<std::string>& hosts) {
    const std::string name = target.group(given);
    target.inventory.add_group(name);
    if (data.is_map() && !data.find("hosts") && !data.find("vars") && !data.find("children")) {
        values::Map shaped;   // the oldest form: the group is a host, and the map its variables
        shaped.set("hosts", Value(values::List{Value(given)}));
        shaped.set("vars", data);
        data = Value(std::move(shaped));
    } else if (!data.is_map()) {
        values::Map shaped;
        shaped.set("hosts", data);
        data = Value(std::move(shaped));
    }
    if (const Value* list = data.find("hosts")) {
        if (!list->is_list())
            throw Failure(Kind::parse, "You defined a group '" + name + "' with bad data for the host list:\n " + values::str(data));
        for (const auto& item : list->list()) {
            const std::string host = values::str(item);
            hosts.push_back(host);
            target.host(host, name);
        }
    }
    if (const Value* vars = data.find("vars")) {
        if (!vars->is_map()) throw Failure(Kind::parse, "You defined a group '" + name + "' with bad data for variables:\n " + values::str(data));
        for (const auto& entry : vars->map()) target.group_variable(name, entry.key, templates(entry.value));
    }
    if (const Value* children = data.find("children"); children && given != "_meta" && children->is_list())
        for (const auto& item : children->list()) {
            const std::string child = target.group(values::str(item));
            target.inventory.add_group(child);
            target.inventory.add_child(name, child);
        }
}

}  // namespace

void read_script(Target& target) {
    const Value data = ask(target.path, {"--list"});
    if (!data.is_map())
        throw Failure(Kind::parse, "failed to parse executable inventory script results from " + target.path + ": needs to be a json dict");
    const Value* meta = nullptr;
    std::vector<std::string> hosts;
    for (const auto& entry : data.map()) {
        const std::string name = values::str(entry.key);
        if (name == "_meta") {
            if (entry.value.is_map()) meta = entry.value.find("hostvars");
        } else {
            group_of(target, name, entry.value, hosts);
        }
    }
    for (const auto& host : hosts) {
        if (meta && meta->is_map()) {
            if (const Value* vars = meta->find(host)) host_variables(target, host, *vars);
        } else if (!meta) {
            host_variables(target, host, ask(target.path, {"--host", host}));
        }
    }
}

}  // namespace fprov::inventory
