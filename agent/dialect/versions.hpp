// SPDX-License-Identifier: Apache-2.0
// Comparing version numbers in the four ways of the `version` test.
#pragma once
#include <cstdint>
#include <string_view>

namespace fprov::dialect {

enum class VersionScheme : std::uint8_t { loose, strict, semver, pep440 };
/// < 0, 0, > 0. Throws Failure (type) for a text that is no version of that scheme.
int compare_versions(std::string_view a, std::string_view b, VersionScheme scheme);

}  // namespace fprov::dialect
