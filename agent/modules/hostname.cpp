// SPDX-License-Identifier: Apache-2.0
// hostname: the name now, and after a reboot.
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "Name of the host", .required = true},
    {.name = "use", .help = "How to set it; found out when not given", .choices = "alpine|debian|freebsd|generic|macos|macosx|darwin|openbsd|openrc|redhat|sles|solaris|systemd"},
};

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string wanted = args.text("name"), use = args.text("use");
    std::string now(base::trim(machine.read_file("/proc/sys/kernel/hostname").value_or("")));
    std::string kept(base::trim(machine.read_file("/etc/hostname").value_or("")));
    bool systemd = use.empty() ? machine.is_directory("/run/systemd/system") && machine.which("hostnamectl") : use == "systemd";
    if (systemd && wanted.size() > 64 && !context.check) fail("name cannot be longer than 64 characters on systemd servers, try a shorter name");
    Outcome outcome;
    outcome.changed = now != wanted || kept != wanted;
    if (outcome.changed)
        outcome.diff.push_back(Value(Map{{"before", "hostname = " + (kept == wanted ? now : kept) + "\n"}, {"after", "hostname = " + wanted + "\n"}}));
    if (outcome.changed && !context.check) {
        bool done = false;
        if (systemd) {
            // hostnamed refuses names that RFC 1123 does not know (VM_0_1_centos); then the file and the kernel are told directly.
            auto answer = context.run({.argv = {"hostnamectl", "set-hostname", wanted}});
            done = answer && answer->code == 0 && base::trim(machine.read_file("/etc/hostname").value_or("")) == wanted &&
                   base::trim(machine.read_file("/proc/sys/kernel/hostname").value_or("")) == wanted;
        }
        if (!done) {
            if (auto written = machine.write_file("/etc/hostname", wanted + "\n", {.mode = 0644}); !written) fail(written.error());
            context.must_run({"hostname", wanted});
        }
    }
    const auto full = facts::full_name(machine, context.check ? now : wanted);
    std::string shorter = wanted.substr(0, wanted.find('.'));
    outcome.set("name", wanted);
    outcome.facts = Map{{"ansible_hostname", Value(shorter)}, {"ansible_nodename", Value(wanted)}, {"ansible_fqdn", Value(full)},
                        {"ansible_domain", Value(full.find('.') == std::string::npos ? "" : full.substr(full.find('.') + 1))}};
    return outcome;
}

}  // namespace

extern const Module hostname_module{
    .name = "hostname",
    .collection = "ansible.builtin",
    .summary = "Set the host's name",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Names that hostnamed refuses are written to /etc/hostname and set with hostname(1).",
    .returns = "name: the name",
    .example = "- hostname: {name: web01}",
    .unasked_diff = UnaskedDiff::all,
};

}  // namespace fprov::modules
