// SPDX-License-Identifier: Apache-2.0
// Python's printing, comparison and arithmetic rules for values. Errors are thrown as base::Failure (kind type).
#pragma once
#include <string>

#include "values/value.hpp"

namespace fprov::values {

std::string str(const Value& value);         // str(x): what {{ x }} prints; none prints "None" here
std::string repr(const Value& value);        // repr(x): quotes and escapes as Python 3
std::string repr_float(double number);       // shortest round-trip, "1.0", "1e+16", "inf", "nan"
std::string type_name(const Value& value);   // "NoneType" "bool" "int" "float" "str" "list" "tuple" "dict" …

bool equal(const Value& a, const Value& b);              // ==, never throws
/// a < b ? -1 : … ; throws "'<' not supported between instances of 'int' and 'str'" where Python does (op is for the text).
int compare(const Value& a, const Value& b, const char* op = "<");
bool contains(const Value& container, const Value& item);   // `item in container`
std::optional<std::int64_t> length(const Value& value);     // len(x); nothing where Python raises
/// The elements when iterated (list, tuple, dict keys, characters of a string, objects that iterate); nothing = not iterable.
std::optional<List> elements(const Value& value);

}  // namespace fprov::values
