// SPDX-License-Identifier: Apache-2.0
// ufw: Ubuntu's firewall, through its own program. What changed shows in `ufw status verbose` and in the rules' files.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module ufw_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "state", .help = "The firewall as a whole", .choices = "enabled|disabled|reloaded|reset"},
    {.name = "default", .help = "Policy for a direction", .choices = "allow|deny|reject", .aliases = "policy"},
    {.name = "logging", .help = "Logging", .choices = "full|high|low|medium|off|on"},
    {.name = "direction", .help = "Direction of a rule or policy", .choices = "in|incoming|out|outgoing|routed"},
    {.name = "delete", .type = Type::boolean, .help = "Delete the rule", .fallback = "no"},
    {.name = "route", .type = Type::boolean, .help = "The rule is for forwarded packets", .fallback = "no"},
    {.name = "insert", .type = Type::integer, .help = "Number that the rule gets"},
    {.name = "insert_relative_to", .help = "What insert counts from", .fallback = "zero", .choices = "zero|first-ipv4|last-ipv4|first-ipv6|last-ipv6"},
    {.name = "rule", .help = "What the rule does", .choices = "allow|deny|limit|reject"},
    {.name = "interface", .help = "Interface of the rule's direction", .aliases = "if"},
    {.name = "interface_in", .help = "Interface that packets come in by", .aliases = "if_in"},
    {.name = "interface_out", .help = "Interface that packets leave by", .aliases = "if_out"},
    {.name = "log", .type = Type::boolean, .help = "Log connections that the rule meets", .fallback = "no"},
    {.name = "from_ip", .help = "Source address", .fallback = "any", .aliases = "from|src"},
    {.name = "from_port", .help = "Source port"},
    {.name = "to_ip", .help = "Destination address", .fallback = "any", .aliases = "dest|to"},
    {.name = "to_port", .help = "Destination port", .aliases = "port"},
    {.name = "proto", .help = "Protocol", .choices = "ah|any|esp|ipv6|tcp|udp|gre|igmp", .aliases = "protocol"},
    {.name = "name", .help = "Application profile", .aliases = "app"},
    {.name = "comment", .help = "Comment of the rule"},
};
constexpr Rule rules[] = {
    {Rule::Kind::mutually_exclusive, "name,proto,logging"},
    {Rule::Kind::mutually_exclusive, "direction,interface_in"},
    {Rule::Kind::mutually_exclusive, "direction,interface_out"},
    {Rule::Kind::required_one_of, "state,default,rule,logging"},
    {Rule::Kind::required_by, "direction", "interface"},
};

constexpr const char* rule_files[] = {"/lib/ufw/user.rules", "/lib/ufw/user6.rules", "/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/var/lib/ufw/user.rules", "/var/lib/ufw/user6.rules"};

class Ufw {
public:
    Ufw(const Args& args, Context& context) : args_(args), context_(context), program_(required_program(context, "ufw")) {}

    Outcome run() {
        refuse();
        const std::string status = ufw({"status", "verbose"}), rules = stored(), settings = configured();
        const bool active = status.find("Status: active") != std::string::npos;
        bool settled = true;   // do the two texts tell the change?
        auto change = [&](bool differs, std::vector<std::string> words) {
            if (context_.check) { out_.changed = out_.changed || differs; return; }
            ufw(std::move(words));
        };
        if (auto state = args_.text("state"); !state.empty()) {
            static constexpr struct { std::string_view state; const char* verb; } verbs[] = {{"enabled", "enable"}, {"disabled", "disable"}, {"reloaded", "reload"}, {"reset", "reset"}};
            for (const auto& row : verbs)
                if (row.state == state) {
                    const bool whole = state == "reloaded" || state == "reset";
                    change(whole || active != (state == "enabled"), {"-f", row.verb});
                    if (whole) settled = false;
                }
        }
        if (auto level = args_.text("logging"); !level.empty()) {
            const std::string now = word_after(settings, "LOGLEVEL=");
            change(level == "on" ? now == "off" || now.empty() : now != level, {"logging", level});
        }
        if (auto policy = args_.text("default"); !policy.empty()) {
            std::vector<std::string> words{"default", policy};
            if (args_.given("direction")) words.push_back(args_.text("direction"));
            change(policy_differs(settings), std::move(words));
        }
        if (args_.given("rule")) add_rule(rules);
        if (!context_.check) {
            const std::string after = ufw({"status", "verbose"});
            out_.changed = !settled || after != status || stored() != rules || configured() != settings;
            out_.set("msg", std::string(base::trim(after)));
        }
        return out_.set("commands", Value::strings(commands_));
    }

private:
    void refuse() const {
        const std::string direction = args_.text("direction");
        auto one_of = [&](std::initializer_list<const char*> list) { return direction.empty() || std::find(list.begin(), list.end(), direction) != list.end(); };
        if (args_.given("default") && !one_of({"outgoing", "incoming", "routed"}))
            fail("For default, direction must be one of \"outgoing\", \"incoming\" and \"routed\", or direction must not be specified.");
        if (!args_.given("rule")) return;
        if (!one_of({"in", "out"})) fail("For rules, direction must be one of \"in\" and \"out\", or direction must not be specified.");
        if (!args_.flag("route") && args_.given("interface_in") && args_.given("interface_out")) fail("Only route rules can combine interface_in and interface_out");
    }

