// SPDX-License-Identifier: Apache-2.0
// seboolean: one switch of the SELinux policy, through getsebool, setsebool and (for what is kept) semanage.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/selinux.hpp"

namespace fprov::modules {
extern const Module seboolean_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "The switch", .required = true},
    {.name = "state", .type = Type::boolean, .help = "On or off", .required = true},
    {.name = "persistent", .type = Type::boolean, .help = "After a reboot, too", .fallback = "no"},
    {.name = "ignore_selinux_state", .type = Type::boolean, .help = "Do not ask whether SELinux is on (in a chroot)", .fallback = "no"},
};

/// The value that the policy store keeps; nothing where it cannot be told.
std::optional<bool> kept(Context& context, const std::string& name) {
    if (!context.machine.which("semanage")) return std::nullopt;
    for (const auto& line : base::split_lines(run_program(context, {"semanage", "boolean", "-l", "-n"}).output))
        if (line.starts_with(name + " "))   // NAME (on , off) text: now, kept
            if (auto comma = line.find(','), end = line.find(')'); comma < end && end != std::string::npos)
                return base::trim(std::string_view(line).substr(comma + 1, end - comma - 1)) == "on";
    return std::nullopt;
}

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name");
    const bool wanted = args.flag("state"), persistent = args.flag("persistent");
    if (!args.flag("ignore_selinux_state") && !selinux_enabled(context)) fail("SELinux is disabled on this host.");
    auto ran = run_program(context, {required_program(context, "getsebool"), name});
    auto arrow = ran.output.find("-->");
    if (ran.code != 0 || arrow == std::string::npos) fail("SELinux boolean " + name + " does not exist.");
    const bool now = base::trim(std::string_view(ran.output).substr(arrow + 3)).starts_with("on");
    Outcome out;
    out.set("name", name).set("persistent", persistent).set("state", wanted);
    out.changed = now != wanted || (persistent && kept(context, name).value_or(now) != wanted);
    if (!out.changed || context.check) return out;
    std::vector<std::string> argv{required_program(context, "setsebool")};
    if (persistent) argv.emplace_back("-P");
    argv.insert(argv.end(), {name, wanted ? "on" : "off"});
    context.must_run(std::move(argv));
    return out;
}

}  // namespace

const Module seboolean_module{
    .name = "seboolean", .collection = "ansible.posix", .summary = "Switch an SELinux boolean", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "Needs no Python bindings. Without semanage, a value that is right now counts as kept.",
    .returns = "name, persistent, state: as asked for | success", .example = "- seboolean: {name: httpd_can_network_connect, state: yes, persistent: yes}\n"};

}  // namespace fprov::modules
