// SPDX-License-Identifier: Apache-2.0
// Filters, tests and lookups that a site brings along as Python files (filter_plugins/, test_plugins/, lookup_plugins/). One Python process
// of the controller loads them when the first unknown name is met, and answers calls; sites without such files never start one.
#pragma once
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dialect/templar.hpp"

namespace fprov::dialect {

/// The Python that an installed Ansible runs under, else the first on the way.
std::optional<std::string> controller_python();

class PythonPlugins {
public:
    /// `packages`: folders with an installed Ansible, which many plugins import.
    PythonPlugins(jinja::Environment& environment, std::function<std::vector<PluginFolder>(const std::string& name)> folders,
                  std::function<std::vector<std::string>()> packages);
    ~PythonPlugins();

    /// Loads what has come into the folders since; afterwards the environment knows their filters and tests. Failure (generic) when a file
    /// cannot be loaded or there is no Python.
    void load_for(const std::string& name);
    bool has_lookup(const std::string& name);
    /// What a filter or test gives; Failure with the plugin's own words.
    Value call(std::string_view kind, std::string_view name, const List& arguments, const Map& options);
    List lookup(const std::string& name, const List& terms, const Map& variables, const Map& options);

private:
    class Process;
    Value ask(const Map& request);
    jinja::Environment& environment_;
    std::function<std::vector<PluginFolder>(const std::string&)> folders_;
    std::function<std::vector<std::string>()> packages_;
    std::set<std::string> loaded_;            // files
    std::set<std::string, std::less<>> lookups_;
    std::deque<std::string> names_;           // rows point at them
    std::unique_ptr<Process> process_;
};

}  // namespace fprov::dialect
