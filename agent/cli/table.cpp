// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/installation.hpp"

namespace fprov::cli {
namespace {

constexpr std::array rows{
    Command{"boot", "", "[ENV]", "check the hosts of a site, then bring them to what it describes", run_boot},
    Command{"check", "", "[ENV]", "look for what would keep a site from working; change nothing", run_check},
    Command{"playbook", "ansible-playbook", "FILE…", "run playbooks", run_playbook},
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
    std::string first = invocation.as_ansible ? invocation.program + " [core 2.14.18] (fprov " FPROV_VERSION ")" : "fprov " FPROV_VERSION " (language of ansible-core 2.14)";
    return first + "\n  config file = " + (file.empty() ? "None" : file) + "\n  playbooks and roles = " + (share.empty() ? "beside the site" : share) +
           "\n  executable location = " + executable_path() + "\n";
}

}  // namespace fprov::cli
