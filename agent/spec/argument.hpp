// SPDX-License-Identifier: Apache-2.0
// Argument specifications: declare → check → describe. One table per module feeds validation, `fprov doc` and lint.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::spec {

using values::Value;

/// Ansible's parameter types with its coercions.
enum class Type : std::uint8_t { text, boolean, integer, real, list, dict, path, raw, bits, bytes, json };

/// One parameter. All texts are literals. Lists in text form are separated by '|'.
struct Arg {
    std::string_view name;
    Type type = Type::text;
    std::string_view help;
    bool required = false;
    std::string_view fallback{};        // default as YAML text ("present", "yes", "[]"); empty = no default (none)
    std::string_view choices{};         // "present|absent"
    std::string_view aliases{};         // "dest|name"
    Type elements = Type::raw;          // of a list
    bool secret = false;                // no_log: never shown anywhere
    std::span<const Arg> suboptions{};  // of dict, or of a list's dicts
    std::string_view since{};           // collection or version, for docs; may stay empty
};

/// Conditions between parameters, checked after types. Names are separated by ','.
struct Rule {
    enum class Kind : std::uint8_t { mutually_exclusive, required_together, required_one_of, required_if, required_by };
    Kind kind;
    std::string_view names;             // required_if: the names that become required; required_by: the ones needed
    std::string_view when_name{};       // required_if, required_by: the parameter looked at
    std::string_view when_value{};      // required_if: its value as text
    bool any = false;                   // required_if: one of `names` suffices
};

/// Checked arguments: canonical names, typed, defaults filled in. Missing optional ones are none.
class Args {
public:
    Args() = default;
    explicit Args(values::Map map) : map_(std::move(map)) {}
    const Value& operator[](std::string_view name) const;           // none when absent
    bool given(std::string_view name) const;                        // not none
    std::string text(std::string_view name, std::string_view other = "") const;
    bool flag(std::string_view name, bool other = false) const;
    std::int64_t integer(std::string_view name, std::int64_t other = 0) const;
    std::vector<std::string> texts(std::string_view name) const;    // a list as texts; empty when absent
    const values::Map& map() const { return map_; }
    void set(std::string_view name, Value value) { map_.set(name, std::move(value)); }

private:
    values::Map map_;
};

struct Checked {
    Args args;
    std::vector<std::string> errors;      // Ansible's sentences: "Unsupported parameters for (x) module: …",
                                          // "missing required arguments: …", "value of state must be one of: …, got: …"
    std::vector<std::string> warnings;
};

/// Types, defaults, aliases, choices, rules, as Ansible's argument_spec. `module_name` goes into messages. Keys that begin
/// with "_fprov_" pass through untouched (added by actions). With `templates_pending`, values still holding "{{" are only
/// checked by name (static validation before a run).
Checked check(std::string_view module_name, std::span<const Arg> args, std::span<const Rule> rules, const values::Map& given,
              bool templates_pending = false);

/// The coercions on their own (also used by the `bool` filter and friends). Failure's text is Ansible's:
/// "The value 'x' is not a valid boolean …", "<class 'str'> cannot be converted to an int".
Value coerce(const Value& value, Type type, Type elements = Type::raw);

/// File parameters common to all file-like modules (mode, owner, group, seuser …, attributes, unsafe_writes).
std::span<const Arg> file_common_args();

}  // namespace fprov::spec
