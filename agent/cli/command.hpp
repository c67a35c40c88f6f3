// SPDX-License-Identifier: Apache-2.0
// The commands of fprov, and the names of Ansible's programs that fprov answers to.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::cli {

struct Invocation {
    std::string program;                  // "fprov boot" or "ansible-playbook": for usage lines
    std::vector<std::string> words;       // behind it
    bool as_ansible = false;              // called through a link with one of Ansible's names
};

struct Command {
    std::string_view name;                // "playbook"
    std::string_view link;                // "ansible-playbook"; empty when there is none
    std::string_view shape;               // "FILE…": what follows, for the overview
    std::string_view summary;
    int (*run)(const Invocation&);
};
std::span<const Command> commands();      // in the order of the overview
std::string version_text(const Invocation& invocation);

int run_playbook(const Invocation&);
int run_boot(const Invocation&);
int run_check(const Invocation&);
int run_init(const Invocation&);
int run_adhoc(const Invocation&);
int run_inventory(const Invocation&);
int run_vault(const Invocation&);
int run_doc(const Invocation&);
int run_lint(const Invocation&);
int run_config(const Invocation&);
int run_dist(const Invocation&);

}  // namespace fprov::cli
