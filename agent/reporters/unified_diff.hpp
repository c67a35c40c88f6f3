// SPDX-License-Identifier: Apache-2.0
// Unified diffs exactly as Python's difflib makes them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace fprov::reporters {

/// Lines with their endings, as str.splitlines(True).
std::vector<std::string> lines_with_ends(std::string_view text);
/// difflib.unified_diff with empty dates; lines carry their own endings.
std::vector<std::string> unified_diff(const std::vector<std::string>& before, const std::vector<std::string>& after,
                                      const std::string& before_name, const std::string& after_name, int context);

}  // namespace fprov::reporters
