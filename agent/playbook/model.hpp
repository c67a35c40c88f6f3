// SPDX-License-Identifier: Apache-2.0
// Plays, roles, blocks and tasks as typed trees with places. Nothing in here is rendered: templates stay Values.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "values/value.hpp"

namespace fprov::playbook {

using base::Place;
using values::List;
using values::Map;
using values::Value;

/// The ansible-core whose language this is: ansible_version, and what modules in Python are told.
inline constexpr const char* ansible_version = "2.14.18";

struct Block;
struct Play;
struct Role;
struct Task;

/// What plays, roles, blocks and tasks have in common.
struct Node {
    Place place{};
    Map keywords;                 // directives as written (become, register, notify …) without the ones below
    Map vars;                     // `vars:`
    List when;                    // conditions, outer text first
    List tags;
    Value name{};                 // none when unnamed
    Block* parent = nullptr;      // enclosing block; null for a play's outermost blocks
    std::shared_ptr<Role> role{}; // the role instance that this stands in
    const Value* own(std::string_view keyword) const { return keywords.find(keyword); }
};

struct Item {                     // one of both
    std::shared_ptr<Task> task;
    std::shared_ptr<Block> block;
};
using Items = std::vector<Item>;

struct Block : Node {
    Play* play = nullptr;
    Items tasks, rescue, always;
    bool implicit = false;        // made by fprov, not written: a role, an import, an include, a play section
    /// Set on the block that stands for a role of `roles:`, a dependency, or an import_role: when it ends, the role is complete.
    bool role_end = false;
    Map include_params;           // variables given to include_tasks/import_tasks/include_role (level 21)
    std::string include_file;     // path of the task file that this block was read from
};

struct Task : Node {
    Play* play = nullptr;
    std::string action;           // canonical: short name of a builtin or known module; else as written
    std::string written_action;   // as in the file
    std::string library_file;     // the module's file on the controller; empty for modules and actions of fprov's own
    Place action_place{};
    Map args;                     // module arguments; free-form text under "_raw_params"
    Value args_template{};        // `args: "{{ … }}"` or `module: "{{ … }}"` as a whole
    Value loop{};                 // terms of loop / with_X
    std::string loop_kind;        // "" no loop, "loop", or the lookup's name (with_items → "items")
    std::string wrong_field;      // a keyword, its own or inherited, has a value of a wrong type: what the task fails with
    std::vector<std::string> listen;
    bool is_handler = false;
    bool implicit = false;        // gather facts, flush handlers
    bool by_action = false;       // written with action: or local_action:
    std::string file_directory;   // folder of the file it stands in (search path)
    std::uint32_t number = 0;     // order of definition within the run
};

struct Role : Node {
    std::string role_name;        // as asked for ("geerlingguy.nginx"); of a collection's role the last part
    std::string collection;       // NAMESPACE.NAME that it is part of; empty for other roles
    std::vector<std::string> collections;   // searched for roles and modules by short names
    std::string path;             // the role's folder
    Map params;                   // plain keys of the roles: entry (level 20)
    Map default_vars;             // defaults/main.yml (level 2)
    Map role_vars;                // vars/main.yml (level 15)
    Map argument_specs;           // meta/argument_specs.yml, may be empty
    std::vector<std::shared_ptr<Role>> dependencies;
    std::vector<Role*> parents;   // dependency chain, outermost first
    Items tasks, handlers;
    bool allow_duplicates = false;
    bool is_dependency = false;
    bool from_include = false;    // include_role without public: its variables stay inside
    std::string identity;         // equal for entries that Ansible's de-duplication takes for the same
    /// What Ansible shows: "nginx", "acme.web.nginx".
    std::string full_name() const { return collection.empty() ? role_name : collection + "." + role_name; }
};

struct Play : Node {
    Value hosts{};
    Items pre_tasks, tasks, post_tasks;
    Items role_blocks;            // compiled `roles:` with dependencies
    Items handlers;               // of `roles:`, then the play's own, then those of roles that tasks import or include
    std::map<std::string, Items> handlers_of_roles;   // by the role's identity
    std::vector<std::shared_ptr<Role>> roles;   // of `roles:`, then those that tasks import or include with public; without dependencies
    List vars_files;
    List vars_prompt;
    std::string directory;        // playbook_dir
    std::string file;
};

struct Playbook {
    std::vector<std::shared_ptr<Play>> plays;
};

/// The nearest value of an inheritable keyword: task, its blocks outwards, its role, its play. Null when unset.
const Value* inherited(const Task& task, std::string_view keyword);
/// All values of a keyword that merges (environment, module_defaults, collections), outermost first.
std::vector<const Value*> inherited_all(const Task& task, std::string_view keyword);
/// Conditions in order of evaluation: outer ones first.
std::vector<const Value*> conditions(const Task& task);
/// Tags with the inherited ones (unrendered).
List all_tags(const Task& task);
List all_tags(const Block& block);
/// "role : name" or "name", unrendered; the action's name for an unnamed task.
Value display_name(const Task& task);

}  // namespace fprov::playbook
