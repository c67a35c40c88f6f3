// SPDX-License-Identifier: Apache-2.0
#include "modules/support/units.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

/// The properties that `systemctl show` prints; a value that begins with '{' may span lines.
Map parse_properties(const std::string& text) {
    Map out;
    std::string key, value;
    bool open = false;
    for (const auto& line : base::split_lines(text)) {
        if (open) {
            value += "\n" + line;
            if (std::string(base::trim(line)).ends_with("}")) { out.set(key, value); open = false; }
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string::npos) continue;
        key = line.substr(0, equals);
        value = line.substr(equals + 1);
        if (key.starts_with("Exec") && value.starts_with("{") && !std::string(base::trim(value)).ends_with("}")) { open = true; continue; }
        out.set(key, std::string(base::trim(value)));
    }
    return out;
}

class Unit {
public:
    Unit(const ServiceWishes& wishes, Context& context) : wishes_(wishes), context_(context), machine_(context.machine) {
        systemctl_ = {required_program(context, "systemctl")};
        if (wishes.scope != "system") systemctl_.push_back("--" + wishes.scope);
        if (wishes.no_block) systemctl_.push_back("--no-block");
        if (wishes.force) systemctl_.push_back("--force");
        if (wishes.scope == "user" && context.environment.find("XDG_RUNTIME_DIR") == context.environment.end() && machine_.variable("XDG_RUNTIME_DIR").empty())
            context.environment["XDG_RUNTIME_DIR"] = "/run/user/" + std::to_string(machine_.uid());
    }

    Outcome run() {
        const auto& name = wishes_.name;
        for (char c : std::string("*?["))
            if (name.find(c) != std::string::npos) fail("This module does not currently support using glob patterns, found '" + std::string(1, c) + "' in service name: " + name);
        out_.set("name", name.empty() ? Value() : Value(name)).set("status", Map{});
        if (wishes_.daemon_reload && !context_.check) demand("daemon-reload", "failure 1 during daemon-reload: ");
        if (wishes_.daemon_reexec && !context_.check) demand("daemon-reexec", "failure 1 during daemon-reexec: ");
        if (name.empty()) return out_;

        look();
        if (wishes_.generic) out_.fields.erase("status");
        if (wishes_.masked) mask();
        if (wishes_.enabled) enable();
        if (!wishes_.state.empty()) move();
        return out_;
    }

private:
    Ran systemctl(std::vector<std::string> words) {
        auto argv = systemctl_;
        argv.insert(argv.end(), words.begin(), words.end());
        return run_program(context_, argv);
    }
    void demand(const std::string& word, const std::string& sentence) {
        auto ran = systemctl({word});
        if (ran.code != 0) fail(base::replace_all(sentence, "1", std::to_string(ran.code)) + ran.error_output);
    }
    std::string property(const char* key) const {
        const Value* value = status_.find(key);
        return value ? value->text_or("") : "";
    }

    void look() {
        auto ran = systemctl({"show", wishes_.name});
        if (ran.code == 0) {
            status_ = parse_properties(ran.output);
            const auto load = property("LoadState");
            found_ = load != "not-found" && !status_.empty();
            if (status_.find("ActiveState") && !property("LoadError").empty() && load == "masked") found_ = true;
            out_.set("status", status_);
        } else if (wishes_.scope == "user" && ran.error_output.find("onnect to bus") != std::string::npos) {
            fail(std::string(base::trim(ran.error_output)), Map{{"rc", ran.code}, {"stderr", ran.error_output}, {"stdout", ran.output}, {"cmd", base::join(systemctl_, " ")}});
        } else if (auto listed = systemctl({"list-unit-files", wishes_.name, wishes_.name + ".service"});
                   listed.code == 0 && listed.output.find(wishes_.name) != std::string::npos) {
            found_ = true;   // a template (name@), or no systemd to ask
        }
        if (!found_ && wishes_.name.starts_with('/') && machine_.exists(wishes_.name)) found_ = true;    // systemctl links unit files from anywhere
        script_ = machine_.exists("/etc/init.d/" + wishes_.name);
    }

