// SPDX-License-Identifier: Apache-2.0
// selinux: the mode now and after a reboot. A host without SELinux is left alone.
#include "base/text.hpp"
#include "modules/module.hpp"
#include "regex/regex.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "state", .help = "The mode", .required = true, .choices = "enforcing|permissive|disabled"},
    {.name = "policy", .help = "Policy to use (targeted); needed unless the state is disabled"},
    {.name = "configfile", .help = "The configuration", .fallback = "/etc/selinux/config", .aliases = "conf|file"},
    {.name = "update_kernel_param", .type = spec::Type::boolean, .help = "Set selinux=0 or 1 with grubby", .fallback = "no"},
};
constexpr Rule rules[] = {
    {.kind = Rule::Kind::required_if, .names = "policy", .when_name = "state", .when_value = "enforcing"},
    {.kind = Rule::Kind::required_if, .names = "policy", .when_name = "state", .when_value = "permissive"},
};

std::string setting(const std::string& text, std::string_view name) {
    for (const auto& line : base::split_lines(text))
        if (line.starts_with(std::string(name) + "=")) return std::string(base::trim(std::string_view(line).substr(name.size() + 1)));
    return {};
}

std::string with_setting(const std::string& text, const std::string& name, const std::string& value) {
    std::string out;
    bool found = false;
    for (const auto& line : base::split_lines(text)) {
        bool it = line.starts_with(name + "=");
        out += (it ? name + "=" + value : line) + "\n";
        found = found || it;
    }
    return found ? out : out + name + "=" + value + "\n";
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string state = args.text("state"), file = args.text("configfile");
    auto config = machine.read_file(file);
    if (!config) fail("Unable to find file " + file, Map{{"configfile", Value(file)}});
    std::string policy = args.text("policy", setting(*config, "SELINUXTYPE"));
    bool loaded = machine.is_directory("/sys/fs/selinux") && machine.exists("/sys/fs/selinux/enforce");
    std::string mode = !loaded ? "disabled" : base::trim(machine.read_file("/sys/fs/selinux/enforce").value_or("0")) == "1" ? "enforcing" : "permissive";
    std::string after = *config;
    std::vector<std::string> messages;
    Outcome outcome;
    bool reboot = false;
    if (policy != setting(*config, "SELINUXTYPE") && !policy.empty()) {
        messages.push_back("SELinux policy configuration in '" + file + "' changed from '" + setting(*config, "SELINUXTYPE") + "' to '" + policy + "'");
        after = with_setting(after, "SELINUXTYPE", policy);
    }
    if (mode != state) {
        if (loaded && state != "disabled") {
            messages.push_back("SELinux state temporarily changed from '" + mode + "' to '" + state + "'");
            if (!context.check) context.must_run({"setenforce", state == "enforcing" ? "1" : "0"});
            outcome.changed = true;
        } else if (loaded) {
            // It can't be switched off while it runs: permissive until the reboot.
            if (mode == "enforcing") {
                messages.push_back("SELinux state temporarily changed from '" + mode + "' to 'permissive'. State change will take effect next reboot");
                if (!context.check) context.must_run({"setenforce", "0"});
                outcome.changed = true;
            } else {
                messages.push_back("SELinux state change will take effect next reboot");
            }
            reboot = true;
        } else {
            reboot = true;
            outcome.warnings.push_back("SELinux state change will take effect next reboot");
        }
    }
    if (state != setting(*config, "SELINUX")) {
        messages.push_back("Config SELinux state changed from '" + setting(*config, "SELINUX") + "' to '" + state + "'");
        after = with_setting(after, "SELINUX", state);
    }
    if (after != *config) {
        outcome.changed = true;
        if (context.diff) outcome.diff.push_back(Value(Map{{"before", Value(*config)}, {"after", Value(after)}, {"before_header", Value(file)}, {"after_header", Value(file)}}));
        if (!context.check) if (auto written = machine.write_file(file, after); !written) fail(written.error());
    }
    outcome.msg = base::join(messages, ", ");
    outcome.set("configfile", file).set("policy", policy).set("state", state).set("reboot_required", reboot);
    return outcome;
}

}  // namespace

extern const Module selinux_module{
    .name = "selinux",
    .collection = "ansible.posix",
    .summary = "Set SELinux's mode and policy",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "update_kernel_param is accepted and does nothing.",
    .returns = "reboot_required: does it take effect after a reboot only\nstate: the mode\npolicy: the policy",
    .example = "- selinux: {policy: targeted, state: permissive}",
};

}  // namespace fprov::modules
