// SPDX-License-Identifier: Apache-2.0
// Reads playbooks, roles and task files into trees. Everything static is read and checked before the first host is touched; all mistakes
// are collected, not only the first.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "playbook/model.hpp"

namespace fprov::playbook {

struct LoadOptions {
    std::string duplicate_keys = "warn";              // of a mapping in YAML: warn, ignore, error
    std::vector<std::string> roles_path;              // searched after <playbook folder>/roles
    std::vector<std::string> library_path;            // folders of other modules, after library/ of roles and the playbook
    /// Folders that hold the Python packages ansible and ansible_collections, for modules that are not built in. Asked for on first need.
    std::function<std::vector<std::string>()> python_path;
    /// Canonical name of a module or action ("ansible.builtin.copy" → "copy"); nothing for an unknown one.
    std::function<std::optional<std::string>(const std::string&)> resolve_action;
    std::function<std::vector<std::string>()> action_names;     // for suggestions
    std::function<bool(const std::string&)> is_free_form;       // takes "_raw_params"
    std::function<bool(const std::string&)> has_lookup;         // for with_NAME
    std::function<Value(std::string, Place)> vault;             // of `!vault` scalars
    std::function<std::optional<std::string>(const std::string&, const std::string&)> decrypt;   // whole-file vault: (text, path) → plain text
    /// Renders names of static imports with what is known before the run (extra vars, play vars); identity when unset.
    std::function<Value(const Value&, const Play&, const Map& vars)> render_static;
    std::vector<std::string>* warnings = nullptr;
};

class Loader {
public:
    explicit Loader(LoadOptions options);
    ~Loader();

    /// A playbook file with its import_playbook files. Failure for an unreadable file; mistakes inside are in errors().
    Playbook load(const std::string& path);
    /// Plays that no file holds (lint makes them around task files and roles); `path` stands for the file.
    Playbook load_value(const Value& plays, const std::string& path);
    const std::vector<base::Error>& errors() const { return errors_; }
    std::vector<base::Error> take_errors() { return std::exchange(errors_, {}); }
    void throw_if_errors() const;     // the first error, with the others in its trail

    // Dynamic includes, at run time. They throw the first error (kind not_found, parse …).
    /// Tasks of `include_tasks`: a block whose parent is the include's parent.
    std::shared_ptr<Block> include_tasks(const Task& include, const std::string& path, Map params);
    struct RoleRequest {
        std::string name, tasks_from, vars_from, defaults_from, handlers_from;
        bool allow_duplicates = true, is_public = false, validate = true;
        bool of_task = false;                   // include_role and import_role: told apart from `roles` and dependencies when roles run once
        Map vars;
        std::vector<std::string> collections;   // where a short name is looked for first
    };
    std::shared_ptr<Block> include_role(const Task& include, const RoleRequest& request);
    /// The task with an action whose name was a template (`action: "{{ … }} a=b"`); an unknown name stays as it is.
    std::shared_ptr<Task> with_action(const Task& task, const std::string& action);
    struct FoundRole { std::string path, collection; };
    /// The folder of a role, or nothing. Names of three parts and, with `collections`, short names are looked for in collections first.
    std::optional<FoundRole> find_role(const std::string& name, const std::string& from_directory, const std::string& parent_role_path,
                                       const std::vector<std::string>& collections) const;
    /// The file of a module that is not built in: from library/ of playbooks and roles in the order of their coming, or the library path.
    std::optional<std::string> find_library_module(const std::string& name) const;
    /// The file of a Python module of an Ansible that is installed here: NAMESPACE.COLLECTION.NAME, or a short name that Ansible knows.
    std::optional<std::string> find_python_module(const std::string& name) const;
    /// The file of an action plugin, which fprov cannot run, for a module of this name.
    std::optional<std::string> find_action_plugin(const std::string& name) const;
    const std::vector<std::string>& python_path() const;
    /// Action groups of module_defaults (group/NAME) stand in the collections of an installed Ansible. Without one, any name is taken for known.
    bool knows_group(const std::string& name) const;
    bool in_group(const Task& task, const std::string& name) const;
    /// Whether module_defaults for `name` are those of a task whose module is not built in.
    bool names_module(const Task& task, const std::string& name) const;
    /// Folders that may hold filters, tests and lookups in Python: kind, path, prefix of the names ("acme.site." in a collection).
    struct PluginFolder { std::string kind, path, prefix; };
    std::vector<PluginFolder> plugin_folders(const std::string& name) const;
    /// An ad-hoc task (ansible -m): one play with one task.
    Playbook ad_hoc(const std::string& pattern, const std::string& module, const std::string& arguments, bool gather_facts);

    /// A variables file (vars_files, include_vars, role vars); an empty one gives an empty map. Throws Failure.
    Map read_vars_file(const std::string& path) const;
    /// Any YAML file with vault handling. Throws Failure.
    Value read_file(const std::string& path) const;

private:
    friend class Builder;
    void serve(const std::string& folder);   // a playbook's or role's: its library/ and plugins count from now on
    std::vector<std::string> serving_;
    std::vector<std::pair<std::string, std::string>> collection_of(const std::string& full_name) const;   // its name, its folders
    std::optional<FoundRole> find_collection_role(const std::string& name, const std::vector<std::string>& collections) const;
    const std::vector<std::string>* group(const std::string& name, int depth = 0) const;
    LoadOptions options_;
    mutable std::map<std::string, std::optional<std::vector<std::string>>> groups_;      // NAMESPACE.COLLECTION.NAME of their modules
    mutable std::optional<std::vector<std::string>> python_path_;
    std::vector<base::Error> errors_;
    std::vector<std::string> chain_;      // files being imported, for cycles
    std::uint32_t counter_ = 0;
};

/// Splits "a=1 b='x y' free text" as Ansible's parse_kv: quotes and Jinja braces keep words together. With `free_form`, only the
/// parameters that command-like modules take are cut out and the rest is "_raw_params".
Map parse_key_values(const std::string& text, bool free_form, Place place);

/// A playbook by NAMESPACE.COLLECTION.NAME; `folders` hold ansible_collections/.
std::optional<std::string> find_collection_playbook(const std::string& name, const std::vector<std::string>& folders);
/// NAMESPACE.NAME of the collection whose playbooks/ holds the file; empty for others.
std::string collection_of_playbook(const std::string& path);

/// May be the name of a variable: Python's rule, its own words ("class") left out.
bool is_variable_name(const std::string& name);

/// Whether a module's file is Python that imports Ansible's own library.
bool needs_module_utils(const std::string& path);

}  // namespace fprov::playbook
