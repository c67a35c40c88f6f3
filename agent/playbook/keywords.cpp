// SPDX-License-Identifier: Apache-2.0
#include "playbook/keywords.hpp"

#include <algorithm>

namespace fprov::playbook {
namespace {

constexpr std::uint8_t handler_too = on_task | on_handler;
constexpr auto yes_no = spec::Type::boolean, whole = spec::Type::integer, number = spec::Type::real, words = spec::Type::text;

constexpr Keyword table[] = {
    {"action", handler_too, "The action to execute, with its name as the first word"},
    {"always", on_block, "Tasks that run whatever happened in the block and its rescue section"},
    {"any_errors_fatal", on_all, "A failure on one host ends the play for all hosts, after the running task", yes_no},
    {"args", handler_too, "More arguments for the action, as a mapping"},
    {"async", handler_too, "Run in the background for at most this many seconds", whole},
    {"become", on_all, "Use another account's rights", yes_no},
    {"become_exe", on_all, "Path of the program that gives other rights", words},
    {"become_flags", on_all, "Flags for that program", words},
    {"become_method", on_all, "sudo or su", words},
    {"become_user", on_all, "Whose rights", words},
    {"block", on_block, "The tasks of a block"},
    {"changed_when", handler_too, "Conditions that say whether the task counts as changed"},
    {"check_mode", on_all, "Run in check mode (or not) whatever the command line says", yes_no},
    {"collections", on_all, "Where roles and modules are looked for by short names"},
    {"connection", on_all, "ssh or local", words},
    {"debugger", on_all, "never, always, on_failed, on_unreachable or on_skipped; only warned about, as there is no interactive debugger", words},
    {"delay", handler_too, "Seconds between retries", number},
    {"delegate_facts", on_role | on_work, "Facts go to the delegated host", yes_no},
    {"delegate_to", on_role | on_work, "Run on this host instead", words},
    {"diff", on_all, "Show differences (or not) whatever the command line says", yes_no},
    {"environment", on_all, "Environment variables for the modules"},
    {"fact_path", on_play, "Folder of local facts", words},
    {"failed_when", handler_too, "Conditions that say whether the task failed"},
    {"force_handlers", on_play, "Run notified handlers on failed hosts too", yes_no},
    {"gather_facts", on_play, "Gather facts first", yes_no},
    {"gather_subset", on_play, "Which facts"},
    {"gather_timeout", on_play, "Seconds for slow fact subjects", whole},
    {"handlers", on_play, "Tasks that run when notified"},
    {"hosts", on_play, "Pattern of hosts"},
    {"ignore_errors", on_all, "Go on after a failure", yes_no},
    {"ignore_unreachable", on_all, "Go on after an unreachable host", yes_no},
    {"listen", on_handler, "Topics that the handler answers to"},
    {"local_action", handler_too, "As action, delegated to localhost"},
    {"loop", handler_too, "A list to run the task for"},
    {"loop_control", handler_too, "loop_var, index_var, label, pause, extended, extended_allitems"},
    {"max_fail_percentage", on_play, "More failed hosts than this end the play", number},
    {"module_defaults", on_all, "Default arguments of modules"},
    {"name", on_all, "What is shown", words},
    {"no_log", on_all, "Hide arguments and results", yes_no},
    {"notify", on_task | on_handler | on_block, "Handlers to run when changed"},
    {"order", on_play, "Order of hosts: inventory, reverse_inventory, sorted, reverse_sorted, shuffle", words},
    {"poll", handler_too, "Seconds between looks at an async task; 0: do not wait", whole},
    {"port", on_all, "Port of the connection", whole},
    {"post_tasks", on_play, "Tasks after the tasks section"},
    {"pre_tasks", on_play, "Tasks before the roles"},
    {"register", handler_too, "Variable for the result", words},
    {"remote_user", on_all, "Login user", words},
    {"rescue", on_block, "Tasks that run when a task of the block failed"},
    {"retries", handler_too, "How often `until` tries again", whole},
    {"role", on_role, "Name of the role"},
    {"roles", on_play, "Roles of the play"},
    {"run_once", on_all, "Run on the first host only, for all", yes_no},
    {"serial", on_play, "Hosts per batch"},
    {"strategy", on_play, "linear, free, host_pinned", words},
    {"tags", on_all, "Tags"},
    {"tasks", on_play, "Tasks after the roles"},
    {"throttle", on_all, "How many hosts run the task at once", whole},
    {"timeout", on_all, "Seconds after which the task is stopped", whole},
    {"until", handler_too, "Conditions that end the retries"},
    {"user", on_play, "Old name of remote_user"},
    {"vars", on_all, "Variables"},
    {"vars_files", on_play, "Files of variables"},
    {"vars_prompt", on_play, "Variables that are asked for"},
    {"when", on_role | on_work, "Conditions that all must hold"},
};

}  // namespace

std::span<const Keyword> keywords() { return table; }

const Keyword* find_keyword(std::string_view name) {
    auto at = std::lower_bound(std::begin(table), std::end(table), name, [](const Keyword& k, std::string_view n) { return k.name < n; });
    return at != std::end(table) && at->name == name ? at : nullptr;
}

bool is_keyword(std::string_view name, On where) {
    const Keyword* keyword = find_keyword(name);
    return keyword && (keyword->where & where);
}

std::vector<std::string> keyword_names(On where) {
    std::vector<std::string> names;
    for (const Keyword& keyword : table) if (keyword.where & where) names.emplace_back(keyword.name);
    return names;
}

}  // namespace fprov::playbook
