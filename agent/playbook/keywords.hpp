// SPDX-License-Identifier: Apache-2.0
// Which keyword is valid where (ansible-core 2.14): one table for the loader, the documentation and suggestions.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/argument.hpp"

namespace fprov::playbook {

enum On : std::uint8_t { on_play = 1, on_role = 2, on_block = 4, on_task = 8, on_handler = 16, on_all = 31, on_work = 28 };

struct Keyword {
    std::string_view name;
    std::uint8_t where;       // set of On
    std::string_view help;
    spec::Type type = spec::Type::raw;   // what its value must convert to
};

std::span<const Keyword> keywords();                            // sorted by name
const Keyword* find_keyword(std::string_view name);             // null when unknown
bool is_keyword(std::string_view name, On where);
std::vector<std::string> keyword_names(On where);

}  // namespace fprov::playbook
