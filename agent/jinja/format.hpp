// SPDX-License-Identifier: Apache-2.0
// Python's three ways to format: '%s' % x, '{}'.format(x) and format(x, '>8.2f').
#pragma once
#include <string>
#include <string_view>

#include "jinja/environment.hpp"

namespace fprov::jinja {

/// format % arguments; arguments is a tuple, a map or a single value.
std::string percent_format(std::string_view format, const Value& arguments, const Limits& limits);
/// format.format(*positional, **named)
std::string brace_format(std::string_view format, const List& positional, const Map& named, const Limits& limits);
/// format(value, spec)
std::string format_value(const Value& value, std::string_view spec, const Limits& limits);

}  // namespace fprov::jinja
