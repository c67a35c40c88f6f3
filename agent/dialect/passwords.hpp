// SPDX-License-Identifier: Apache-2.0
// Password hashes as /etc/shadow holds them, with passlib's defaults.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/place.hpp"

namespace fprov::dialect {

std::string random_salt(std::size_t length);
/// An empty salt is made up. Throws Failure for an unknown scheme, a bad salt or bad rounds.
std::string hash_password(base::Place place, const std::string& password, const std::string& scheme, std::string salt = {},
                          std::optional<std::int64_t> rounds = {}, const std::string& ident = {});

}  // namespace fprov::dialect
