// SPDX-License-Identifier: Apache-2.0
// package: whatever package manager the host has.
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .type = spec::Type::raw, .help = "Packages, by the names that the host's manager uses"},
    {.name = "state", .help = "present, absent, latest"},
    {.name = "use", .help = "The manager's module; found out when not given", .fallback = "auto"},
};

/// Managers in the order in which they are looked for.
struct Manager { std::string_view program, module; };
constexpr Manager managers[] = {{"apt-get", "apt"}, {"dnf", "dnf"}, {"yum", "yum"}};

Outcome run(const Args& args, Context& context) {
    std::string use = args.text("use");
    if (use == "auto") {
        use.clear();
        for (const Manager& manager : managers)
            if (context.machine.which(std::string(manager.program)) && find(manager.module)) { use = manager.module; break; }
        if (use.empty()) fail("Could not detect a package manager. Try using the \"use\" option.");
    }
    const Module* module = find(use);
    if (!module || module->name == "package") fail("Could not find a module for " + use + ".");
    Map given;
    for (const auto& [name, value] : args.map())
        if (!value.is_none() && name.text_or("") != "use") given.set(name, value);
    return run_module(*module, given, context);
}

/// What the managers know besides names: Ansible hands on whatever it is given.
std::vector<Arg> handed_on_args() {
    std::vector<Arg> out;
    auto add = [&](Arg arg) {
        for (const auto& alias : base::split(arg.aliases, '|'))
            if (alias == "name") return;   // the packages themselves
        auto same = [&](const Arg& one) { return one.name == arg.name; };
        if (std::any_of(std::begin(args), std::end(args), same) || std::any_of(out.begin(), out.end(), same)) return;
        out.push_back(Arg{.name = arg.name, .type = spec::Type::raw, .help = "Handed on to the manager's module", .aliases = arg.aliases});
    };
    for (const Manager& manager : managers)
        if (const Module* module = find(manager.module)) std::for_each(module->args.begin(), module->args.end(), add);
    return out;
}

}  // namespace

extern const Module package_module{
    .name = "package",
    .collection = "ansible.builtin",
    .summary = "Packages through the host's own package manager",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "what the manager's module returns",
    .example = "- package: {name: jq, state: present}",
    .more_args = handed_on_args,
};

}  // namespace fprov::modules
