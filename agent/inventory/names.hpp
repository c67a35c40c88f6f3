// SPDX-License-Identifier: Apache-2.0
// Host names as users write them: "[addr]:port", "name:port", ranges such as web[01:20], and lists of patterns.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::inventory {

inline constexpr std::string_view local_names[] = {"localhost", "127.0.0.1", "::1"};
/// The controller itself, as far as its name tells.
inline bool is_local_name(std::string_view name) {
    for (auto local : local_names) if (name == local) return true;
    return false;
}

struct Address {
    std::string host;
    std::optional<int> port{};
};

/// A host name, IPv4 or IPv6 address with an optional port; ranges stay in the name. Nothing when it is none of these.
std::optional<Address> parse_address(std::string_view text);
bool has_range(std::string_view name);
/// "web[01:03]" → web01 web02 web03; throws Failure (parse) for a range that makes no sense.
std::vector<std::string> expand_range(const std::string& name);
/// An inventory line's host part: names and the port that they share. Throws Failure (parse).
std::vector<std::string> expand_hosts(const std::string& pattern, std::optional<int>& port);
/// "a,b" or "a:b:!c"; IPv6 addresses and subscripts stay whole.
std::vector<std::string> split_patterns(const std::string& text);
/// May not be used in variables: Ansible warns about such group names.
bool is_valid_group_name(std::string_view name);
/// The name with every invalid character replaced by "_".
std::string safe_group_name(std::string_view name);

}  // namespace fprov::inventory
