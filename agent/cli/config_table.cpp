// SPDX-License-Identifier: Apache-2.0
// All settings. What Ansible has and fprov has no use for is accepted in files without a row here, as Ansible ignores unknown keys.
#include <algorithm>
#include <array>

#include "cli/config.hpp"

namespace fprov::cli {
namespace {

using enum SettingType;

constexpr std::array rows{
    Setting{"ANSIBLE_FORCE_COLOR", "ANSIBLE_FORCE_COLOR", "defaults:force_color", flag, "false", "colour even without a terminal"},
    Setting{"ANSIBLE_HOME", "ANSIBLE_HOME", "defaults:home", path, "~/.ansible", "folder for files of the user"},
    Setting{"ANSIBLE_NOCOLOR", "NO_COLOR|ANSIBLE_NOCOLOR", "defaults:nocolor", flag, "false", "never colour"},
    Setting{"ANSIBLE_PIPELINING", "ANSIBLE_PIPELINING", "defaults:pipelining|connection:pipelining", flag, "false", "accepted; fprov always pipelines"},
    Setting{"ANY_ERRORS_FATAL", "ANSIBLE_ANY_ERRORS_FATAL", "defaults:any_errors_fatal", flag, "false", "a failure on one host ends the run for all"},
    Setting{"BECOME_PASSWORD_FILE", "ANSIBLE_BECOME_PASSWORD_FILE", "defaults:become_password_file", path, "", "file (or program) with the become password"},
    Setting{"CACHE_PLUGIN", "ANSIBLE_CACHE_PLUGIN", "defaults:fact_caching", text, "memory", "where facts are kept between runs: memory or jsonfile"},
    Setting{"CACHE_PLUGIN_CONNECTION", "ANSIBLE_CACHE_PLUGIN_CONNECTION", "defaults:fact_caching_connection", text, "", "folder of the jsonfile fact cache"},
    Setting{"CACHE_PLUGIN_PREFIX", "ANSIBLE_CACHE_PLUGIN_PREFIX", "defaults:fact_caching_prefix", text, "ansible_facts", "prefix of names in the fact cache (none unless set)"},
    Setting{"CACHE_PLUGIN_TIMEOUT", "ANSIBLE_CACHE_PLUGIN_TIMEOUT", "defaults:fact_caching_timeout", integer, "86400", "seconds that cached facts count"},
    Setting{"CALLBACKS_ENABLED", "ANSIBLE_CALLBACK_WHITELIST|ANSIBLE_CALLBACKS_ENABLED", "defaults:callback_whitelist|defaults:callbacks_enabled", list, "[]", "reporters beside the one that owns the screen"},
    Setting{"CALLBACK_FORMAT_PRETTY", "ANSIBLE_CALLBACK_FORMAT_PRETTY", "defaults:callback_format_pretty", text, "", "results on several lines (true, false; unset: as fits)"},
    Setting{"CALLBACK_RESULT_FORMAT", "ANSIBLE_CALLBACK_RESULT_FORMAT", "defaults:callback_result_format", text, "json", "results as json or yaml", "json|yaml"},
    Setting{"CALLBACK_TREE_DIR", "ANSIBLE_CALLBACK_TREE_DIR", "callback_tree:directory", path, "~/.ansible/tree", "folder of the tree reporter"},
    Setting{"CHECK_MODE_MARKERS", "ANSIBLE_CHECK_MODE_MARKERS", "defaults:check_mode_markers", flag, "false", "say [CHECK MODE] in titles"},
    Setting{"COLOR_CHANGED", "ANSIBLE_COLOR_CHANGED", "colors:changed", text, "yellow", "colour of changed results"},
    Setting{"COLOR_ERROR", "ANSIBLE_COLOR_ERROR", "colors:error", text, "red", "colour of failures"},
    Setting{"COLOR_OK", "ANSIBLE_COLOR_OK", "colors:ok", text, "green", "colour of ok results"},
    Setting{"COLOR_SKIP", "ANSIBLE_COLOR_SKIP", "colors:skip", text, "cyan", "colour of skipped results"},
    Setting{"COLLECTIONS_PATHS", "ANSIBLE_COLLECTIONS_PATHS|ANSIBLE_COLLECTIONS_PATH", "defaults:collections_paths|defaults:collections_path", path_list, "~/.ansible/collections:/usr/share/ansible/collections", "collections of an installed Ansible, for modules that are not built in"},
    Setting{"CONNECTION_PASSWORD_FILE", "ANSIBLE_CONNECTION_PASSWORD_FILE", "defaults:connection_password_file", path, "", "file (or program) with the connection password"},
    Setting{"DEFAULT_ASK_PASS", "ANSIBLE_ASK_PASS", "defaults:ask_pass", flag, "false", "ask for the connection password (-k)"},
    Setting{"DEFAULT_ASK_VAULT_PASS", "ANSIBLE_ASK_VAULT_PASS", "defaults:ask_vault_pass", flag, "false", "ask for the vault password"},
    Setting{"DEFAULT_BECOME", "ANSIBLE_BECOME", "privilege_escalation:become", flag, "false", "become by default (-b)"},
    Setting{"DEFAULT_BECOME_ASK_PASS", "ANSIBLE_BECOME_ASK_PASS", "privilege_escalation:become_ask_pass", flag, "false", "ask for the become password (-K)"},
    Setting{"DEFAULT_BECOME_EXE", "ANSIBLE_BECOME_EXE", "privilege_escalation:become_exe", text, "", "program of the become method"},
    Setting{"DEFAULT_BECOME_FLAGS", "ANSIBLE_BECOME_FLAGS", "privilege_escalation:become_flags", text, "", "options of the become program"},
    Setting{"DEFAULT_BECOME_METHOD", "ANSIBLE_BECOME_METHOD", "privilege_escalation:become_method", text, "sudo", "how to become another user: sudo or su"},
    Setting{"DEFAULT_BECOME_USER", "ANSIBLE_BECOME_USER", "privilege_escalation:become_user", text, "root", "whom to become"},
    Setting{"DEFAULT_EXECUTABLE", "ANSIBLE_EXECUTABLE", "defaults:executable", text, "/bin/sh", "shell on the hosts"},
    Setting{"DEFAULT_FACT_PATH", "ANSIBLE_FACT_PATH", "defaults:fact_path", text, "", "folder of local facts on the hosts"},
    Setting{"DEFAULT_FORCE_HANDLERS", "ANSIBLE_FORCE_HANDLERS", "defaults:force_handlers", flag, "false", "run handlers of hosts that failed"},
    Setting{"DEFAULT_FORKS", "ANSIBLE_FORKS", "defaults:forks", integer, "5", "hosts at work at once; fprov uses all unless it is set"},
    Setting{"DEFAULT_GATHERING", "ANSIBLE_GATHERING", "defaults:gathering", text, "implicit", "when facts are gathered", "explicit|implicit|smart"},
    Setting{"DEFAULT_GATHER_SUBSET", "ANSIBLE_GATHER_SUBSET", "defaults:gather_subset", list, "", "which facts are gathered"},
    Setting{"DEFAULT_GATHER_TIMEOUT", "ANSIBLE_GATHER_TIMEOUT", "defaults:gather_timeout", integer, "", "seconds for slow facts"},
    Setting{"DEFAULT_HASH_BEHAVIOUR", "ANSIBLE_HASH_BEHAVIOUR", "defaults:hash_behaviour", text, "replace", "dictionaries of several levels: replace or merge", "merge|replace"},
    Setting{"DEFAULT_HOST_LIST", "ANSIBLE_INVENTORY", "defaults:inventory", path_list, "/etc/ansible/hosts", "inventory sources"},
    Setting{"DEFAULT_JINJA2_EXTENSIONS", "ANSIBLE_JINJA2_EXTENSIONS", "defaults:jinja2_extensions", text, "[]", "Jinja2 extensions (do, loopcontrols)"},
    Setting{"DEFAULT_JINJA2_NATIVE", "ANSIBLE_JINJA2_NATIVE", "defaults:jinja2_native", flag, "false", "templates keep types"},
    Setting{"DEFAULT_LOCAL_TMP", "ANSIBLE_LOCAL_TEMP", "defaults:local_tmp", path, "~/.ansible/tmp", "temporary files of the controller"},
    Setting{"DEFAULT_LOG_PATH", "ANSIBLE_LOG_PATH", "defaults:log_path", path, "", "log file"},
    Setting{"DEFAULT_MANAGED_STR", "", "defaults:ansible_managed", text, "Ansible managed", "value of ansible_managed in templates"},
    Setting{"DEFAULT_MODULE_ARGS", "ANSIBLE_MODULE_ARGS", "defaults:module_args", text, "", "arguments of ad-hoc tasks"},
    Setting{"DEFAULT_MODULE_NAME", "", "defaults:module_name", text, "command", "module of ad-hoc tasks"},
    Setting{"DEFAULT_MODULE_PATH", "ANSIBLE_LIBRARY", "defaults:library", path_list, "~/.ansible/plugins/modules:/usr/share/ansible/plugins/modules", "folders of modules that are not built in"},
    Setting{"DEFAULT_NO_LOG", "ANSIBLE_NO_LOG", "defaults:no_log", flag, "false", "hide all results"},
    Setting{"DEFAULT_POLL_INTERVAL", "ANSIBLE_POLL_INTERVAL", "defaults:poll_interval", integer, "15", "seconds between looks at a background task"},
    Setting{"DEFAULT_PRIVATE_KEY_FILE", "ANSIBLE_PRIVATE_KEY_FILE", "defaults:private_key_file", path, "", "ssh key"},
    Setting{"DEFAULT_PRIVATE_ROLE_VARS", "ANSIBLE_PRIVATE_ROLE_VARS", "defaults:private_role_vars", flag, "false", "accepted"},
    Setting{"DEFAULT_REMOTE_PORT", "ANSIBLE_REMOTE_PORT", "defaults:remote_port", integer, "", "ssh port"},
    Setting{"DEFAULT_REMOTE_TMP", "ANSIBLE_REMOTE_TEMP|ANSIBLE_REMOTE_TMP", "defaults:remote_tmp", text, "~/.ansible/tmp", "folder for temporary files on the hosts"},
    Setting{"DEFAULT_REMOTE_USER", "ANSIBLE_REMOTE_USER", "defaults:remote_user", text, "", "login name on the hosts"},
    Setting{"DEFAULT_ROLES_PATH", "ANSIBLE_ROLES_PATH", "defaults:roles_path", path_spec, "~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles", "folders of roles"},
    Setting{"DEFAULT_STDOUT_CALLBACK", "ANSIBLE_STDOUT_CALLBACK", "defaults:stdout_callback", text, "default", "the reporter that owns the screen"},
    Setting{"DEFAULT_STRATEGY", "ANSIBLE_STRATEGY", "defaults:strategy", text, "linear", "order of tasks over hosts"},
    Setting{"DEFAULT_TIMEOUT", "ANSIBLE_TIMEOUT", "defaults:timeout", integer, "10", "seconds to connect"},
    Setting{"DEFAULT_TRANSPORT", "ANSIBLE_TRANSPORT", "defaults:transport", text, "smart", "connection: smart, ssh or local"},
    Setting{"DEFAULT_UNDEFINED_VAR_BEHAVIOR", "ANSIBLE_ERROR_ON_UNDEFINED_VARS", "defaults:error_on_undefined_vars", flag, "true", "undefined variables are errors"},
    Setting{"DEFAULT_VAULT_ENCRYPT_IDENTITY", "ANSIBLE_VAULT_ENCRYPT_IDENTITY", "defaults:vault_encrypt_identity", text, "", "vault id to encrypt with"},
    Setting{"DEFAULT_VAULT_IDENTITY", "ANSIBLE_VAULT_IDENTITY", "defaults:vault_identity", text, "default", "label of the default vault id"},
    Setting{"DEFAULT_VAULT_IDENTITY_LIST", "ANSIBLE_VAULT_IDENTITY_LIST", "defaults:vault_identity_list", list, "[]", "vault ids: label@source"},
    Setting{"DEFAULT_VAULT_ID_MATCH", "ANSIBLE_VAULT_ID_MATCH", "defaults:vault_id_match", flag, "false", "only the secret with the file's label may decrypt"},
    Setting{"DEFAULT_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE", "defaults:vault_password_file", path, "", "file (or program) with the vault password"},
    Setting{"DEFAULT_VERBOSITY", "ANSIBLE_VERBOSITY", "defaults:verbosity", integer, "0", "as many -v"},
    Setting{"DEPRECATION_WARNINGS", "ANSIBLE_DEPRECATION_WARNINGS", "defaults:deprecation_warnings", flag, "true", "show deprecations"},
    Setting{"DIFF_ALWAYS", "ANSIBLE_DIFF_ALWAYS", "diff:always", flag, "false", "as -D"},
    Setting{"DIFF_CONTEXT", "ANSIBLE_DIFF_CONTEXT", "diff:context", integer, "3", "lines around changes in diffs"},
    Setting{"DISPLAY_ARGS_TO_STDOUT", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "defaults:display_args_to_stdout", flag, "false", "arguments in task titles"},
    Setting{"DISPLAY_FAILED_STDERR", "ANSIBLE_DISPLAY_FAILED_STDERR", "defaults:display_failed_stderr", flag, "false", "failures on stderr"},
    Setting{"DISPLAY_OK_HOSTS", "ANSIBLE_DISPLAY_OK_HOSTS", "defaults:display_ok_hosts", flag, "true", "show ok results"},
    Setting{"DISPLAY_SKIPPED_HOSTS", "DISPLAY_SKIPPED_HOSTS|ANSIBLE_DISPLAY_SKIPPED_HOSTS", "defaults:display_skipped_hosts", flag, "true", "show skipped results"},
    Setting{"DUPLICATE_YAML_DICT_KEY", "ANSIBLE_DUPLICATE_YAML_DICT_KEY", "defaults:duplicate_dict_key", text, "warn", "repeated keys in YAML", "error|ignore|warn"},
    Setting{"ERROR_ON_MISSING_HANDLER", "ANSIBLE_ERROR_ON_MISSING_HANDLER", "defaults:error_on_missing_handler", flag, "true", "notifying an unknown handler is an error"},
    Setting{"HOST_KEY_CHECKING", "ANSIBLE_HOST_KEY_CHECKING|ANSIBLE_SSH_HOST_KEY_CHECKING", "defaults:host_key_checking|ssh_connection:host_key_checking", flag, "true", "refuse hosts whose key is not known"},
    Setting{"HOST_PATTERN_MISMATCH", "ANSIBLE_HOST_PATTERN_MISMATCH", "inventory:host_pattern_mismatch", text, "warning", "patterns that match nothing", "error|ignore|warning"},
    Setting{"INJECT_FACTS_AS_VARS", "ANSIBLE_INJECT_FACT_VARS", "defaults:inject_facts_as_vars", flag, "true", "facts are also ansible_* variables"},
    Setting{"INVENTORY_ANY_UNPARSED_IS_FAILED", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "inventory:any_unparsed_is_failed", flag, "false", "any broken inventory source is an error"},
    Setting{"INVENTORY_UNPARSED_IS_FAILED", "ANSIBLE_INVENTORY_UNPARSED_FAILED", "inventory:unparsed_is_failed", flag, "false", "no readable inventory source is an error"},
    Setting{"INVENTORY_UNPARSED_WARNING", "ANSIBLE_INVENTORY_UNPARSED_WARNING", "inventory:inventory_unparsed_warning", flag, "true", "warn without an inventory"},
    Setting{"JUNIT_OUTPUT_DIR", "JUNIT_OUTPUT_DIR", "callback_junit:output_dir", path, "~/.ansible.log", "folder of the junit reporter"},
    Setting{"LOCALHOST_WARNING", "ANSIBLE_LOCALHOST_WARNING", "defaults:localhost_warning", flag, "true", "warn when only localhost is there"},
    Setting{"LOG_PLAYS_FOLDER", "ANSIBLE_LOG_FOLDER", "callback_log_plays:log_folder", path, "/var/log/ansible/hosts", "folder of the log_plays reporter"},
    Setting{"LOOKAHEAD", "FPROV_LOOKAHEAD", "fprov:lookahead", integer, "64", "tasks of a host that travel ahead of their turn; 0 = none"},
    Setting{"MAX_FILE_SIZE_FOR_DIFF", "ANSIBLE_MAX_DIFF_SIZE", "defaults:max_diff_size", integer, "104448", "larger files have no diff"},
    Setting{"PLAYBOOK_DIR", "ANSIBLE_PLAYBOOK_DIR", "defaults:playbook_dir", path, "", "folder that stands for a playbook's"},
    Setting{"RETRY_FILES_ENABLED", "ANSIBLE_RETRY_FILES_ENABLED", "defaults:retry_files_enabled", flag, "false", "write NAME.retry with failed hosts"},
    Setting{"RETRY_FILES_SAVE_PATH", "ANSIBLE_RETRY_FILES_SAVE_PATH", "defaults:retry_files_save_path", path, "", "folder of .retry files"},
    Setting{"SHOW_CUSTOM_STATS", "ANSIBLE_SHOW_CUSTOM_STATS", "defaults:show_custom_stats", flag, "false", "show set_stats after the recap"},
    Setting{"SHOW_TASK_PATH_ON_FAILURE", "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE", "defaults:show_task_path_on_failure", flag, "false", "say where a failed task stands"},
    Setting{"SSH_ARGS", "ANSIBLE_SSH_ARGS", "ssh_connection:ssh_args", text, "", "ssh options (-o …, -J …, -F …, -i …)"},
    Setting{"SSH_COMMON_ARGS", "ANSIBLE_SSH_COMMON_ARGS", "ssh_connection:ssh_common_args", text, "", "ssh options for all"},
    Setting{"SSH_EXTRA_ARGS", "ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection:ssh_extra_args", text, "", "more ssh options"},
    Setting{"TAGS_RUN", "ANSIBLE_RUN_TAGS", "tags:run", list, "[]", "as -t"},
    Setting{"TAGS_SKIP", "ANSIBLE_SKIP_TAGS", "tags:skip", list, "[]", "as --skip-tags"},
    Setting{"TASK_TIMEOUT", "ANSIBLE_TASK_TIMEOUT", "defaults:task_timeout", integer, "0", "seconds that a task may take; 0 = no limit"},
    Setting{"TRANSFORM_INVALID_GROUP_CHARS", "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "defaults:force_valid_group_names", text, "never", "group names that are no identifiers", "always|ignore|never|silently"},
    Setting{"VERBOSE_TO_STDERR", "ANSIBLE_VERBOSE_TO_STDERR", "defaults:verbose_to_stderr", flag, "false", "what -v adds goes to stderr"},
};

}  // namespace

std::span<const Setting> settings_table() { return rows; }

const Setting* find_setting(std::string_view key) {
    auto at = std::lower_bound(rows.begin(), rows.end(), key, [](const Setting& row, std::string_view name) { return row.key < name; });
    return at != rows.end() && at->key == key ? &*at : nullptr;
}

}  // namespace fprov::cli
