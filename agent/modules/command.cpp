// SPDX-License-Identifier: Apache-2.0
// command and shell: run a program, without and with a shell.
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/clock.hpp"
#include "modules/support/expand.hpp"

namespace fprov::modules {
extern const Module command_module, shell_module;
namespace {

using spec::Type;

constexpr Arg command_args[] = {
    {.name = "_raw_params", .help = "Program and arguments as one text (the free form)"},
    {.name = "_uses_shell", .type = Type::boolean, .help = "Run through a shell, as the module shell does", .fallback = "no"},
    {.name = "cmd", .help = "Program and arguments as one text"},
    {.name = "argv", .type = Type::list, .help = "Program and arguments as a list", .elements = Type::text},
    {.name = "chdir", .type = Type::path, .help = "Folder to change into first"},
    {.name = "executable", .type = Type::path, .help = "Accepted for old playbooks and not used"},
    {.name = "creates", .type = Type::path, .help = "Path or pattern; when it exists nothing is run"},
    {.name = "removes", .type = Type::path, .help = "Path or pattern; when nothing matches nothing is run"},
    {.name = "stdin", .help = "Text for the program's standard input"},
    {.name = "stdin_add_newline", .type = Type::boolean, .help = "Whether the text for standard input ends with a newline", .fallback = "yes"},
    {.name = "strip_empty_ends", .type = Type::boolean, .help = "Whether trailing newlines of the output are cut", .fallback = "yes"},
    {.name = "warn", .type = Type::boolean, .help = "Accepted for old playbooks and without effect"},
    {.name = "expand_argument_vars", .type = Type::boolean, .help = "Expand $VAR and ~ in the arguments, as in later versions of Ansible", .fallback = "yes"},
};

constexpr Arg shell_args[] = {
    {.name = "_raw_params", .help = "Text for the shell (the free form)"},
    {.name = "_uses_shell", .type = Type::boolean, .help = "Always so for this module", .fallback = "yes"},
    {.name = "cmd", .help = "Text for the shell"},
    {.name = "argv", .type = Type::list, .help = "Not usual here; program and arguments as a list", .elements = Type::text},
    {.name = "chdir", .type = Type::path, .help = "Folder to change into first"},
    {.name = "executable", .type = Type::path, .help = "Absolute path of the shell to use instead of /bin/sh"},
    {.name = "creates", .type = Type::path, .help = "Path or pattern; when it exists nothing is run"},
    {.name = "removes", .type = Type::path, .help = "Path or pattern; when nothing matches nothing is run"},
    {.name = "stdin", .help = "Text for standard input"},
    {.name = "stdin_add_newline", .type = Type::boolean, .help = "Whether the text for standard input ends with a newline", .fallback = "yes"},
    {.name = "strip_empty_ends", .type = Type::boolean, .help = "Whether trailing newlines of the output are cut", .fallback = "yes"},
    {.name = "warn", .type = Type::boolean, .help = "Accepted for old playbooks and without effect"},
};

/// Paths that match a pattern with * ? [ ] in any of its parts.
bool any_match(machine::Machine& machine, const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos) return machine.lexists(pattern);
    std::vector<std::string> found{pattern.starts_with("/") ? "/" : ""};
    for (const auto& part : base::split(pattern, '/')) {
        if (part.empty()) continue;
        std::vector<std::string> next;
        for (const auto& folder : found) {
            const auto prefix = folder.empty() || folder == "/" ? folder : folder + "/";
            if (part.find_first_of("*?[") == std::string::npos) {
                if (machine.lexists(prefix + part)) next.push_back(prefix + part);
                continue;
            }
            auto names = machine.list(folder.empty() ? "." : folder);
            for (const auto& name : names ? *names : std::vector<std::string>{})
                if ((name[0] != '.' || part[0] == '.') && base::fnmatch(name, part)) next.push_back(prefix + name);
        }
        found = std::move(next);
    }
    return !found.empty();
}

std::string without_final_newlines(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

/// Python writes bytes paths as b'…' here.
std::string as_bytes_message(std::string what) {
    const auto at = what.find(": '");
    return at == std::string::npos ? what : what.replace(at, 3, ": b'");
}

Outcome run_command(const Args& args, Context& context, bool shell) {
    auto& machine = context.machine;
    Outcome out;
    auto finish = [&](Value cmd, const std::string& msg, Value rc) {
        out.set("stdout", "").set("stderr", "").set("rc", std::move(rc)).set("cmd", std::move(cmd));
        out.set("start", Value()).set("end", Value()).set("delta", Value()).set("msg", msg);
    };
    const bool has_text = !base::trim(args.text("_raw_params")).empty() || !base::trim(args.text("cmd")).empty();
    const auto text = !args.text("_raw_params").empty() ? args.text("_raw_params") : args.text("cmd");
    auto argv = args.texts("argv");
    if (has_text == !argv.empty()) {
        out.failed = true;
        finish(Value(), has_text ? "only command or argv can be given, not both" : "no command given", 256);
        return out;
    }
    if (!shell && args.given("executable"))
        out.warnings.push_back("As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '" +
                               args.text("executable") + "'.");
    Value shown;
    if (shell) {
        shown = argv.empty() ? Value(text) : Value::strings(argv);
    } else {
        if (argv.empty()) {
            auto parts = base::shell_split(text);
            if (!parts) fail("No closing quotation in the command: " + text);
            argv = std::move(*parts);
        }
        shown = Value::strings(argv);
    }

    std::string directory;
    if (args.given("chdir")) {
        directory = args.text("chdir");
        if (auto stat = machine.stat(directory); !stat || !stat->is_dir()) {
            out.failed = true;
            finish(shown, "Unable to change directory before execution: " +
                              as_bytes_message(stat ? "[Errno 20] Not a directory: '" + directory + "'" : stat.error().what), Value());
            return out;
        }
    }
    const auto against = [&](const std::string& path) { return directory.empty() || path.starts_with("/") ? path : directory + "/" + path; };
    const char* would = context.check ? "Would" : "Did";
    for (const auto& [key, wanted, reason] : {std::tuple{"creates", true, "exists"}, std::tuple{"removes", false, "does not exist"}}) {
        const auto path = args.text(key);
        if (path.empty() || any_match(machine, against(path)) != wanted) continue;
        finish(shown, std::string(would) + " not run command since '" + path + "' " + reason, 0);
        out.set("stdout", "skipped, since " + path + " " + reason);
        return out;
    }
    if (context.check) {
        finish(shown, "Command would have run if not in check mode", 0);
        if (args.text("creates").empty() && args.text("removes").empty()) out.skipped = true;
        else out.changed = true;
        return out;
    }

    machine::Command command;
    command.directory = directory;
    if (shell) {
        const auto program = args.text("executable").empty() ? std::string("/bin/sh") : args.text("executable");
        command.argv = {program, "-c", argv.empty() ? text : base::join(argv, " ")};
    } else {
        for (const auto& word : argv) command.argv.push_back(args.flag("expand_argument_vars", true) ? expand(machine, context.environment, word) : word);
    }
    if (args.given("stdin")) {
        command.input = args.text("stdin");
        if (!command.input.empty() && args.flag("stdin_add_newline", true)) command.input += '\n';
    }
    const double begin = machine.now();
    auto done = context.run(command, false);
    const double end = machine.now();
    if (!done) {
        const auto what = as_bytes_message(done.error().what);
        out.failed = true;
        out.msg = what;
        const auto number = what.starts_with("[Errno ") ? base::parse_int(what.substr(7, what.find(']') - 7)) : std::nullopt;
        std::vector<std::string> quoted;
        for (const auto& word : command.argv) quoted.push_back(base::shell_quote(word));
        out.set("cmd", base::join(quoted, " ")).set("rc", number ? Value(*number) : Value(257)).set("stdout", "").set("stderr", "");
        return out;
    }
    const bool strip = args.flag("strip_empty_ends", true);
    const int rc = done->signal ? -done->signal : done->code;
    out.changed = true;
    out.failed = rc != 0;
    out.set("stdout", strip ? without_final_newlines(std::move(done->output)) : std::move(done->output));
    out.set("stderr", strip ? without_final_newlines(std::move(done->error_output)) : std::move(done->error_output));
    out.set("rc", rc).set("cmd", shown).set("start", timestamp(begin)).set("end", timestamp(end)).set("delta", duration(end - begin));
    out.set("msg", rc ? "non-zero return code" : "");
    return out;
}

constexpr std::string_view returned =
    "cmd: what was run, a list for command and a text for shell | always\n"
    "rc: exit code, negative for a signal | always\n"
    "stdout: standard output without trailing newlines | always\n"
    "stderr: standard error without trailing newlines | always\n"
    "stdout_lines: standard output as lines | always\n"
    "stderr_lines: standard error as lines | always\n"
    "start: when it began | always\n"
    "end: when it ended | always\n"
    "delta: how long it took | always\n"
    "msg: why nothing was run, or that the exit code was not zero | always";

}  // namespace

const Module command_module{
    .name = "command", .collection = "ansible.builtin", .summary = "Run a program without a shell", .args = command_args, .rules = {},
    .check_mode = CheckMode::partial, .file_common = false, .free_form = true, .lookahead = false,
    .run = [](const Args& args, Context& context) { return run_command(args, context, args.flag("_uses_shell")); },
    .notes = "$VAR and ~ are expanded in every argument; > | * ; are plain characters.", .returns = returned,
    .example = "- command: /usr/bin/make install\n  args:\n    chdir: /usr/src/tool\n    creates: /usr/local/bin/tool\n"};

const Module shell_module{
    .name = "shell", .collection = "ansible.builtin", .summary = "Run a text through the shell", .args = shell_args, .rules = {},
    .check_mode = CheckMode::partial, .file_common = false, .free_form = true, .lookahead = false,
    .run = [](const Args& args, Context& context) { return run_command(args, context, true); },
    .notes = "", .returns = returned, .example = "- shell: du -s /data/* | sort -n | tail -1\n"};

}  // namespace fprov::modules
