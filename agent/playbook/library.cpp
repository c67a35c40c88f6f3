// SPDX-License-Identifier: Apache-2.0
// Modules and plugins that are not built in: of library/ and *_plugins/ folders, of collections and of an installed Ansible.
#include <algorithm>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
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

void Loader::serve(const std::string& folder) {
    if (std::find(serving_.begin(), serving_.end(), folder) == serving_.end()) serving_.push_back(folder);
}

std::optional<std::string> Loader::find_library_module(const std::string& name) const {
    std::string bare = name;
    if (bare.starts_with("ansible.legacy.")) bare.erase(0, 15);
    if (bare.find('.') != std::string::npos) return std::nullopt;
    std::vector<std::string> folders;
    for (const auto& folder : serving_) folders.push_back(base::join_path(folder, "library"));
    folders.insert(folders.end(), options_.library_path.begin(), options_.library_path.end());
    for (const auto& folder : folders) {
        const auto& modules = modules_in(folder);
        if (auto at = modules.find(bare); at != modules.end()) return at->second;
    }
    return std::nullopt;
}

std::optional<std::string> Loader::find_action_plugin(const std::string& name) const {
    if (name.find('.') != std::string::npos) return std::nullopt;
    for (const auto& folder : serving_)
        if (const auto& plugins = modules_in(base::join_path(folder, "action_plugins")); plugins.contains(name)) return plugins.at(name);
    return std::nullopt;
}

std::vector<Loader::PluginFolder> Loader::plugin_folders(const std::string& name) const {
    std::vector<PluginFolder> folders;
    for (const char* kind : {"filter", "test", "lookup"}) {
        for (const auto& folder : serving_) folders.push_back({kind, base::join_path(folder, std::string(kind) + "_plugins"), ""});
        for (const auto& [collection, folder] : collection_of(name)) folders.push_back({kind, base::join_path(folder, std::string("plugins/") + kind), collection + "."});
    }
    return folders;
}

const std::vector<std::string>& Loader::python_path() const {
    if (!python_path_) python_path_ = options_.python_path ? options_.python_path() : std::vector<std::string>{};
    return *python_path_;
}

std::optional<std::string> Loader::find_python_module(const std::string& name) const {
    auto parts = base::split(name, '.');
    std::vector<std::string> full = parts;
    if (parts.size() == 1) {
        for (const auto& folder : python_path())
            if (std::string path = base::join_path(folder, "ansible/modules/" + name + ".py"); base::is_file(path)) return path;
        // Ansible's table of modules that moved into collections
        for (const auto& folder : python_path()) {
            std::string table = base::join_path(folder, "ansible/config/ansible_builtin_runtime.yml");
            if (!base::is_file(table)) continue;
            Value routes = read_file(table);
            for (const char* key : {"plugin_routing", "modules"}) { const Value* below = routes.find(key); routes = below ? *below : Value(); }
            const Value* route = routes.find(name);
            const Value* to = route ? route->find("redirect") : nullptr;
            if (to && to->is_string()) full = base::split(to->string(), '.');
            break;
        }
    }
    if (full.size() == 3 && full[0] == "ansible" && (full[1] == "builtin" || full[1] == "legacy")) {
        for (const auto& folder : python_path())
            if (std::string path = base::join_path(folder, "ansible/modules/" + full[2] + ".py"); base::is_file(path)) return path;
        return std::nullopt;
    }
    if (full.size() < 3) return std::nullopt;
    for (const auto& folder : python_path()) {
        std::string plugins = base::join_path(folder, "ansible_collections/" + full[0] + "/" + full[1] + "/plugins");
        if (!base::is_directory(plugins)) continue;
        std::string rest;
        for (std::size_t i = 2; i < full.size(); ++i) rest += (i > 2 ? "/" : "") + full[i];
        if (std::string path = plugins + "/modules/" + rest + ".py"; base::is_file(path)) return path;
        const auto& modules = modules_in(plugins + "/modules");
        if (auto at = modules.find(full.back()); at != modules.end() && at->second.ends_with(".py")) return at->second;
    }
    return std::nullopt;
}

}  // namespace fprov::playbook
