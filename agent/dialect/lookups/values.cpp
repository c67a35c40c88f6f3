// SPDX-License-Identifier: Apache-2.0
// Lookups of variables, environment, programs, configuration and the web.
#include <cstdlib>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/lookups/options.hpp"
#include "dialect/pattern.hpp"
#include "dialect/scope.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace {

std::string name_of(LookupCall& call, const Value& term) {
    require_defined(term, call.place);
    return values::str(term);
}

List env(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        const auto name = name_of(call, term);
        const char* found = std::getenv(name.substr(0, name.find(' ')).c_str());
        if (found) { out.push_back(Value(found)); continue; }
        const Value* otherwise = option(call, "default");
        if (otherwise && otherwise->is_undefined())
            throw base::Failure(base::Kind::undefined, "The \"env\" lookup, found an undefined variable: " + name, call.place, otherwise->undefined_info().message);
        out.push_back(otherwise ? *otherwise : Value(""));
    }
    return out;
}

base::Finished run_shell(LookupCall& call, const std::string& text, const char* plugin) {
    base::Command command{.argv = {"/bin/sh", "-c", text}};
    command.directory = call.templar.options().base_dir;
    auto finished = base::run_process(command);
    if (!finished) fail(call.place, std::string("lookup_plugin.") + plugin + "(" + text + "): " + finished.error().what);
    if (finished->code != 0)
        fail(call.place, std::string("lookup_plugin.") + plugin + "(" + text + ") returned " + std::to_string(finished->signal ? -finished->signal : finished->code),
             std::string(base::trim(finished->error_output)));
    return *finished;
}

List pipe(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        auto output = run_shell(call, name_of(call, term), "pipe").output;
        output.erase(output.find_last_not_of(" \t\r\n\v\f") + 1);
        out.push_back(Value(std::move(output)));
    }
    return out;
}

List lines(LookupCall& call) {
    List out;
    for (const auto& term : call.terms)
        for (auto& line : base::split_lines(run_shell(call, name_of(call, term), "lines").output)) out.push_back(Value(std::move(line)));
    return out;
}

List vars(LookupCall& call) {
    List out;
    const Value* otherwise = option(call, "default");
    for (const auto& term : call.terms) {
        require_defined(term, call.place);
        if (!term.is_string()) fail(call.place, "Invalid setting identifier, \"" + values::str(term) + "\" is not a string, its a <class '" + values::type_name(term) + "'>");
        auto found = call.scope.lookup(term.string());
        if (!found && !otherwise)
            throw base::Failure(base::Kind::undefined, "No variable found with this name: " + term.string(), call.place, call.scope.explain(term.string()));
        if (found) require_defined(*found, call.place);
        out.push_back(found ? *found : *otherwise);
    }
    return out;
}

List varnames(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        if (!term.is_string()) fail(call.place, "Invalid setting identifier, \"" + values::str(term) + "\" is not a string, it is a <class '" + values::type_name(term) + "'>");
        const auto pattern = pattern_of(call.place, term.string());
        for (const auto& name : call.scope.names())
            if (pattern.search(name)) out.push_back(Value(name));
    }
    return out;
}

List inventory_hostnames(LookupCall& call) {
    if (!call.templar.options().hooks.hosts) fail(call.place, "there is no inventory here");
    std::string pattern;
    for (const auto& term : call.terms) pattern += (pattern.empty() ? "" : ",") + name_of(call, term);
    List out;
    for (auto& name : call.templar.options().hooks.hosts(pattern)) out.push_back(Value(std::move(name)));
    return out;
}

// Settings of plugins: which of fprov's settings tells, and what Ansible's plugin says when nobody set it.
struct PluginSetting { std::string_view type, plugin, name, setting; Value (*otherwise)(); };
const PluginSetting plugin_settings[] = {
    {"become", "su", "become_exe", "DEFAULT_BECOME_EXE", [] { return Value("su"); }},
    {"become", "su", "become_flags", "DEFAULT_BECOME_FLAGS", [] { return Value(""); }},
    {"become", "su", "become_pass", "", [] { return Value(); }},
    {"become", "su", "become_user", "DEFAULT_BECOME_USER", [] { return Value("root"); }},
    {"become", "sudo", "become_exe", "DEFAULT_BECOME_EXE", [] { return Value("sudo"); }},
    {"become", "sudo", "become_flags", "DEFAULT_BECOME_FLAGS", [] { return Value("-H -S -n"); }},
    {"become", "sudo", "become_pass", "", [] { return Value(); }},
    {"become", "sudo", "become_user", "DEFAULT_BECOME_USER", [] { return Value("root"); }},
    {"connection", "ssh", "host_key_checking", "HOST_KEY_CHECKING", [] { return Value(true); }},
    {"connection", "ssh", "password", "", [] { return Value(); }},
    {"connection", "ssh", "pipelining", "ANSIBLE_PIPELINING", [] { return Value(false); }},
    {"connection", "ssh", "port", "DEFAULT_REMOTE_PORT", [] { return Value(); }},
    {"connection", "ssh", "private_key_file", "DEFAULT_PRIVATE_KEY_FILE", [] { return Value(); }},
    {"connection", "ssh", "remote_user", "DEFAULT_REMOTE_USER", [] { return Value(); }},
    {"connection", "ssh", "ssh_args", "SSH_ARGS", [] { return Value("-C -o ControlMaster=auto -o ControlPersist=60s"); }},
    {"connection", "ssh", "ssh_common_args", "SSH_COMMON_ARGS", [] { return Value(""); }},
    {"connection", "ssh", "ssh_executable", "", [] { return Value("ssh"); }},
    {"connection", "ssh", "ssh_extra_args", "SSH_EXTRA_ARGS", [] { return Value(""); }},
    {"connection", "ssh", "timeout", "DEFAULT_TIMEOUT", [] { return Value(10); }},
    {"shell", "sh", "admin_users", "", [] { return Value(List{"root", "toor"}); }},
    {"shell", "sh", "remote_tmp", "DEFAULT_REMOTE_TMP", [] { return Value("~/.ansible/tmp"); }},
    {"shell", "sh", "system_tmpdirs", "", [] { return Value(List{"/var/tmp", "/tmp"}); }},
};

