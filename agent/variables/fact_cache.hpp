// SPDX-License-Identifier: Apache-2.0
// Facts kept between runs, in Ansible's jsonfile format: one file per host, named after it, readable by both programs.
#pragma once
#include <optional>
#include <string>

#include "values/value.hpp"

namespace fprov::variables {

struct FactCache {
    std::string folder;            // CACHE_PLUGIN_CONNECTION
    std::string prefix;            // in front of each file's name
    std::int64_t seconds = 86400;  // older files don't count; 0: all do

    /// Nothing when there is no file, an old one, or one that is not JSON.
    std::optional<values::Map> load(const std::string& host) const;
    /// Throws base::Failure when the folder cannot be written.
    void save(const std::string& host, const values::Map& facts) const;
    void forget(const std::string& host) const;
};

}  // namespace fprov::variables
