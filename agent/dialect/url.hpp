// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fprov::dialect {

struct Url {
    std::string scheme, netloc, path, query, fragment;
    std::optional<std::string> username, password, hostname;
    std::optional<std::int64_t> port;
};
Url split_url(std::string_view text);

}  // namespace fprov::dialect
