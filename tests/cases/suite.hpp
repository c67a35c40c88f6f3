// SPDX-License-Identifier: Apache-2.0
// One suite of case files: a function that runs one case and says what is wrong.
#pragma once
#include <string>

#include "values/value.hpp"

namespace fprov::cases {

/// Runs one case (a map of a YAML file) and returns what is wrong; empty when it passes. Exceptions count as wrong, too.
using Run = std::string (*)(const values::Value& one);

struct Suite {
    const char* folder;   // below tests/cases
    Run run;
};

std::string run_dialect(const values::Value& one);
std::string run_inventory(const values::Value& one);
std::string run_jinja(const values::Value& one);
std::string run_modules(const values::Value& one);
std::string run_yaml(const values::Value& one);

}  // namespace fprov::cases
