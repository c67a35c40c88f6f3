// SPDX-License-Identifier: Apache-2.0
// Hosts, groups, their variables and the patterns that choose among them. Values are unrendered, with places.
#pragma once
#include <map>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::inventory {

using values::Map;
using values::Value;

struct Group {
    std::string name;
    int depth = 0;                            // all = 0, children below
    int priority = 1;                         // ansible_group_priority from inventory sources
    Map vars;                                 // from inventory files and scripts (level 3)
    std::vector<std::string> hosts;           // direct members, in order
    std::vector<std::string> children, parents;
};

struct Host {
    std::string name;
    Map vars;                                 // from inventory files and scripts (level 8)
    std::vector<std::string> groups;          // direct ones, without "all"
    std::optional<std::int64_t> port;         // from "host:port"
    std::string source;                       // inventory_file
    bool implicit = false;                    // implicit localhost
};

enum class Mismatch : std::uint8_t { warning, error, ignore };   // patterns that match nothing

class Inventory {
public:
    Mismatch mismatch = Mismatch::warning;
    const Host* host(std::string_view name) const;        // exact name
    const Group* group(std::string_view name) const;
    const std::vector<std::string>& host_names() const;   // in inventory order
    std::vector<std::string> group_names() const;         // in order of definition, all and ungrouped included
    /// All groups of a host, sorted as their variables merge: depth, priority, name ("all" first).
    std::vector<const Group*> groups_of(const Host& host) const;
    std::vector<std::string> hosts_of(std::string_view group) const;      // recursive, inventory order
    Host& add_host(const std::string& name, const std::vector<std::string>& groups = {});
    Group& add_group(const std::string& name, const std::vector<std::string>& parents = {});
    void add_to_group(const std::string& host, const std::string& group);
    void add_child(const std::string& parent, const std::string& child);
    /// Sorts out depths, "ungrouped", orphan groups; call after changes (loader and add_host/group_by do).
    void reconcile();
    /// The implicit localhost (name "localhost", "127.0.0.1" or "::1"), made on demand; not part of all.
    const Host& implicit_localhost(const std::string& name = "localhost");

    /// Hosts that a pattern chooses ("web:!db:&prod", "~re", "g[0]", "*", comma lists), in inventory order. `warnings` gets
    /// "Could not match supplied host pattern, ignoring: x". Failure (parse) for a broken pattern.
    std::vector<std::string> match(const std::string& pattern, std::vector<std::string>* warnings = nullptr);
    /// --limit: the same plus "@file" and "~"; applied to a list.
    std::vector<std::string> limited(const std::vector<std::string>& hosts, const std::string& limit,
                                     std::vector<std::string>* warnings = nullptr);

    std::vector<std::string> sources;         // absolute paths given with -i (for group_vars search and inventory_dir)

private:
    struct Data;
    friend class Reader;                      // tries a source on a clone, so that a broken one leaves nothing behind
    Inventory clone() const;
    std::shared_ptr<Data> data_ = make_data();
    static std::shared_ptr<Data> make_data();
};

struct LoadOptions {
    std::vector<std::string> sources;         // -i: files, folders, scripts, "a,b,"; empty = default /etc/ansible/hosts
    std::function<Value(std::string, base::Place)> vault{};        // !vault in YAML sources
    std::function<std::optional<std::string>(std::string text, const std::string& path)> decrypt{};   // whole-file vault; unset = none
    bool unparsed_is_failed = false, any_unparsed_is_failed = false;
    std::string transform_invalid_group_chars = "never";
    std::string duplicate_keys = "warn";                           // of a mapping in YAML: warn, ignore, error
    std::optional<std::vector<std::string>> ignored_endings{};     // of files in a folder; unset: the usual ones
    std::vector<std::string> ignored_patterns{};                   // regular expressions for their names
    /// Jinja for `plugin: constructed`: a template's value with a host's variables; may throw Failure. Unset: such sources fail.
    std::function<Value(const std::string& text, const Map& vars)> render{};
    std::function<Map(const std::string& host)> cached_facts{};    // for constructed; unset: there are none
    std::function<Map()> extra_vars{};                             // for constructed with use_extra_vars
    bool use_extra_vars = false;                                   // what constructed does that says nothing
};

/// Reads all sources, in order. A source that can't be parsed gives a warning with all parsers' reasons (as Ansible), or an error by options.
Inventory load(const LoadOptions& options, std::vector<std::string>& warnings);

/// group_vars/ and host_vars/ beside `directory`: files with .yml .yaml .json or no extension, and folders (recursive, sorted).
struct VarsFile { std::string path; Map vars; };
std::vector<VarsFile> read_vars_files(const std::string& directory, const std::string& kind /* group_vars | host_vars */,
                                      const std::string& name, const LoadOptions& options);

}  // namespace fprov::inventory
