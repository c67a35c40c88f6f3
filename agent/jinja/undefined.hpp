// SPDX-License-Identifier: Apache-2.0
// Making and refusing undefined values, with Jinja2's messages.
#pragma once
#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::jinja {

using base::Place;
using values::Value;
class Scope;

Value undefined_name(std::string_view name, Place place);
/// Nothing of that name or number in `object`: "'dict object' has no attribute 'y'", "list object has no element 7".
Value undefined_member(const Value& object, const Value& key, Place place);
Value undefined_because(std::string message, Place place);
/// The missing else of `x if y`.
Value undefined_else(Place place);

[[noreturn]] void fail_undefined(const Value& value, const Scope* scope = nullptr);
/// Fails when the value is undefined (and not lenient).
inline void require_defined(const Value& value, const Scope* scope = nullptr) { if (value.is_undefined()) fail_undefined(value, scope); }
/// Python's bool(), which fails for undefined values.
bool truth(const Value& value, const Scope* scope = nullptr);

}  // namespace fprov::jinja
