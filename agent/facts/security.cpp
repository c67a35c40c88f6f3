// SPDX-License-Identifier: Apache-2.0
// SELinux, AppArmor, FIPS, capabilities, chroot, ssh host keys.
#include <algorithm>
#include <cstdint>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {

void collect_selinux(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    Map out;
    if (const auto enforce = file_word(machine, "/sys/fs/selinux/enforce"); enforce.empty()) {
        out.set("status", "disabled");
    } else {
        const auto config = shell_assignments(file_text(machine, "/etc/selinux/config"));
        auto config_value = [&](const char* key) {
            auto at = config.find(key);
            return at == config.end() ? std::string("unknown") : base::lower(at->second);
        };
        out.set("status", "enabled");
        const auto version = file_word(machine, "/sys/fs/selinux/policyvers");
        if (auto number = base::parse_int(version)) out.set("policyvers", *number);
        else out.set("policyvers", "unknown");
        out.set("config_mode", config_value("SELINUX"));
        out.set("mode", enforce == "1" ? "enforcing" : "permissive");
        out.set("type", config_value("SELINUXTYPE"));
    }
    inquiry.found.set("selinux", std::move(out));
    inquiry.found.set("selinux_python_present", true);   // nothing of Python is needed here
}

void collect_apparmor(Inquiry& inquiry) {
    inquiry.found.set("apparmor", Map{{"status", inquiry.machine.exists("/sys/kernel/security/apparmor") ? "enabled" : "disabled"}});
}

void collect_fips(Inquiry& inquiry) {
    inquiry.found.set("fips", file_word(inquiry.machine, "/proc/sys/crypto/fips_enabled") == "1");
}

namespace {

constexpr const char* capability_names[] = {
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable",
    "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot",
    "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
    "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read",
    "perfmon", "bpf", "checkpoint_restore"};

/// The state in libcap's notation: the flags that most capabilities share as "=ep", then the deviating ones.
std::string capability_text(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable, int last) {
    auto flags_of = [&](int bit) {
        return static_cast<unsigned>((effective >> bit & 1) | (inheritable >> bit & 1) << 1 | (permitted >> bit & 1) << 2);
    };
    auto letters = [](unsigned flags) {
        std::string text;
        if (flags & 1) text += 'e';
        if (flags & 2) text += 'i';
        if (flags & 4) text += 'p';
        return text;
    };
    int count[8] = {};
    for (int bit = 0; bit <= last; ++bit) ++count[flags_of(bit)];
    unsigned common = 7;
    for (unsigned flags = 8; flags-- > 0;)
        if (count[flags] >= count[common]) common = flags;
    std::string text = "=" + letters(common);
    bool bare = common == 0;
    for (unsigned flags = 8; flags-- > 0;) {
        if (flags == common || count[flags] == 0) continue;
        std::string names;
        for (int bit = 0; bit <= last; ++bit)
            if (flags_of(bit) == flags) names += (names.empty() ? "cap_" : ",cap_") + std::string(capability_names[bit]);
        const unsigned added = flags & ~common, removed = common & ~flags;
        if (bare) {                       // nothing is common: the first group stands with '=' itself
            text = names + "=" + letters(flags);
            bare = false;
            continue;
        }
        text += " " + names;
        if (added) text += "+" + letters(added);
        if (removed) text += "-" + letters(removed);
    }
    return text;
}

}  // namespace

void collect_caps(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    std::map<std::string, std::uint64_t> sets;
    for (const auto& line : file_lines(machine, "/proc/self/status"))
        if (line.starts_with("Cap"))
            if (auto parts = words(line); parts.size() == 2) sets[parts[0]] = std::stoull(parts[1], nullptr, 16);
    if (sets.empty()) return;
    constexpr int known = static_cast<int>(std::size(capability_names)) - 1;
    const int last = std::min<int>(known, static_cast<int>(base::parse_int(file_word(machine, "/proc/sys/kernel/cap_last_cap")).value_or(known)));
    const auto text = capability_text(sets["CapEff:"], sets["CapPrm:"], sets["CapInh:"], last);
    if (text == "=ep") {
        inquiry.found.set("system_capabilities_enforced", "False");
        inquiry.found.set("system_capabilities", List{});
    } else {
        inquiry.found.set("system_capabilities_enforced", "True");
        List capabilities;   // Ansible cuts at '=' and then at commas
        for (const auto& part : base::split(base::split(text, '=')[1], ',')) capabilities.emplace_back(std::string(base::trim(part)));
        inquiry.found.set("system_capabilities", std::move(capabilities));
    }
}

bool in_chroot(machine::Machine& machine) {
    if (!machine.variable("debian_chroot").empty()) return true;
    const auto root = machine.stat("/");
    if (!root) return false;
    if (const auto first = machine.stat("/proc/1/root")) return root->inode != first->inode || root->device != first->device;
    std::uint64_t usual = 2;   // /proc/1/root is not ours to see: a root folder has a well-known number
    for (const auto& line : file_lines(machine, "/proc/mounts"))
        if (auto parts = words(line); parts.size() > 2 && parts[1] == "/") usual = parts[2] == "btrfs" ? 256 : parts[2] == "xfs" ? 128 : 2;
    return root->inode != usual;
}

void collect_chroot(Inquiry& inquiry) { inquiry.found.set("is_chroot", in_chroot(inquiry.machine)); }

void collect_ssh_pub_keys(Inquiry& inquiry) {
    for (const char* directory : {"/etc/ssh", "/etc/openssh", "/etc"}) {
        bool any = false;
        for (const char* kind : {"dsa", "rsa", "ecdsa", "ed25519"}) {
            const auto parts = words(file_text(inquiry.machine, std::string(directory) + "/ssh_host_" + kind + "_key.pub"));
            if (parts.size() < 2) continue;
            const std::string name = std::string("ssh_host_key_") + kind + "_public";
            inquiry.found.set(name, parts[1]);
            inquiry.found.set(name + "_keytype", parts[0]);
            any = true;
        }
        if (any) return;
    }
}

}  // namespace fprov::facts
