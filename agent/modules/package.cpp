// SPDX-License-Identifier: Apache-2.0
// package: whatever package manager the host has.
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .type = spec::Type::raw, .help = "Packages, by the names that the host's manager uses", .required = true},
    {.name = "state", .help = "present, absent, latest", .required = true},
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
    Map given{{"name", args["name"]}, {"state", args["state"]}};
    return run_module(*module, given, context);
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
};

}  // namespace fprov::modules
