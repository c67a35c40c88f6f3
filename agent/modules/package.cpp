// SPDX-License-Identifier: Apache-2.0
// package: whatever package manager the host has.
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .type = spec::Type::raw, .help = "Packages, by the names that the host's manager uses", .required = true},
    {.name = "state", .help = "present, absent, latest", .required = true},
    {.name = "use", .help = "The manager's module; found out when not given", .fallback = "auto"},
    // Ansible hands on whatever it is given; these are what the managers here know.
#define FPROV_HANDED_ON(parameter) {.name = parameter, .type = spec::Type::raw, .help = "Handed on to the manager's module"}
    FPROV_HANDED_ON("update_cache"), FPROV_HANDED_ON("cache_valid_time"), FPROV_HANDED_ON("purge"), FPROV_HANDED_ON("autoremove"), FPROV_HANDED_ON("default_release"),
    FPROV_HANDED_ON("install_recommends"), FPROV_HANDED_ON("dpkg_options"), FPROV_HANDED_ON("only_upgrade"), FPROV_HANDED_ON("allow_unauthenticated"),
    FPROV_HANDED_ON("allow_downgrade"), FPROV_HANDED_ON("lock_timeout"), FPROV_HANDED_ON("enablerepo"), FPROV_HANDED_ON("disablerepo"), FPROV_HANDED_ON("exclude"),
    FPROV_HANDED_ON("disable_gpg_check"), FPROV_HANDED_ON("update_only"), FPROV_HANDED_ON("skip_broken"),
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
