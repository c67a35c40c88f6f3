// SPDX-License-Identifier: Apache-2.0
// How filters, tests and lookups read their arguments: one wording for what is wrong.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "jinja/callable.hpp"
#include "values/python.hpp"
#include "values/value.hpp"

namespace fprov::dialect {

using jinja::Call;

[[noreturn]] void fail(base::Place place, std::string what, std::string hint = {}, base::Kind kind = base::Kind::type);
[[noreturn]] inline void fail(const Call& call, std::string what, std::string hint = {}) {
    fail(call.place, std::move(what), std::move(hint));
}

/// Throws the error of an undefined value, if it is one.
void require_defined(const values::Value& value, base::Place place);

std::string text_of(const Call& call, std::size_t i);                    // str(x) of any defined value
/// A text and nothing else: of other values it is said that they lack a method, as Python says.
std::string string_of(const Call& call, std::size_t i, const char* method);
/// A path: a text and nothing else.
std::string path_of(const Call& call, std::size_t i);
std::int64_t integer_of(const Call& call, std::size_t i);                // int(x): numbers, booleans, numeric text
double real_of(const Call& call, std::size_t i);
bool flag_of(const Call& call, std::size_t i);                           // Python truth
values::List list_of(const Call& call, std::size_t i);                   // what iterating gives; fails when it cannot iterate
const values::Map& map_of(const Call& call, std::size_t i);              // fails when it is no dict
bool is_hashable(const values::Value& value);

/// Ansible's reading of booleans: True for True, 1, "yes", "on", "true", "1" in any case.
bool ansible_bool(const values::Value& value);
/// Python's int(text): spaces around, sign, underscores between digits.
std::optional<std::int64_t> python_int(std::string_view text, int base = 10);
std::optional<double> python_float(std::string_view text);

/// Marks every string in a value; containers are copied.
values::Value with_trust(const values::Value& value, values::Trust trust);

/// The keyword of a `**kwargs` map, or none.
const values::Value* keyword(const Call& call, std::string_view name);
bool keyword_flag(const Call& call, std::string_view name, bool otherwise);
std::int64_t keyword_int(const Call& call, std::string_view name, std::int64_t otherwise);

}  // namespace fprov::dialect
