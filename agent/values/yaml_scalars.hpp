// SPDX-License-Identifier: Apache-2.0
// YAML 1.1 scalars: which type a plain text has, and how its text becomes a value. (resolve_yaml_scalar is in yaml.hpp.)
#pragma once
#include <optional>
#include <string_view>

#include "values/date.hpp"
#include "values/value.hpp"

namespace fprov::values {

enum class PlainTag { null, boolean, integer, real, timestamp, merge, value, text };

/// The implicit tag of a plain scalar. The writer asks it to know what must be quoted.
PlainTag yaml_plain_tag(std::string_view text);

// What `!!int`, `!!float`, `!!bool` and `!!timestamp` make of a text; nothing when Python would raise.
std::optional<Value> yaml_int(std::string_view text);
std::optional<Value> yaml_float(std::string_view text);
std::optional<bool> yaml_bool(std::string_view text);
std::optional<Moment> yaml_timestamp(std::string_view text, bool& with_time);

}  // namespace fprov::values
