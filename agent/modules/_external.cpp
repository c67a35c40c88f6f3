// SPDX-License-Identifier: Apache-2.0
// A module that the site brought along (library/): its bytes and arguments come with the task, its output is the result.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "values/json.hpp"

namespace fprov::modules {
extern const Module _external_module;
namespace {

// Anything may be printed before and after the JSON; the first line that begins an object counts.
std::optional<Map> result_in(const std::string& output) {
    std::size_t begin = 0;
    while (begin < output.size()) {
        auto end = output.find('\n', begin);
        std::string_view line = base::trim(std::string_view(output).substr(begin, end == std::string::npos ? end : end - begin));
        if (line.starts_with("{")) break;
        if (end == std::string::npos) return std::nullopt;
        begin = end + 1;
    }
    auto last = output.rfind('}');
    if (begin >= output.size() || last == std::string::npos || last < begin) return std::nullopt;
    auto value = values::read_json(std::string_view(output).substr(begin, last - begin + 1));
    if (!value || !value->is_map()) return std::nullopt;
    return value->map();
}

// "#!/usr/bin/python" on a host that has python3 only.
void find_interpreter(machine::Machine& machine, std::string& content) {
    if (!content.starts_with("#!")) return;
    auto end = content.find_first_of(" \n", 2);
    std::string path(base::trim(std::string_view(content).substr(2, end - 2)));
    if (!base::basename(path).starts_with("python") || machine.exists(path)) return;
    for (const char* other : {"/usr/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python"})
        if (machine.exists(other)) { content.replace(2, end - 2, other); return; }
}

// Python on ansible.module_utils: the packages below a folder of their own, started by a few lines that hand over the arguments.
constexpr std::string_view starter = R"(import sys, runpy
sys.dont_write_bytecode = True
folder, arguments, module = sys.argv[1:4]
sys.path.insert(0, folder)
import ansible.module_utils.basic
with open(arguments, 'rb') as file:
    ansible.module_utils.basic._ANSIBLE_ARGS = file.read()
sys.argv = [module]
runpy.run_module(module, run_name='__main__', alter_sys=True)
)";

std::string python_of(machine::Machine& machine, const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python3.11", "/usr/bin/python3.9", "/usr/bin/python"})
        if (machine.exists(path)) return path;
    fail("this module is written in Python, and no Python was found on the host; set ansible_python_interpreter where there is one elsewhere");
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    const auto name = args.text("_fprov_name");
    std::string content = args.text("_fprov_content");
    find_interpreter(machine, content);
    auto folder = machine.temp_directory();
    if (!folder) fail(folder.error());
    const auto program = *folder + "/" + name, file = *folder + "/_arguments";   // no module's name begins with _
    auto put = [&](const std::string& path, const std::string& text, unsigned mode) {
        machine::WriteOptions options;
        options.mode = mode;
        if (auto written = machine.write_file(path, text, options); !written) fail(written.error());
    };
    base::Command command;
    const Value* files = args.map().find("_fprov_files");
    const auto packages = *folder + "/_python";
    if (files && files->is_map()) {
        for (const auto& [path, text] : files->map()) {
            const auto target = packages + "/" + path.text_or("");
            if (auto made = base::make_directories(base::dirname(target), 0700); !made) fail(made.error());
            if (auto there = machine.read_file(target); there && *there == text.text_or("")) continue;   // from an earlier task
            put(target, text.text_or(""), 0600);
        }
        put(program, std::string(starter), 0600);
        command.argv = {python_of(machine, args.text("_fprov_interpreter")), program, packages, file, args.text("_fprov_package")};
    } else {
        put(program, content, 0700);
        command.argv = {program, file};
    }
    put(file, base::replace_all(args.text("_fprov_arguments"), "@FPROV_TMPDIR@", *folder), 0600);
    auto done = context.run(command, false);
    (void)machine.remove_file(program);
    (void)machine.remove_file(file);
    Outcome out;
    if (!done) {
        out.failed = true;
        out.msg = "The module failed to execute correctly, you probably need to set the interpreter.\nSee stdout/stderr for the exact error";
        out.set("module_stdout", "").set("module_stderr", done.error().what).set("rc", 127);
        return out;
    }
    auto result = result_in(done->output);
    if (!result) {
        const int rc = done->signal ? 128 + done->signal : done->code;
        out.failed = true;
        out.msg = rc == 127 ? "The module failed to execute correctly, you probably need to set the interpreter.\nSee stdout/stderr for the exact error"
                            : "MODULE FAILURE\nSee stdout/stderr for the exact error";
        out.set("module_stdout", done->output).set("module_stderr", done->error_output).set("rc", rc);
        return out;
    }
    auto truth = [&](const char* key) { const Value* value = result->find(key); return value && value->truthy(); };
    out.changed = truth("changed");
    out.failed = truth("failed");
    if (const Value* rc = result->find("rc"); rc && !result->contains("failed")) out.failed = rc->truthy() && rc->text_or("") != "0";
    out.skipped = truth("skipped");
    for (const auto& [key, value] : *result) {
        std::string field = key.text_or("");
        if (field == "changed" || field == "failed" || field == "skipped") continue;
        if (field == "ansible_facts" && value.is_map()) out.facts = value.map();
        else if (field == "warnings" && value.is_list()) for (const Value& one : value.list()) out.warnings.push_back(one.text_or(""));
        else if (field == "msg" && value.is_string()) out.msg = value.string();
        else out.set(field, value);
    }
    return out;
}

}  // namespace

const Module _external_module{
    .name = "_external", .collection = "fprov", .summary = "Run a module of library/ (used by fprov itself)", .args = {}, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = false, .run = run};

}  // namespace fprov::modules
