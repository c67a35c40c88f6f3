// SPDX-License-Identifier: Apache-2.0
// One inventory source at a time: which formats it could be, and what each makes of it.
#pragma once
#include <string>
#include <vector>

#include "inventory/inventory.hpp"

namespace fprov::inventory {

/// What the format readers share: names checked, variables set, warnings kept. Readers throw Failure (parse).
class Target {
public:
    Target(Inventory& inventory, const LoadOptions& options, std::vector<std::string>& warnings, std::string path)
        : inventory(inventory), options(options), warnings(warnings), path(std::move(path)) {}

    Inventory& inventory;
    const LoadOptions& options;
    std::vector<std::string>& warnings;
    std::string path;

    /// The group's name after TRANSFORM_INVALID_GROUP_CHARS.
    std::string group(const std::string& name);
    void host(const std::string& name, const std::string& group, std::optional<int> port = {});
    void host_variable(const std::string& host, Value key, Value value);
    void group_variable(const std::string& group, Value key, Value value);
    void warn(const std::string& text);
};

void read_ini(const std::string& text, Target& target);
void read_yaml_source(const std::string& text, Target& target);
void read_script(Target& target);
void read_constructed(const Value& config, Target& target);
void read_generator(const Value& config, Target& target);

}  // namespace fprov::inventory
