// SPDX-License-Identifier: Apache-2.0
// Keys, as the host's gpg reads them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

/// The ids of public keys in gpg's listing with colons.
std::vector<std::string> key_ids(const std::string& listing);

struct GpgKey { std::string id, fingerprint, error; };   // an empty id: `error` is what gpg said
/// The first key in a file.
GpgKey key_in_file(Context& context, const std::string& path);
/// Fetches a key file; answers its path, or fails with `sentence` and the reason.
std::string fetch_key(const Args& args, Context& context, const std::string& url, const std::string& sentence);

}  // namespace fprov::modules
