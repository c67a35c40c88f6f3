// SPDX-License-Identifier: Apache-2.0
// From variables, keywords and command line to an endpoint and to another account's rights.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "executor/play_runner.hpp"
#include "inventory/names.hpp"
#include "values/python.hpp"

namespace fprov::executor {

using playbook::inherited;

namespace {

// First of several variable names that is set.
std::optional<Value> first(TaskScope& scope, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const Value* raw = scope.raw(name); raw && !raw->is_none())
            if (auto value = scope.lookup(name); value && !value->is_undefined() && !value->is_none()) return value;
    return std::nullopt;
}

std::string text(TaskScope& scope, std::initializer_list<const char*> names, const std::string& other) {
    auto value = first(scope, names);
    return value ? values::str(*value) : other;
}

bool truth(const Value& value, bool other) {
    try {
        return spec::coerce(value, spec::Type::boolean).bool_or(other);
    } catch (const base::Failure&) {
        return other;
    }
}

bool has_connection_variables(const Map& map) {
    return std::any_of(map.begin(), map.end(), [](const auto& entry) { return entry.key.is_string() && entry.key.string().starts_with("ansible_"); });
}

// Does this task set connection variables or keywords of its own, so that the host's usual endpoint does not do?
bool own_connection(const playbook::Task& task) {
    auto any = [](const playbook::Node& node) {
        return node.own("connection") || node.own("remote_user") || node.own("port") || has_connection_variables(node.vars);
    };
    if (any(task)) return true;
    for (const playbook::Block* block = task.parent; block; block = block->parent)
        if (any(*block) || has_connection_variables(block->include_params)) return true;
    if (task.role && (has_connection_variables(task.role->params) || has_connection_variables(task.role->role_vars) || has_connection_variables(task.role->default_vars))) return true;
    return false;
}

}  // namespace

transport::Session& PlayRunner::session_for(TaskScope& scope, const playbook::Task& task, const std::string& name, std::uint32_t& number) {
    return run_.session(name, endpoint_for(scope, task, name), number);
}

transport::Endpoint PlayRunner::endpoint_for(TaskScope& scope, const playbook::Task& task, const std::string& name) {
    auto at = hosts_.find(name);
    HostRun* host = at == hosts_.end() ? nullptr : at->second.get();
    bool own = own_connection(task);
    if (host && host->endpoint && !own) return *host->endpoint;
    const Options& options = run_.options;
    auto keyword = [&](const char* key) -> std::string {
        const Value* value = inherited(task, key);
        return value && !value->is_none() ? run_.templar.render_text(*value, scope) : std::string();
    };
    transport::Endpoint endpoint;
    const inventory::Host* known = run_.inventory.host(name);
    bool implicit = inventory::is_local_name(name) && (!known || known->implicit);
    std::string connection = keyword("connection");
    if (connection.empty()) connection = options.connection;
    endpoint.connection = text(scope, {"ansible_connection"}, connection.empty() || connection == "smart" ? (implicit ? "local" : "ssh") : connection);
    if (endpoint.connection == "smart" || endpoint.connection == "paramiko" || endpoint.connection == "paramiko_ssh" || endpoint.connection == "ansible.builtin.ssh") endpoint.connection = "ssh";
    if (endpoint.connection == "ansible.builtin.local") endpoint.connection = "local";
    if (endpoint.connection != "ssh" && endpoint.connection != "local")
        throw base::Failure(base::Kind::generic, "the connection plugin '" + endpoint.connection + "' was not found; fprov knows ssh and local");
    endpoint.host = text(scope, {"ansible_host", "ansible_ssh_host"}, name);
    auto port = first(scope, {"ansible_port", "ansible_ssh_port"});
    if (port) endpoint.port = static_cast<int>(spec::coerce(*port, spec::Type::integer).int_or(0));
    else if (std::string value = keyword("port"); !value.empty()) endpoint.port = static_cast<int>(base::parse_int(value).value_or(0));
    else if (known && known->port) endpoint.port = static_cast<int>(*known->port);
    else endpoint.port = options.remote_port;
    std::string user = keyword("remote_user");
    endpoint.user = text(scope, {"ansible_user", "ansible_ssh_user"}, user.empty() ? options.remote_user : user);
    endpoint.password = text(scope, {"ansible_password", "ansible_ssh_pass", "ansible_ssh_password"}, options.connection_password.value_or(""));
    if (auto key = first(scope, {"ansible_private_key_file", "ansible_ssh_private_key_file"})) endpoint.private_key_files = {base::expand_user(values::str(*key))};
    else for (const auto& file : options.private_key_files) endpoint.private_key_files.push_back(base::expand_user(file));
    std::vector<std::string> arguments;
    for (const auto& part : {text(scope, {"ansible_ssh_args"}, ""), text(scope, {"ansible_ssh_common_args"}, options.ssh_arguments), text(scope, {"ansible_ssh_extra_args"}, "")})
        if (!part.empty()) arguments.push_back(part);
    endpoint.ssh_arguments = base::join(arguments, " ");
    endpoint.host_key_checking = options.host_key_checking;
    if (auto checking = first(scope, {"ansible_ssh_host_key_checking", "ansible_host_key_checking"})) endpoint.host_key_checking = truth(*checking, true);
    endpoint.connect_timeout = options.timeout;
    if (auto seconds = first(scope, {"ansible_ssh_timeout", "ansible_timeout"})) endpoint.connect_timeout = static_cast<int>(spec::coerce(*seconds, spec::Type::integer).int_or(options.timeout));
    endpoint.remote_tmp = text(scope, {"ansible_remote_tmp"}, options.remote_tmp);
    endpoint.shell_executable = text(scope, {"ansible_shell_executable"}, options.shell);
    if (endpoint.connection == "local") endpoint.directory = play_.directory;   // as Ansible: beside the play, wherever it was started
    if (host && !own) host->endpoint = endpoint;
    return endpoint;
}

