// SPDX-License-Identifier: Apache-2.0
// Python's literal syntax, as ast.literal_eval reads it: INI inventories and Jinja's native conversion use it.
#pragma once
#include <optional>
#include <string_view>

#include "values/value.hpp"

namespace fprov::values {

/// Numbers, strings (with prefixes, adjacent ones joined), lists, tuples (also bare "1, 2"), dicts, sets (as lists), True, False, None.
/// Nothing for everything else, including integers beyond 64 bits and complex numbers. Strings become data_only.
std::optional<Value> literal_eval(std::string_view text);

}  // namespace fprov::values
