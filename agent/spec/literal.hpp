// SPDX-License-Identifier: Apache-2.0
// Python literals as text ("{'a': [1, True]}"): what a dict parameter in text form may hold.
#pragma once
#include <optional>
#include <string_view>

#include "values/value.hpp"

namespace fprov::spec {

/// The value of one Python literal that fills the text; nothing when it is none. Strings become data_only.
std::optional<values::Value> read_python_literal(std::string_view text);

}  // namespace fprov::spec