std::string PlayRunner::login_for(TaskScope& scope, const playbook::Task& task, const std::string& host) {
    const transport::Endpoint endpoint = endpoint_for(scope, task, host);
    if (endpoint.connection != "local") return endpoint.user;
    static const std::string own = [] {
        const passwd* entry = ::getpwuid(::geteuid());
        return entry ? std::string(entry->pw_name) : std::string();
    }();
    return own;
}

std::optional<transport::Become> PlayRunner::become_for(TaskScope& scope, const playbook::Task& task) {
    const Options& options = run_.options;
    bool wanted = options.become;
    if (const Value* value = inherited(task, "become"); value && !value->is_none()) wanted = truth(run_.templar.render(*value, scope), false);
    if (auto value = first(scope, {"ansible_become"})) wanted = truth(*value, wanted);
    if (!wanted) return std::nullopt;
    auto keyword = [&](const char* key) -> std::string {
        const Value* value = inherited(task, key);
        return value && !value->is_none() ? run_.templar.render_text(*value, scope) : std::string();
    };
    auto choose = [&](const char* key, std::initializer_list<const char*> names, const std::string& option, const std::string& other) {
        std::string value = keyword(key);
        if (value.empty()) value = option;
        value = text(scope, names, value);
        return value.empty() ? other : value;
    };
    transport::Become become;
    become.method = choose("become_method", {"ansible_become_method"}, options.become_method, "sudo");
    if (become.method.starts_with("ansible.builtin.")) become.method = become.method.substr(16);
    if (become.method != "sudo" && become.method != "su")
        throw base::Failure(base::Kind::generic, "the become method '" + become.method + "' is not supported; fprov knows sudo and su");
    std::string user_name = "ansible_" + become.method + "_user";
    become.user = choose("become_user", {"ansible_become_user", user_name.c_str()}, options.become_user, "root");
    become.exe = choose("become_exe", {"ansible_become_exe", become.method == "sudo" ? "ansible_sudo_exe" : "ansible_su_exe"}, options.become_exe, "");
    become.flags = choose("become_flags", {"ansible_become_flags", become.method == "sudo" ? "ansible_sudo_flags" : "ansible_su_flags"}, options.become_flags, "");
    auto password = first(scope, {"ansible_become_password", "ansible_become_pass", become.method == "sudo" ? "ansible_sudo_pass" : "ansible_su_pass"});
    if (password) become.password = values::str(*password);
    else if (options.become_password) become.password = *options.become_password;
    become.has_password = !become.password.empty();   // an empty one is defined, but there is nothing to send
    return become;
}

}  // namespace fprov::executor
