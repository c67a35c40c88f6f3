// SPDX-License-Identifier: Apache-2.0
#include "cli/installation.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

namespace fprov::cli {

std::string executable_path() { return base::real_path("/proc/self/exe"); }

std::string share_directory() {
    std::string folder = base::dirname(executable_path());
    for (const char* candidate : {"../share/fprov", "..", "../.."}   /* installed; build/ or build/NAME/ of a source tree */) {
        std::string path = base::normalize_path(base::join_path(folder, candidate));
        if (base::is_directory(base::join_path(path, "playbooks")) && base::is_directory(base::join_path(path, "roles"))) return path;
    }
    return {};
}

std::optional<std::string> find_playbook(const std::string& name) {
    std::string own = base::join_path("playbooks", name);
    if (base::is_file(own)) return own;
    std::string share = share_directory();
    if (share.empty()) return std::nullopt;
    std::string installed = base::join_path(base::join_path(share, "playbooks"), name);
    return base::is_file(installed) ? std::optional(installed) : std::nullopt;
}

std::vector<std::string> own_roles_path() {
    std::vector<std::string> paths;
    std::string here = base::absolute_path("roles");
    if (base::is_directory(here)) paths.push_back(here);
    if (std::string share = share_directory(); !share.empty())
        if (std::string path = base::join_path(share, "roles"); path != here) paths.push_back(path);
    return paths;
}

std::vector<std::string> site_names() {
    std::vector<std::string> names;
    for (const auto& name : base::list_directory("inventory"))
        if (name != "example" && !name.starts_with('.') && base::is_directory(base::join_path("inventory", name))) names.push_back(name);
    return names;
}

Site find_site(const std::string& name) {
    auto names = site_names();
    if (name.empty()) {
        if (names.size() == 1) return {names[0], base::join_path("inventory", names[0])};
        if (names.empty()) throw base::Failure(base::Kind::usage, "there is no site: inventory/ holds no folder", {}, "begin with 'fprov init prod' and edit what it writes");
        throw base::Failure(base::Kind::usage, "inventory/ holds several sites: " + base::join(names, ", "), {}, "say which one, e.g. 'fprov boot " + names[0] + "'");
    }
    std::string path = name.find('/') != std::string::npos ? name : base::join_path("inventory", name);
    if (!base::is_directory(path)) {
        std::string hint = base::did_you_mean(name, names);
        if (hint.empty()) hint = "'fprov init " + name + "' writes one";
        throw base::Failure(base::Kind::usage, "there is no site '" + name + "': the folder " + path + " does not exist", {}, hint);
    }
    return {base::basename(path), path};
}

}  // namespace fprov::cli
