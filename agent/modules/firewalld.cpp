// SPDX-License-Identifier: Apache-2.0
// firewalld: ports, services, sources and rules of a zone, through firewall-cmd.
#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "service", .help = "Name of a service"},
    {.name = "port", .help = "PORT/PROTOCOL or a range"},
    {.name = "rich_rule", .help = "A rich rule"},
    {.name = "source", .help = "Network of the zone"},
    {.name = "interface", .help = "Interface of the zone"},
    {.name = "protocol", .help = "A protocol"},
    {.name = "masquerade", .help = "Masquerading"},
    {.name = "icmp_block", .help = "An ICMP type to block"},
    {.name = "icmp_block_inversion", .help = "Invert the ICMP blocks"},
    {.name = "target", .help = "Target of the zone", .choices = "default|ACCEPT|DROP|%%REJECT%%"},
    {.name = "zone", .help = "Zone; the default zone when not given"},
    {.name = "permanent", .type = spec::Type::boolean, .help = "In the configuration"},
    {.name = "immediate", .type = spec::Type::boolean, .help = "Now", .fallback = "no"},
    {.name = "state", .help = "enabled/disabled for entries, present/absent for zones", .required = true, .choices = "absent|disabled|enabled|present"},
    {.name = "timeout", .type = spec::Type::integer, .help = "Seconds that a rule of now stays", .fallback = "0"},
    {.name = "offline", .type = spec::Type::boolean, .help = "Configure although firewalld does not run", .fallback = "no"},
};

struct Kind { std::string_view parameter, option; bool has_value; };
constexpr Kind kinds[] = {{"service", "service", true}, {"port", "port", true}, {"rich_rule", "rich-rule", true}, {"source", "source", true}, {"interface", "interface", true},
                          {"protocol", "protocol", true}, {"masquerade", "masquerade", false}, {"icmp_block", "icmp-block", true}, {"icmp_block_inversion", "icmp-block-inversion", false}};

Outcome run(const Args& args, Context& context) {
    bool permanent = args.flag("permanent"), immediate = args.flag("immediate") || !args.flag("permanent");
    bool wanted = args.text("state") == "enabled" || args.text("state") == "present";
    auto program = context.machine.which("firewall-cmd");
    if (!program) fail("firewalld is not installed on this host: there is no firewall-cmd");
    bool running = context.must_run({*program, "--state"}, false).code == 0;
    std::string tool = *program;
    if (!running) {
        if (!args.flag("offline")) fail("firewall is not currently running, unable to perform immediate actions without a running firewall daemon");
        auto offline = context.machine.which("firewall-offline-cmd");
        if (!offline) fail("firewalld is not running and there is no firewall-offline-cmd");
        tool = *offline;
        immediate = false;
        permanent = true;
    }
    std::string zone = args.text("zone");
    if (zone.empty()) zone = std::string(base::trim(context.must_run({tool, "--get-default-zone"}).output));
    Outcome outcome;
    std::vector<std::string> messages;
    auto command = [&](bool keep, std::vector<std::string> rest) {
        std::vector<std::string> argv{tool};
        if (keep && running) argv.emplace_back("--permanent");
        for (auto& word : rest) argv.push_back(std::move(word));
        return argv;
    };
    auto each_place = [&](auto&& act) {
        if (permanent) act(true);
        if (immediate && running) act(false);
    };
    bool given = false;
    for (const Kind& kind : kinds) {
        if (!args.given(kind.parameter)) continue;
        given = true;
        std::string value = args.text(kind.parameter), suffix = kind.has_value ? "=" + value : "";
        bool on = kind.has_value ? wanted : wanted == spec::coerce(args[kind.parameter], spec::Type::boolean).bool_or(true);
        each_place([&](bool keep) {
            bool there = context.must_run(command(keep, {"--zone=" + zone, "--query-" + std::string(kind.option) + suffix}), false).code == 0;
            if (there == on) return;
            outcome.changed = true;
            messages.push_back(std::string(keep ? "Permanent" : "Non-permanent") + " operation");
            if (context.check) return;
            std::vector<std::string> words{"--zone=" + zone, (on ? "--add-" : "--remove-") + std::string(kind.option) + suffix};
            if (!keep && on && args.integer("timeout") > 0) words.push_back("--timeout=" + std::to_string(args.integer("timeout")));
            context.must_run(command(keep, words));
        });
        if (outcome.changed) messages.push_back("Changed " + std::string(kind.parameter) + " " + value + " to " + args.text("state"));
    }
    if (args.given("target")) {
        given = true;
        std::string now(base::trim(context.must_run(command(true, {"--zone=" + zone, "--get-target"})).output));
        std::string target = wanted ? args.text("target") : "default";
        if (now != target) {
            outcome.changed = true;
            messages.push_back("Set zone " + zone + " target to " + target);
            if (!context.check) context.must_run(command(true, {"--zone=" + zone, "--set-target=" + target}));
        }
    }
    if (!given && args.given("zone")) {
        auto zones = " " + base::replace_all(context.must_run(command(true, {"--get-zones"})).output, "\n", " ") + " ";
        bool there = zones.find(" " + zone + " ") != std::string::npos;
        if (there != wanted) {
            outcome.changed = true;
            messages.push_back((wanted ? "Added zone " : "Removed zone ") + zone);
            if (!context.check) context.must_run(command(true, {(wanted ? "--new-zone=" : "--delete-zone=") + zone}));
        }
    } else if (!given) {
        fail("one of the following is required: service, port, rich_rule, source, interface, protocol, masquerade, icmp_block, icmp_block_inversion, target, zone");
    }
    outcome.msg = base::join(messages, ", ");
    return outcome;
}

}  // namespace

extern const Module firewalld_module{
    .name = "firewalld",
    .collection = "ansible.posix",
    .summary = "Open ports and services of firewalld's zones",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Works through firewall-cmd; no Python bindings are needed.",
    .returns = "msg: what was done",
    .example = "- firewalld: {port: 9370/tcp, permanent: true, immediate: true, state: enabled}",
};

}  // namespace fprov::modules
