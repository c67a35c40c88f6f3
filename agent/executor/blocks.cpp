// SPDX-License-Identifier: Apache-2.0
// Sections and blocks: lockstep over the hosts that are still in, rescue for those that failed, always for all.
#include <algorithm>

#include "executor/play_runner.hpp"

namespace fprov::executor {

void PlayRunner::run_items(const playbook::Items& items, const Hosts& hosts) {
    if (++walk_->depth > 200) throw base::Failure(base::Kind::limit, "blocks and includes are nested more than 200 deep; does a file include itself?");
    walk_->frames.push_back({&items, 0, nullptr, 0});
    std::size_t mine = walk_->frames.size() - 1;
    for (std::size_t i = 0; i < items.size() && !stop_; ++i) {
        walk_->frames[mine].next = i + 1;
        Hosts now = active(hosts);
        if (now.empty()) break;
        if (items[i].task) run_task(*items[i].task, now);
        else run_block(*items[i].block, now);
    }
    walk_->frames.pop_back();
    --walk_->depth;
}

// Sections of a block, as walk_->frames knows them.
enum Section { in_tasks = 0, in_rescue = 1, in_always = 2 };

void PlayRunner::run_block(const playbook::Block& block, const Hosts& given) {
    Hosts hosts;
    for (HostRun* host : given) {
        // A role that ran on this host already in this play is not run again, unless it says so.
        bool done = block.role_end && block.role && !block.role->allow_duplicates && host->roles_done.contains(block.role->identity);
        if (!done) hosts.push_back(host);
    }
    if (hosts.empty()) return;
    auto section = [&](const playbook::Items& items, const Hosts& who, Section which) {
        walk_->frames.push_back({nullptr, 0, &block, which});
        run_items(items, who);
        walk_->frames.pop_back();
    };
    section(block.tasks, hosts, in_tasks);
    if (walk_->flushing) return;   // of blocks in handlers, only the tasks count
    if (has_tasks(block.rescue)) {
        Hosts failed;
        for (HostRun* host : hosts)
            if (host->failed && !host->unreachable) { host->failed = host->rescue_ahead = false; failed.push_back(host); }
        if (!failed.empty()) {
            stop_ = fatal_ = false;   // any_errors_fatal stops at the rescue
            refresh_alive();
            section(block.rescue, failed, in_rescue);
        }
    }
    if (has_tasks(block.always)) {
        std::vector<bool> failed;
        for (HostRun* host : hosts) { failed.push_back(host->failed); host->failed = false; }
        bool stop = stop_;
        stop_ = false;
        section(block.always, hosts, in_always);
        stop_ = stop_ || stop;
        for (std::size_t i = 0; i < hosts.size(); ++i) if (failed[i]) hosts[i]->failed = true;
    }
    if (block.role_end && block.role)
        for (HostRun* host : hosts)
            if (host->active() && host->roles_ran.contains(block.role->identity)) host->roles_done.insert(block.role->identity);
    refresh_alive();
}

bool PlayRunner::has_tasks(const playbook::Items& items) {
    if (items.empty()) return false;
    if (auto known = has_tasks_.find(&items); known != has_tasks_.end()) return known->second;
    bool any = std::any_of(items.begin(), items.end(), [&](const playbook::Item& item) {
        return item.task ? selected(*item.task) : has_tasks(item.block->tasks) || has_tasks(item.block->rescue) || has_tasks(item.block->always);
    });
    return has_tasks_[&items] = any;
}

bool PlayRunner::will_be_rescued() {
    return !walk_->flushing && std::any_of(walk_->frames.begin(), walk_->frames.end(), [&](const Frame& frame) { return frame.block && frame.section == in_tasks && has_tasks(frame.block->rescue); });
}

bool PlayRunner::fails_at_once() {
    // As Ansible: a host that is inside of a block with `always`, be it in that very section, does not count for any_errors_fatal and max_fail_percentage.
    return !will_be_rescued() && std::none_of(walk_->frames.begin(), walk_->frames.end(), [&](const Frame& frame) { return frame.block && !walk_->flushing && has_tasks(frame.block->always); });
}

}  // namespace fprov::executor
