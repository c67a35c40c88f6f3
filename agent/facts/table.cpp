// SPDX-License-Identifier: Apache-2.0
#include "facts/collector.hpp"

namespace fprov::facts {
namespace {

constexpr Collector collectors[] = {
    // name, further names, needs, minimal, collect
    {"platform", "system|kernel|kernel_version|machine|python_version|architecture|machine_id", "", true, collect_platform},
    {"distribution", "distribution_version|distribution_release|distribution_major_version|os_family", "", true,
     collect_distribution},
    {"lsb", "", "", true, collect_lsb},
    {"pkg_mgr", "", "distribution", true, collect_pkg_mgr},
    {"service_mgr", "", "platform|distribution", true, collect_service_mgr},
    {"user", "user_id|user_uid|user_gid|user_gecos|user_dir|user_shell|real_user_id|effective_user_id|effective_group_ids", "", true,
     collect_user},
    {"env", "", "", true, collect_env},
    {"date_time", "", "", true, collect_date_time},
    {"cmdline", "", "", true, collect_cmdline},
    {"dns", "", "", true, collect_dns},
    {"selinux", "", "", true, collect_selinux},
    {"apparmor", "", "", true, collect_apparmor},
    {"fips", "", "", true, collect_fips},
    {"caps", "system_capabilities|system_capabilities_enforced", "", true, collect_caps},
    {"ssh_pub_keys", "ssh_host_pub_keys|ssh_host_key_dsa_public|ssh_host_key_rsa_public|ssh_host_key_ecdsa_public|"
                     "ssh_host_key_ed25519_public", "", true, collect_ssh_pub_keys},
    {"python", "", "", true, collect_python},
    {"local", "", "", true, collect_local},
    {"chroot", "is_chroot", "", false, collect_chroot},
    {"loadavg", "", "", false, collect_loadavg},
    {"hardware", "processor|processor_cores|processor_count|mounts|devices", "platform", false, collect_hardware},
    {"network", "interfaces|default_ipv4|default_ipv6|all_ipv4_addresses|all_ipv6_addresses", "platform|distribution", false,
     collect_network},
    {"virtual", "virtualization_type|virtualization_role|virtualization_tech_guest|virtualization_tech_host", "", false,
     collect_virtual},
    {"iscsi", "", "", false, collect_iscsi},
    {"nvme", "", "", false, collect_nvme},
    {"fibre_channel_wwn", "", "", false, collect_fibre_channel},
    {"facter", "", "", false, [](Inquiry&) {}},   // programs of their own; known as subsets, not asked
    {"ohai", "", "", false, [](Inquiry&) {}},
};

}  // namespace

std::span<const Collector> table() { return collectors; }

}  // namespace fprov::facts
