// SPDX-License-Identifier: Apache-2.0
// service, systemd and sysvinit.
#include "modules/module.hpp"
#include "modules/support/units.hpp"

namespace fprov::modules {
extern const Module service_module, systemd_module, sysvinit_module;
namespace {

using spec::Type;

constexpr Arg systemd_args[] = {
    {.name = "name", .help = "Name of the unit; .service may be left out", .aliases = "service|unit"},
    {.name = "state", .help = "started and stopped change only what is not so; restarted and reloaded always act", .choices = "reloaded|restarted|started|stopped"},
    {.name = "enabled", .type = Type::boolean, .help = "Whether the unit starts at boot"},
    {.name = "masked", .type = Type::boolean, .help = "Whether the unit is masked"},
    {.name = "daemon_reload", .type = Type::boolean, .help = "Have systemd read its unit files first", .fallback = "no", .aliases = "daemon-reload"},
    {.name = "daemon_reexec", .type = Type::boolean, .help = "Have systemd execute itself anew first", .fallback = "no", .aliases = "daemon-reexec"},
    {.name = "force", .type = Type::boolean, .help = "Overwrite existing symbolic links"},
    {.name = "no_block", .type = Type::boolean, .help = "Do not wait for the state to be reached", .fallback = "no"},
    {.name = "scope", .help = "Which systemd: of the system, of the user, or for all users", .fallback = "system", .choices = "system|user|global"},
};

constexpr Arg service_args[] = {
    {.name = "name", .help = "Name of the service", .required = true},
    {.name = "state", .help = "started and stopped change only what is not so; restarted and reloaded always act", .choices = "reloaded|restarted|started|stopped"},
    {.name = "enabled", .type = Type::boolean, .help = "Whether the service starts at boot"},
    {.name = "pattern", .help = "Text to look for in the process list where a script has no status"},
    {.name = "sleep", .type = Type::integer, .help = "Seconds between stop and start of a restart, for scripts"},
    {.name = "arguments", .help = "Further arguments for a script", .aliases = "args"},
    {.name = "runlevel", .help = "Runlevel, on OpenRC", .fallback = "default"},
    {.name = "use", .help = "Service manager to use instead of the one found: systemd or sysvinit", .fallback = "auto"},
    {.name = "masked", .type = Type::boolean, .help = "As for systemd"},
    {.name = "daemon_reload", .type = Type::boolean, .help = "As for systemd", .fallback = "no"},
    {.name = "daemon_reexec", .type = Type::boolean, .help = "As for systemd", .fallback = "no"},
    {.name = "force", .type = Type::boolean, .help = "As for systemd"},
    {.name = "no_block", .type = Type::boolean, .help = "As for systemd", .fallback = "no"},
    {.name = "scope", .help = "As for systemd", .fallback = "system", .choices = "system|user|global"},
};

constexpr Arg sysvinit_args[] = {
    {.name = "name", .help = "Name of the script in /etc/init.d", .required = true, .aliases = "service"},
    {.name = "state", .help = "started and stopped change only what is not so; restarted and reloaded always act", .choices = "started|stopped|restarted|reloaded"},
    {.name = "enabled", .type = Type::boolean, .help = "Whether the service starts at boot"},
    {.name = "pattern", .help = "Text to look for in the process list where the script has no status"},
    {.name = "sleep", .type = Type::integer, .help = "Seconds between stop and start of a restart", .fallback = "1"},
    {.name = "arguments", .help = "Further arguments for the script", .aliases = "args"},
    {.name = "runlevels", .type = Type::list, .help = "Runlevels that are to be enabled or disabled; the script's own otherwise", .elements = Type::text},
    {.name = "daemonize", .type = Type::boolean, .help = "Accepted; what a script leaves running never holds the task", .fallback = "no"},
};

constexpr Rule sysvinit_rules[] = {{Rule::Kind::required_one_of, "state,enabled"}};
constexpr Rule systemd_rules[] = {
    {Rule::Kind::required_one_of, "state,enabled,masked,daemon_reload,daemon_reexec"},
    {Rule::Kind::required_by, "name", "state"}, {Rule::Kind::required_by, "name", "enabled"}, {Rule::Kind::required_by, "name", "masked"}};

ServiceWishes wishes_of(const Args& args) {
    ServiceWishes wishes;
    wishes.name = args.text("name");
    wishes.state = args.text("state");
    if (args.given("enabled")) wishes.enabled = args.flag("enabled");
    if (args.given("masked")) wishes.masked = args.flag("masked");
    wishes.daemon_reload = args.flag("daemon_reload");
    wishes.daemon_reexec = args.flag("daemon_reexec");
    wishes.force = args.flag("force");
    wishes.no_block = args.flag("no_block");
    wishes.scope = args.text("scope", "system");
    wishes.pattern = args.text("pattern");
    wishes.arguments = args.text("arguments");
    wishes.runlevel = args.text("runlevel", "default");
    wishes.runlevels = args.texts("runlevels");
    wishes.sleep = args.integer("sleep", 1);
    return wishes;
}

Outcome run_service(const Args& args, Context& context) {
    const auto use = args.text("use", "auto");
    auto wishes = wishes_of(args);
    if (use == "sysvinit") return manage_sysvinit(wishes, context);
    wishes.generic = use != "auto" && use != "systemd" && use != "ansible.builtin.systemd";
    const bool systemd = use == "systemd" || use == "ansible.builtin.systemd" || (wishes.generic && systemd_runs(context.machine)) || (use == "auto" && (systemd_runs(context.machine) || !context.machine.exists("/etc/init.d/" + wishes.name)));
    if (use != "systemd" && wishes.state.empty() && !wishes.enabled && !systemd_runs(context.machine)) fail("one of the following is required: state, enabled");
    return systemd ? manage_unit(wishes, context) : manage_script(wishes, context);
}

constexpr std::string_view returned = "name: the service | always\nstate: started or stopped | when asked\nenabled: whether it starts at boot | when asked\n"
                                      "status: what systemctl show told before | with systemd";

}  // namespace

const Module systemd_module{
    .name = "systemd", .collection = "ansible.builtin", .summary = "Start, stop, enable and mask systemd units", .args = systemd_args, .rules = systemd_rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return manage_unit(wishes_of(args), context); },
    .notes = "When a start fails, the last lines of the unit's journal come with the result.", .returns = returned,
    .example = "- systemd:\n    name: sshd\n    state: started\n    enabled: yes\n"};

const Module service_module{
    .name = "service", .collection = "ansible.builtin", .summary = "Start, stop and enable services", .args = service_args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run_service,
    .notes = "systemd where it runs, else the scripts in /etc/init.d.", .returns = returned,
    .example = "- service:\n    name: crond\n    state: started\n    enabled: yes\n"};

const Module sysvinit_module{
    .name = "sysvinit", .collection = "ansible.builtin", .summary = "Start, stop and enable System V services", .args = sysvinit_args, .rules = sysvinit_rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return manage_sysvinit(wishes_of(args), context); },
    .notes = "", .returns = "name: the service | always\nstatus: of enabled and of the state: changed, rc, stdout, stderr of the script | always", .example = "- sysvinit:\n    name: oldservice\n    state: started\n"};

}  // namespace fprov::modules
