// SPDX-License-Identifier: Apache-2.0
#include "cli/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "dialect/scope.hpp"
#include "executor/tags.hpp"
#include "values/python.hpp"

namespace fprov::cli {
namespace {

class Lister {
public:
    Lister(Workspace& workspace, const playbook::Play& play) : workspace_(workspace), play_(play), variables_(play.vars) {
        for (const auto& [key, value] : workspace.extra_vars) variables_.set(Value(key), value);
        auto only = split_list(workspace.flags.tags.empty() ? workspace.config.list("TAGS_RUN") : workspace.flags.tags);
        only_ = only.empty() ? std::vector<std::string>{"all"} : only;
        skip_ = split_list(workspace.flags.skip_tags.empty() ? workspace.config.list("TAGS_SKIP") : workspace.flags.skip_tags);
    }

    Value rendered(const Value& value) const {
        dialect::VariableScope scope(workspace_.templar(), variables_);
        try {
            return workspace_.templar().render_tolerant(value, scope);
        } catch (const base::Failure&) {
            return value;
        }
    }
    std::vector<std::string> tags_of(const values::List& raw, bool as_written = false) const {
        std::set<std::string> tags;
        for (const Value& one : raw) {
            Value value = as_written ? one : rendered(one);
            for (const Value& each : value.is_sequence() ? value.list() : values::List{value})
                for (const auto& part : base::split(values::str(each), ',')) if (auto word = std::string(base::trim(part)); !word.empty()) tags.insert(word);
        }
        return {tags.begin(), tags.end()};
    }
    void tasks(const playbook::Items& items, std::string& text, std::set<std::string>& all) const {
        for (const auto& item : items) {
            if (item.block) {
                tasks(item.block->tasks, text, all);   // rescue and always are not listed, as in Ansible
                continue;
            }
            const playbook::Task& task = *item.task;
            if (task.implicit) continue;
            auto tags = tags_of(playbook::all_tags(task));
            if (!executor::chosen_by_tags(tags, only_, skip_)) continue;
            // What is inherited is told as it was written, too.
            values::List inherited = playbook::all_tags(task);
            std::erase_if(inherited, [&](const Value& tag) { return std::any_of(task.tags.begin(), task.tags.end(), [&](const Value& own) { return values::equal(own, tag); }); });
            const auto written = tags_of(inherited, true);
            std::set<std::string> shown(tags.begin(), tags.end());
            shown.insert(written.begin(), written.end());
            all.insert(shown.begin(), shown.end());
            text += fmt::format("      {}\tTAGS: [{}]\n", task.name.is_none() ? task.written_action : values::str(playbook::display_name(task)), base::join({shown.begin(), shown.end()}, ", "));
        }
    }
    std::string pattern(bool python) const {
        Value hosts = rendered(play_.hosts);
        std::vector<std::string> parts;
        for (const Value& one : hosts.is_sequence() ? hosts.list() : values::List{hosts}) parts.push_back(python ? values::repr(Value(values::str(one))) : values::str(one));
        return base::join(parts, python ? ", " : ",");
    }

private:
    Workspace& workspace_;
    const playbook::Play& play_;
    Map variables_;
    std::vector<std::string> only_, skip_;
};

}  // namespace

int list_playbooks(Workspace& workspace) {
    const Flags& flags = workspace.flags;
    std::string text;
    for (std::size_t i = 0; i < workspace.books.size(); ++i) {
        text += "\nplaybook: " + workspace.book_names[i] + "\n";
        if (flags.syntax_check) continue;
        int number = 0;
        for (const auto& play : workspace.books[i].plays) {
            Lister lister(workspace, *play);
            std::string pattern = lister.pattern(false);
            std::string name = play->name.is_none() ? pattern : values::str(lister.rendered(play->name));
            std::vector<std::string> warnings;
            auto hosts = workspace.limited(workspace.inventory().match(pattern, &warnings));
            for (const auto& warning : warnings) workspace.warn(warning);
            text += fmt::format("\n  play #{} ({}): {}\tTAGS: [{}]\n", ++number, pattern, name, base::join(lister.tags_of(play->tags, true), ","));
            if (flags.list_hosts) {
                text += fmt::format("    pattern: [{}]\n    hosts ({}):\n", lister.pattern(true), hosts.size());
                for (const auto& host : hosts) text += "      " + host + "\n";
            }
            if (!flags.list_tasks && !flags.list_tags) continue;
            std::string tasks;
            std::set<std::string> tags;
            for (const auto& tag : lister.tags_of(play->tags, true)) tags.insert(tag);
            for (const auto& tag : lister.tags_of(play->tags)) tags.insert(tag);
            for (const auto* items : {&play->pre_tasks, &play->role_blocks, &play->tasks, &play->post_tasks}) lister.tasks(*items, tasks, tags);
            if (flags.list_tasks) text += "    tasks:\n" + tasks;
            if (flags.list_tags) text += "      TASK TAGS: [" + base::join({tags.begin(), tags.end()}, ", ") + "]\n";
        }
    }
    workspace.screen->say(text);
    return 0;
}

}  // namespace fprov::cli
