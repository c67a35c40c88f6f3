// SPDX-License-Identifier: Apache-2.0
// service_facts: the host's services, as facts.
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/units.hpp"

namespace fprov::modules {
namespace {

std::vector<std::string> words(const std::string& line) {
    std::vector<std::string> out;
    for (auto& word : base::split(base::replace_all(line, "\t", " "), ' '))
        if (!word.empty()) out.push_back(std::move(word));
    return out;
}

Map entry(const std::string& name, const char* source, const std::string& state, const std::string& status) {
    Map out{{"name", name}, {"state", state}};
    if (!status.empty()) out.set("status", status);
    out.set("source", source);
    return out;
}

void add_scripts(Context& context, Map& services) {
    auto service = context.machine.which("service"), chkconfig = context.machine.which("chkconfig");
    if (service && !chkconfig) {
        auto ran = run_program(context, {*service, "--status-all"});
        for (const auto& line : base::split_lines(ran.output)) {   //  [ + ]  cron; unknown ones go to the other stream
            const auto parts = words(line);
            if (parts.size() < 4 || parts[0] != "[" || parts[2] != "]") continue;
            services.set(parts[3], entry(parts[3], "sysv", parts[1] == "+" ? "running" : "stopped", ""));
        }
    } else if (service) {
        auto ran = run_program(context, {*chkconfig, "--list"});
        for (const auto& line : base::split_lines(ran.output)) {   // network  0:off  1:off  2:on …
            const auto parts = words(line);
            if (parts.size() < 8 || parts[1].find(':') == std::string::npos) continue;
            const bool runs = run_program(context, {*service, parts[0], "status"}).code == 0;
            services.set(parts[0], entry(parts[0], "sysv", runs ? "running" : "stopped", parts[4].ends_with("on") ? "enabled" : "disabled"));
        }
    }
}

void add_units(Context& context, Map& services) {
    if (!systemd_runs(context.machine)) return;
    const auto systemctl = required_program(context, "systemctl", {"/usr/bin", "/usr/local/bin"});
    auto list = run_program(context, {systemctl, "list-units", "--no-pager", "--type", "service", "--all", "--plain", "--no-legend"});
    for (const auto& line : base::split_lines(list.output)) {
        const auto parts = words(line);   // unit, load, active, sub
        if (parts.size() < 4 || !parts[0].ends_with(".service")) continue;
        std::string status = parts[2];
        for (const char* bad : {"not-found", "masked", "failed"})
            for (std::size_t i = 1; i < 4; ++i)
                if (parts[i] == bad) status = bad;
        services.set(parts[0], entry(parts[0], "systemd", parts[3] == "running" ? "running" : "stopped", status));
    }
    std::vector<std::pair<std::string, std::string>> sleeping;
    auto files = run_program(context, {systemctl, "list-unit-files", "--no-pager", "--type", "service", "--all", "--no-legend"});
    for (const auto& line : base::split_lines(files.output)) {
        const auto parts = words(line);   // unit, state
        if (parts.size() < 2 || !parts[0].ends_with(".service")) continue;
        if (Value* known = services.find(parts[0])) {
            const auto status = known->find("status")->text_or("");
            if (status != "not-found" && status != "masked" && status != "failed") known->mutable_map().set("status", parts[1]);
        } else if (parts[0].find("@.") != std::string::npos) {
            services.set(parts[0], entry(parts[0], "systemd", "unknown", parts[1]));
        } else {
            sleeping.emplace_back(parts[0], parts[1]);
        }
    }
    if (sleeping.empty()) return;
    std::vector<std::string> argv{systemctl, "show", "--property=ActiveState"};
    for (const auto& [name, status] : sleeping) argv.push_back(name);
    std::vector<std::string> states;
    for (const auto& line : base::split_lines(run_program(context, argv).output))
        if (line.starts_with("ActiveState=")) states.push_back(line.substr(12));
    for (std::size_t i = 0; i < sleeping.size(); ++i)
        services.set(sleeping[i].first, entry(sleeping[i].first, "systemd", i < states.size() ? states[i] : "unknown", sleeping[i].second));
}

Outcome run(const Args&, Context& context) {
    Map services;
    add_scripts(context, services);
    add_units(context, services);
    Outcome out;
    if (services.empty()) {
        out.skipped = true;
        out.msg = "Failed to find any services. This can be due to privileges or some other configuration issue.";
        return out;
    }
    out.facts.set("services", std::move(services));
    return out;
}

}  // namespace

extern const Module service_facts_module{
    .name = "service_facts", .collection = "ansible.builtin", .summary = "Services as facts", .args = {}, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "ansible_facts: services, for each name its name, source (systemd or sysv), state and status | always", .example = "- service_facts:\n"};

}  // namespace fprov::modules
