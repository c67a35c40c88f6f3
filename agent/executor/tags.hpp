// SPDX-License-Identifier: Apache-2.0
// Which tasks --tags and --skip-tags choose.
#pragma once
#include <string>
#include <vector>

namespace fprov::executor {

/// `tags`: of the task with the inherited ones; `only`, `skip`: as given on the command line.
bool chosen_by_tags(const std::vector<std::string>& tags, const std::vector<std::string>& only, const std::vector<std::string>& skip);

}  // namespace fprov::executor
