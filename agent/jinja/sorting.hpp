// SPDX-License-Identifier: Apache-2.0
// Stable sorting by keys, with Python's errors for values that have no order.
#pragma once
#include <functional>

#include "jinja/environment.hpp"

namespace fprov::jinja {

/// Keys are asked for once per element; reversed order keeps equal elements in place, as Python does.
void sort_values(List& list, const std::function<Value(const Value&)>& key, bool reverse);
/// Texts in lower case, everything else as it is (Jinja2's case-insensitive comparisons).
Value ignoring_case(const Value& value);

}  // namespace fprov::jinja
