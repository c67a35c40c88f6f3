// SPDX-License-Identifier: Apache-2.0
// What `ansible-inventory` prints: --list, --host and --graph, as JSON or YAML.
#pragma once
#include <functional>
#include <string>

#include "inventory/inventory.hpp"

namespace fprov::inventory {

/// Where variables come from; files in group_vars and host_vars included. Magic variables may be among them: they are left out.
struct ExportVars {
    std::function<Map(const Host&)> merged;      // all levels of a host
    std::function<Map(const Host&)> own;         // the host's own ones (--export)
    std::function<Map(const Group&)> group;      // a group's own ones (--export, --graph --vars)
};

struct ExportStyle {
    bool yaml = false;
    bool export_form = false;    // --export: group variables stay with their groups
};

std::string export_list(const Inventory& inventory, const ExportVars& vars, const ExportStyle& style = {});
/// Throws Failure (usage) when `pattern` does not mean exactly one host.
std::string export_host(Inventory& inventory, const std::string& pattern, const ExportVars& vars, const ExportStyle& style = {},
                        std::vector<std::string>* warnings = nullptr);
/// Throws Failure (usage) when `group` is no group.
std::string export_graph(const Inventory& inventory, const std::string& group, const ExportVars* vars = nullptr);

/// Ready-made sources of variables for an inventory without playbook: inventory levels only (3, 4, 6, 8, 9).
ExportVars inventory_vars(const Inventory& inventory, const LoadOptions& options);

}  // namespace fprov::inventory
