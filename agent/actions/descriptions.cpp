// SPDX-License-Identifier: Apache-2.0
// What the controller alone does: parameters for checks, lint and documentation. Modules describe themselves.
#include <algorithm>

#include "actions/action.hpp"

namespace fprov::actions {
namespace {

using spec::Arg;
using spec::Type;

constexpr Arg add_host_args[] = {
    {.name = "name", .help = "Name of the host, with a port after a colon if need be; everything that is no parameter becomes a variable of it", .required = true, .aliases = "host|hostname"},
    {.name = "groups", .type = Type::list, .help = "Groups that the host joins", .aliases = "group|groupname", .elements = Type::text},
};
constexpr Arg assert_args[] = {
    {.name = "that", .type = Type::list, .help = "Conditions that all must hold", .required = true, .elements = Type::text},
    {.name = "fail_msg", .help = "What to say when one does not hold", .aliases = "msg"},
    {.name = "success_msg", .help = "What to say when all hold"},
    {.name = "quiet", .type = Type::boolean, .help = "Say less", .fallback = "no"},
};
constexpr Arg debug_args[] = {
    {.name = "msg", .help = "What to show", .fallback = "Hello world!"},
    {.name = "var", .help = "An expression to show with its value"},
    {.name = "verbosity", .type = Type::integer, .help = "Only with as many -v", .fallback = "0"},
};
constexpr Arg fail_args[] = {{.name = "msg", .help = "Why", .fallback = "Failed as requested from task"}};
constexpr Arg group_by_args[] = {
    {.name = "key", .help = "Name of the group, usually a template", .required = true},
    {.name = "parents", .type = Type::list, .help = "Groups above it", .fallback = "all", .elements = Type::text},
};
constexpr Arg import_playbook_args[] = {{.name = "_raw_params", .help = "The playbook"}};
constexpr Arg import_tasks_args[] = {
    {.name = "_raw_params", .help = "The file of tasks"},
    {.name = "file", .help = "The file of tasks"},
};
constexpr Arg include_args[] = {{.name = "_raw_params", .help = "The file of tasks; behind it, variables as k=v"}};
constexpr Arg include_tasks_args[] = {
    {.name = "_raw_params", .help = "The file of tasks"},
    {.name = "file", .help = "The file of tasks"},
    {.name = "apply", .type = Type::dict, .help = "Keywords for every task of the file"},
};
constexpr Arg include_role_args[] = {
    {.name = "name", .help = "The role", .required = true, .aliases = "role"},
    {.name = "tasks_from", .help = "File of its tasks", .fallback = "main"},
    {.name = "vars_from", .help = "File of its vars", .fallback = "main"},
    {.name = "defaults_from", .help = "File of its defaults", .fallback = "main"},
    {.name = "handlers_from", .help = "File of its handlers", .fallback = "main"},
    {.name = "allow_duplicates", .type = Type::boolean, .help = "Run it again although it ran", .fallback = "yes"},
    {.name = "rolespec_validate", .type = Type::boolean, .help = "Check its arguments against meta/argument_specs", .fallback = "yes"},
    {.name = "apply", .type = Type::dict, .help = "Keywords for every task of the role"},
    {.name = "public", .type = Type::boolean, .help = "Its defaults and vars stay for the tasks behind", .fallback = "no"},
};
// An import knows all of them but the last two, which are of use only while the play runs.
constexpr auto import_role_args = std::span(include_role_args).first<std::size(include_role_args) - 2>();
constexpr Arg include_vars_args[] = {
    {.name = "_raw_params", .help = "The file"},
    {.name = "file", .type = Type::path, .help = "The file"},
    {.name = "dir", .type = Type::path, .help = "A folder: all its files, in the order of their names"},
    {.name = "name", .help = "Put the variables into one of this name"},
    {.name = "depth", .type = Type::integer, .help = "How far below dir; 0: to the ground", .fallback = "0"},
    {.name = "files_matching", .help = "Only files whose names this regular expression finds"},
    {.name = "ignore_files", .type = Type::list, .help = "Not these files", .elements = Type::text},
    {.name = "extensions", .type = Type::list, .help = "Endings of files that count", .fallback = "[json, yaml, yml]", .elements = Type::text},
    {.name = "ignore_unknown_extensions", .type = Type::boolean, .help = "Pass over files with other endings, instead of failing", .fallback = "no"},
    {.name = "hash_behaviour", .help = "Dictionaries that come again: replaced or merged", .choices = "replace|merge"},
};
constexpr Arg meta_args[] = {{.name = "_raw_params", .help = "What to do", .required = true,
                              .choices = "clear_facts|clear_host_errors|end_batch|end_host|end_play|flush_handlers|noop|refresh_inventory|reset_connection"}};
constexpr Arg pause_args[] = {
    {.name = "minutes", .type = Type::integer, .help = "How long"},
    {.name = "seconds", .type = Type::integer, .help = "How long"},
    {.name = "prompt", .type = Type::raw, .help = "What to ask"},
    {.name = "echo", .type = Type::boolean, .help = "Show what is typed", .fallback = "yes"},
};
constexpr Arg raw_args[] = {
    {.name = "_raw_params", .type = Type::raw, .help = "The command line, for the login shell", .required = true},
    {.name = "executable", .type = Type::raw, .help = "Shell to run it with"},
};
constexpr Arg reboot_args[] = {
    {.name = "pre_reboot_delay", .type = Type::integer, .help = "Seconds before the reboot", .fallback = "0"},
    {.name = "post_reboot_delay", .type = Type::integer, .help = "Seconds after the reboot command before the host is asked", .fallback = "0"},
    {.name = "reboot_timeout", .type = Type::integer, .help = "Seconds to wait for the host", .fallback = "600"},
    {.name = "connect_timeout", .type = Type::integer, .help = "Seconds for one try to connect"},
    {.name = "test_command", .help = "Must succeed on the host that came back", .fallback = "whoami"},
    {.name = "msg", .help = "What logged-in users are told", .fallback = "Reboot initiated by Ansible"},
    {.name = "search_paths", .type = Type::list, .help = "Where shutdown is looked for", .fallback = "[/sbin, /bin, /usr/sbin, /usr/bin, /usr/local/sbin]", .elements = Type::text},
    {.name = "boot_time_command", .help = "Says something else after a boot", .fallback = "cat /proc/sys/kernel/random/boot_id"},
    {.name = "reboot_command", .help = "Command that reboots"},
};
constexpr Arg set_fact_args[] = {
    {.name = "key_value", .type = Type::raw, .help = "Any name with its value, any number of them", .required = true},
    {.name = "cacheable", .type = Type::boolean, .help = "Keep them as facts, also in the fact cache", .fallback = "no"},
};
constexpr Arg set_stats_args[] = {
    {.name = "data", .type = Type::dict, .help = "Names and values", .required = true},
    {.name = "per_host", .type = Type::boolean, .help = "For each host, not for the run", .fallback = "no"},
    {.name = "aggregate", .type = Type::boolean, .help = "Add to what is there", .fallback = "yes"},
};
constexpr Arg synchronize_args[] = {
    {.name = "src", .help = "What to copy, on the controller (push) or on the host (pull)", .required = true},
    {.name = "dest", .help = "Where to, on the other end", .required = true},
    {.name = "dest_port", .type = Type::integer, .help = "Port of the host's sshd"},
    {.name = "mode", .help = "To the host, or from it", .fallback = "push", .choices = "pull|push"},
    {.name = "archive", .type = Type::boolean, .help = "All of recursive, links, perms, times, owner, group, and devices", .fallback = "yes"},
    {.name = "checksum", .type = Type::boolean, .help = "Compare contents, not times and sizes", .fallback = "no"},
    {.name = "compress", .type = Type::boolean, .help = "Compress what travels", .fallback = "yes"},
    {.name = "existing_only", .type = Type::boolean, .help = "Make no new files", .fallback = "no"},
    {.name = "delete", .type = Type::boolean, .help = "Delete what src has not, afterwards", .fallback = "no"},
    {.name = "dirs", .type = Type::boolean, .help = "Folders without what is in them", .fallback = "no"},
    {.name = "recursive", .type = Type::boolean, .help = "Folders with what is in them; as archive says when not given"},
    {.name = "links", .type = Type::boolean, .help = "Copy links as links; as archive says when not given"},
    {.name = "copy_links", .type = Type::boolean, .help = "Copy what links lead to", .fallback = "no"},
    {.name = "perms", .type = Type::boolean, .help = "Keep modes; as archive says when not given"},
    {.name = "times", .type = Type::boolean, .help = "Keep times; as archive says when not given"},
    {.name = "owner", .type = Type::boolean, .help = "Keep owners; as archive says when not given"},
    {.name = "group", .type = Type::boolean, .help = "Keep groups; as archive says when not given"},
    {.name = "rsync_path", .help = "rsync on the host; sudo rsync with become"},
    {.name = "rsync_timeout", .type = Type::integer, .help = "Seconds without data before rsync gives up", .fallback = "0"},
    {.name = "set_remote_user", .type = Type::boolean, .help = "Name the account in USER@HOST", .fallback = "yes"},
    {.name = "use_ssh_args", .type = Type::boolean, .help = "Give ssh the arguments from ansible_ssh_common_args and its like", .fallback = "no"},
    {.name = "ssh_connection_multiplexing", .type = Type::boolean, .help = "Let ssh share connections", .fallback = "no"},
    {.name = "rsync_opts", .type = Type::list, .help = "More options for rsync", .elements = Type::text},
    {.name = "partial", .type = Type::boolean, .help = "Keep what came of a file that broke off", .fallback = "no"},
    {.name = "verify_host", .type = Type::boolean, .help = "Check the host's key", .fallback = "no"},
    {.name = "private_key", .type = Type::path, .help = "Key for ssh; that of the connection when not given"},
    {.name = "link_dest", .type = Type::list, .help = "Folders on the receiver to link unchanged files from", .elements = Type::text},
    {.name = "delay_updates", .type = Type::boolean, .help = "Put new files in place together, at the end", .fallback = "yes"},
};
constexpr Arg template_args[] = {
    {.name = "src", .type = Type::path, .help = "The template, in templates/ of the role or beside the playbook", .required = true},
    {.name = "dest", .type = Type::path, .help = "The file on the host", .required = true},
    {.name = "backup", .type = Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "force", .type = Type::boolean, .help = "Replace a file that differs", .fallback = "yes"},
    {.name = "follow", .type = Type::boolean, .help = "Follow a link at dest", .fallback = "no"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
    {.name = "newline_sequence", .help = "Line ends", .fallback = "\\n", .choices = "\\n|\\r|\\r\\n"},
    {.name = "block_start_string", .help = "Begin of a statement", .fallback = "{%"},
    {.name = "block_end_string", .help = "End of a statement", .fallback = "%}"},
    {.name = "variable_start_string", .help = "Begin of an expression", .fallback = "{{"},
    {.name = "variable_end_string", .help = "End of an expression", .fallback = "}}"},
    {.name = "comment_start_string", .help = "Begin of a comment"},
    {.name = "comment_end_string", .help = "End of a comment"},
    {.name = "trim_blocks", .type = Type::boolean, .help = "No line end behind a statement", .fallback = "yes"},
    {.name = "lstrip_blocks", .type = Type::boolean, .help = "No blanks before a statement", .fallback = "no"},
    {.name = "output_encoding", .help = "Encoding of the file", .fallback = "utf-8"},
};
constexpr Arg validate_argument_spec_args[] = {
    {.name = "argument_spec", .type = Type::dict, .help = "Names with type, required, choices …", .required = true},
    {.name = "provided_arguments", .type = Type::dict, .help = "Values to check instead of the variables"},
};
constexpr Arg wait_for_connection_args[] = {
    {.name = "connect_timeout", .type = Type::integer, .help = "Seconds for one try", .fallback = "5"},
    {.name = "delay", .type = Type::integer, .help = "Seconds before the first try", .fallback = "0"},
    {.name = "sleep", .type = Type::integer, .help = "Seconds between tries", .fallback = "1"},
    {.name = "timeout", .type = Type::integer, .help = "Seconds in all", .fallback = "600"},
};

constexpr Description rows[] = {
    {"add_host", "A host, and its groups, for the plays that follow", add_host_args, false, true},
    {"assert", "Conditions must hold, or the task fails", assert_args},
    {"debug", "Shows a message or a variable", debug_args},
    {"fail", "Fails, with a message", fail_args},
    {"group_by", "Groups of hosts made of variables", group_by_args},
    {"import_playbook", "The plays of another file stand here", import_playbook_args, false, true},
    {"import_role", "The tasks of a role stand here", import_role_args},
    {"import_tasks", "The tasks of a file stand here", import_tasks_args, false, true},
    {"include", "Old form of include_tasks and import_tasks", include_args, false, true},
    {"include_role", "Runs a role here", include_role_args},
    {"include_tasks", "Runs the tasks of a file here", include_tasks_args, false, true},
    {"include_vars", "Variables from files, while the play runs", include_vars_args},
    {"meta", "Orders to the run itself", meta_args},
    {"pause", "Waits, for a time or for an answer", pause_args},
    {"raw", "A command through ssh alone, without the agent", raw_args},
    {"reboot", "Boots the host and waits for it", reboot_args},
    {"set_fact", "Variables of the host, from now on", set_fact_args, false, true},
    {"set_stats", "Numbers and texts for the end of the run", set_stats_args},
    {"synchronize", "Copies trees with rsync", synchronize_args},
    {"template", "A file on the host, made from a template", template_args, true},
    {"validate_argument_spec", "Checks variables against an argument specification", validate_argument_spec_args},
    {"wait_for_connection", "Waits until the host answers", wait_for_connection_args},
};

}  // namespace

std::span<const Description> descriptions() { return rows; }

const Description* describe(std::string_view name) {
    auto at = std::lower_bound(std::begin(rows), std::end(rows), name, [](const Description& row, std::string_view wanted) { return row.name < wanted; });
    return at != std::end(rows) && at->name == name ? &*at : nullptr;
}

std::vector<spec::Arg> all_args(const Description& action) {
    std::vector<Arg> all(action.args.begin(), action.args.end());
    if (action.file_common) all.insert(all.end(), spec::file_common_args().begin(), spec::file_common_args().end());
    return all;
}

}  // namespace fprov::actions
