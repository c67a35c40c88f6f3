// SPDX-License-Identifier: Apache-2.0
// The AES256 cipher of Ansible Vault: PBKDF2-HMAC-SHA256, AES-256-CTR, HMAC-SHA256. The only file that sees libcrypto.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace fprov::vault {

struct Sealed { std::string salt, mac, body; };   // raw bytes

Sealed seal(std::string_view plain, std::string_view password, std::string_view salt);
/// Nothing when the password is wrong or the text was changed.
std::optional<std::string> unseal(const Sealed& sealed, std::string_view password);
std::string random_bytes(std::size_t count);
/// Overwrites a secret that is no longer needed.
void wipe(std::string& secret);

}  // namespace fprov::vault
