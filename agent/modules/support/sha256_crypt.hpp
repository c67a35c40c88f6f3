// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace fprov::modules {

/// The digest of MySQL's caching_sha2_password: SHA-256 crypt with any salt, as its 43 characters.
std::string sha256_crypt(const std::string& password, const std::string& salt, unsigned rounds);

}  // namespace fprov::modules
