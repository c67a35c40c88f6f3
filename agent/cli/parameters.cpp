// SPDX-License-Identifier: Apache-2.0
// Module parameters against the modules' own tables, before anything runs.
#include <algorithm>

#include "base/suggest.hpp"
#include "cli/workspace.hpp"
#include "modules/module.hpp"

namespace fprov::cli {
namespace {

void check_task(const playbook::Task& task, std::vector<base::Error>& out) {
    const modules::Module* module = modules::find(task.action);
    if (!module || !task.args_template.is_none()) return;
    auto args = modules::all_args(*module);
    Map given;
    for (const auto& [key, value] : task.args) {
        if (!key.is_string()) continue;
        if (key.string() == "_raw_params" && module->free_form) {
            bool declared = std::any_of(args.begin(), args.end(), [](const spec::Arg& arg) { return arg.name == "_raw_params"; });
            if (!declared) continue;
        }
        if (key.string() == "warn" && module->free_form) continue;   // older playbooks; accepted and ignored
        given.set(key.string(), value);
    }
    std::string shown = task.written_action.empty() ? task.action : task.written_action;
    for (auto& text : spec::check(shown, args, module->rules, given, true).errors) {
        base::Error error{base::Kind::parse, std::move(text), task.action_place ? task.action_place : task.place, {}, {}};
        std::vector<std::string> names;
        for (const auto& arg : args) names.emplace_back(arg.name);
        for (const auto& [key, value] : given)
            if (error.what.starts_with("Unsupported parameters") && key.is_string() && std::find(names.begin(), names.end(), key.string()) == names.end())
                if (std::string hint = base::did_you_mean(key.string(), names); !hint.empty() && error.hint.empty()) {
                    error.hint = hint;
                    if (key.origin()) error.where = key.origin();
                }
        out.push_back(std::move(error));
    }
}

void check_items(const playbook::Items& items, std::vector<base::Error>& out) {
    for (const auto& item : items) {
        if (item.task) check_task(*item.task, out);
        if (!item.block) continue;
        check_items(item.block->tasks, out);
        check_items(item.block->rescue, out);
        check_items(item.block->always, out);
    }
}

}  // namespace

std::vector<base::Error> Workspace::parameter_mistakes() const {
    std::vector<base::Error> all, unique;
    for (const auto& book : books)
        for (const auto& play : book.plays)
            for (const auto* items : {&play->pre_tasks, &play->role_blocks, &play->tasks, &play->post_tasks, &play->handlers}) check_items(*items, all);
    for (auto& error : all)   // a role that is used twice has its mistakes once
        if (std::none_of(unique.begin(), unique.end(), [&](const base::Error& known) { return known.what == error.what && known.where == error.where; }))
            unique.push_back(std::move(error));
    return unique;
}

}  // namespace fprov::cli
