// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module group_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "Name of the group", .required = true},
    {.name = "state", .help = "Whether the group exists", .fallback = "present", .choices = "absent|present"},
    {.name = "gid", .type = Type::integer, .help = "Number of the group"},
    {.name = "system", .type = Type::boolean, .help = "Make it a system group", .fallback = "no"},
    {.name = "local", .type = Type::boolean, .help = "Use the libuser programs (lgroupadd ...), which look at local files only", .fallback = "no"},
    {.name = "non_unique", .type = Type::boolean, .help = "Allow a number that another group has", .fallback = "no"},
};

constexpr Rule rules[] = {{Rule::Kind::required_if, "gid", "non_unique", "true"}};

std::optional<machine::Group> find_group(const Args& args, Context& context) {
    if (!args.flag("local")) return context.machine.group(args.text("name"));
    for (const auto& group : context.machine.groups())
        if (group.name == args.text("name")) return group;
    return std::nullopt;
}

Outcome act(const Args& args, Context& context, std::vector<std::string>& warnings) {
    const auto name = args.text("name");
    const bool local = args.flag("local"), present = args.text("state") == "present";
    const std::string prefix = local ? "l" : "";
    Outcome out;
    auto is = find_group(args, context);
    if (local && !is)
        warnings.push_back("'local: true' specified and group was not found in /etc/group. The local group may already exist if the "
                           "local group database exists somewhere other than /etc/group.");
    out.warnings = warnings;
    std::vector<std::string> argv;
    const bool wrong_gid = present && is && args.given("gid") && args.integer("gid") != is->gid;
    if (!present && is) {
        argv = {prefix + "groupdel", name};
    } else if (present && (!is || wrong_gid)) {
        argv = {prefix + (is ? "groupmod" : "groupadd")};
        if (args.given("gid")) {
            argv.insert(argv.end(), {"-g", std::to_string(args.integer("gid"))});
            if (args.flag("non_unique") && !local) argv.push_back("-o");
            if (local && !args.flag("non_unique"))   // the libuser programs do not look
                for (const auto& other : context.machine.groups())
                    if (other.gid == args.integer("gid") && other.name != name)
                        fail("GID '" + std::to_string(other.gid) + "' already exists with group '" + other.name + "'", Map{{"name", name}});
        }
        if (!is && args.flag("system")) argv.push_back("-r");
        argv.push_back(name);
    }
    if (!argv.empty()) {
        out.changed = true;
        if (context.check && !wrong_gid) return out;
        argv[0] = required_program(context, argv[0]);
        if (!context.check) {
            auto ran = run_program(context, argv);
            if (ran.code != 0) fail(ran.error_output, Map{{"name", name}});
            if (!ran.output.empty()) out.set("stdout", ran.output);
            if (!ran.error_output.empty()) out.set("stderr", ran.error_output);
            is = find_group(args, context);
        }
    }
    out.set("name", name).set("state", args.text("state"));
    if (present) {
        out.set("system", args.flag("system"));
        if (is) out.set("gid", is->gid);
    }
    return out;
}

Outcome run(const Args& args, Context& context) {
    std::vector<std::string> warnings;      // failures tell them, too
    try {
        return act(args, context, warnings);
    } catch (ModuleFailure& failure) {
        failure.outcome.warnings = warnings;
        throw;
    }
}

}  // namespace

const Module group_module{
    .name = "group", .collection = "ansible.builtin", .summary = "Have a group, or not", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "name: the group | always\nstate: present or absent | always\ngid: its number | when present\nsystem: whether a system group was asked for | when present",
    .example = "- group:\n    name: app\n    gid: 2000\n"};

}  // namespace fprov::modules
