// SPDX-License-Identifier: Apache-2.0
// All actions: one line each.
#include <algorithm>

#include "actions/action.hpp"
#include "modules/module.hpp"

namespace fprov::actions {

#define FPROV_ACTIONS(row) \
    row(add_host, false, true, true, false) \
    row(assemble, true, false, true, false) \
    row(assert, true, false, true, false) \
    row(copy, true, false, true, false) \
    row(debug, true, false, true, false) \
    row(fail, true, false, true, false) \
    row(fetch, false, false, true, false) \
    row(gather_facts, true, false, true, true) \
    row(group_by, false, false, true, false) \
    row(include_vars, false, false, true, false) \
    row(pause, false, true, true, false) \
    row(raw, false, false, false, false) \
    row(reboot, false, false, true, false) \
    row(script, true, false, true, false) \
    row(set_fact, false, false, true, false) \
    row(set_stats, false, false, true, false) \
    row(synchronize, false, false, true, true) \
    row(template, true, false, true, false) \
    row(unarchive, true, false, true, false) \
    row(uri, true, false, true, true) \
    row(validate_argument_spec, true, false, true, false) \
    row(wait_for_connection, false, false, false, false)

#define FPROV_DECLARE(name, pure, once, in_check, background) Plan plan_##name(const Map& args, Context& context);
FPROV_ACTIONS(FPROV_DECLARE)

namespace {

#define FPROV_ROW(name, pure, once, in_check, background) {#name, plan_##name, pure, once, in_check, background},
const Action rows[] = {FPROV_ACTIONS(FPROV_ROW)};

// Handled by the executor itself; they have no plan.
constexpr std::string_view built_in[] = {"import_playbook", "import_role", "import_tasks", "include", "include_role", "include_tasks", "meta"};
constexpr std::string_view free_forms[] = {"command", "shell", "script", "raw", "meta", "include_vars", "include", "include_tasks", "import_tasks", "win_command", "win_shell"};

}  // namespace

std::span<const Action> table() { return rows; }

const Action* find(std::string_view name) {
    auto at = std::lower_bound(std::begin(rows), std::end(rows), name, [](const Action& action, std::string_view wanted) { return action.name < wanted; });
    return at != std::end(rows) && at->name == name ? &*at : nullptr;
}

std::optional<std::string> resolve(const std::string& name) {
    std::string bare = name;
    for (std::string_view prefix : {"ansible.builtin.", "ansible.legacy."})
        if (name.starts_with(prefix)) bare = name.substr(prefix.size());
    if (name == "ansible.posix.synchronize") bare = "synchronize";   // the one action from a collection
    if (find(bare) || std::find(std::begin(built_in), std::end(built_in), bare) != std::end(built_in)) return bare;
    if (const auto* module = modules::find(name); module && !module->internal()) return std::string(module->name);
    return std::nullopt;
}

bool is_free_form(const std::string& name) {
    if (std::find(std::begin(free_forms), std::end(free_forms), name) != std::end(free_forms)) return true;
    const auto* module = modules::find(name);
    return module && module->free_form;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Action& action : rows) all.emplace_back(action.name);
    for (auto name : built_in) all.emplace_back(name);
    for (const auto* module : modules::table()) if (!module->internal()) all.emplace_back(module->name);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

}  // namespace fprov::actions
