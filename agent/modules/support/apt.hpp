// SPDX-License-Identifier: Apache-2.0
// What the modules for apt share.
#pragma once
#include <string>

#include "modules/module.hpp"

namespace fprov::modules {

/// apt-get update, tried again with growing waits (update_cache_retries, update_cache_retry_max_delay); the reasons when it fails, else nothing.
std::string update_package_lists(const Args& args, Context& context);

}  // namespace fprov::modules
