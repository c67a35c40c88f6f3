// SPDX-License-Identifier: Apache-2.0
// --list-hosts, --list-tasks, --list-tags, --syntax-check.
#pragma once
#include "cli/workspace.hpp"

namespace fprov::cli {

int list_playbooks(Workspace& workspace);

}  // namespace fprov::cli
