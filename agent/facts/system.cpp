// SPDX-License-Identifier: Apache-2.0
// Kernel command line, resolver, storage names, python.
#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {

void collect_cmdline(Inquiry& inquiry) {
    const auto text = file_word(inquiry.machine, "/proc/cmdline");
    auto parts = base::shell_split(text);
    Map last, all;
    for (const auto& part : parts ? *parts : words(text)) {
        const auto equals = part.find('=');
        const auto name = part.substr(0, equals);
        const Value value = equals == std::string::npos ? Value(true) : Value(part.substr(equals + 1));
        last.set(name, value);
        if (Value* before = all.find(name); !before) all.set(name, value);
        else if (before->is_list()) before->mutable_list().push_back(value);
        else *before = List{*before, value};
    }
    inquiry.found.set("cmdline", std::move(last));
    inquiry.found.set("proc_cmdline", std::move(all));
}

void collect_dns(Inquiry& inquiry) {
    Map dns;
    for (const auto& line : file_lines(inquiry.machine, "/etc/resolv.conf")) {
        if (line.empty() || line[0] == '#' || line[0] == ';') continue;
        const auto parts = words(line);
        if (parts.empty()) continue;
        const auto rest = std::vector<std::string>(parts.begin() + 1, parts.end());
        if (parts[0] == "nameserver") {
            if (!dns.contains("nameservers")) dns.set("nameservers", List{});
            for (const auto& server : rest) dns["nameservers"].mutable_list().emplace_back(server);
        } else if (parts[0] == "domain") {
            if (!rest.empty()) dns.set("domain", rest[0]);
        } else if (parts[0] == "search" || parts[0] == "sortlist") {
            dns.set(parts[0], Value::strings(rest));
        } else if (parts[0] == "options") {
            Map options;
            for (const auto& option : rest) {
                const auto colon = option.find(':');
                options.set(option.substr(0, colon), colon == std::string::npos ? Value(true) : Value(option.substr(colon + 1)));
            }
            dns.set("options", std::move(options));
        }
    }
    inquiry.found.set("dns", std::move(dns));
}

void collect_iscsi(Inquiry& inquiry) {
    std::string name;
    for (const auto& line : file_lines(inquiry.machine, "/etc/iscsi/initiatorname.iscsi"))
        if (line.starts_with("InitiatorName=")) { name = line.substr(14); break; }
    inquiry.found.set("iscsi_iqn", name);
}

void collect_nvme(Inquiry& inquiry) {
    std::string name;
    for (const auto& line : file_lines(inquiry.machine, "/etc/nvme/hostnqn"))
        if (!line.empty() && line[0] != '#' && line.starts_with("nqn.")) name = base::trim(line);
    inquiry.found.set("hostnqn", name);
}

void collect_fibre_channel(Inquiry& inquiry) {
    List names;
    if (auto hosts = inquiry.machine.list("/sys/class/fc_host"))
        for (const auto& host : *hosts)
            if (auto name = file_word(inquiry.machine, "/sys/class/fc_host/" + host + "/port_name"); !name.empty())
                names.emplace_back(name.starts_with("0x") ? name.substr(2) : name);
    inquiry.found.set("fibre_channel_wwn", std::move(names));
}

namespace {

struct Python { std::string path; std::int64_t major = 0, minor = 0, micro = 0; };

/// The interpreter holds its version as a text of its own: "\0" "3.6.8" "\0".
std::optional<std::int64_t> version_inside(Machine& machine, const std::string& path, const std::string& version) {
    auto bytes = machine.read_file(path, 64u << 20);
    if (!bytes) return std::nullopt;
    const std::string wanted = std::string(1, '\0') + version + ".";
    for (auto at = bytes->find(wanted); at != std::string::npos; at = bytes->find(wanted, at + 1)) {
        const auto begin = at + wanted.size(), end = bytes->find_first_not_of("0123456789", begin);
        if (end != std::string::npos && end > begin && end - begin < 3 && (*bytes)[end] == '\0') return base::parse_int(bytes->substr(begin, end - begin));
    }
    return std::nullopt;
}

/// fprov needs no Python; playbooks that ask which one the host has are told by the names of installed interpreters.
std::optional<Python> find_python(Machine& machine) {
    for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python", "/usr/bin/python2"}) {
        if (!machine.exists(path)) continue;
        const auto real = machine.real_path(path);
        const std::string program = real ? *real : path;
        const auto digits = program.find_last_not_of("0123456789.");
        const auto parts = base::split(digits == std::string::npos ? "" : std::string_view(program).substr(digits + 1), '.');
        const auto major = parts.empty() ? std::nullopt : base::parse_int(parts[0]);
        if (!major) continue;
        Python found{path, *major, parts.size() > 1 ? base::parse_int(parts[1]).value_or(0) : 0, 0};
        // The patch level stands in the package database, in the development header, or in the program itself.
        const auto version = std::to_string(found.major) + "." + std::to_string(found.minor);
        if (const auto status = file_text(machine, "/var/lib/dpkg/status"); !status.empty())
            if (const auto at = status.find("Package: python" + version + "-minimal\n"); at != std::string::npos)
                if (const auto line = status.find("\nVersion: " + version + ".", at); line != std::string::npos)
                    found.micro = std::atoi(status.c_str() + line + 11 + version.size());
        for (const char* prefix : {"/usr/include/python", "/usr/local/include/python"})
            for (const auto& line : file_lines(machine, prefix + version + "/patchlevel.h"))
                if (auto part = words(line); part.size() == 3 && part[1] == "PY_MICRO_VERSION") found.micro = base::parse_int(part[2]).value_or(0);
        if (found.micro == 0)
            for (const auto& file : {program, "/usr/lib64/libpython" + version + "m.so.1.0", "/usr/lib64/libpython" + version + ".so.1.0"})
                if (const auto micro = version_inside(machine, file, version)) { found.micro = *micro; break; }
        return found;
    }
    return std::nullopt;
}

}  // namespace

void add_python_version(Inquiry& inquiry) {
    if (auto python = find_python(inquiry.machine))
        inquiry.found.set("python_version", std::to_string(python->major) + "." + std::to_string(python->minor) + "." + std::to_string(python->micro));
}

void collect_python(Inquiry& inquiry) {
    if (auto python = find_python(inquiry.machine))
        inquiry.found.set("python", Map{{"executable", python->path}, {"type", "cpython"}, {"has_sslcontext", true},
            {"version", Map{{"major", python->major}, {"minor", python->minor}, {"micro", python->micro}, {"releaselevel", "final"}, {"serial", 0}}},
            {"version_info", List{python->major, python->minor, python->micro, "final", 0}}});
}

}  // namespace fprov::facts
