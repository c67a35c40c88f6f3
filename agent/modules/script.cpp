// SPDX-License-Identifier: Apache-2.0
// script: a program of the controller, run here. Its bytes come in `_fprov_content`, put there by the controller's action.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/expand.hpp"

namespace fprov::modules {
extern const Module script_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "_raw_params", .help = "Path of the script on the controller, and its arguments (the free form)"},
    {.name = "cmd", .help = "Path of the script on the controller, and its arguments"},
    {.name = "chdir", .help = "Absolute folder to change into first"},
    {.name = "creates", .help = "Path; when it exists nothing is run"},
    {.name = "removes", .help = "Path; when it does not exist nothing is run"},
    {.name = "executable", .help = "Program to run the script with"},
    {.name = "decrypt", .type = Type::boolean, .help = "Whether a script encrypted with vault is decrypted first", .fallback = "yes"},
};

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    Outcome out;
    auto skip = [&](std::string msg) { out.skipped = true; out.msg = std::move(msg); return out; };
    const auto creates = expand(machine, context.environment, args.text("creates")), removes = expand(machine, context.environment, args.text("removes"));
    if (!creates.empty() && machine.exists(creates)) return skip(args.text("creates") + " exists, matching creates option");
    if (!removes.empty() && !machine.exists(removes)) return skip(args.text("removes") + " does not exist, matching removes option");
    const auto chdir = expand(machine, context.environment, args.text("chdir"));
    if (!chdir.empty() && chdir[0] != '/') fail("chdir " + chdir + " must be an absolute path for a Unix-aware remote node");
    if (context.check) {
        if (creates.empty() && removes.empty()) return skip("Check mode is not supported for this task.");
        out.changed = true;
        return out;
    }
    const Value* content = args.map().find("_fprov_content");
    if (!content || !content->is_string()) fail("The script's content did not come with the task.");
    const auto text = !args.text("_raw_params").empty() ? args.text("_raw_params") : args.text("cmd");
    auto words = base::shell_split(text);
    if (!words || words->empty()) fail("script: the command line cannot be split into words: " + text);

    auto folder = machine.temp_directory();
    if (!folder) fail(folder.error());
    const auto path = *folder + "/" + base::basename((*words)[0]);
    if (auto written = machine.write_file(path, content->string(), {.mode = 0700}); !written) fail(written.error());
    machine::Command command;
    std::string line;   // as Ansible: through the login shell, so that an executable may carry its own options
    if (!chdir.empty()) line = "cd " + base::shell_quote(chdir) + " && ";
    if (!args.text("executable").empty()) line += args.text("executable") + " ";
    line += base::shell_quote(path);
    const auto after = text.find((*words)[0]);
    if (after != std::string::npos) {
        auto rest = text.substr(after + (*words)[0].size());
        if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.erase(0, 1);
        line += rest;
    }
    command.argv = {"/bin/sh", "-c", line};
    auto done = context.run(command, false);
    (void)machine.remove_file(path);
    if (!done) fail(done.error());
    const int rc = done->signal ? 128 + done->signal : done->code;
    out.changed = true;
    out.set("rc", rc).set("stdout", done->output).set("stderr", done->error_output);
    if (rc) {
        out.failed = true;
        out.msg = "non-zero return code";
    }
    return out;
}

}  // namespace

const Module script_module{
    .name = "script", .collection = "ansible.builtin", .summary = "Run a script of the controller on the host", .args = args, .rules = {},
    .check_mode = CheckMode::partial, .file_common = false, .free_form = true, .lookahead = false, .run = run,
    .notes = "stdout and stderr stay apart, as without a terminal.",
    .returns = "rc: exit code | when run\nstdout: standard output | when run\nstderr: standard error | when run",
    .example = "- script: prepare.sh --size 10\n  args:\n    creates: /data/ready\n"};

}  // namespace fprov::modules
