// SPDX-License-Identifier: Apache-2.0
// module_defaults' groups: an installed Ansible and its collections say in runtime.yml which modules are in them.
#include "base/files.hpp"
#include "base/text.hpp"
#include "playbook/loader.hpp"

namespace fprov::playbook {

const std::vector<std::string>* Loader::group(const std::string& name, int depth) const {
    auto parts = base::split(name, '.');
    if (parts.size() == 1) parts = {"ansible", "builtin", name};
    if (parts.size() != 3 || depth > 20) return nullptr;
    auto [at, fresh] = groups_.try_emplace(base::join(parts, "."));
    if (fresh) {
        std::string collection = parts[0] + "." + parts[1];
        std::string table = collection == "ansible.builtin" ? "ansible/config/ansible_builtin_runtime.yml" : "ansible_collections/" + parts[0] + "/" + parts[1] + "/meta/runtime.yml";
        for (const auto& folder : python_path()) {
            if (!base::is_file(base::join_path(folder, table))) continue;
            Value content = read_file(base::join_path(folder, table));
            const Value* groups = content.find("action_groups");
            const Value* members = groups ? groups->find(parts[2]) : nullptr;
            if (!members || !members->is_list()) continue;
            auto& found = at->second.emplace();
            for (const Value& member : members->list()) {
                if (member.is_string()) {
                    found.push_back(member.string().find('.') == std::string::npos ? collection + "." + member.string() : member.string());
                } else if (const Value* about = member.find("metadata")) {
                    const Value* more = about->find("extend_group");
                    if (!more) continue;
                    for (const Value& other : more->is_list() ? more->list() : List{*more})
                        if (std::string wanted = other.text_or(""); const auto* theirs = group(wanted.find('.') == std::string::npos ? collection + "." + wanted : wanted, depth + 1))
                            found.insert(found.end(), theirs->begin(), theirs->end());
                }
            }
            break;
        }
    }
    return at->second ? &*at->second : nullptr;
}

bool Loader::names_module(const Task& task, const std::string& name) const {
    return !task.library_file.empty() && (name == task.written_action || find_python_module(name) == task.library_file);
}

bool Loader::knows_group(const std::string& name) const { return python_path().empty() || group(name); }

bool Loader::in_group(const Task& task, const std::string& name) const {
    const auto* members = group(name);
    if (!members) return false;
    for (const auto& member : *members) {
        if (member.substr(member.rfind('.') + 1) != task.action.substr(task.action.rfind('.') + 1)) continue;
        if (task.library_file.empty() ? options_.resolve_action && options_.resolve_action(member) == task.action : find_python_module(member) == task.library_file) return true;
    }
    return false;
}

}  // namespace fprov::playbook
