// SPDX-License-Identifier: Apache-2.0
// firewalld: ports, services, sources and rules of a zone, through firewall-cmd.
#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg forward_args[] = {
    {.name = "port", .help = "Port to forward from", .required = true},
    {.name = "proto", .help = "Protocol", .required = true, .choices = "udp|tcp"},
    {.name = "toport", .help = "Port to forward to", .required = true},
    {.name = "toaddr", .help = "Address to forward to"},
};
constexpr Arg args[] = {
    {.name = "service", .help = "Name of a service"},
    {.name = "port", .help = "PORT/PROTOCOL or a range"},
    {.name = "port_forward", .type = spec::Type::list, .help = "A port to forward", .elements = spec::Type::dict, .suboptions = forward_args},
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

constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "icmp_block,icmp_block_inversion,service,protocol,port,port_forward,rich_rule,interface,masquerade,source,target"}};

/// What a zone can have. `added` and `removed` are how Ansible tells it: V the value, Z the zone, S the state.
struct Kind { std::string_view parameter, option; bool has_value; std::string_view added, removed; };
constexpr Kind kinds[] = {
    {"service", "service", true, "Changed service V to S", "Changed service V to S"},
    {"port", "port", true, "Changed port V to S", "Changed port V to S"},
    {"port_forward", "forward-port", true, "Changed port_forward V to S", "Changed port_forward V to S"},
    {"rich_rule", "rich-rule", true, "Changed rich_rule V to S", "Changed rich_rule V to S"},
    {"source", "source", true, "Added V to zone Z", "Removed V from zone Z"},
    {"interface", "interface", true, "Changed V to zone Z", "Removed V from zone Z"},
    {"protocol", "protocol", true, "Changed protocol V to S", "Changed protocol V to S"},
    {"masquerade", "masquerade", false, "Added masquerade to zone Z", "Removed masquerade from zone Z"},
    {"icmp_block", "icmp-block", true, "Changed icmp-block V to S", "Changed icmp-block V to S"},
    {"icmp_block_inversion", "icmp-block-inversion", false, "Changed icmp-block-inversion V to S", "Changed icmp-block-inversion V to S"},
};

Outcome run(const Args& args, Context& context) {
    const std::string state = args.text("state");
    bool permanent = args.flag("permanent"), immediate = args.flag("immediate") || !args.flag("permanent");
    const bool wanted = state == "enabled" || state == "present", of_zone = state == "absent" || state == "present";
    auto program = context.machine.which("firewall-cmd");
    if (!program) fail("firewalld is not installed on this host: there is no firewall-cmd");
    const bool running = context.must_run({*program, "--state"}, false).code == 0;
    std::string tool = *program;
    if (!running) {
        if (immediate) fail("firewall is not currently running, unable to perform immediate actions without a running firewall daemon");
        auto offline = context.machine.which("firewall-offline-cmd");
        if (!offline) fail("firewalld is not running and there is no firewall-offline-cmd");
        tool = *offline;
    }
    std::string zone = args.text("zone");
    if (zone.empty()) zone = std::string(base::trim(context.must_run({tool, "--get-default-zone"}).output));
    Outcome outcome;
    std::vector<std::string> messages;
    auto call = [&](bool keep, std::vector<std::string> words, bool must = true) {
        if (keep && running) words.insert(words.begin(), "--permanent");
        words.insert(words.begin(), tool);
        return context.must_run(std::move(words), must);
    };
    auto begin = [&] {
        messages.emplace_back(permanent && immediate ? "Permanent and Non-Permanent(immediate) operation" : permanent ? "Permanent operation" : "Non-permanent operation");
    };
    bool given = false;
    for (const Kind& kind : kinds) {
        if (!args.given(kind.parameter)) continue;
        given = true;
        if (of_zone) fail("absent and present state can only be used in zone level operations");
        std::string value = args.text(kind.parameter), word = value;
        if (kind.parameter == "port" && value.find('/') == std::string::npos) fail("improper port format (missing protocol?)");
        if (kind.parameter == "port_forward") {
            const auto& list = args["port_forward"].list();
            if (list.size() != 1) fail("Only one port forward supported at a time");
            auto part = [&](const char* name) { const Value* field = list[0].find(name); return field ? field->text_or("") : std::string(); };
            word = "port=" + part("port") + ":proto=" + part("proto") + ":toport=" + part("toport");
            value = word + ":toaddr=" + part("toaddr");
            if (!part("toaddr").empty()) word = value;
        }
        const std::string suffix = kind.has_value ? "=" + word : "", option(kind.option);
        const bool on = kind.has_value ? wanted : wanted == spec::coerce(args[kind.parameter], spec::Type::boolean).bool_or(true);
        begin();
        for (bool keep : {true, false}) {
            if (keep ? !permanent : !immediate) continue;
            const auto answer = call(keep, {"--zone=" + zone, "--query-" + option + suffix}, false);
            if (answer.code != 0 && answer.code != 1) {   // neither yes nor no
                const std::string reason(base::trim(answer.error_output.empty() ? answer.output : answer.error_output));
                fail(reason.empty() ? tool + " ended with code " + std::to_string(answer.code) : reason, Map{{"rc", answer.code}});
            }
            if ((answer.code == 0) == on) continue;
            outcome.changed = true;
            if (context.check) continue;
            std::string verb = on ? kind.parameter == "interface" && running ? "--change-" : "--add-" : "--remove-";   // an interface may leave another zone
            std::vector<std::string> words{"--zone=" + zone, verb + option + suffix};
            if (!keep && on && args.integer("timeout") > 0) words.push_back("--timeout=" + std::to_string(args.integer("timeout")));
            call(keep, std::move(words));
        }
        if (outcome.changed) {
            std::string sentence;
            for (char c : on ? kind.added : kind.removed) sentence += c == 'V' ? value : c == 'Z' ? zone : c == 'S' ? state : std::string(1, c);
            messages.push_back(std::move(sentence));
        }
    }
    if (args.given("target")) {
        given = true;
        const std::string target = wanted ? args.text("target") : "default";
        begin();
        if (base::trim(call(true, {"--zone=" + zone, "--get-target"}).output) != target) {
            outcome.changed = true;
            messages.push_back(wanted ? "Set zone " + zone + " target to " + target : "Reset zone " + zone + " target to default");
            if (!context.check) call(true, {"--zone=" + zone, "--set-target=" + target});
        }
    }
    if (!given && of_zone && args.given("zone")) {
        if (!permanent || immediate) fail("Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the 'immediate' flag to 'true'.");
        begin();
        const std::string zones = " " + base::replace_all(call(true, {"--get-zones"}).output, "\n", " ") + " ";
        if ((zones.find(" " + zone + " ") != std::string::npos) != wanted) {
            outcome.changed = true;
            messages.push_back((wanted ? "Added zone " : "Removed zone ") + zone);
            messages.push_back("Changed zone " + zone + " to " + state);
            if (!context.check) call(true, {(wanted ? "--new-zone=" : "--delete-zone=") + zone});
        }
    }
    if (context.check && outcome.changed) return outcome;
    if (!running) messages.emplace_back("(offline operation: only on-disk configs were altered)");
    return outcome.set("msg", base::join(messages, ", "));
}

}  // namespace

extern const Module firewalld_module{
    .name = "firewalld",
    .collection = "ansible.posix",
    .summary = "Open ports and services of firewalld's zones",
    .args = args,
    .rules = rules,
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
