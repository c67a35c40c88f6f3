// SPDX-License-Identifier: Apache-2.0
// Python's arithmetic and subscription. Errors are Failures without a place; the evaluator adds it.
#pragma once
#include "jinja/ast.hpp"
#include "jinja/environment.hpp"
#include "jinja/undefined.hpp"

namespace fprov::jinja {

Value arithmetic(ast::Operator op, const Value& a, const Value& b, const Limits& limits);
Value negate(const Value& value);
Value positive(const Value& value);
bool compare(ast::Comparison op, const Value& a, const Value& b);

/// value[start:stop:step]; none stands for a missing bound.
Value slice(const Value& value, const Value& start, const Value& stop, const Value& step);
/// List, tuple or string element by number (negative from the end); nothing when out of range or not a sequence.
std::optional<Value> element(const Value& value, std::int64_t index);

bool is_integral(const Value& value);            // int or bool
std::int64_t as_integer(const Value& value);     // of an int or bool
double as_real(const Value& value);              // of an int, bool or float
bool is_numeric(const Value& value);

/// Fails when `value`, about to be put into `container`, holds that container: such a cycle could never be freed. (Looks at a bounded
/// number of elements.)
void refuse_cycle(const Value& container, const Value& value);

[[noreturn]] void fail_type(std::string what);
[[noreturn]] void fail_value(std::string what);
[[noreturn]] void fail_overflow();
/// Fails when a text of so many bytes, or a list of so many elements, is over the limits.
void check_text(const Limits& limits, std::size_t bytes);
void check_list(const Limits& limits, std::size_t elements);

}  // namespace fprov::jinja
