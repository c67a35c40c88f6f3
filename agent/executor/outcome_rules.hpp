// SPDX-License-Identifier: Apache-2.0
// What every result looks like before anybody sees it.
#pragma once
#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::executor {

/// Fills in changed, failed (from rc), stdout_lines, stderr_lines as Ansible does.
void normalize_result(values::Map& result, bool lines_too = true);
/// A failed result for an error of ours: Ansible's sentence for undefined variables, with the place, the line and a caret.
values::Value failure_result(const base::Error& error);
/// The same of an action that had begun: it says that nothing changed.
values::Value started_failure(const base::Error& error);
/// What Ansible refuses to do: the screen tells an exception without a trace before it.
values::Value refused(const std::string& message);
/// Without keys that begin with "_ansible_", also in the results of a loop.
values::Value without_internal(const values::Value& result);
/// ansible_loop of an item; `all` is the list itself, for allitems (None: left out).
values::Value loop_information(const values::List& items, std::size_t index, const values::Value& all);
/// What may be shown of a result under no_log.
values::Value censor(const values::Value& result, bool no_log);

}  // namespace fprov::executor
