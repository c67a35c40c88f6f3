// SPDX-License-Identifier: Apache-2.0
// YAML 1.1 as Ansible reads it, through yaml-cpp's events. Every value knows its place. (Controller only.)
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::values {

struct YamlWarning { std::string text; base::Place place; };   // duplicate keys …

struct YamlOptions {
    Trust trust = Trust::template_ok;                     // of the strings read; data_only for from_yaml of host data
    std::function<Value(std::string text, base::Place)> vault{};   // makes a value of `!vault` scalars; unset: an error
    std::vector<YamlWarning>* warnings = nullptr;
};

/// All documents of a text. `source` is from base::add_source. Throws base::Failure (kind parse) with place, and a hint for
/// the classic mistakes (unquoted `{{ x }}`, tab, missing space after a colon). Limits: depth 500, 5,000,000 nodes incl. aliases.
std::vector<Value> read_yaml_documents(std::string_view text, std::uint32_t source, const YamlOptions& options = {});
/// One document; an empty text gives none; more than one document is an error.
Value read_yaml(std::string_view text, std::uint32_t source, const YamlOptions& options = {});
/// A data file as Ansible's loader reads it: JSON where the text is JSON (with the places that the YAML reader sees), else YAML.
Value read_data(std::string_view text, std::uint32_t source, const YamlOptions& options = {});
/// YAML 1.1 plain-scalar resolution as PyYAML's SafeLoader does (dates become objects).
Value resolve_yaml_scalar(std::string_view plain, base::Place place = {}, Trust trust = Trust::template_ok);

struct YamlStyle {
    int indent = 2;
    bool default_flow = false;       // to_yaml: flow for leaf collections (default_flow_style=None); to_nice_yaml: block
    bool leaf_flow = false;
    bool sort_keys = true;
    int width = 80;
    bool allow_unicode = true;
    bool explicit_start = false;
    bool aliases = false;            // a list, map or object that occurs again is written as *id001, as PyYAML does by identity
};
/// As PyYAML's dump (AnsibleDumper): what to_yaml and to_nice_yaml print.
std::string write_yaml(const Value& value, const YamlStyle& style = {});

}  // namespace fprov::values
