// SPDX-License-Identifier: Apache-2.0
// What people may say on the command line of playbook, boot, check and adhoc: Ansible's own options.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace fprov::cli {

class Arguments;
class Config;

struct Flags {
    std::vector<std::string> inventory, limit, extra_vars, tags, skip_tags, private_keys, vault_ids, vault_password_files, ignored;
    bool check = false, diff = false, become = false, ask_pass = false, ask_become_pass = false, ask_vault_pass = false;
    bool list_hosts = false, list_tasks = false, list_tags = false, syntax_check = false, step = false, force_handlers = false, flush_cache = false;
    std::optional<int> forks, timeout, task_timeout;
    std::string user, connection, become_method, become_user, connection_password_file, become_password_file, start_at_task;
    std::string ssh_common_args, ssh_extra_args, output, log_file, module_path;
    int verbosity = 0;
};

struct FlagSets { bool playbook = true; bool own = true; };   // options of plays; fprov's own (--output …)
void add_flags(Arguments& arguments, Flags& flags, FlagSets sets);
void add_inventory_flags(Arguments& arguments, Flags& flags, bool with_limit);
void add_vault_flags(Arguments& arguments, Flags& flags);
/// "a,b" and repeated options as one list; configuration stands in when nothing was given.
std::vector<std::string> split_list(const std::vector<std::string>& given);

}  // namespace fprov::cli
