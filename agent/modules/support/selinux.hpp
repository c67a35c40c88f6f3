// SPDX-License-Identifier: Apache-2.0
// SELinux contexts of files, through the host's own programs (stat, matchpathcon, chcon).
#pragma once
#include <optional>
#include <string>

#include "modules/support/ownership.hpp"

namespace fprov::modules {

bool selinux_enabled(Context& context);
/// "system_u:object_r:etc_t:s0"; nothing where it cannot be told.
std::optional<std::string> read_context(Context& context, const std::string& path);
/// The context part of apply_wishes; does nothing where SELinux is off.
bool apply_context(Context& context, const std::string& path, const FileWishes& wishes, Map* before, Map* after);

}  // namespace fprov::modules