    std::string ufw(std::vector<std::string> words) {
        words.insert(words.begin(), program_);
        std::string told;
        for (const auto& word : words) told += (told.empty() ? "" : " ") + base::shell_quote(word);
        commands_.push_back(told);
        auto ran = run_program(context_, std::move(words));
        if (ran.code != 0) fail(ran.error_output.empty() ? ran.output : ran.error_output, Map{{"commands", Value::strings(commands_)}});
        return ran.output;
    }

    /// The lines that describe the user's rules, those of IPv4 first.
    std::string stored() const {
        std::string out;
        for (const char* file : rule_files)
            for (const auto& line : base::split_lines(context_.machine.read_file(file).value_or("")))
                if (line.starts_with("### tuple")) out += line + "\n";
        return out;
    }

    static std::string word_after(const std::string& text, std::string_view label) {
        auto at = text.find(label);
        if (at == std::string::npos) return {};
        at += label.size();
        return text.substr(at, text.find('\n', at) - at);
    }

    /// Policies and logging: an inactive firewall tells neither, so Ansible sees no change of the one and always one of the other.
    std::string configured() const {
        std::string out;
        for (const char* file : {"/etc/default/ufw", "/etc/ufw/ufw.conf"})
            for (const auto& line : base::split_lines(context_.machine.read_file(file).value_or("")))
                if ((line.starts_with("DEFAULT_") && line.find("_POLICY=") != std::string::npos) || line.starts_with("LOGLEVEL=")) out += base::replace_all(line, "\"", "") + "\n";
        return out;
    }

    bool policy_differs(const std::string& settings) const {
        const std::string policy = args_.text("default"), direction = args_.given("direction") ? args_.text("direction") : "incoming";
        const char* key = direction == "incoming" ? "DEFAULT_INPUT_POLICY=" : direction == "outgoing" ? "DEFAULT_OUTPUT_POLICY=" : "DEFAULT_FORWARD_POLICY=";
        return word_after(settings, key) != (policy == "allow" ? "ACCEPT" : policy == "deny" ? "DROP" : "REJECT");
    }

    /// The number for `ufw insert`; nothing when the rule is simply to stand at the end.
    std::string insert_number(const std::string& rules) const {
        if (!args_.given("insert") || args_.flag("delete")) return {};
        const std::string relative = args_.text("insert_relative_to");
        std::int64_t number = args_.integer("insert");
        if (relative != "zero") {
            std::int64_t four = 0, all = 0;
            for (const auto& line : base::split_lines(rules)) {
                ++all;
                if (!is_six(line)) ++four;
            }
            const std::int64_t first_six = four + 1;
            if (relative == "first-ipv4") number += 1;
            else if (relative == "last-ipv4") number += std::max<std::int64_t>(four, 1);
            else if (relative == "first-ipv6") number += first_six;
            else number += std::max(all, first_six);
            if (number > all) return {};   // behind the last one: ufw adds it there, and refuses the number
        }
        return std::to_string(number);
    }

    void add_rule(const std::string& rules) {
        std::vector<std::string> words;
        auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
        auto pair = [&](const char* name, std::initializer_list<std::string> before) {
            if (!args_.given(name)) return;
            add(before);
            words.push_back(args_.text(name));
        };
        if (context_.check) add({"--dry-run"});
        if (args_.flag("route")) add({"route"});
        if (args_.flag("delete")) add({"delete"});
        if (auto number = insert_number(rules); !number.empty()) add({"insert", number});
        add({args_.text("rule")});
        pair("direction", {});
        pair("interface", {"on"});
        pair("interface_in", {"in", "on"});
        pair("interface_out", {"out", "on"});
        if (args_.flag("log")) add({"log"});
        pair("from_ip", {"from"});
        pair("from_port", {"port"});
        pair("to_ip", {"to"});
        pair("to_port", {"port"});
        pair("proto", {"proto"});
        pair("name", {"app"});
        pair("comment", {"comment"});
        const std::string told = ufw(std::move(words));
        if (!context_.check) return;
        // A dry run prints the rules as they would be, of each family that it would write.
        auto of_family = [](const std::string& text, bool six) {
            std::vector<std::string> lines;
            for (const auto& line : base::split_lines(text)) if (line.starts_with("### tuple") && is_six(line) == six) lines.push_back(line);
            return lines;
        };
        for (bool six : {false, true})
            if ((told + "\n").find(six ? "Rules updated (v6)\n" : "Rules updated\n") != std::string::npos && of_family(told, six) != of_family(rules, six)) out_.changed = true;
    }

    /// "### tuple ### ACTION PROTOCOL PORT DESTINATION PORT SOURCE …"
    static bool is_six(const std::string& line) {
        auto words = base::split(line, ' ');
        return words.size() > 8 && (words[6] + words[8]).find(':') != std::string::npos;
    }

    const Args& args_;
    Context& context_;
    std::string program_;
    std::vector<std::string> commands_;
    Outcome out_;
};

Outcome run(const Args& args, Context& context) { return Ufw(args, context).run(); }

}  // namespace

const Module ufw_module{
    .name = "ufw", .collection = "community.general", .summary = "Manage ufw, the uncomplicated firewall", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "commands: what was run | always\nmsg: ufw status verbose afterwards | not in check mode", .example = "- ufw: {rule: allow, port: 22, proto: tcp}\n"};

}  // namespace fprov::modules
