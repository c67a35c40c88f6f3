// SPDX-License-Identifier: Apache-2.0
// Backup copies beside a file, under Ansible's names.
#pragma once
#include <string>

#include "modules/module.hpp"

namespace fprov::modules {

/// Copies PATH to PATH.PID.YYYY-MM-DD@HH:MM:SS~ (owner, mode and times kept) and answers the copy's name; an empty text when there is
/// nothing at PATH, and in check mode.
std::string make_backup(Context& context, const std::string& path);

}  // namespace fprov::modules
