// SPDX-License-Identifier: Apache-2.0
#include "modules/support/backup.hpp"

#include <ctime>
#include <unistd.h>

namespace fprov::modules {

std::string make_backup(Context& context, const std::string& path) {
    auto stat = context.machine.stat(path);
    if (!stat || context.check) return {};
    auto seconds = static_cast<std::time_t>(context.machine.now());
    std::tm local{};
    ::localtime_r(&seconds, &local);
    char stamp[64];
    std::strftime(stamp, sizeof stamp, "%Y-%m-%d@%H:%M:%S~", &local);
    // One process makes many backups: a second one of the same second must not take the place of the first.
    long number = ::getpid();
    std::string name;
    do name = path + "." + std::to_string(number++) + "." + stamp;
    while (context.machine.lexists(name));
    // cp keeps ACLs and contexts as well, and big files need not pass through memory
    base::Command command{.argv = {"cp", "-p", "--", path, name}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0)
        fail("Could not make backup of " + path + " to " + name + ": " + (finished ? finished->error_output : finished.error().what));
    return name;
}

}  // namespace fprov::modules
