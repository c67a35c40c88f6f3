// SPDX-License-Identifier: Apache-2.0
// Where lookups and templates look for files of the controller.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/templar.hpp"

namespace fprov::dialect {

/// The folders that relative names start from: the variable ansible_search_path (role, tasks file's folder, play), then the
/// play's own folder.
std::vector<std::string> search_path(const Templar& templar, const jinja::Scope& scope);
/// First existing file for a name: in every folder of the search path, `subfolder` ("files", "templates", "vars") before the
/// folder itself. Absolute and ~ names stand for themselves.
std::optional<std::string> find_file(const Templar& templar, const jinja::Scope& scope, std::string_view subfolder, std::string_view name);
/// A template by name for {% include %}: beside the including template, then as find_file("templates").
std::optional<std::string> find_template(const Templar& templar, const jinja::Scope& scope, const std::string& name, const std::string& parent);

}  // namespace fprov::dialect
