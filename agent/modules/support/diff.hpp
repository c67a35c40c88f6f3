// SPDX-License-Identifier: Apache-2.0
// Diff data as Ansible's results carry it.
#pragma once
#include <string>
#include <string_view>

#include "modules/module.hpp"

namespace fprov::modules {

/// {before, after, before_header, after_header}; "dst_binary"/"dst_larger" notes stand in for contents that nobody wants to read.
Map text_diff(std::string_view before, std::string_view after, const std::string& before_header, const std::string& after_header);

/// Contents beyond this are not shown (Ansible's MAX_FILE_SIZE_FOR_DIFF).
constexpr std::size_t max_diff_size = 104448;
bool looks_binary(std::string_view content);

}  // namespace fprov::modules
