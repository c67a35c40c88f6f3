// SPDX-License-Identifier: Apache-2.0
// fprov boot ENV and fprov check ENV: the site in inventory/ENV with fprov's own playbooks.
#include "base/files.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"
#include "cli/play_command.hpp"

namespace fprov::cli {
namespace {

int run_site(const Invocation& invocation, const char* description, const char* playbook_name) {
    Flags flags;
    std::string environment;
    std::vector<std::string> others;
    Arguments arguments(invocation.program, description);
    add_flags(arguments, flags, {});
    arguments.positional("ENV", environment, "folder below inventory/; may be left out where there is only one", false);
    arguments.parse(invocation.words, [&] { return version_text(invocation); });
    Site site = find_site(environment);
    auto file = find_playbook(playbook_name);
    if (!file)
        throw base::Failure(base::Kind::not_found, std::string("the playbook: ") + playbook_name + " could not be found", {},
                            "it is looked for in ./playbooks and in the installation (" + (share_directory().empty() ? "share/fprov is missing" : share_directory()) + ")");
    std::vector<std::string> warnings;
    Config config = Config::load(warnings);
    config.check();
    if (flags.inventory.empty()) flags.inventory = {site.inventory};
    WorkspaceOptions options;
    options.playbook_directory = base::absolute_path(base::dirname(base::absolute_path(*file)));
    options.own_roles = own_roles_path();
    options.default_log = base::absolute_path("logs/fprov.log");
    Workspace workspace(std::move(config), std::move(flags), std::move(options));
    for (const auto& warning : warnings) workspace.warn(warning);
    return play(workspace, {*file}, true);
}

}  // namespace

int run_boot(const Invocation& invocation) {
    return run_site(invocation, "Checks the hosts of a site, then brings them to what inventory/ENV describes. Running it again changes nothing.", "site.yml");
}

int run_check(const Invocation& invocation) {
    return run_site(invocation, "Looks on every host of a site for what would keep it from working; changes nothing.", "check.yml");
}

}  // namespace fprov::cli
