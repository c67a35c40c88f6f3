// SPDX-License-Identifier: Apache-2.0
// fprov playbook (ansible-playbook): reads and checks playbooks, lists what they hold, or runs them.
#include "base/files.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"
#include "cli/listing.hpp"
#include "cli/play_command.hpp"
#include "cli/problems.hpp"

namespace fprov::cli {

int play(Workspace& workspace, const std::vector<std::string>& files, bool strict) {
    for (const auto& file : files) {   // before passwords are asked for
        if (!base::exists(file)) throw base::Failure(base::Kind::not_found, "the playbook: " + file + " could not be found");
        if (base::is_directory(file)) throw base::Failure(base::Kind::not_found, "the playbook: " + file + " does not appear to be a file");
    }
    workspace.load_inventory();
    workspace.check_limit();
    workspace.load_playbooks(files);
    auto wrong = workspace.parameter_mistakes();
    if (strict && !wrong.empty()) throw Mistakes{wrong};
    for (const auto& error : wrong) workspace.warn(base::describe(error.where) + ": " + error.what);
    const Flags& flags = workspace.flags;
    if (flags.list_hosts || flags.list_tasks || flags.list_tags || flags.syntax_check) return list_playbooks(workspace);
    return workspace.run();
}

int run_playbook(const Invocation& invocation) {
    Flags flags;
    std::vector<std::string> files;
    Arguments arguments(invocation.program, "Runs playbooks on the hosts of an inventory.");
    add_flags(arguments, flags, {.playbook = true, .own = !invocation.as_ansible});
    arguments.positionals("playbook", files, "playbook files", true);
    arguments.parse(invocation.words, [&] { return version_text(invocation); });
    if (!invocation.as_ansible)   // verify.yml, playbooks/verify.yml: the site's, else the installation's
        for (auto& file : files)
            if (auto folder = base::dirname(file); !base::exists(file) && (folder.empty() || folder == "." || folder == "playbooks"))
                if (auto found = find_playbook(base::basename(file))) file = *found;
    std::vector<std::string> warnings;
    Config config = Config::load(warnings);
    config.check();
    for (auto& file : files)
        if (!base::exists(file))
            if (auto named = playbook::find_collection_playbook(file, python_packages(config.list("COLLECTIONS_PATHS")))) file = *named;
    WorkspaceOptions options;
    options.program = invocation.as_ansible ? "ansible" : "fprov";
    options.playbook_directory = base::absolute_path(base::dirname(base::absolute_path(files.front())));
    options.own_roles = own_roles_path();
    Workspace workspace(std::move(config), std::move(flags), std::move(options));
    for (const auto& warning : warnings) workspace.warn(warning);
    return play(workspace, files, false);
}

}  // namespace fprov::cli
