// SPDX-License-Identifier: Apache-2.0
// Whole numbers that need more than 64 bits: they keep their digits through variables, filters, JSON, YAML and the wire. Nothing is calculated with them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "values/value.hpp"

namespace fprov::values {

class BigInteger : public Object {
public:
    explicit BigInteger(std::string digits) : digits_(std::move(digits)) {}
    std::string type_name() const override { return "int"; }
    std::string str() const override { return digits_; }
    std::optional<int> compare(const Value& other) const override;
    std::optional<Value> arithmetic(std::string_view op, const Value& other, bool reflected) const override;

private:
    std::string digits_;   // no zeros in front, no plus
};

/// "-?[0-9]+" as a number of whatever size.
Value whole_number(std::string_view digits);

}  // namespace fprov::values
