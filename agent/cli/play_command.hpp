// SPDX-License-Identifier: Apache-2.0
// What playbook, boot and check share.
#pragma once
#include <string>
#include <vector>

#include "cli/workspace.hpp"

namespace fprov::cli {

/// Loads, checks, then lists or runs. `strict`: wrong module parameters end it before the first host is touched.
int play(Workspace& workspace, const std::vector<std::string>& files, bool strict);

}  // namespace fprov::cli
