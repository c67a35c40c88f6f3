// SPDX-License-Identifier: Apache-2.0
// Merging dicts as Ansible does: for combine, hash_behaviour and lists_mergeby.
#pragma once
#include <optional>
#include <string_view>

#include "values/value.hpp"

namespace fprov::values {

enum class ListMerge : std::uint8_t { replace, keep, append, prepend, append_rp, prepend_rp };
std::optional<ListMerge> list_merge_named(std::string_view name);
Map merge_maps(const Map& low, const Map& high, bool recursive = true, ListMerge lists = ListMerge::replace);

}  // namespace fprov::values
