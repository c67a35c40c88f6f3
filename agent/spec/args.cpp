// SPDX-License-Identifier: Apache-2.0
#include "spec/argument.hpp"
#include "values/python.hpp"

namespace fprov::spec {

const Value& Args::operator[](std::string_view name) const {
    static const Value none;
    const Value* found = map_.find(name);
    return found ? *found : none;
}

bool Args::given(std::string_view name) const { return !(*this)[name].is_none(); }

std::string Args::text(std::string_view name, std::string_view other) const {
    const Value& value = (*this)[name];
    return value.is_none() ? std::string(other) : value.is_string() ? value.string() : values::str(value);
}

bool Args::flag(std::string_view name, bool other) const {
    const Value& value = (*this)[name];
    return value.is_none() ? other : value.truthy();
}

std::int64_t Args::integer(std::string_view name, std::int64_t other) const { return (*this)[name].int_or(other); }

std::vector<std::string> Args::texts(std::string_view name) const {
    std::vector<std::string> out;
    const Value& value = (*this)[name];
    if (value.is_sequence())
        for (const auto& item : value.list()) out.push_back(values::str(item));
    else if (!value.is_none()) out.push_back(values::str(value));
    return out;
}

}  // namespace fprov::spec
