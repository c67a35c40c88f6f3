// SPDX-License-Identifier: Apache-2.0
// Which package manager and which service manager rule here.
#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

// A later row wins over an earlier one, as in Ansible.
struct Program { const char* path; const char* name; };
constexpr Program programs[] = {
    {"/usr/bin/rpm-ostree", "atomic_container"}, {"/usr/bin/yum", "yum"}, {"/usr/bin/dnf", "dnf"}, {"/usr/bin/apt-get", "apt"},
    {"/usr/bin/zypper", "zypper"}, {"/usr/sbin/urpmi", "urpmi"}, {"/usr/bin/pacman", "pacman"}, {"/bin/opkg", "opkg"},
    {"/usr/pkg/bin/pkgin", "pkgin"}, {"/opt/local/bin/pkgin", "pkgin"}, {"/opt/tools/bin/pkgin", "pkgin"},
    {"/opt/local/bin/port", "macports"}, {"/usr/local/bin/brew", "homebrew"}, {"/opt/homebrew/bin/brew", "homebrew"},
    {"/sbin/apk", "apk"}, {"/usr/sbin/pkg", "pkgng"}, {"/usr/sbin/swlist", "swdepot"}, {"/usr/bin/emerge", "portage"},
    {"/usr/sbin/pkgadd", "svr4pkg"}, {"/usr/bin/pkg", "pkg5"}, {"/usr/bin/xbps-install", "xbps"}, {"/usr/local/sbin/pkg", "pkgng"},
    {"/usr/bin/swupd", "swupd"}, {"/usr/sbin/sorcery", "sorcery"}, {"/usr/bin/installp", "installp"},
    {"/QOpenSys/pkgs/bin/yum", "yum"},
};

std::string package_manager(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    std::string found = "unknown";
    for (const auto& program : programs)
        if (machine.exists(program.path)) found = program.name;
    const Value* family = inquiry.found.find("os_family");
    const Value* distribution = inquiry.found.find("distribution");
    const Value* major_fact = inquiry.found.find("distribution_major_version");
    const auto name = distribution ? distribution->text_or("") : "";
    const auto major = base::parse_int(major_fact ? major_fact->text_or("") : "");
    const std::string kind = family ? family->text_or("") : "";
    auto installed = [&](const char* program) { return machine.exists(std::string("/usr/bin/") + program); };
    if (kind == "RedHat") {   // both may be installed: the release decides which one is its own
        if (installed("rpm-ostree") && machine.exists("/run/ostree-booted")) return "atomic_container";
        const std::int64_t dnf_since = name == "Fedora" ? 23 : name == "Amazon" ? 2022 : 8;
        const bool dnf = !major || *major >= dnf_since;
        for (const char* choice : {dnf ? "dnf" : "yum", dnf ? "yum" : "dnf"})
            if (installed(choice)) return choice;
    }
    if (kind == "Debian" && installed("apt-get")) return "apt";
    if (kind == "Altlinux" && found == "apt") return "apt_rpm";
    if (found == "apt" && installed("rpm") && kind != "Debian" && machine.exists("/etc/altlinux-release")) return "apt_rpm";
    return found;
}

std::string service_manager(Machine& machine) {
    static constexpr std::pair<const char*, const char*> known[] = {
        {"procd", "openwrt_init"}, {"runit-init", "runit"}, {"svscan", "svc"}, {"openrc-init", "openrc"}};
    auto first = base::basename(file_word(machine, "/proc/1/comm"));
    if (first.size() >= 2 && first.ends_with("sh")) first.clear();   // a shell as PID 1 says nothing
    if (!first.empty() && first != "init") {
        for (const auto& [process, name] : known)
            if (first == process) return name;
        return first;
    }
    const bool systemctl = machine.which("systemctl").has_value();
    if (systemctl)
        for (const char* canary : {"/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"})
            if (machine.exists(canary)) return "systemd";
    if (machine.which("initctl") && machine.exists("/etc/init/")) return "upstart";
    if (machine.exists("/sbin/openrc")) return "openrc";
    if (systemctl)
        if (auto target = machine.read_link("/sbin/init"); target && base::basename(*target) == "systemd") return "systemd";
    if (machine.exists("/etc/init.d/")) return "sysvinit";
    return "service";
}

}  // namespace

void collect_pkg_mgr(Inquiry& inquiry) { inquiry.found.set("pkg_mgr", package_manager(inquiry)); }

void collect_service_mgr(Inquiry& inquiry) { inquiry.found.set("service_mgr", service_manager(inquiry.machine)); }

}  // namespace fprov::facts
