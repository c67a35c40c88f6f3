// SPDX-License-Identifier: Apache-2.0
// Python's methods of str, list and dict that templates use, as rows with signatures.
#pragma once
#include <span>
#include <string_view>

#include "jinja/binding.hpp"

namespace fprov::jinja {

struct Method {
    std::string_view name;
    std::string_view signature;   // "self" first
    Value (*run)(Call&);
    bool mutates = false;         // changes its container in place
};

std::span<const Method> str_methods();
std::span<const Method> list_methods();
std::span<const Method> tuple_methods();
std::span<const Method> dict_methods();
std::span<const Method> number_methods();

/// The methods that share one name.
struct MethodNames {
    struct Entry { const Method* method = nullptr; const Signature* signature = nullptr; };
    Entry str, list, tuple, dict, integer, real;
    bool mutates = false;
    /// The one for this value's type, or an empty entry.
    Entry of(const Value& value) const;
};
const MethodNames* find_methods(std::string_view name);

}  // namespace fprov::jinja
