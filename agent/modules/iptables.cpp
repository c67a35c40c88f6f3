// SPDX-License-Identifier: Apache-2.0
// iptables: one rule, policy or chain of the running kernel's tables. `iptables -C` tells whether a rule is there.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module iptables_module;
namespace {

using spec::Type;

constexpr Arg flag_args[] = {
    {.name = "flags", .type = Type::list, .help = "Flags to look at", .elements = Type::text},
    {.name = "flags_set", .type = Type::list, .help = "Flags that must be set", .elements = Type::text},
};
constexpr Arg args[] = {
    {.name = "table", .help = "The table", .fallback = "filter", .choices = "filter|nat|mangle|raw|security"},
    {.name = "state", .help = "Whether the rule is there", .fallback = "present", .choices = "absent|present"},
    {.name = "action", .help = "Where a new rule goes: to the end or to the beginning", .fallback = "append", .choices = "append|insert"},
    {.name = "ip_version", .help = "IP version", .fallback = "ipv4", .choices = "ipv4|ipv6"},
    {.name = "chain", .help = "The chain"},
    {.name = "chain_management", .type = Type::boolean, .help = "Make the chain when it is missing; delete it when only it is named", .fallback = "no"},
    {.name = "rule_num", .help = "Number that an inserted rule gets"},
    {.name = "protocol", .help = "Protocol"},
    {.name = "wait", .help = "Seconds to wait for the lock of the tables"},
    {.name = "source", .help = "Source address"},
    {.name = "to_source", .help = "Source address that SNAT sets"},
    {.name = "destination", .help = "Destination address"},
    {.name = "to_destination", .help = "Destination address that DNAT sets"},
    {.name = "match", .type = Type::list, .help = "Match extensions", .fallback = "[]", .elements = Type::text},
    {.name = "tcp_flags", .type = Type::dict, .help = "TCP flags to match", .suboptions = flag_args},
    {.name = "jump", .help = "Target"},
    {.name = "gateway", .help = "Host that TEE sends copies to"},
    {.name = "log_prefix", .help = "Text before what LOG writes"},
    {.name = "log_level", .help = "Level that LOG writes with", .choices = "0|1|2|3|4|5|6|7|emerg|alert|crit|error|warning|notice|info|debug"},
    {.name = "goto", .help = "Chain to go on in"},
    {.name = "in_interface", .help = "Interface that a packet came in by"},
    {.name = "out_interface", .help = "Interface that a packet leaves by"},
    {.name = "fragment", .help = "Second and further fragments"},
    {.name = "set_counters", .help = "First values of the counters"},
    {.name = "source_port", .help = "Source port or range"},
    {.name = "destination_port", .help = "Destination port or range"},
    {.name = "destination_ports", .type = Type::list, .help = "Several destination ports", .elements = Type::text},
    {.name = "to_ports", .help = "Ports that REDIRECT sets"},
    {.name = "set_dscp_mark", .help = "DSCP mark to set"},
    {.name = "set_dscp_mark_class", .help = "DSCP class to set"},
    {.name = "comment", .help = "Comment of the rule"},
    {.name = "ctstate", .type = Type::list, .help = "Connection states", .fallback = "[]", .elements = Type::text},
    {.name = "src_range", .help = "Range of source addresses"},
    {.name = "dst_range", .help = "Range of destination addresses"},
    {.name = "match_set", .help = "Set of ipset"},
    {.name = "match_set_flags", .help = "What of a packet is looked up in the set", .choices = "src|dst|src,dst|dst,src"},
    {.name = "limit", .help = "Average rate"},
    {.name = "limit_burst", .help = "Packets before the limit counts"},
    {.name = "uid_owner", .help = "Account that owns the socket"},
    {.name = "gid_owner", .help = "Group that owns the socket"},
    {.name = "reject_with", .help = "What REJECT answers; implies jump: REJECT"},
    {.name = "icmp_type", .help = "ICMP type"},
    {.name = "syn", .help = "Packets that open a TCP connection", .fallback = "ignore", .choices = "ignore|match|negate"},
    {.name = "flush", .type = Type::boolean, .help = "Delete all rules of the chain or table", .fallback = "no"},
    {.name = "policy", .help = "Policy of a built-in chain", .choices = "ACCEPT|DROP|QUEUE|RETURN"},
};
constexpr Rule rules[] = {
    {Rule::Kind::mutually_exclusive, "set_dscp_mark,set_dscp_mark_class"},
    {Rule::Kind::mutually_exclusive, "flush,policy"},
    {Rule::Kind::required_if, "gateway", "jump", "TEE"},
    {Rule::Kind::required_if, "gateway", "jump", "tee"},
    {Rule::Kind::required_by, "match_set_flags", "match_set"},
};

class Words {
public:
    explicit Words(const Args& args) : args_(args) {}
    /// OPTION VALUE; a value that begins with "!" turns the match round.
    void add(std::string_view parameter, const char* option) {
        if (!args_.given(parameter)) return;
        std::string value = args_.text(parameter);
        if (value.starts_with('!')) { list.emplace_back("!"); value.erase(0, 1); }
        list.emplace_back(option);
        list.push_back(std::move(value));
    }
    void match(const char* name) { list.insert(list.end(), {"-m", name}); }
    std::vector<std::string> list;

private:
    const Args& args_;
};

std::vector<std::string> rule_words(const Args& args) {
    Words words(args);
    auto matches = args.texts("match");
    auto named = [&](std::string_view name) { return std::find(matches.begin(), matches.end(), name) != matches.end(); };
    words.add("wait", "-w");
    words.add("protocol", "-p");
    words.add("source", "-s");
    words.add("destination", "-d");
    for (const auto& name : matches) words.match(name.c_str());
    if (const Value& flags = args["tcp_flags"]; flags.is_map() && flags.find("flags") && flags.find("flags_set")) {
        auto joined = [&](const char* key) {
            std::vector<std::string> names;
            if (const Value* list = flags.find(key); list->is_sequence()) for (const auto& one : list->list()) names.push_back(one.text_or(""));
            return base::join(names, ",");
        };
        words.list.insert(words.list.end(), {"--tcp-flags", joined("flags"), joined("flags_set")});
    }
    words.add("jump", "-j");
    if (base::lower(args.text("jump")) == "tee") words.add("gateway", "--gateway");
    words.add("log_prefix", "--log-prefix");
    words.add("log_level", "--log-level");
    words.add("to_destination", "--to-destination");
    if (auto ports = args.texts("destination_ports"); !ports.empty()) {
        words.match("multiport");
        words.list.insert(words.list.end(), {"--dports", base::join(ports, ",")});
    }
    words.add("to_source", "--to-source");
    words.add("goto", "-g");
    words.add("in_interface", "-i");
    words.add("out_interface", "-o");
    if (args.given("fragment")) words.list.emplace_back("-f");
    if (args.given("set_counters")) {   // "PACKETS BYTES" are two words
        words.list.emplace_back("-c");
        for (auto& word : base::split(args.text("set_counters"), ' ')) words.list.push_back(std::move(word));
    }
    words.add("source_port", "--source-port");
    words.add("destination_port", "--destination-port");
    words.add("to_ports", "--to-ports");
    words.add("set_dscp_mark", "--set-dscp");
    words.add("set_dscp_mark_class", "--set-dscp-class");
    if (args.text("syn") == "negate") words.list.emplace_back("!");
    if (args.text("syn") != "ignore") words.list.emplace_back("--syn");
    if (auto states = args.texts("ctstate"); !states.empty()) {
        bool old = named("state") && !named("conntrack");
        if (!old && !named("conntrack")) words.match("conntrack");
        words.list.insert(words.list.end(), {old ? "--state" : "--ctstate", base::join(states, ",")});
    }
    if ((args.given("src_range") || args.given("dst_range")) && !named("iprange")) words.match("iprange");
    words.add("src_range", "--src-range");
    words.add("dst_range", "--dst-range");
    if (args.given("match_set")) {
        if (!named("set")) words.match("set");
        words.add("match_set", "--match-set");
        words.list.push_back(args.text("match_set_flags"));
    }
    if (args.given("limit") || args.given("limit_burst")) words.match("limit");
    words.add("limit", "--limit");
    words.add("limit_burst", "--limit-burst");
    for (auto [parameter, option] : {std::pair{"uid_owner", "--uid-owner"}, {"gid_owner", "--gid-owner"}})
        if (args.given(parameter)) { words.match("owner"); words.add(parameter, option); }
    if (args.given("reject_with") && !args.given("jump")) words.list.insert(words.list.end(), {"-j", "REJECT"});
    words.add("reject_with", "--reject-with");
    words.add("icmp_type", args.text("ip_version") == "ipv6" ? "--icmpv6-type" : "--icmp-type");
    if (args.given("comment")) words.list.insert(words.list.end(), {"-m", "comment", "--comment", args.text("comment")});
    return words.list;
}

Outcome run(const Args& args, Context& context) {
    const std::string chain = args.text("chain");
    const bool present = args.text("state") == "present", flush = args.flag("flush"), manage = args.flag("chain_management");
    if (chain.empty() && !flush) fail("Either chain or flush parameter must be specified.");
    if ((args.given("log_prefix") || args.given("log_level")) && args.given("jump") && args.text("jump") != "LOG")
        fail("Logging options can only be used with the LOG jump target.");
    const bool whole = flush || args.given("policy");   // these leave the rule's parameters aside
    auto rule = whole ? std::vector<std::string>() : rule_words(args);
    Outcome out;
    out.set("ip_version", args.text("ip_version")).set("table", args.text("table")).set("chain", args["chain"]).set("flush", flush);
    out.set("rule", base::join(rule, " ")).set("state", args.text("state")).set("chain_management", manage);
    const std::string program = required_program(context, args.text("ip_version") == "ipv4" ? "iptables" : "ip6tables");
    auto call = [&](std::vector<std::string> words, bool must = true) {
        std::vector<std::string> argv{program, "-t", args.text("table")};
        argv.insert(argv.end(), words.begin(), words.end());
        return context.must_run(std::move(argv), must);
    };
    /// Code 1 (and 2, of some versions) says no; without rights, with the lock taken or the table missing (3, 4) nothing is known.
    auto says_yes = [&](std::vector<std::string> words) {
        const auto ran = call(std::move(words), false);
        if (ran.code != 0 && ran.code != 1 && ran.code != 2) {
            const std::string reason(base::trim(ran.error_output));
            fail(reason.empty() ? program + " ended with code " + std::to_string(ran.code) : reason, Map{{"rc", ran.code}, {"stdout", ran.output}, {"stderr", ran.error_output}});
        }
        return ran.code == 0;
    };
    auto with_rule = [&](std::vector<std::string> words) {
        words.insert(words.end(), rule.begin(), rule.end());
        return words;
    };
    auto change = [&](std::vector<std::string> words) {
        out.changed = true;
        if (!context.check) call(std::move(words));
    };
    if (flush) {
        change(chain.empty() ? std::vector<std::string>{"-F"} : std::vector<std::string>{"-F", chain});
    } else if (args.given("policy")) {
        const std::string listed = call({"-S", chain}).output, wanted = "-P " + chain + " " + args.text("policy");
        if (!listed.starts_with("-P ")) fail("Can't detect current policy of chain " + chain + "; only built-in chains have one");
        if (base::trim(listed.substr(0, listed.find('\n'))) != wanted) change({"-P", chain, args.text("policy")});
    } else if (manage && rule.empty()) {
        if (says_yes({"-S", chain}) != present) change({present ? "-N" : "-X", chain});
    } else {
        if (manage && present && !says_yes({"-S", chain})) change({"-N", chain});
        if (says_yes(with_rule({"-C", chain})) != present) {
            std::vector<std::string> words{!present ? "-D" : args.text("action") == "insert" ? "-I" : "-A", chain};
            if (words[0] == "-I" && args.given("rule_num")) words.push_back(args.text("rule_num"));
            change(with_rule(std::move(words)));
        }
    }
    return out;
}

}  // namespace

const Module iptables_module{
    .name = "iptables", .collection = "ansible.builtin", .summary = "Have a rule, policy or chain of the packet filter", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "Changes the running kernel only; what is to survive a reboot must be saved.",
    .returns = "rule: the rule's words | always\ntable, chain, ip_version, flush, state, chain_management: as asked for | always",
    .example = "- iptables:\n    chain: INPUT\n    protocol: tcp\n    destination_port: 22\n    jump: ACCEPT\n"};

}  // namespace fprov::modules
