// SPDX-License-Identifier: Apache-2.0
// Virtual machines and containers: what this host runs in, and what it could host.
#include <algorithm>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

struct State {
    std::vector<std::string> guest, host;
    std::string type, role;
    void add(std::vector<std::string>& list, const std::string& name) {
        if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
    }
    void as_guest(const std::string& name) {
        add(guest, name);
        if (type.empty()) { type = name; role = "guest"; }
    }
    void as_host(const std::string& name) {
        add(host, name);
        if (type.empty()) { type = name; role = "host"; }
    }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

void look_at_containers(Machine& machine, State& state) {
    // Asked before anything else, and not asked again once it has answered.
    if (machine.exists("/.dockerenv") || machine.exists("/.dockerinit")) {
        state.as_guest("docker");
        state.add(state.guest, "container");
    }
    bool in_container = false;
    for (const auto& line : file_lines(machine, "/proc/1/cgroup")) {
        if (has(line, "/docker/") || has(line, "/docker-") || has(line, "/kubepods")) { state.as_guest("docker"); in_container = true; }
        if (has(line, "/lxc/") || has(line, "/machine.slice/machine-lxc")) { state.as_guest("lxc"); in_container = true; }
        if (has(line, "/system.slice/containerd.service")) { state.as_guest("containerd"); in_container = true; }
    }
    for (const auto& entry : base::split(file_text(machine, "/proc/1/environ"), '\0')) {
        if (entry == "container=lxc") { state.as_guest("lxc"); in_container = true; }
        else if (entry == "container=podman") { state.as_guest("podman"); in_container = true; }
        else if (entry.starts_with("container=") && entry.size() > 10) { state.as_guest("container"); in_container = true; }
    }
    if (in_container) state.add(state.guest, "container");
    if (machine.exists("/proc/vz") && !machine.exists("/proc/lve")) {
        if (machine.exists("/proc/bc")) state.as_host("openvz");
        else state.as_guest("openvz");
    }
    if (const auto kind = file_word(machine, "/run/systemd/container"); !kind.empty()) {
        state.as_guest(kind);
        state.add(state.guest, "container");
    }
    if (machine.exists("/proc/xen")) {
        if (has(file_text(machine, "/proc/xen/capabilities"), "control_d")) state.as_host("xen");
        else state.as_guest("xen");
    }
}

// What the firmware names tell. `exact` compares the whole text.
struct Firmware { std::string_view file, text, type; bool exact; };
constexpr Firmware firmware[] = {
    {"product_name", "KVM", "kvm", true}, {"product_name", "KVM Server", "kvm", true}, {"product_name", "Bochs", "kvm", true},
    {"product_name", "AHV", "kvm", true}, {"product_name", "RHEV Hypervisor", "RHEV", true}, {"product_name", "OpenStack Compute", "openstack", true},
    {"product_name", "OpenStack Nova", "openstack", true}, {"product_name", "VMware", "VMware", false},
    {"product_name", "Virtual Machine", "VirtualPC", true}, {"product_name", "VirtualBox", "virtualbox", true},
    {"bios_vendor", "Xen", "xen", true}, {"bios_vendor", "innotek GmbH", "virtualbox", true}, {"bios_vendor", "Amazon EC2", "kvm", true},
    {"bios_vendor", "DigitalOcean", "kvm", true}, {"bios_vendor", "Hetzner", "kvm", true},
    {"sys_vendor", "Parallels Software International Inc.", "parallels", true}, {"sys_vendor", "QEMU", "kvm", true},
    {"sys_vendor", "oVirt", "kvm", true}, {"sys_vendor", "Amazon EC2", "kvm", true}, {"sys_vendor", "DigitalOcean", "kvm", true},
    {"sys_vendor", "Hetzner", "kvm", true}, {"sys_vendor", "Google", "kvm", true}, {"sys_vendor", "Nutanix", "kvm", true},
    {"sys_vendor", "Scaleway", "kvm", true}, {"sys_vendor", "linode", "kvm", true}, {"sys_vendor", "openstack", "openstack", false},
    {"chassis_vendor", "KubeVirt", "KubeVirt", true}, {"product_family", "KubeVirt", "KubeVirt", true},
};

void look_at_firmware(Machine& machine, State& state) {
    std::map<std::string_view, std::string> texts;
    for (const auto& row : firmware) {
        auto [at, fresh] = texts.try_emplace(row.file);
        if (fresh) at->second = file_word(machine, "/sys/devices/virtual/dmi/id/" + std::string(row.file));
        if (row.exact ? at->second == row.text : has(at->second, row.text)) state.as_guest(std::string(row.type));
    }
}

void look_at_kernel(Machine& machine, State& state) {
    for (const auto& line : file_lines(machine, "/proc/self/status"))
        if (line.starts_with("VxID:")) {
            if (std::string(base::trim(std::string_view(line).substr(5))) == "0") state.as_host("linux_vserver");
            else state.as_guest("linux_vserver");
        }
    for (const auto& line : file_lines(machine, "/proc/cpuinfo")) {
        if (line.starts_with("model name") && has(line, "QEMU Virtual CPU")) state.as_guest("kvm");
        if (line.starts_with("vendor_id") && has(line, "User Mode Linux")) state.as_guest("uml");
        if (line.starts_with("vendor_id") && has(line, "PowerVM Lx86")) state.as_guest("powervm_lx86");
        if (line.starts_with("machine") && has(line, "CHRP IBM pSeries (emulated by qemu)")) state.as_guest("kvm");
    }
    const bool modules_known = machine.exists("/proc/modules");
    bool kvm = false, virtualbox = false, virtio = false;
    for (const auto& line : file_lines(machine, "/proc/modules")) {
        const auto name = line.substr(0, line.find(' '));
        kvm = kvm || name == "kvm";
        virtualbox = virtualbox || name == "vboxdrv";
        virtio = virtio || name == "virtio";
    }
    if (modules_known && kvm) state.as_host("kvm");
    if (virtualbox) state.as_host("virtualbox");
    if (virtio && !kvm && state.guest.empty()) state.as_guest("kvm");
    if (machine.exists("/dev/kvm")) state.as_host("kvm");
    if (const auto type = file_word(machine, "/sys/hypervisor/type"); type == "xen") state.as_guest("xen");
}

}  // namespace

void collect_virtual(Inquiry& inquiry) {
    State state;
    look_at_containers(inquiry.machine, state);
    look_at_firmware(inquiry.machine, state);
    look_at_kernel(inquiry.machine, state);
    auto& found = inquiry.found;
    found.set("virtualization_type", state.type.empty() ? "NA" : state.type);
    found.set("virtualization_role", state.role.empty() ? "NA" : state.role);
    found.set("virtualization_tech_guest", Value::strings(state.guest));
    found.set("virtualization_tech_host", Value::strings(state.host));
}

}  // namespace fprov::facts
