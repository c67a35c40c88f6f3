// SPDX-License-Identifier: Apache-2.0
// A result dictionary as text: what Ansible's callbacks leave out, and how they lay out the rest.
#pragma once
#include <string>

#include "events/event.hpp"
#include "reporters/reporter.hpp"
#include "values/json.hpp"

namespace fprov::reporters {

bool is_debug(const events::TaskInfo& task);
bool is_verbose_always(const Value& result);     // debug, assert: shown without -v
bool shown_at(const Value& result, const events::TaskInfo& task, int verbosity, int above);
bool is_include(const events::TaskInfo& task);
std::string action_name(const events::TaskInfo& task);                         // last part of a dotted name

/// Without warnings and deprecations, and for debug without everything but what it was asked to show.
Map cleaned(const Value& result, const events::TaskInfo& task);
/// As JSON or YAML: internal keys, invocation, diff and exception are left out below -vvv.
/// `whole` is the result that `shown` was made of.
std::string dumped(const Map& shown, const Value& whole, const Settings& settings, int indent = -1);
/// Keys in order, if they have one.
std::string sorted_json(const Value& value, values::JsonStyle style);
/// YAML for people: text of several lines as a block.
std::string to_readable_yaml(const Value& value, int indent, int width = 80);

/// "h1" or "h1 -> delegate" or "h1 -> delegate(address)".
std::string host_label(const std::string& host, const std::string& delegated_to, const Value& result);

/// Diffs of a result as text, coloured by `paint` line by line; empty when there is none.
std::string diff_text(const Value& diff, const Settings& settings, const Screen& screen);

/// Without keys that begin with "_ansible_".
Value without_internal(const Value& value);

}  // namespace fprov::reporters
