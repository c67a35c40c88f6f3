// SPDX-License-Identifier: Apache-2.0
// Services that are scripts in /etc/init.d: their own `status` tells whether they run, links in rc folders whether they are enabled.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/units.hpp"

namespace fprov::modules {
namespace {

class Script {
public:
    Script(const ServiceWishes& wishes, Context& context) : wishes_(wishes), context_(context), machine_(context.machine), path_("/etc/init.d/" + wishes.name) {}

    bool exists() const { return machine_.exists(path_); }

    Ran call(const std::string& action) const {
        std::vector<std::string> argv{path_, action};
        if (action != "status" && !wishes_.arguments.empty())
            if (auto words = base::shell_split(wishes_.arguments)) argv.insert(argv.end(), words->begin(), words->end());
        return run_program(context_, argv);
    }

    bool in_process_list(const std::string& text) const {
        auto ran = run_program(context_, {"ps", "auxww"});
        for (const auto& line : base::split_lines(ran.output))
            if (line.find(text) != std::string::npos && line.find("pattern=") == std::string::npos) return true;
        return false;
    }

    enum class Runs { no, yes, unknown };
    /// Out of the code and the words of `status`; there is no rule that all scripts keep to, this one is what Ansible's modules were seen to go by.
    Runs runs(bool code_first) const {
        if (!wishes_.pattern.empty()) return in_process_list(wishes_.pattern) ? Runs::yes : code_first ? Runs::no : Runs::unknown;
        const auto ran = call("status");
        std::string text = base::replace_all(base::lower(ran.output + ran.error_output), base::lower(wishes_.name), "");
        auto says = [&](std::string_view word) { return text.find(word) != std::string::npos; };
        const bool stopped_code = ran.code == 69 || (ran.code >= 1 && ran.code <= 4);
        if (code_first && stopped_code) return Runs::no;
        const bool stopped = says("stop") || says("could not access pid file") || says("dead and pid file exists") || says("dead but ");
        if (stopped) return Runs::no;
        if (code_first && says("run")) return says("not ") ? Runs::no : Runs::yes;
        if (ran.code == 0) return !code_first && says("inactive") ? Runs::no : Runs::yes;
        if ((says("run") || says("start")) && !says("not ")) return Runs::yes;
        return stopped_code ? Runs::no : Runs::unknown;
    }

    bool enabled_in(const std::string& level) const {
        for (const char* folder : {"/etc/rc", "/etc/rc.d/rc"})
            if (auto names = machine_.list(folder + level + ".d"))
                for (const auto& link : *names)
                    if (link.size() > 3 && link[0] == 'S' && link.substr(3) == wishes_.name) return true;
        return false;
    }
    bool enabled() const { return enabled_in("2") || enabled_in("3") || enabled_in("5"); }

