// SPDX-License-Identifier: Apache-2.0
// Modules that a site brings along in library/ folders.
#include <map>

#include "base/files.hpp"
#include "playbook/builder.hpp"

namespace fprov::playbook {
namespace {

// Files below a folder by the module's name: the file's without its ending.
using Modules = std::map<std::string, std::string>;

void collect(const std::string& folder, Modules& found, int depth) {
    for (const auto& name : base::list_directory(folder)) {
        std::string path = base::join_path(folder, name);
        if (name[0] == '.' || name[0] == '_' || name.ends_with("~")) continue;
        if (base::is_directory(path)) {
            if (depth < 8 && name != "__pycache__") collect(path, found, depth + 1);
            continue;
        }
        auto dot = name.rfind('.');
        std::string ending = dot == std::string::npos ? "" : name.substr(dot);
        if (ending == ".pyc" || ending == ".swp" || ending == ".bak" || ending == ".orig" || ending == ".md" || ending == ".yml" || ending == ".ps1") continue;
        found.try_emplace(name.substr(0, dot), path);
    }
}

const Modules& modules_in(const std::string& folder) {
    static std::map<std::string, Modules> known;   // read once per run
    auto [at, fresh] = known.try_emplace(folder);
    if (fresh && base::is_directory(folder)) collect(folder, at->second, 0);
    return at->second;
}

}  // namespace

bool needs_module_utils(const std::string& path) {
    auto text = base::read_file(path);
    return text && (text->find("ansible.module_utils") != std::string::npos || text->find("from ansible_collections") != std::string::npos ||
                    text->find("#<<INCLUDE_ANSIBLE_MODULE_COMMON>>") != std::string::npos);
}

std::optional<std::string> Loader::find_library_module(const std::string& name, const Play* play, const Role* role) const {
    std::string bare = name;
    if (bare.starts_with("ansible.legacy.")) bare.erase(0, 15);
    if (bare.find('.') != std::string::npos) return std::nullopt;
    std::vector<std::string> folders;
    if (role) {
        folders.push_back(role->path);
        for (auto parent = role->parents.rbegin(); parent != role->parents.rend(); ++parent) folders.push_back((*parent)->path);
    }
    if (play) {
        folders.push_back(play->directory);
        for (const auto& one : play->roles) folders.push_back(one->path);   // a role that was loaded serves the tasks after it
    }
    for (auto& folder : folders) folder = base::join_path(folder, "library");
    folders.insert(folders.end(), options_.library_path.begin(), options_.library_path.end());
    for (const auto& folder : folders) {
        const auto& modules = modules_in(folder);
        if (auto at = modules.find(bare); at != modules.end()) return at->second;
    }
    return std::nullopt;
}

}  // namespace fprov::playbook