List config(LookupCall& call) {
    const auto missing = text_option(call, "on_missing", "error");
    if (missing != "error" && missing != "warn" && missing != "skip")
        fail(call.place, "\"on_missing\" must be a string and one of \"error\", \"warn\" or \"skip\", not " + missing);
    const auto type = text_option(call, "plugin_type", ""), plugin = text_option(call, "plugin_name", "");
    if (type.empty() != plugin.empty()) fail(call.place, "Both plugin_type and plugin_name are required, cannot use one without the other");
    const auto& hooks = call.templar.options().hooks;
    List out;
    for (const auto& term : call.terms) {
        const auto name = name_of(call, term);
        auto value = hooks.config && type.empty() ? hooks.config(name) : std::nullopt;
        for (const auto& row : plugin_settings) {
            if (row.type != type || row.plugin != plugin || row.name != name) continue;
            if (hooks.config && !row.setting.empty()) value = hooks.config(std::string(row.setting));
            if (!value || value->is_none()) value = row.otherwise();
        }
        if (value) { out.push_back(std::move(*value)); continue; }
        if (missing == "error") fail(call.place, "Unable to find setting " + name);
        if (missing == "warn" && hooks.warn) hooks.warn("Skipping, did not find setting " + name);
    }
    return out;
}

List url(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        const auto address = name_of(call, term);
        // Secrets must not stand on a command line: the request goes to curl on its standard input.
        std::string request = "url = \"" + base::replace_all(base::replace_all(address, "\\", "\\\\"), "\"", "\\\"") + "\"\nsilent\nshow-error\nfail\n";
        if (!flag_option(call, "validate_certs", true)) request += "insecure\n";
        if (flag_option(call, "follow_redirects", true)) request += "location\n";
        request += "max-time = " + std::to_string(int_option(call, "timeout", 10)) + "\n";
        auto quoted = [](std::string text) { return base::replace_all(base::replace_all(std::move(text), "\\", "\\\\"), "\"", "\\\""); };
        if (auto user = text_option(call, "username", ""); !user.empty())
            request += "user = \"" + quoted(user) + ":" + quoted(text_option(call, "password", "")) + "\"\n";
        if (const Value* headers = option(call, "headers"); headers && headers->is_map())
            for (const auto& entry : headers->map()) request += "header = \"" + quoted(values::str(entry.key)) + ": " + quoted(values::str(entry.value)) + "\"\n";
        auto finished = base::run_process({.argv = {"curl", "--config", "-"}, .input = request});
        if (!finished) fail(call.place, "the url lookup needs the program curl on the controller: " + finished.error().what);
        if (finished->code != 0)
            fail(call.place, "Received HTTP error for " + address + " : " + std::string(base::trim(finished->error_output)));
        if (flag_option(call, "split_lines", true))
            for (auto& line : base::split_lines(finished->output)) out.push_back(Value(std::move(line)));
        else
            out.push_back(Value(std::move(finished->output)));
    }
    return out;
}

constexpr Lookup rows[] = {
    {"config", config, "A configuration setting"},
    {"env", env, "An environment variable of the controller"},
    {"inventory_hostnames", inventory_hostnames, "Hosts of the inventory that match a pattern"},
    {"lines", lines, "Lines that a command on the controller prints"},
    {"pipe", pipe, "What a command on the controller prints"},
    {"url", url, "Content behind a URL"},
    {"varnames", varnames, "Names of variables that match a regular expression"},
    {"vars", vars, "A variable by its name"},
};

}  // namespace

std::span<const Lookup> value_lookups() { return rows; }

}  // namespace fprov::dialect
