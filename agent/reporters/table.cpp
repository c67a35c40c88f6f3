// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "reporters/reporter.hpp"

namespace fprov::reporters {
namespace {

constexpr std::array rows{
    Kind{"default", "ansible.builtin", Role::output, false, "what happens, as people know it", make_console},
    Kind{"json", "ansible.posix", Role::output, true, "one JSON document at the end", make_json},
    Kind{"jsonl", "fprov", Role::output, true, "one JSON object per event, as it happens (docs/events.schema.json)", make_jsonl},
    Kind{"junit", "ansible.builtin", Role::extra, false, "JUnit XML files, one per playbook", make_junit},
    Kind{"log_plays", "community.general", Role::extra, false, "one log file per host", make_log_plays},
    Kind{"minimal", "ansible.builtin", Role::output, false, "results only, one block per host", make_minimal},
    Kind{"oneline", "ansible.builtin", Role::output, false, "results only, one line per host", make_oneline},
    Kind{"profile_roles", "ansible.posix", Role::extra, false, "time by role at the end", make_profile_roles},
    Kind{"profile_tasks", "ansible.posix", Role::extra, false, "time of each task, the slowest at the end", make_profile_tasks},
    Kind{"timer", "ansible.posix", Role::extra, false, "how long the run took", make_timer},
    Kind{"tree", "ansible.builtin", Role::extra, false, "the last result of each host in a file of its own", make_tree},
    Kind{"yaml", "community.general", Role::output, false, "as default, results in YAML", make_yaml},
};

template <class... F> struct Overloaded : F... { using F::operator()...; };
template <class... F> Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::span<const Kind> table() { return rows; }

const Kind* find(std::string_view name) {
    for (const Kind& row : rows)
        if (name == row.name || (name.size() == row.collection.size() + 1 + row.name.size() && name.starts_with(row.collection) && name.ends_with(row.name)) ||
            name == "ansible.legacy." + std::string(row.name))
            return &row;
    return nullptr;
}

void Reporter::on(const events::Event& event) {
    std::visit(Overloaded{[&](const events::RunBegan& e) { begin(e); }, [&](const events::PlaybookBegan& e) { playbook(e); },
                          [&](const events::PlayBegan& e) { play(e); }, [&](const events::NoHostsMatched&) { no_hosts_matched(); },
                          [&](const events::NoHostsRemaining&) { no_hosts_remaining(); }, [&](const events::TaskBegan& e) { task(e); },
                          [&](const events::Included& e) { included(e); }, [&](const events::Notified& e) { notified(e); },
                          [&](const events::HostFinished& e) { finished(e); }, [&](const events::ItemFinished& e) { item(e); },
                          [&](const events::Retrying& e) { retrying(e); }, [&](const events::AsyncPoll& e) { async_poll(e); },
                          [&](const events::Progress& e) { progress(e); }, [&](const events::Waiting& e) { waiting(e); },
                          [&](const events::Message& e) { message(e); }, [&](const events::RunEnded& e) { e.last ? end(e) : playbook_end(e); }},
               event);
}

}  // namespace fprov::reporters
