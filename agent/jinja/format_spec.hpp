// SPDX-License-Identifier: Apache-2.0
// What format.cpp and format_spec.cpp share: the parts of one field.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "values/value.hpp"

namespace fprov::jinja {

constexpr int widest = 1'000'000;   // width or precision of one field

struct Spec {
    std::string fill = " ";
    char align = 0, sign = '-', grouping = 0, type = 0;
    bool alternate = false, zero = false;
    int width = 0, precision = -1;
};

/// The digits of a finite or infinite number without its sign, as C's conversions print them.
std::string real_digits(double number, char type, int precision, bool alternate);
std::string integer_digits(std::uint64_t number, int base, bool upper);
std::uint64_t magnitude(std::int64_t number);
std::int64_t truncated(const values::Value& value);    // int(x) of a number
std::string ascii_repr(const values::Value& value);
std::string cut(std::string_view text, int precision);
int read_number(std::string_view text, std::size_t& at);
std::string pad(const Spec& spec, std::string sign, std::string body, char otherwise);
std::string sign_of(const Spec& spec, bool negative);

}  // namespace fprov::jinja
