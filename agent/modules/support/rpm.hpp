// SPDX-License-Identifier: Apache-2.0
// What the rpm database knows: one call of rpm answers for all names of a task.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

struct RpmPackage {
    std::string name, epoch, version, release, arch;
    std::string nevra() const;   // "1:name-version-release.arch"; epoch 0 is left out
};

/// As rpm compares versions: < 0, 0, > 0.
int compare_rpm_versions(std::string_view a, std::string_view b);

class RpmDatabase {
public:
    explicit RpmDatabase(Context& context, std::string root = "/") : context_(context), root_(std::move(root)) {}

    /// For every spec (name, name.arch, name-version, "name >= 1.0", a file, a capability) the packages that fulfil it.
    std::map<std::string, std::vector<RpmPackage>> installed(const std::vector<std::string>& specs);
    /// All of them, as name-version-release.arch, sorted.
    std::vector<RpmPackage> all();
    /// The package in an rpm file.
    std::optional<RpmPackage> in_file(const std::string& path);

private:
    std::vector<std::string> rpm(std::vector<std::string> options, const std::vector<std::string>& names);
    Context& context_;
    std::string root_;
};

}  // namespace fprov::modules
