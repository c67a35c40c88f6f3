// SPDX-License-Identifier: Apache-2.0
// Regular expressions of templates, compiled once.
#pragma once
#include <string>

#include "base/place.hpp"
#include "regex/regex.hpp"

namespace fprov::dialect {

/// Throws Failure for an invalid pattern.
regex::Regex pattern_of(base::Place place, const std::string& pattern, regex::Flags flags = {});

}  // namespace fprov::dialect