    void missing_unless_known() {
        if (found_ || script_ || masked_) return;
        if (wishes_.generic) fail("systemd could not find the requested service \"'" + wishes_.name + "'\": ");
        fail("Could not find the requested service " + wishes_.name + ": host");
    }

    void mask() {
        masked_ = property("LoadState") == "masked" || property("UnitFileState").starts_with("masked");
        if (masked_ == *wishes_.masked) return;
        out_.changed = true;
        if (context_.check) return;
        const std::string action = *wishes_.masked ? "mask" : "unmask";
        if (systemctl({action, wishes_.name}).code != 0) missing_unless_known();   // only that is a failure; what is not there can be masked
    }

    bool is_enabled() {
        struct State { const char* text; bool enabled; };
        static constexpr State states[] = {{"enabled", true}, {"enabled-runtime", true}, {"static", true}, {"alias", true}, {"transient", true},
                                           {"disabled", false}, {"masked", false}, {"masked-runtime", false}};
        const auto known = property("UnitFileState");
        for (const auto& state : states)
            if (known == state.text) return state.enabled;
        auto ran = systemctl({"is-enabled", wishes_.name});
        return ran.code == 0;
    }

    void enable() {
        missing_unless_known();
        const bool wanted = *wishes_.enabled;
        const bool is = is_enabled();
        out_.set("enabled", is);
        if (is == wanted) return;
        out_.changed = true;
        if (!context_.check) {
            const std::string action = wanted ? "enable" : "disable";
            auto ran = systemctl({action, wishes_.name});
            if (ran.code != 0) fail("Unable to " + action + " service " + wishes_.name + ": " + ran.output + ran.error_output);
        }
        out_.set("enabled", wanted);
    }

    void move() {
        missing_unless_known();
        out_.set("state", wishes_.state);
        const auto active = property("ActiveState");
        if (active.empty() && status_.empty()) {
            if (!facts::in_chroot(machine_)) fail("Service is in unknown state", Map{{"status", status_}});
            out_.warnings.push_back("Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system tools from working.");
            return;
        }
        const bool running = active == "active" || active == "activating";
        std::string action;
        if (wishes_.state == "started") {
            if (!running) action = "start";
        } else if (wishes_.state == "stopped") {
            if (running || active == "deactivating" || active == "reloading") action = "stop";
        } else {
            action = running || active == "reloading" ? wishes_.state.substr(0, wishes_.state.size() - 2) : "start";   // restart(ed), reload(ed)
            if (wishes_.state == "restarted" && action != "start") action = "restart";
            out_.set("state", "started");
        }
        if (action.empty()) return;
        out_.changed = true;
        if (context_.check && wishes_.generic) { out_.fields = {}; out_.msg = "service state changed"; }
        if (context_.check) return;
        auto ran = systemctl({action, wishes_.name});
        if (ran.code == 0) return;
        // Ansible names the last action that it tries
        fail("Unable to " + action + " service " + wishes_.name + ": " + ran.error_output, evidence());
    }

    /// Why a service did not come up: its last lines in the journal.
    Map evidence() {
        Map more;
        if (!machine_.which("journalctl")) return more;
        auto ran = run_program(context_, {"journalctl", "-u", wishes_.name, "-n", "20", "--no-pager", "-o", "cat"});
        if (ran.code == 0 && !base::trim(ran.output).empty()) more.set("journal", Value::strings(base::split_lines(ran.output)));
        return more;
    }

    const ServiceWishes& wishes_;
    Context& context_;
    machine::Machine& machine_;
    std::vector<std::string> systemctl_;
    Map status_;
    bool found_ = false, script_ = false, masked_ = false;
    Outcome out_;
};

}  // namespace

bool systemd_runs(machine::Machine& machine) {
    for (const char* canary : {"/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"})
        if (machine.exists(canary)) return true;
    return false;
}

Outcome manage_unit(const ServiceWishes& wishes, Context& context) { return Unit(wishes, context).run(); }

}  // namespace fprov::modules