    /// Runs what the host has for this; the last command's answer.
    Ran enable(bool wanted, bool must) const {
        std::vector<std::vector<std::string>> commands;
        if (machine_.which("update-rc.d")) {
            if (wanted && wishes_.runlevels.empty()) commands.push_back({"update-rc.d", wishes_.name, "defaults"});
            commands.push_back({"update-rc.d", wishes_.name, wanted ? "enable" : "disable"});
            commands.back().insert(commands.back().end(), wishes_.runlevels.begin(), wishes_.runlevels.end());
        } else if (machine_.which("chkconfig")) {
            if (wanted) commands.push_back({"chkconfig", "--add", wishes_.name});
            commands.push_back({"chkconfig", wishes_.name, wanted ? "on" : "off"});
            if (!wishes_.runlevels.empty()) commands.back().insert(commands.back().begin() + 1, {"--level", base::join(wishes_.runlevels, "")});
        } else fail("Neither update-rc.d nor chkconfig is there to enable the service " + wishes_.name + ".");
        Ran ran;
        for (const auto& command : commands) {
            ran = run_program(context_, command);
            if (must && ran.code != 0)
                fail("Failed to " + std::string(wanted ? "enable" : "disable") + " service " + wishes_.name + ". rc: " + std::to_string(ran.code) + ", error: " + ran.error_output);
        }
        return ran;
    }

private:
    const ServiceWishes& wishes_;
    Context& context_;
    machine::Machine& machine_;
    std::string path_;
};

Value told(bool changed, const Ran* ran) {
    return Value(Map{{"changed", changed}, {"rc", ran ? Value(ran->code) : Value()}, {"stdout", ran ? Value(ran->output) : Value()}, {"stderr", ran ? Value(ran->error_output) : Value()}});
}

}  // namespace

Outcome manage_script(const ServiceWishes& wishes, Context& context) {
    Script script(wishes, context);
    if (!script.exists()) fail("Could not find the requested service " + wishes.name + ": host");
    Outcome out;
    out.set("name", wishes.name);
    if (wishes.enabled) {
        out.set("enabled", *wishes.enabled);
        out.changed = script.enabled() != *wishes.enabled;
        if (out.changed && !context.check) (void)script.enable(*wishes.enabled, true);
    }
    if (wishes.state.empty()) return out;
    const auto runs = script.runs(true);
    if (runs == Script::Runs::unknown) fail("failed determining service state, possible typo of service name?");
    const bool is = runs == Script::Runs::yes;
    out.set("state", wishes.state == "stopped" ? "stopped" : "started");
    std::vector<std::string> actions;
    if (wishes.state == "restarted") actions = {"stop", "start"};
    else if (wishes.state == "reloaded") actions = {is ? "reload" : "start"};
    else if (is != (wishes.state == "started")) actions = {is ? "stop" : "start"};
    if (actions.empty()) return out;
    if (context.check) {
        Outcome would;
        would.changed = true;
        would.msg = "service state changed";
        return would;
    }
    out.changed = true;
    Ran all;
    for (const auto& action : actions) {
        if (&action != &actions.front() && wishes.sleep > 0) context.machine.sleep(static_cast<double>(wishes.sleep));
        const auto ran = script.call(action);
        all.code = ran.code;
        all.output += ran.output;
        all.error_output += ran.error_output;
    }
    if (all.code != 0) fail(all.error_output.empty() ? all.output : all.error_output);
    return out;
}

Outcome manage_sysvinit(const ServiceWishes& wishes, Context& context) {
    Script script(wishes, context);
    if (!script.exists()) fail("Could not find the requested service " + wishes.name + ": ");
    Outcome out;
    auto runs = script.runs(false);
    if (runs == Script::Runs::unknown) {
        const bool seen = wishes.pattern.empty() && script.in_process_list(wishes.name);
        out.warnings.push_back(seen ? "Used ps output to match service name and determine it is up, this is very unreliable" : "Unable to determine if service is up, assuming it is down");
        runs = seen ? Script::Runs::yes : Script::Runs::no;
    }
    const bool is = runs == Script::Runs::yes;
    bool differs = false;
    if (wishes.enabled && wishes.runlevels.empty()) differs = script.enabled() != *wishes.enabled;
    else if (wishes.enabled) differs = std::any_of(wishes.runlevels.begin(), wishes.runlevels.end(), [&](const auto& level) { return script.enabled_in(level) != *wishes.enabled; });
    std::optional<Ran> ran;
    if (differs && !context.check) ran = script.enable(*wishes.enabled, false);
    Value enabled = told(differs, ran ? &*ran : nullptr);
    if (!wishes.runlevels.empty()) enabled.mutable_map().set("runlevels", Value::strings(wishes.runlevels));
    out.changed = differs;

    std::vector<std::string> actions;
    const bool started = wishes.state == "started";
    if (wishes.state == "restarted") actions = {"stop", "start"};
    else if (wishes.state == "reloaded") actions = {"reload"};
    else if (!wishes.state.empty() && is != started) actions = {started ? "start" : "stop"};
    const bool acts = !actions.empty();
    ran.reset();
    if (acts && !context.check)
        for (const auto& action : actions) {
            if (&action != &actions.front() && wishes.sleep > 0) context.machine.sleep(static_cast<double>(wishes.sleep));
            ran = script.call(action);
            if (ran->code != 0) {
                const char* verb = wishes.state == "restarted" ? "restart" : wishes.state == "reloaded" ? "reload" : started ? "start" : "stop";
                fail(std::string("Failed to ") + verb + " service: " + wishes.name, Map{{"rc", ran->code}, {"stdout", ran->output}, {"stderr", ran->error_output}});
            }
        }
    out.changed = out.changed || acts;
    // Without a state its key is Python's None, which JSON writes as "null".
    out.set("name", wishes.name).set("status", Map{{"enabled", enabled}, {wishes.state.empty() ? "null" : wishes.state, told(acts, ran ? &*ran : nullptr)}});
    return out;
}

}  // namespace fprov::modules
