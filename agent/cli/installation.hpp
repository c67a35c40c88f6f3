// SPDX-License-Identifier: Apache-2.0
// Where fprov's own playbooks, roles and examples are: beside the site, else in the installation (or the source tree it was built in).
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace fprov::cli {

std::string executable_path();
/// `<prefix>/share/fprov`, or the folder above the build folder; empty when neither holds playbooks.
std::string share_directory();
/// ./playbooks/NAME, else the installation's.
std::optional<std::string> find_playbook(const std::string& name);
/// ./roles and the installation's roles, as far as they exist.
std::vector<std::string> own_roles_path();

struct Site { std::string name, inventory; };    // inventory/NAME
/// ENV as given, or the only one under inventory/. Throws Failure with what there is.
Site find_site(const std::string& name);
std::vector<std::string> site_names();           // folders of inventory/ without "example"

}  // namespace fprov::cli
