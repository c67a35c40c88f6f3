// SPDX-License-Identifier: Apache-2.0
// expect: a program on a terminal of its own, whose questions are answered.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/clock.hpp"
#include "regex/regex.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "command", .help = "Program and arguments; no shell reads it", .required = true},
    {.name = "responses", .type = Type::dict, .help = "Regular expressions and what is typed when the program's output matches; of a list, each match takes the next", .required = true},
    {.name = "chdir", .type = Type::path, .help = "Folder to change into first"},
    {.name = "creates", .type = Type::path, .help = "When it exists nothing is run"},
    {.name = "removes", .type = Type::path, .help = "When it does not exist nothing is run"},
    {.name = "timeout", .type = Type::integer, .help = "Seconds to wait for a question or the end; null waits for ever", .fallback = "30"},
    {.name = "echo", .type = Type::boolean, .help = "Whether what is typed stands in the output", .fallback = "no"},
};

struct Question {
    std::string pattern;
    regex::Regex regex;
    std::vector<std::string> answers;
    bool repeats = true;
    std::size_t next = 0;
};

/// As Python shows bytes.
std::string bytes_text(const std::string& text) {
    const char quote = text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
    std::string out = std::string("b") + quote;
    for (const char c : text) {
        if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (c == '\\' || c == quote) (out += '\\') += c;
        else if (c < ' ' || c == 0x7f) (out += "\\x") += base::hex(std::string_view(&c, 1));
        else out += c;
    }
    return out + quote;
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    const auto text = args.text("command");
    if (base::trim(text).empty()) fail("no command given", Map{{"rc", 256}});
    std::vector<Question> questions;
    for (const auto& [key, value] : args["responses"].map()) {
        const auto pattern = values::str(key);
        auto regex = regex::Regex::compile(pattern, {.dotall = true, .bytes = true});
        if (!regex) fail("responses: " + regex.error().what + " in '" + pattern + "'");
        Question question{pattern, std::move(*regex), {}};
        question.repeats = !value.is_list();
        if (value.is_list()) for (const auto& one : value.list()) question.answers.push_back(values::str(one));
        else question.answers.push_back(values::str(value));
        questions.push_back(std::move(question));
    }
    auto words = base::shell_split(text);
    if (!words) fail("No closing quotation in the command: " + text);

    Outcome out;
    const auto folder = args.text("chdir");
    if (!folder.empty() && !machine.is_directory(folder)) fail("Unable to change directory before execution: " + folder);
    auto there = [&](const std::string& path) { return machine.exists(path.starts_with('/') ? path : base::join_path(folder, path)); };
    for (const auto& [name, wanted, reason] : {std::tuple{"creates", true, " exists"}, std::tuple{"removes", false, " does not exist"}})
        if (const auto path = args.text(name); !path.empty() && there(path) == wanted) return out.set("cmd", text).set("stdout", "skipped, since " + path + reason).set("rc", 0);

    machine::Command command{.argv = *words, .environment = context.environment, .directory = folder};
    if (args.given("timeout")) command.timeout = std::chrono::seconds(args.integer("timeout"));
    std::string missing;
    auto answer = [&](std::string& pending) -> std::optional<std::string> {
        Question* asked = nullptr;
        regex::Group found;
        for (auto& question : questions) {     // the leftmost match counts
            const auto match = question.regex.search(pending);
            if (match && (!asked || match->begin() < found.begin)) { asked = &question; found = match->groups[0]; }
        }
        if (!asked || !missing.empty()) return std::nullopt;
        if (!asked->repeats && asked->next == asked->answers.size()) {
            missing = "No remaining responses for '" + asked->pattern + "', output was '" + bytes_text(pending.substr(0, found.end)) + "'";
            return "";
        }
        pending.erase(0, found.end);
        if (pending.size() > 65536) pending.erase(0, pending.size() - 65536);
        return asked->answers[asked->repeats ? 0 : asked->next++] + "\n";
    };
    const double begin = machine.now();
    auto done = machine.converse(command, args.flag("echo"), answer);
    const double end = machine.now();
    if (!done) fail(done.error().kind == base::Kind::not_found ? "The command was not found or was not executable: " + (*words)[0] + "." : done.error().what);
    if (!missing.empty()) fail(missing);
    const bool ended = !done->timed_out && !done->signal;
    auto output = std::move(done->output);
    while (output.ends_with('\n') || output.ends_with('\r')) output.pop_back();
    out.changed = true;
    out.set("cmd", text).set("stdout", output).set("rc", ended ? Value(done->code) : Value());
    out.set("start", timestamp(begin)).set("end", timestamp(end)).set("delta", duration(end - begin));
    if (!ended || done->code != 0) {
        out.failed = true;
        out.msg = ended ? "non-zero return code" : "command exceeded timeout";
    }
    return out;
}

}  // namespace

extern const Module expect_module{
    .name = "expect", .collection = "ansible.builtin", .summary = "Run a program and answer its questions", .args = args, .rules = {}, .check_mode = CheckMode::none,
    .file_common = false, .free_form = false, .lookahead = false, .run = run,
    .notes = "Needs nothing on the host, no pexpect either.",
    .returns = "cmd: what was run | always\nstdout: what the terminal showed | always\nrc: exit code, null when it was killed | always\nstart, end, delta: times | when run",
    .example = "- expect:\n    command: passwd app\n    responses:\n      (?i)password: \"{{ app_password }}\"\n  no_log: true\n"};

}  // namespace fprov::modules
