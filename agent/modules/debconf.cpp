// SPDX-License-Identifier: Apache-2.0
// debconf: answers to the questions that packages ask when they are installed.
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "The package", .required = true, .aliases = "pkg"},
    {.name = "question", .help = "The question", .aliases = "selection|setting"},
    {.name = "vtype", .help = "Its type", .choices = "boolean|error|multiselect|note|password|seen|select|string|text|title"},
    {.name = "value", .help = "The answer", .aliases = "answer"},
    {.name = "unseen", .type = Type::boolean, .help = "Leave the question as not yet asked", .fallback = "no"},
};
constexpr Rule rules[] = {{Rule::Kind::required_together, "question,vtype,value"}};
constexpr const char* omitted = "(password omitted)";

Outcome run(const Args& args, Context& context) {
    const auto name = args.text("name"), question = args.text("question"), type = args.text("vtype");
    auto value = args.text("value");
    Map answers;
    for (const auto& line : base::split_lines(context.must_run({required_program(context, "debconf-show"), name}).output)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        answers.set(base::trim(std::string_view(line).substr(0, colon).substr(line.find_first_not_of("* "))), std::string(base::trim(line.substr(colon + 1))));
    }
    Outcome out;
    out.set("msg", "");
    if (!args.given("question")) return out.set("current", std::move(answers));
    const Value* old = answers.find(question);
    const bool secret = type == "password";
    bool same = old && old->text_or("") == value;
    if (type == "boolean") same = old && base::lower(old->text_or("")) == base::lower(value);
    if (secret && old) {   // debconf-show does not tell it
        auto ran = run_program(context, {required_program(context, "debconf-communicate"), name}, "GET " + question + "\n");
        same = ran.code == 0 && ran.output == "0 " + value + "\n";
    }
    const std::string shown = secret ? omitted : value;
    if (same) {
        answers.set(question, shown);
        return out.set("current", std::move(answers));
    }
    Map before = old ? Map{{question, *old}} : answers;
    if (!old) before.set(question, "");
    Map after = before;
    after.set(question, shown);
    if (!context.check) {
        std::vector<std::string> argv{required_program(context, "debconf-set-selections")};
        if (args.flag("unseen")) argv.emplace_back("-u");
        if (type == "boolean") value = base::lower(value);
        context.must_run(argv, true, name + " " + question + " " + type + " " + value + "\n");
    }
    out.changed = true;
    out.set("current", Map{{question, shown}}).set("previous", before);
    out.diff.push_back(Value(Map{{"before", before}, {"after", after}}));
    return out;
}

}  // namespace

extern const Module debconf_module{
    .name = "debconf", .collection = "ansible.builtin", .summary = "Answer the questions of Debian packages ahead", .args = args, .rules = rules, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "A password that is set already changes nothing; neither it nor the new one stands in the result.",
    .returns = "current: answers as they are now | always\nprevious: answers before | changed", .example = "- debconf:\n    name: tzdata\n    question: tzdata/Areas\n    value: Etc\n    vtype: select\n"};

}  // namespace fprov::modules
