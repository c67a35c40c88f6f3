// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.hpp"

#include "base/text.hpp"
#include "cli/arguments.hpp"

namespace fprov::cli {

void add_inventory_flags(Arguments& a, Flags& f, bool with_limit) {
    a.values("-i,--inventory,--inventory-file", f.inventory, "inventory: a file, a folder, a script or a list of hosts with a comma", "INVENTORY");
    if (with_limit) a.values("-l,--limit", f.limit, "only these hosts (a pattern, or @file)", "SUBSET");
}

void add_vault_flags(Arguments& a, Flags& f) {
    a.values("--vault-id", f.vault_ids, "vault identity: label@prompt, label@file or label@script", "VAULT_IDS");
    a.flag("--ask-vault-password,--ask-vault-pass", f.ask_vault_pass, "ask for the vault password");
    a.values("--vault-password-file,--vault-pass-file", f.vault_password_files, "file (or program) with the vault password", "VAULT_PASSWORD_FILES");
}

void add_flags(Arguments& a, Flags& f, FlagSets sets) {
    a.count("-v,--verbose", f.verbosity, "show more (-vvv, -vvvv for connections)");
    add_inventory_flags(a, f, true);
    a.values("-e,--extra-vars", f.extra_vars, "variables: k=v, YAML/JSON, or @file", "EXTRA_VARS");
    a.flag("-C,--check", f.check, "change nothing, say what would change");
    a.flag("-D,--diff", f.diff, "show what changes inside files");
    a.number("-f,--forks", f.forks, "hosts at work at once (default: all)", "FORKS", "The number of processes (--forks) must be >= 1");
    a.flag("--list-hosts", f.list_hosts, "list the hosts and end");
    if (sets.playbook) {
        a.values("-t,--tags", f.tags, "only tasks with these tags", "TAGS");
        a.values("--skip-tags", f.skip_tags, "not the tasks with these tags", "SKIP_TAGS");
        a.flag("--list-tasks", f.list_tasks, "list the tasks and end");
        a.flag("--list-tags", f.list_tags, "list the tags and end");
        a.flag("--syntax-check", f.syntax_check, "read and check everything, run nothing");
        a.value("--start-at-task", f.start_at_task, "begin with the task of this name", "START_AT_TASK");
        a.flag("--step", f.step, "ask before each task");
        a.flag("--force-handlers", f.force_handlers, "run handlers of hosts that failed");
        a.flag("--flush-cache", f.flush_cache, "forget cached facts");
    }
    a.number("--task-timeout", f.task_timeout, "seconds that a task may take", "TASK_TIMEOUT");
    a.value("-M,--module-path", f.module_path, "folders of modules that are not built in, separated by colons", "MODULE_PATH");
    if (sets.own) {
        a.value("--output", f.output, "who writes to the screen: default, yaml, minimal, oneline, json, jsonl", "REPORTER");
        a.value("--log-file", f.log_file, "log file", "FILE");
    }
    add_vault_flags(a, f);
    a.group("Connection Options");
    a.values("--private-key,--key-file", f.private_keys, "ssh key", "PRIVATE_KEY_FILE");
    a.value("-u,--user", f.user, "login name on the hosts", "REMOTE_USER");
    a.value("-c,--connection", f.connection, "connection: ssh, local (default: smart)", "CONNECTION");
    a.number("-T,--timeout", f.timeout, "seconds to connect", "TIMEOUT");
    a.value("--ssh-common-args", f.ssh_common_args, "ssh options (-o …, -J …)", "SSH_COMMON_ARGS");
    a.value("--ssh-extra-args", f.ssh_extra_args, "more ssh options", "SSH_EXTRA_ARGS");
    a.values("--sftp-extra-args", f.ignored, "accepted; files travel over the one connection", "SFTP_EXTRA_ARGS");
    a.values("--scp-extra-args", f.ignored, "accepted; files travel over the one connection", "SCP_EXTRA_ARGS");
    a.flag("-k,--ask-pass", f.ask_pass, "ask for the connection password");
    a.value("--connection-password-file,--conn-pass-file", f.connection_password_file, "file (or program) with the connection password", "FILE");
    a.group("Privilege Escalation Options");
    a.flag("-b,--become", f.become, "become another user");
    a.value("--become-method", f.become_method, "sudo or su", "BECOME_METHOD");
    a.value("--become-user", f.become_user, "whom to become (default: root)", "BECOME_USER");
    a.flag("-K,--ask-become-pass", f.ask_become_pass, "ask for the become password");
    a.value("--become-password-file,--become-pass-file", f.become_password_file, "file (or program) with the become password", "FILE");
    a.group("options");
}

std::vector<std::string> split_list(const std::vector<std::string>& given) {
    std::vector<std::string> out;
    for (const auto& one : given)
        for (const auto& part : base::split(one, ','))
            if (auto word = std::string(base::trim(part)); !word.empty()) out.push_back(word);
    return out;
}

}  // namespace fprov::cli
