// SPDX-License-Identifier: Apache-2.0
// Modules that a site brings along (library/): programs that read their arguments from a file, JSON or k=v, and print JSON.
#include "actions/python_module.hpp"
#include "actions/support.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "playbook/loader.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::actions {
namespace {

// What Ansible adds to the arguments of every module; modules that know it look at check mode and diff here.
Map internal_arguments(const Context& context) {
    bool no_log = false;
    if (const Value* hide = playbook::inherited(*context.task, "no_log")) no_log = hide->truthy();
    return Map{{"_ansible_check_mode", context.check}, {"_ansible_no_log", no_log}, {"_ansible_debug", false}, {"_ansible_diff", context.diff},
               {"_ansible_verbosity", context.verbosity}, {"_ansible_version", playbook::ansible_version}, {"_ansible_module_name", Value(context.task->action)},
               {"_ansible_syslog_facility", "LOG_USER"}, {"_ansible_selinux_special_fs", Value::strings({"fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"})},
               {"_ansible_string_conversion_action", "warn"}, {"_ansible_socket", Value()}, {"_ansible_shell_executable", "/bin/sh"},
               {"_ansible_keep_remote_files", false}, {"_ansible_tmpdir", "@FPROV_TMPDIR@"}, {"_ansible_remote_tmp", "~/.ansible/tmp"}};
}

// Old-style modules: one line of k=v, quoted for a shell.
std::string key_values(const Map& args) {
    std::string line;
    for (const auto& [key, value] : args) line += (line.empty() ? "" : " ") + values::str(key) + "=" + base::shell_quote(values::str(value));
    return line;
}

// "#!/usr/bin/python3 -u" with ansible_python_interpreter set: that one instead.
void choose_interpreter(std::string& content, Context& context) {
    if (!content.starts_with("#!")) return;
    auto end = content.find('\n');
    std::string line = content.substr(2, end == std::string::npos ? end : end - 2);
    auto words = base::shell_split(line);
    if (!words || words->empty()) return;
    std::string name = base::basename((*words)[0]);
    if (name == "env" && words->size() > 1) name = (*words)[1];
    std::string base_name = name.starts_with("python") ? "python" : name;
    const Value* wanted = context.raw_variable("ansible_" + base_name + "_interpreter");
    if (!wanted) return;
    std::string path = values::str(context.render(*wanted));
    if (path.empty() || path.starts_with("auto")) return;
    std::string rest;
    for (std::size_t i = base::basename((*words)[0]) == "env" ? 2 : 1; i < words->size(); ++i) rest += " " + (*words)[i];
    content = "#!" + path + rest + (end == std::string::npos ? "" : content.substr(end));
}

Plan plan_python(Map args, const std::string& path, Context& context) {
    // What a module's action plugin does on the controller cannot be had.
    std::string plugin = base::replace_all(path, "/plugins/modules/", "/plugins/action/");
    if (plugin != path && base::is_file(plugin))
        return fail("the module '" + context.task->action + "' works through an action plugin in Python (" + plugin + "), which fprov does not run");
    auto packed = pack_python_module(path, context.python_path());
    if (!packed)
        return fail("the module '" + context.task->action + "' (" + path + ") is Python on ansible.module_utils: " + packed.error().what + (packed.error().hint.empty() ? "" : "; " + packed.error().hint));
    std::string interpreter;
    if (const Value* wanted = context.raw_variable("ansible_python_interpreter")) interpreter = values::str(context.render(*wanted));
    if (interpreter.starts_with("auto")) interpreter.clear();
    args.set("_ansible_module_name", Value(packed->name.substr(packed->name.rfind('.') + 1)));
    Remote remote{"_external", Map{{"_fprov_name", Value(context.task->action)}, {"_fprov_files", Value(packed->files)}, {"_fprov_package", Value(packed->name)},
                                   {"_fprov_interpreter", Value(interpreter)},
                                   {"_fprov_arguments", Value(values::write_json(Value(Map{{"ANSIBLE_MODULE_ARGS", Value(std::move(args))}})))}}};
    remote.lookahead = false;
    return remote;
}

Plan plan_library(const Map& args, Context& context) {
    const std::string& path = context.task->library_file;
    auto read = context.read_file(path, true);
    if (!read) return fail(read.error().what);
    std::string content = std::move(*read);
    Map all = args;
    for (const auto& [key, value] : internal_arguments(context)) all.set(values::str(key), value);
    values::JsonStyle style;
    style.ensure_ascii = true;
    std::string json = values::write_json(Value(all), style), given = json;
    if (playbook::needs_module_utils(path)) return plan_python(std::move(all), path, context);
    bool binary = content.starts_with("\x7f" "ELF") || content.find('\0') != std::string::npos;
    constexpr std::string_view placeholder = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";
    if (!binary && content.find(placeholder) != std::string::npos) {
        content = base::replace_all(content, std::string(placeholder), json);
        given.clear();
    } else if (!binary && content.find("WANT_JSON") == std::string::npos) {
        given = key_values(all);
    }
    if (!binary) choose_interpreter(content, context);
    Remote remote{"_external", Map{{"_fprov_name", Value(context.task->action)}, {"_fprov_content", Value(std::move(content))}, {"_fprov_arguments", Value(std::move(given))}}};
    remote.lookahead = false;
    return remote;
}

}  // namespace

const Action& library_action() {
    static constexpr Action action{"_external", plan_library, true, false, true, true};
    return action;
}

}  // namespace fprov::actions
