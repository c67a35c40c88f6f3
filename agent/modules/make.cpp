// SPDX-License-Identifier: Apache-2.0
// make: one target of a makefile. `make -q` says first whether there is anything to do.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "values/python.hpp"

namespace fprov::modules {
extern const Module make_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "chdir", .type = Type::path, .help = "Folder to run make in", .required = true},
    {.name = "target", .help = "The target; make's default otherwise"},
    {.name = "params", .type = Type::dict, .help = "Variables of make"},
    {.name = "file", .type = Type::path, .help = "The makefile"},
    {.name = "make", .type = Type::path, .help = "The program; gmake or make otherwise"},
    {.name = "jobs", .type = Type::integer, .help = "Jobs at once"},
};

Outcome run(const Args& args, Context& context) {
    const std::string folder = args.text("chdir");
    if (!context.machine.is_directory(folder)) fail("There is no folder " + folder + " to run make in.");
    std::string program = args.text("make");
    if (program.empty()) program = required_program(context, context.machine.which("gmake") ? "gmake" : "make");
    std::vector<std::string> words, told;
    if (args.given("jobs")) words = {"-j", std::to_string(args.integer("jobs"))};
    if (args.given("file")) words.insert(words.end(), {"-f", args.text("file")});
    told = words;
    told.push_back(args.text("target"));
    if (args.given("target")) words.push_back(args.text("target"));
    if (const Value& params = args["params"]; params.is_map())
        for (const auto& [key, value] : params.map()) {
            words.push_back(values::str(key) + "=" + values::str(value));
            told.push_back(words.back());
        }
    auto quoted = [](std::string text, const std::vector<std::string>& more) {
        for (const auto& word : more) text += " " + base::shell_quote(word);
        return text;
    };
    auto call = [&](bool question) {
        std::vector<std::string> argv{program};
        if (question) argv.emplace_back("-q");
        argv.insert(argv.end(), words.begin(), words.end());
        return run_program(context, std::move(argv), {}, folder);
    };
    Ran ran = call(true);
    Outcome out;
    out.changed = ran.code != 0;
    if (out.changed && !context.check) {
        ran = call(false);
        if (ran.code != 0)
            fail(std::string(base::trim(ran.error_output)), Map{{"cmd", Value(quoted(program, words))}, {"rc", ran.code}, {"stdout", Value(ran.output)}, {"stderr", Value(ran.error_output)}});
    }
    out.set("stdout", std::string(base::trim(ran.output))).set("stderr", std::string(base::trim(ran.error_output)));
    for (const char* name : {"target", "params", "chdir", "file", "jobs"}) out.set(name, args[name]);
    return out.set("command", quoted(program, told));
}

}  // namespace

const Module make_module{
    .name = "make", .collection = "community.general", .summary = "Make a target", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = false, .run = run, .notes = "",
    .returns = "command: what was run | success\nstdout, stderr: what it wrote | success\nchdir, target, params, file, jobs: as asked for | success",
    .example = "- make: {chdir: /usr/src/tool, target: install}\n"};

}  // namespace fprov::modules
