// SPDX-License-Identifier: Apache-2.0
// setup and gather_facts: what agent/facts found, as ansible_facts.
#include "facts/collector.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
extern const Module setup_module, gather_facts_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "gather_subset", .type = Type::list, .help = "Which facts: all, min, hardware, network, virtual ..., with ! for leaving out", .fallback = "all", .elements = Type::text},
    {.name = "gather_timeout", .type = Type::integer, .help = "Seconds that one program of facts.d may take", .fallback = "10"},
    {.name = "filter", .type = Type::list, .help = "Shell patterns; only facts whose names match are told", .fallback = "[]", .elements = Type::text},
    {.name = "fact_path", .type = Type::path, .help = "Folder of the host's own facts (*.fact)", .fallback = "/etc/ansible/facts.d"},
};

constexpr Arg gather_args[] = {
    {.name = "parallel", .type = Type::boolean, .help = "Accepted; facts come in one go"},
    {.name = "gather_subset", .type = Type::list, .help = "Which facts: all, min, hardware, network, virtual ..., with ! for leaving out", .elements = Type::text},
    {.name = "gather_timeout", .type = Type::integer, .help = "Seconds that one program of facts.d may take", .fallback = "10"},
    {.name = "filter", .type = Type::list, .help = "Shell patterns; only facts whose names match are told", .elements = Type::text},
    {.name = "fact_path", .type = Type::path, .help = "Folder of the host's own facts (*.fact)", .fallback = "/etc/ansible/facts.d"},
};

std::vector<std::string> patterns(const Args& args, const char* name) {
    std::vector<std::string> out;
    for (const auto& text : args.texts(name))
        if (!text.empty()) out.push_back(text);
    return out;
}

Outcome run(const Args& args, Context& context) {
    Outcome out;
    try {
        out.facts = facts::gather(context.machine, patterns(args, "gather_subset"), patterns(args, "filter"), args.text("fact_path", "/etc/ansible/facts.d"),
                                  static_cast<double>(args.integer("gather_timeout", 10)), context.environment, &out.warnings);
        if (out.facts.empty()) out.fields.set("ansible_facts", Map{});   // told all the same
    } catch (const base::Failure& failure) {
        fail(failure.error().what);
    }
    return out;
}

constexpr std::string_view returned = "ansible_facts: the facts, by names that begin with ansible_ | always";

}  // namespace

const Module setup_module{
    .name = "setup", .collection = "ansible.builtin", .summary = "Gather facts about the host", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "Read from the kernel and from files; facter and ohai are not asked.", .returns = returned,
    .example = "- setup:\n    gather_subset: [network]\n    filter: ansible_default_ipv4\n"};

const Module gather_facts_module{
    .name = "gather_facts", .collection = "ansible.builtin", .summary = "Gather facts about the host, as a play does", .args = gather_args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "", .returns = returned,
    .example = "- gather_facts:\n"};

}  // namespace fprov::modules
