// SPDX-License-Identifier: Apache-2.0
// All modules: one line each (its object is NAME_module in NAME.cpp). Order here does not matter; table() is sorted.
#include <algorithm>
#include <vector>

#include "modules/module.hpp"

#define FPROV_FILE_MODULES(row) \
    row(_external) row(acl) row(archive) row(assemble) row(blockinfile) row(copy) row(fetch) row(file) row(get_url) row(find) row(ini_file) row(known_hosts) row(lineinfile) row(mount) row(pam_limits) row(replace) row(slurp) \
    row(authorized_key) row(firewalld) row(hostname) row(selinux) row(stat) row(swapfile) row(sysctl) row(tempfile) row(unarchive) row(uri)

#define FPROV_SYSTEM_MODULES(row) \
    row(apt) row(async_status) row(cron) row(apt_repository) row(debconf) row(dpkg_selections) row(git) row(apt_key) row(rpm_key) row(pip) row(yum_repository) row(package_facts) row(service_facts) \
    row(command) row(expect) row(dnf) row(gather_facts) row(getent) row(group) row(mysql_db) row(mysql_query) row(mysql_user) \
    row(mysql_variables) row(package) row(ping) row(script) row(service) row(setup) row(shell) row(supervisorctl) \
    row(systemd) row(sysvinit) row(user) row(wait_for) row(yum)

#define FPROV_MACHINE_MODULES(row) \
    row(alternatives) row(at) row(filesystem) row(git_config) row(htpasswd) row(iptables) row(locale_gen) row(lvg) row(lvol) row(make) row(modprobe) row(parted) row(rabbitmq_plugin) row(rabbitmq_user) row(rabbitmq_vhost) row(seboolean) row(timezone) row(ufw)

namespace fprov::modules {

#define FPROV_DECLARE(name) extern const Module name##_module;
FPROV_FILE_MODULES(FPROV_DECLARE)
FPROV_SYSTEM_MODULES(FPROV_DECLARE)
FPROV_MACHINE_MODULES(FPROV_DECLARE)

namespace {

#define FPROV_ROW(name) &name##_module,
const std::vector<const Module*>& sorted() {
    static const std::vector<const Module*> modules = [] {
        std::vector<const Module*> rows{FPROV_FILE_MODULES(FPROV_ROW) FPROV_SYSTEM_MODULES(FPROV_ROW) FPROV_MACHINE_MODULES(FPROV_ROW)};
        std::sort(rows.begin(), rows.end(), [](const Module* a, const Module* b) { return a->name < b->name; });
        return rows;
    }();
    return modules;
}

/// Names that Ansible itself sends on to another one.
struct Redirect { std::string_view from, to; };
constexpr Redirect redirects[] = {
    {"systemd_service", "systemd"},
};

}  // namespace

std::span<const Module* const> table() { return sorted(); }

const Module* find(std::string_view name) {
    std::string_view collection;
    if (auto dot = name.rfind('.'); dot != std::string_view::npos) {
        collection = name.substr(0, dot);
        name = name.substr(dot + 1);
    }
    for (const auto& redirect : redirects)
        if (redirect.from == name) name = redirect.to;
    const auto& modules = sorted();
    auto at = std::lower_bound(modules.begin(), modules.end(), name, [](const Module* m, std::string_view wanted) { return m->name < wanted; });
    if (at == modules.end() || (*at)->name != name) return nullptr;
    // What moved out of ansible.builtin into collections is still found under the old name.
    bool fits = collection.empty() || collection == (*at)->collection || collection == "ansible.builtin" || collection == "ansible.legacy";
    return fits ? *at : nullptr;
}

}  // namespace fprov::modules
