// SPDX-License-Identifier: Apache-2.0
// Password hashes of crypt(3), over the digests of base.
#pragma once
#include <string>

namespace fprov::modules {

/// SHA-crypt with any salt, as its 43 (sha256) or 86 (sha512) characters: what stands behind "$5$…$" and "$6$…$".
std::string sha_crypt(const char* algorithm, const std::string& password, const std::string& salt, unsigned rounds);
/// MD5-crypt, as its 22 characters; `magic` is "$1$" or "$apr1$".
std::string md5_crypt(const std::string& magic, const std::string& password, const std::string& salt);
/// bcrypt, as its 31 characters: what stands behind "$2b$COST$" and the 22 characters of the salt; empty when cost or salt are none.
std::string bcrypt(const std::string& password, const std::string& salt, unsigned cost);

}  // namespace fprov::modules
