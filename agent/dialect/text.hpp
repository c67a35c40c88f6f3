// SPDX-License-Identifier: Apache-2.0
// What Ansible does to template text before and after Jinja2: backslashes, `#jinja2:` headers, reading results back as literals.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/environment.hpp"
#include "values/value.hpp"

namespace fprov::dialect {

/// Doubles backslashes inside the string literals of `{{ }}`: in playbooks a backslash there stands for itself, so that
/// regular expressions need no double escaping. Blocks (`{% %}`), comments, raw parts and plain text stay.
std::string escape_backslashes(std::string_view text);
/// The name when the text is exactly `{{ name }}` (one newline may follow).
std::optional<std::string_view> bare_name(std::string_view text);
/// The value of a text that starts like a list or a dict (Python or JSON spelling), or is exactly True or False.
std::optional<values::Value> read_literal(std::string_view text);
/// Takes a "#jinja2: key: value, …" first line off and applies it; unknown settings are listed in `unknown`. Throws Failure (parse)
/// for what is no such pair.
std::string_view take_header(std::string_view text, jinja::Syntax& syntax, base::Place origin, std::vector<std::string>* unknown = nullptr);
/// Applies one setting of a header or of a task (`trim_blocks`, `variable_start_string` …); false = no such setting.
bool apply_setting(jinja::Syntax& syntax, std::string_view key, const values::Value& value);

}  // namespace fprov::dialect
