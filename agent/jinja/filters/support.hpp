// SPDX-License-Identifier: Apache-2.0
// What filters share: reading arguments, walking what can be iterated, attribute paths.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "jinja/environment.hpp"
#include "jinja/operators.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

inline const Limits& limits_of(const Call& call) { return call.context.environment.limits; }
/// The elements of argument `i`; a Failure when it cannot be iterated.
List iterate(const Call& call, std::size_t i = 0);
List iterate(const Call& call, const Value& value);
/// str(argument)
std::string text_of(const Call& call, std::size_t i);
std::int64_t integer_of(const Call& call, std::size_t i);
bool flag_of(const Call& call, std::size_t i);
/// Reads attribute paths: "a.b", 0, or none for the value itself.
std::function<Value(const Value&)> getter(const Call& call, const Value& attribute, const Value& otherwise = {});
std::optional<double> parse_python_float(std::string_view text);
std::optional<std::int64_t> parse_python_int(std::string_view text, int base, bool& overflow);
std::string escape_html(std::string_view text);
std::uint64_t random_number(Context& context, std::uint64_t below);

}  // namespace fprov::jinja
