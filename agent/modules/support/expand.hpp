// SPDX-License-Identifier: Apache-2.0
// $NAME, ${NAME} and a leading ~ or ~name, from the task's environment and the host's accounts.
#pragma once
#include <map>
#include <string>

#include "machine/machine.hpp"

namespace fprov::modules {

std::string expand(machine::Machine& machine, const std::map<std::string, std::string>& environment, const std::string& text);

}  // namespace fprov::modules
