// SPDX-License-Identifier: Apache-2.0
// dpkg_selections: what dpkg is to do with a package: hold, install …
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "The package", .required = true},
    {.name = "selection", .help = "What is wanted", .required = true, .choices = "install|hold|deinstall|purge"},
};

Outcome run(const Args& args, Context& context) {
    const auto name = args.text("name"), selection = args.text("selection"), dpkg = required_program(context, "dpkg");
    const auto ran = run_program(context, {dpkg, "--get-selections", name});
    const std::string line(base::trim(ran.output));
    const auto blank = line.find_last_of(" \t");
    const std::string before = ran.code != 0 || blank == std::string::npos ? "not present" : line.substr(blank + 1);
    Outcome out;
    out.changed = before != selection;
    out.set("before", before).set("after", selection);
    if (out.changed && !context.check) context.must_run({dpkg, "--set-selections"}, true, name + " " + selection + "\n");
    return out;
}

}  // namespace

extern const Module dpkg_selections_module{
    .name = "dpkg_selections", .collection = "ansible.builtin", .summary = "Hold packages, or let them go", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "before: selection so far | always\nafter: selection now | always", .example = "- dpkg_selections:\n    name: mysql-server\n    selection: hold\n"};

}  // namespace fprov::modules
