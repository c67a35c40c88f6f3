// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/installation.hpp"
#include "playbook/model.hpp"

namespace fprov::cli {
namespace {

constexpr std::array rows{
    Command{"init", "", "ENV", "write inventory/ENV: commented files, ready to edit", run_init},
    Command{"check", "", "[ENV]", "look for what would keep a site from working; change nothing", run_check},
    Command{"boot", "", "[ENV]", "check a site, then bring it to what inventory/ENV describes", run_boot},
    Command{"playbook", "ansible-playbook", "FILE…", "run playbooks", run_playbook},
    Command{"adhoc", "ansible", "PATTERN -m MODULE -a ARGS", "run one task on many hosts", run_adhoc},
    Command{"inventory", "ansible-inventory", "--list | --graph | --host H", "show an inventory", run_inventory},
    Command{"vault", "ansible-vault", "ACTION FILE…", "encrypted files and texts", run_vault},
    Command{"lint", "", "[FILE…]", "find mistakes without touching a host", run_lint},
    Command{"doc", "", "[-t TYPE] NAME | --list", "describe modules, filters, keywords …", run_doc},
    Command{"config", "", "dump | list | view", "show the configuration", run_config},
    Command{"dist", "", "manifest|verify [FOLDER]", "write down or check the software of a site (dist/manifest.yml)", run_dist},
};

}  // namespace

std::span<const Command> commands() { return rows; }

std::string version_text(const Invocation& invocation) {
    std::vector<std::string> warnings;
    std::string file;
    try {
        file = Config::load(warnings).file();
    } catch (const base::Failure&) {
        file = "(unreadable)";
    }
    std::string share = share_directory();
    // Wrappers look for "[core X]"; the language is that of ansible-core 2.14.
    std::string first = invocation.as_ansible ? invocation.program + " [core " + playbook::ansible_version + "] (fprov " FPROV_VERSION ")" : "fprov " FPROV_VERSION " (language of ansible-core 2.14)";
    return first + "\n  config file = " + (file.empty() ? "None" : file) + "\n  playbooks and roles = " + (share.empty() ? "beside the site" : share) +
           "\n  executable location = " + executable_path() + "\n";
}

}  // namespace fprov::cli
