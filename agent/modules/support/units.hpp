// SPDX-License-Identifier: Apache-2.0
// Services of a host, behind systemd or System V scripts. Used by service, systemd, sysvinit and the package modules.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

bool systemd_runs(machine::Machine& machine);

/// What a task wants of one service; what is not wanted stays empty.
struct ServiceWishes {
    std::string name, state;              // started, stopped, restarted, reloaded
    std::optional<bool> enabled, masked;
    bool daemon_reload = false, daemon_reexec = false, force = false, no_block = false;
    bool generic = false;                 // told as by a module that knows no units: without their status
    std::string scope = "system", pattern, arguments, runlevel = "default";
    std::vector<std::string> runlevels{};
    std::int64_t sleep = 1;
};

Outcome manage_unit(const ServiceWishes& wishes, Context& context);      // systemd
/// /etc/init.d, with the result of the module `service`, and with the one of `sysvinit`.
Outcome manage_script(const ServiceWishes& wishes, Context& context);
Outcome manage_sysvinit(const ServiceWishes& wishes, Context& context);

}  // namespace fprov::modules
