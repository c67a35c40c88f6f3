// SPDX-License-Identifier: Apache-2.0
// What user and group share: finding the account programs, running them, reading /etc/shadow.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

/// Full path of a program; fails with Ansible's sentence when it is not there.
std::string required_program(Context& context, const std::string& name, const std::vector<std::string>& extra = {});

/// The fields of one line of a colon-separated file; nothing when the name is not in it.
std::optional<std::vector<std::string>> colon_record(machine::Machine& machine, const std::string& path, const std::string& name);

/// A run of a program whose output goes into the result.
struct Ran { int code = 0; std::string output, error_output; };
Ran run_program(Context& context, std::vector<std::string> argv, std::string input = {}, const std::string& directory = {});

}  // namespace fprov::modules
