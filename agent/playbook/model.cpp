// SPDX-License-Identifier: Apache-2.0
#include "playbook/model.hpp"

namespace fprov::playbook {

const Value* inherited(const Task& task, std::string_view keyword) {
    if (auto* value = task.own(keyword)) return value;
    for (const Block* block = task.parent; block; block = block->parent)
        if (auto* value = block->own(keyword)) return value;
    return task.play ? task.play->own(keyword) : nullptr;
}

std::vector<const Value*> inherited_all(const Task& task, std::string_view keyword) {
    std::vector<const Value*> found;
    if (auto* value = task.own(keyword)) found.push_back(value);
    for (const Block* block = task.parent; block; block = block->parent)
        if (auto* value = block->own(keyword)) found.push_back(value);
    if (task.play) if (auto* value = task.play->own(keyword)) found.push_back(value);
    return {found.rbegin(), found.rend()};
}

std::vector<const Value*> conditions(const Task& task) {
    std::vector<const Block*> chain;
    for (const Block* block = task.parent; block; block = block->parent) chain.push_back(block);
    std::vector<const Value*> all;
    for (auto it = chain.rbegin(); it != chain.rend(); ++it)
        for (const Value& condition : (*it)->when) all.push_back(&condition);
    for (const Value& condition : task.when) all.push_back(&condition);
    return all;
}

namespace {
void add_tags(List& all, const Node& node) {
    for (const Value& tag : node.tags) all.push_back(tag);
}
List chain_tags(const Block* block, const Play* play) {
    List all;
    for (; block; block = block->parent) add_tags(all, *block);
    if (play) add_tags(all, *play);
    return all;
}
}  // namespace

List all_tags(const Task& task) {
    List all = chain_tags(task.parent, task.play);
    add_tags(all, task);
    return all;
}

List all_tags(const Block& block) { return chain_tags(&block, block.play); }

Value display_name(const Task& task) {
    std::string name = task.name.is_none() ? task.written_action : task.name.text_or("");
    if (task.role) name = task.role->full_name() + " : " + name;
    return Value(name, task.name.is_none() ? values::Trust::data_only : task.name.trust(), task.name.origin());
}

}  // namespace fprov::playbook
