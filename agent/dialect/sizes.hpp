// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them (powers of 1024).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fprov::dialect {

std::optional<std::int64_t> human_to_bytes(std::string_view text, std::string_view default_unit = {}, bool isbits = false);
std::string bytes_to_human(double size, bool isbits = false, std::string_view unit = {});

}  // namespace fprov::dialect
