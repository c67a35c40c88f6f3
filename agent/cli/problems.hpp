// SPDX-License-Identifier: Apache-2.0
// Errors as users see them: Ansible's words first, then place, line and caret, then what to do; and the exit code they end with.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"

namespace fprov::cli {

int exit_code(const base::Error& error);
/// Without the "ERROR! " in front; no final newline.
std::string explain(const base::Error& error);

/// Several mistakes of one kind of work: all are shown, the first decides the exit code.
struct Mistakes { std::vector<base::Error> errors; };

}  // namespace fprov::cli
