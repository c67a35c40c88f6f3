// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the nearest name by edit distance.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::base {

/// The nearest candidate within a third of the word's length (at least 1, at most 3 edits), or nothing.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
/// "did you mean 'x'?" or an empty text.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace fprov::base
