// SPDX-License-Identifier: Apache-2.0
// The tables that every Environment starts with.
#pragma once
#include <span>

#include "jinja/callable.hpp"

namespace fprov::jinja {

std::span<const Filter> string_filters();
std::span<const Filter> sequence_filters();
std::span<const Filter> number_filters();
std::span<const Filter> structure_filters();
std::span<const Test> builtin_tests();
std::span<const Global> builtin_globals();

}  // namespace fprov::jinja
