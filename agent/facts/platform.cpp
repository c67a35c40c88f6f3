// SPDX-License-Identifier: Apache-2.0
// Kernel, architecture and the names of the host.
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

/// The lines of /etc/hosts as words: address, canonical name, aliases.
std::vector<std::vector<std::string>> host_lines(Machine& machine) {
    std::vector<std::vector<std::string>> found;
    for (const auto& line : file_lines(machine, "/etc/hosts"))
        if (auto parts = words(line.substr(0, line.find('#'))); parts.size() >= 2) found.push_back(std::move(parts));
    return found;
}

/// What the resolver says of a name or address, as words of one line of `getent hosts` (DNS, LDAP and other sources).
std::vector<std::string> resolved(Machine& machine, const std::string& what) {
    machine::Command command{.argv = {"getent", "hosts", what}};
    command.timeout = std::chrono::milliseconds(3000);
    auto finished = machine.run(command);
    if (!finished || finished->code != 0) return {};
    return words(base::split_lines(finished->output).empty() ? "" : base::split_lines(finished->output)[0]);
}

}  // namespace

std::string full_name(Machine& machine, const std::string& node) {
    const auto lines = host_lines(machine);
    std::vector<std::string> names;
    std::string address;
    for (const auto& line : lines)
        for (std::size_t i = 1; i < line.size() && address.empty(); ++i)
            if (base::lower(line[i]) == base::lower(node)) address = line[0];
    if (address.empty())
        if (auto answer = resolved(machine, node); answer.size() >= 2) address = answer[0];
    if (address.empty()) return node;
    for (const auto& line : lines)
        if (line[0] == address) { names.assign(line.begin() + 1, line.end()); break; }
    if (names.empty())
        if (auto answer = resolved(machine, address); answer.size() >= 2) names.assign(answer.begin() + 1, answer.end());
    if (names.empty()) return node;
    for (const auto& name : names)
        if (name.find('.') != std::string::npos) return name;
    return names[0];
}

namespace {

/// "64" or "32" from the ELF class of a program that every system has; the agent itself may differ from the user space.
std::string userspace_bits(Machine& machine) {
    for (const char* path : {"/bin/sh", "/usr/bin/env", "/sbin/init"}) {
        auto file = machine.open_file(path);
        if (!file) continue;
        auto head = (*file)->read(5);
        if (head && head->size() == 5 && head->compare(0, 4, "\x7f" "ELF") == 0) return (*head)[4] == 1 ? "32" : "64";
    }
    return sizeof(void*) == 8 ? "64" : "32";
}

bool is_ix86(std::string_view machine) { return machine.size() == 4 && machine[0] == 'i' && machine.substr(2) == "86"; }

}  // namespace

void collect_platform(Inquiry& inquiry) {
    const auto name = inquiry.machine.system_name();
    auto& found = inquiry.found;
    found.set("system", name.system);
    found.set("kernel", name.release);
    found.set("kernel_version", name.version);
    found.set("machine", name.machine);
    found.set("nodename", name.node);
    found.set("hostname", name.node.substr(0, name.node.find('.')));
    const auto fqdn = full_name(inquiry.machine, name.node);
    found.set("fqdn", fqdn);
    const auto dot = fqdn.find('.');
    found.set("domain", dot == std::string::npos ? "" : fqdn.substr(dot + 1));
    const auto bits = userspace_bits(inquiry.machine);
    found.set("userspace_bits", bits);
    std::string architecture = name.machine;
    if (is_ix86(name.machine)) architecture = "i386";
    found.set("architecture", architecture);
    if (name.machine == "x86_64" || is_ix86(name.machine)) found.set("userspace_architecture", bits == "64" ? "x86_64" : "i386");
    for (const char* path : {"/var/lib/dbus/machine-id", "/etc/machine-id"})
        if (auto id = file_word(inquiry.machine, path); !id.empty()) { found.set("machine_id", id); break; }
    add_python_version(inquiry);
}

}  // namespace fprov::facts
