// SPDX-License-Identifier: Apache-2.0
// Ansible's templating: what a string in a playbook becomes, given variables. One Templar serves a whole run.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/environment.hpp"
#include "values/value.hpp"
#include "vault/vault.hpp"

namespace fprov::dialect {

using base::Place;
using values::List;
using values::Map;
using values::Trust;
using values::Value;

struct PluginFolder {
    std::string kind, path;   // filter, test or lookup
    std::string prefix{};     // of the names in it: "acme.site." in a collection
};

/// What templating asks of the rest of the program. Every hook may be left unset.
struct Hooks {
    std::function<void(const std::string& text)> warn{};
    /// Host names of the inventory that match a pattern (lookup 'inventory_hostnames').
    std::function<std::vector<std::string>(const std::string& pattern)> hosts{};
    /// A configuration value by its Ansible name (lookup 'config'): DEFAULT_ROLES_PATH …; nothing = unknown.
    std::function<std::optional<Value>(const std::string& name)> config{};
    /// Folders of Python files that may hold a filter, test or lookup of this name, and the packages such files import.
    std::function<std::vector<PluginFolder>(const std::string& name)> plugin_folders{};
    std::function<std::vector<std::string>()> python_path{};
    /// Seconds since the epoch; unset: the system's clock.
    std::function<double()> now{};
};

struct Options {
    bool jinja2_native = false;         // types pass through; text is not read as a literal
    bool do_statement = false, loop_controls = false;   // {% do %}, {% break %} and {% continue %}
    bool error_on_undefined = true;     // off: what cannot be rendered stays as it was written
    std::string base_dir{};             // the playbook's directory; empty = working directory
    std::shared_ptr<const vault::Secrets> secrets{};
    Hooks hooks{};
};

/// Settings of a template file; a `#jinja2:` header in the text overrides them.
struct FileSyntax {
    jinja::Syntax syntax{.trim_blocks = true, .keep_trailing_newline = false};   // newlines at the end are put back
    bool jinja2_native = false;
};

class Templar {
public:
    explicit Templar(Options options);
    ~Templar();
    Templar(const Templar&) = delete;
    Templar& operator=(const Templar&) = delete;

    /// Renders every string that a user wrote (template_ok), in lists and in values of maps at any depth. Strings become what
    /// Ansible makes of them: `{{ name }}` alone gives the variable with its type, other text gives text, and text that reads as a
    /// list, a dict or a boolean becomes one. Undefined names throw Failure (undefined).
    Value render(const Value& value, const jinja::Scope& scope) const;
    /// As render, but a string that cannot be rendered for want of a variable stays as it is (task names, `name: "{{ x }}"`).
    Value render_tolerant(const Value& value, const jinja::Scope& scope) const;
    /// The text of a rendered value (a name, a path); none gives "".
    std::string render_text(const Value& value, const jinja::Scope& scope) const;

    /// when, changed_when, failed_when, until, that: an expression, a boolean or a list of them (all must hold, evaluated in order
    /// until one does not). Throws Failure with Ansible's sentence: "The conditional check 'x' failed. The error was: …".
    bool condition(const Value& when, const jinja::Scope& scope, std::string_view what = "conditional check") const;
    /// `debug: var=…`: the expression as if it stood in `{{ }}`; an undefined name throws.
    Value evaluate(std::string_view expression, const jinja::Scope& scope, Place origin = {}) const;
    /// A value of any type taken from an expression, without conversion through text; undefined stays undefined.
    Value evaluate_raw(std::string_view expression, const jinja::Scope& scope, Place origin = {}) const;

    /// The template module and lookup: the text of a file. `name` is the path (for relative includes); `origin` its first character.
    std::string render_file(std::string_view text, const std::string& name, const jinja::Scope& scope, FileSyntax syntax = {},
                            Place origin = {}, bool* saw_data = nullptr) const;

    /// Text as Ansible reads it back: a list, dict or boolean when it is written like one, else the text itself.
    Value native(std::string text, Trust trust, Place origin = {}) const;

    /// The placeholder behind `omit`; random per run so that no data can look like it.
    const std::string& omit_token() const;
    bool is_omitted(const Value& value) const;
    /// Takes omitted entries out of a map and of the maps inside it (not out of lists, as Ansible).
    Value strip_omitted(const Value& args) const;

    bool is_template(const Value& value) const;              // would render change anything?
    bool is_template(std::string_view text) const;

    const jinja::Environment& environment() const;
    const Options& options() const;
    Options& options();                                      // hooks and base_dir may be set later
    /// Counts uses of what gives another result each time (random, now, lookups): values made with them are not kept.
    void note_volatile() const;
    std::uint64_t volatile_uses() const;

    /// A lookup plugin by name: what `query(name, *terms, **options)` returns. Throws for an unknown one.
    Value lookup(const std::string& name, const List& terms, const Map& options, const jinja::Scope& scope, Place place = {}) const;
    /// A filter or test that is a Python file of the site.
    Value call_plugin(std::string_view kind, jinja::Call& call) const;
    bool has_lookup(const std::string& name) const;
    /// The items of `with_NAME: terms` (terms already rendered). With first_found, the action says in which folder its files are looked for.
    List loop_from_with(const std::string& name, const Value& terms, const jinja::Scope& scope, Place place = {}, std::string_view action = {}) const;

private:
    struct State;
    std::optional<List> plugin_lookup(const std::string& name, const List& terms, const Map& options, const jinja::Scope& scope) const;
    Value render_string(const Value& text, const jinja::Scope& scope) const;
    bool one_condition(const Value& when, const jinja::Scope& scope, std::string_view what) const;
    std::unique_ptr<State> state_;
};

/// The templar of a running evaluation: for filters, tests and lookups.
const Templar& templar_of(const jinja::Context& context);

}  // namespace fprov::dialect
