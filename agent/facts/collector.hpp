// SPDX-License-Identifier: Apache-2.0
// Facts: what a host says of itself, by Ansible's names, read from its files and kernel and not from other programs.
#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/machine.hpp"
#include "values/value.hpp"

namespace fprov::facts {

using machine::Machine;
using values::List;
using values::Map;
using values::Value;

/// One gathering: where collectors read and what they may use.
struct Inquiry {
    Machine& machine;
    std::string fact_path = "/etc/ansible/facts.d";
    double timeout = 10;                                   // seconds for one program of facts.d
    std::map<std::string, std::string> environment{};      // the task's, added to the agent's
    std::vector<std::string> warnings{};
    /// Names without the prefix "ansible_"; later collectors read what earlier ones found.
    Map found{};
};

struct Collector {
    std::string_view name;         // a subset's name
    std::string_view also;         // further names that select it, separated by '|'
    std::string_view needs;        // collectors that must run before, separated by '|'
    bool minimal;                  // part of the subset `min`
    void (*collect)(Inquiry&);
};

/// All collectors in the order in which they run.
std::span<const Collector> table();

/// What the module setup answers as ansible_facts, with the prefix "ansible_". Throws base::Failure for an unknown subset.
Map gather(Machine& machine, const std::vector<std::string>& subset, const std::vector<std::string>& filter,
           const std::string& fact_path = "/etc/ansible/facts.d", double timeout = 10,
           const std::map<std::string, std::string>& environment = {}, std::vector<std::string>* warnings = nullptr);

void collect_platform(Inquiry&);
void collect_distribution(Inquiry&);
void collect_hardware(Inquiry&);
void collect_network(Inquiry&);
void collect_virtual(Inquiry&);
void collect_date_time(Inquiry&);
void collect_env(Inquiry&);
void collect_user(Inquiry&);
void collect_selinux(Inquiry&);
void collect_apparmor(Inquiry&);
void collect_fips(Inquiry&);
void collect_caps(Inquiry&);
void collect_chroot(Inquiry&);
void collect_cmdline(Inquiry&);
void collect_dns(Inquiry&);
void collect_ssh_pub_keys(Inquiry&);
void collect_loadavg(Inquiry&);
void collect_lsb(Inquiry&);
void collect_local(Inquiry&);
void collect_pkg_mgr(Inquiry&);
void collect_service_mgr(Inquiry&);
void collect_python(Inquiry&);
void collect_iscsi(Inquiry&);
void collect_nvme(Inquiry&);
void collect_fibre_channel(Inquiry&);

void add_python_version(Inquiry&);   // part of `platform`
// parts of `hardware`
void add_processors(Inquiry&);
void add_memory(Inquiry&);
void add_dmi(Inquiry&);
void add_devices(Inquiry&);
void add_mounts(Inquiry&);
void add_lvm(Inquiry&);

/// Does this process see another root folder than init?
bool in_chroot(machine::Machine& machine);
/// As Python's socket.getfqdn: the first name with a dot among those of the host's own address, else the canonical one.
std::string full_name(machine::Machine& machine, const std::string& node);

}  // namespace fprov::facts
