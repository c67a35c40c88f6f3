// SPDX-License-Identifier: Apache-2.0
// What a module is: a name, an argument table and one run function. Inside: read what is, compare with what is wanted,
// stop there in check mode, else apply. `changed` comes from the comparison, never from "a command ran".
#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/machine.hpp"
#include "spec/argument.hpp"
#include "values/value.hpp"

namespace fprov::modules {

using spec::Arg;
using spec::Args;
using spec::Rule;
using values::List;
using values::Map;
using values::Value;

/// A module's result: Ansible's result dictionary. A module failing on a host is data, not an exception.
struct Outcome {
    bool changed = false;
    bool failed = false;
    bool skipped = false;
    /// The module needs the bytes of its source file (args' _fprov_checksum did not match what is there): the controller sends
    /// them and asks again. Never set in check mode.
    bool need_content = false;
    bool not_idle = false;                 // check mode: `changed` says no, yet the run itself has something to do (apt marks packages)
    std::string msg;                       // left out of the result when empty
    Map fields;                            // everything else, by Ansible's names: dest, stdout, rc, stat …
    List diff;                             // maps of before, after, before_header, after_header, prepared
    Map facts;                             // ansible_facts
    std::vector<std::string> warnings;

    Outcome& set(std::string_view name, Value value) { fields.set(name, std::move(value)); return *this; }
};
Outcome failure(std::string msg);
Outcome failure(const base::Error& error);

/// The surroundings of one run.
struct Context {
    machine::Machine& machine;
    bool check = false;                                  // change nothing, say what would change
    bool diff = false;                                   // fill Outcome.diff
    std::map<std::string, std::string> environment;      // the task's `environment`
    std::string module_name;                             // as the task wrote it, for messages
    int verbosity = 0;
    std::function<void(std::string_view)> progress{};    // a line for long work ("12/40 files"); may be unset

    /// Runs a program with the task's environment added and the C locale (LC_ALL etc.) that Ansible's run_command sets when
    /// `c_locale`.
    base::Result<base::Finished> run(base::Command command, bool c_locale = true);
    /// Same with argv; throws ModuleFailure "…" when it cannot start or (`check_rc`) ends non-zero.
    base::Finished must_run(std::vector<std::string> argv, bool check_rc = true, std::string input = {});
};

/// Thrown anywhere inside a module to fail the task; carries the outcome.
struct ModuleFailure { Outcome outcome; };
[[noreturn]] void fail(std::string msg);
[[noreturn]] void fail(const base::Error& error);
[[noreturn]] void fail(std::string msg, Map fields);

enum class CheckMode : std::uint8_t { full, none, partial };   // none: skipped in check mode by the caller, as Ansible does

/// What a result holds of its differences where nobody asked to see them (neither --diff nor the keyword), as in Ansible.
enum class UnaskedDiff : std::uint8_t { nothing, without_contents, all };

struct Module {
    std::string_view name;               // short name: "copy"
    std::string_view collection;         // "ansible.builtin", "ansible.posix", "community.general", "community.mysql", "fprov"
    std::string_view summary;
    std::span<const Arg> args;           // own ones; file_common_args() are added when `file_common`
    std::span<const Rule> rules;
    CheckMode check_mode;
    bool file_common;
    bool free_form;                      // takes a free-form text in the parameter _raw_params (command, shell …)
    /// May this module be asked in check mode ahead of its turn, and its "unchanged" answer stand as the result? True for modules
    /// that look only at this host's own state; false for commands, waits, network access, and anything with side effects.
    bool lookahead;
    Outcome (*run)(const Args& args, Context& context);
    std::string_view notes{};            // for docs: differences, requirements
    std::string_view returns{};          // for docs: "dest: path of the file | changed …", one per line
    std::string_view example{};          // YAML of one task
    UnaskedDiff unasked_diff = UnaskedDiff::nothing;
    std::vector<Arg> (*more_args)() = nullptr;   // what depends on other modules' tables
    bool internal() const { return name.starts_with('_'); }   // not for playbooks
};

/// All modules, sorted by name. One line per module in table.cpp.
std::span<const Module* const> table();
/// By short name, FQCN (collection.name, ansible.legacy.name) or a redirected old name; null when unknown.
const Module* find(std::string_view name);
/// All arguments including the common ones.
std::vector<Arg> all_args(const Module& module);
/// Runs with arguments checked; catches ModuleFailure and base::Failure; fills `failed` and `msg`.
Outcome run_module(const Module& module, const Map& given, Context& context);
/// Ansible's result dictionary: changed, failed, msg, diff, warnings, ansible_facts and the fields.
Value to_value(const Outcome& outcome);

}  // namespace fprov::modules
