// SPDX-License-Identifier: Apache-2.0
#include "dialect/search_path.hpp"

#include <algorithm>

#include "base/files.hpp"

namespace fprov::dialect {

std::vector<std::string> search_path(const Templar& templar, const jinja::Scope& scope) {
    std::vector<std::string> folders;
    auto add = [&](std::string folder) {
        if (!folder.empty() && std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
    };
    if (auto given = scope.lookup("ansible_search_path"); given && given->is_sequence())
        for (const auto& folder : given->list()) add(folder.text_or(""));
    add(templar.options().base_dir.empty() ? base::absolute_path(".") : templar.options().base_dir);
    return folders;
}

std::optional<std::string> find_file(const Templar& templar, const jinja::Scope& scope, std::string_view subfolder, std::string_view name) {
    auto path = base::expand_user(name);
    if (!path.empty() && path[0] == '/') return base::exists(path) ? std::optional(base::normalize_path(path)) : std::nullopt;
    for (const auto& folder : search_path(templar, scope)) {
        for (const auto& start : {base::join_path(folder, subfolder), folder}) {
            auto candidate = base::join_path(start, path);   // as it was said: Ansible shows ROLE/vars/../x.yml
            if (base::exists(candidate)) return candidate;
        }
    }
    return std::nullopt;
}

std::optional<std::string> find_template(const Templar& templar, const jinja::Scope& scope, const std::string& name, const std::string& parent) {
    if (!parent.empty() && parent.find('/') != std::string::npos && name.rfind('/', 0) != 0) {
        auto beside = base::normalize_path(base::join_path(base::dirname(parent), name));
        if (base::is_file(beside)) return beside;
    }
    return find_file(templar, scope, "templates", name);
}

}  // namespace fprov::dialect
