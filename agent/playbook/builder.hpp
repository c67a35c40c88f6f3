// SPDX-License-Identifier: Apache-2.0
// Turns YAML values into plays, blocks, tasks and roles; used by the Loader only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "playbook/keywords.hpp"
#include "playbook/loader.hpp"

namespace fprov::playbook {

/// Where a list of tasks is being read.
struct Surroundings {
    Play* play = nullptr;
    Block* parent = nullptr;
    std::shared_ptr<Role> role{};
    std::string directory{};      // of the file
    bool handlers = false;
    int depth = 0;
    Map static_vars{};            // variables known to static imports (their vars:)
};

class Builder {
public:
    explicit Builder(Loader& loader) : loader_(loader) {}

    void plays(const std::string& path, Playbook& book, const Map& vars, const List& tags, const List& when, Place from);
    void play(const Value& entry, const std::string& path, Playbook& book, const Map& vars, const List& tags, const List& when);
    Items tasks(const Value& list, const Surroundings& around, const std::string& what);
    Items task_file(const std::string& path, const Surroundings& around, Place from);
    /// A role with its dependencies as one block; null after an error.
    std::shared_ptr<Block> role(const Value& entry, const Surroundings& around, std::vector<Role*> parents);
    std::shared_ptr<Block> role_block(const Loader::RoleRequest& request, const Node& entry, const Surroundings& around,
                                      std::vector<Role*> parents, bool from_include);
    static void add_handlers(Play& play, const Role& role, Items& to);
    static void join_play(Play* play, const std::shared_ptr<Role>& role);
    /// Where short names of roles and modules are looked for first; `own`: the keyword of the task itself.
    std::vector<std::string> collections_of(const Surroundings& around, const Value* own = nullptr) const;
    std::optional<std::string> action_named(const std::string& name, const Surroundings& around, const Value* own_collections, std::string& library_file) const;
    void error(std::string what, Place place, std::string hint = {}, base::Kind kind = base::Kind::parse);

private:
    void item(const Value& entry, const Surroundings& around, Items& out);
    std::shared_ptr<Block> block(const Value& entry, const Surroundings& around);
    std::shared_ptr<Task> task(const Value& entry, const Surroundings& around);
    std::shared_ptr<Task> argument_check(const Role& role, std::string entry, const Surroundings& inside);
    void arguments(Task& task, const std::string& name, const Value& value, const Surroundings& around);
    void check_fields(Task& task) const;
    bool static_import(const std::shared_ptr<Task>& task, const Surroundings& around, Items& out);
    static std::string unfit(const std::string& key, const Value& value);
    void common(Node& node, const std::string& key, const Place& key_place, const Value& value);
    Items implicit_block(Items items, const Surroundings& around);
    std::string find_task_file(const std::string& name, const Surroundings& around) const;
    std::optional<std::string> main_file(const std::string& folder, const std::string& name = "main") const;
    Map role_vars(const std::string& folder, const std::string& from, bool required, Place place);

    Loader& loader_;
};

std::string wrong_type(const Keyword& keyword, const Value& value);
/// Where an entry of a mapping stands.
Place key_place(const Value& key, const Value& value);
/// Text of a YAML value that should be a string or number.
std::string text_of(const Value& value);
/// A list as it is; anything else as a list of one; none as an empty list. Strings of tags split at commas.
List as_list(const Value& value);
List tag_list(const Value& value);

}  // namespace fprov::playbook
