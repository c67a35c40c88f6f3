// SPDX-License-Identifier: Apache-2.0
// The stat dictionary that stat and find answer.
#pragma once
#include <string>

#include "modules/module.hpp"

namespace fprov::modules {

/// mode, isdir … isgid, pw_name, gr_name of one file; `full` adds what only stat tells (blocks, block_size, device_type).
Map stat_fields(Context& context, const std::string& path, const machine::Stat& stat, bool full);
/// mimetype and charset by the program `file`; "unknown" where it is missing.
void add_mime(Context& context, const std::string& path, Map& fields);
/// version, attributes and attr_flags by lsattr.
void add_attributes(Context& context, const std::string& path, Map& fields);

}  // namespace fprov::modules
