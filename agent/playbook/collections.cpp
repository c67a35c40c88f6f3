// SPDX-License-Identifier: Apache-2.0
// Collections as folders: ansible_collections/NAMESPACE/NAME with roles/, playbooks/ and plugins/.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "playbook/loader.hpp"

namespace fprov::playbook {
namespace {

constexpr std::string_view root = "ansible_collections/";

// "acme.site.web" → acme.site and web; a path below roles/ or playbooks/ may have several parts.
std::optional<std::pair<std::string, std::string>> split_name(const std::string& name) {
    auto parts = base::split(name, '.');
    auto identifier = [](const std::string& part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; }) && !std::isdigit(static_cast<unsigned char>(part[0]));
    };
    if (parts.size() < 3 || !std::all_of(parts.begin(), parts.end(), identifier)) return std::nullopt;
    return std::pair{parts[0] + "." + parts[1], base::join(std::vector<std::string>(parts.begin() + 2, parts.end()), "/")};
}

std::vector<std::string> folders_of(const std::string& collection, const std::vector<std::string>& folders) {
    std::vector<std::string> found;
    auto dot = collection.find('.');
    if (dot == std::string::npos) return found;
    for (const auto& folder : folders)
        if (std::string path = base::join_path(folder, std::string(root) + collection.substr(0, dot) + "/" + collection.substr(dot + 1)); base::is_directory(path)) found.push_back(path);
    return found;
}

}  // namespace

std::optional<Loader::FoundRole> Loader::find_collection_role(const std::string& name, const std::vector<std::string>& collections) const {
    auto look = [&](const std::string& collection, const std::string& below) -> std::optional<FoundRole> {
        for (const auto& folder : folders_of(collection, python_path()))
            if (std::string path = folder + "/roles/" + below; base::is_directory(path)) return FoundRole{base::normalize_path(path), collection};
        return std::nullopt;
    };
    if (auto full = split_name(name)) return look(full->first, full->second);
    if (name.find_first_of("./") != std::string::npos) return std::nullopt;
    for (const auto& collection : collections) if (auto found = look(collection, name)) return found;
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Loader::collection_of(const std::string& full_name) const {
    std::vector<std::pair<std::string, std::string>> found;
    if (auto full = split_name(full_name))
        for (const auto& folder : folders_of(full->first, python_path())) found.emplace_back(full->first, folder);
    return found;
}

std::optional<std::string> find_collection_playbook(const std::string& name, const std::vector<std::string>& folders) {
    auto full = split_name(name);
    if (!full) return std::nullopt;
    for (const auto& folder : folders_of(full->first, folders))
        for (const char* ending : {"", ".yml", ".yaml"})
            if (std::string path = folder + "/playbooks/" + full->second + ending; base::is_file(path)) return path;
    return std::nullopt;
}

std::string collection_of_playbook(const std::string& path) {
    std::string full = base::absolute_path(path);
    auto at = full.rfind("/" + std::string(root));
    if (at == std::string::npos) return "";
    auto parts = base::split(full.substr(at + 1 + root.size()), '/');
    return parts.size() > 3 && parts[2] == "playbooks" ? parts[0] + "." + parts[1] : "";
}

}  // namespace fprov::playbook
