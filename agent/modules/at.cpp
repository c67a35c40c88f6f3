// SPDX-License-Identifier: Apache-2.0
// at: a command once, some time from now. Jobs are told apart by their text.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module at_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "command", .help = "The command"},
    {.name = "script_file", .help = "A script on the host instead of a command"},
    {.name = "count", .type = Type::integer, .help = "How many units from now"},
    {.name = "units", .help = "Units of count", .choices = "minutes|hours|days|weeks"},
    {.name = "state", .help = "Add the job, or remove all jobs with this text", .fallback = "present", .choices = "absent|present"},
    {.name = "unique", .type = Type::boolean, .help = "Add nothing when a job with this text waits already", .fallback = "no"},
};
constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "command,script_file"}, {Rule::Kind::required_one_of, "command,script_file"}};

/// Numbers of the waiting jobs whose script ends with this text.
std::vector<std::string> jobs_with(Context& context, const std::string& at, const std::string& text) {
    std::vector<std::string> found;
    std::string wanted = "\n" + std::string(base::trim(text));
    for (const auto& line : base::split_lines(context.must_run({required_program(context, "atq")}).output)) {
        std::string number(base::trim(line.substr(0, line.find_first_of(" \t"))));
        if (base::trim(context.must_run({at, "-c", number}).output).ends_with(wanted)) found.push_back(number);
    }
    return found;
}

Outcome run(const Args& args, Context& context) {
    const bool present = args.text("state") == "present";
    if (present && (!args.given("count") || !args.given("units"))) fail("present state requires count and units");
    const std::string at = required_program(context, "at"), script = args.text("script_file");
    std::string text = args.text("command");
    if (!script.empty()) {
        auto read = context.machine.read_file(script);
        if (!read && present) fail("Cannot open input file " + script + ": " + read.error().what);
        text = read.value_or("");
    }
    Outcome out;
    out.set("state", args.text("state"));
    if (!present) {
        if (!base::trim(text).empty())
            for (const auto& number : jobs_with(context, at, text)) {
                context.must_run({required_program(context, "atrm"), number});
                out.changed = true;
            }
        return out;
    }
    if (args.flag("unique") && !jobs_with(context, at, text).empty()) return out;
    std::vector<std::string> argv{at};
    if (!script.empty()) argv.insert(argv.end(), {"-f", script});
    argv.insert(argv.end(), {"now", "+", std::to_string(args.integer("count")), args.text("units")});
    context.must_run(std::move(argv), true, script.empty() ? text + "\n" : "");
    out.changed = true;
    if (!script.empty()) out.set("script_file", script);
    out.set("count", args.integer("count")).set("units", args.text("units"));
    return out;
}

}  // namespace

const Module at_module{
    .name = "at", .collection = "ansible.posix", .summary = "Run a command once, later", .args = args, .rules = rules,
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false, .run = run,
    .notes = "The command goes to at over standard input; there is no temporary script.",
    .returns = "state, count, units, script_file: as asked for | when a job was added", .example = "- at: {command: /usr/local/bin/report, count: 20, units: minutes, unique: true}\n"};

}  // namespace fprov::modules
