// SPDX-License-Identifier: Apache-2.0
// Handlers run in the order of their definition, once per flush, for the hosts that notified them.
#include <algorithm>

#include "executor/play_runner.hpp"

namespace fprov::executor {

bool PlayRunner::forces_handlers() {
    const Value* own = play_.own("force_handlers");
    if (run_.options.force_handlers || !own || own->is_none()) return run_.options.force_handlers;
    TaskScope scope(run_, &state_, batch_.empty() ? std::string("localhost") : batch_.front()->name, nullptr);
    return spec::coerce(run_.templar.render(*own, scope), spec::Type::boolean).bool_or(false);
}

void PlayRunner::flush_handlers(const Hosts& hosts) {
    bool force = forces_handlers();
    auto eligible = [&](HostRun* host) { return !host->unreachable && !host->finished && (!host->failed || (force && !host->failed_handler)); };
    if (stop_ && (!force || fatal_)) return;      // an error that is fatal for all hosts ends the play, forced handlers or not
    if (std::none_of(hosts.begin(), hosts.end(), [&](HostRun* host) { return eligible(host) && !host->notified.empty(); })) return;
    std::vector<std::pair<HostRun*, bool>> failed_before;
    for (HostRun* host : hosts) {
        failed_before.emplace_back(host, host->failed);
        if (force && host->failed) host->failed = false;
    }
    bool stop_before = stop_;
    if (force) stop_ = false;
    walk_->frames.push_back({nullptr, 0, nullptr, 0});
    ++walk_->flushing;
    std::function<void(const playbook::Items&)> walk = [&](const playbook::Items& items) {
        for (const auto& item : items) {
            if (stop_) return;
            if (item.block) { walk(item.block->tasks); continue; }
            const playbook::Task& handler = *item.task;
            Hosts chosen;
            for (HostRun* host : hosts)
                if (eligible(host) && host->active() && host->notified.contains(&handler)) chosen.push_back(host);
            if (chosen.empty()) continue;
            const Value* once = playbook::inherited(handler, "run_once");   // the others are still to be served, at the next flush
            const bool for_one = once && handler.wrong_field.empty() &&
                                 spec::coerce(run_.templar.render(*once, TaskScope(run_, &state_, chosen.front()->name, &handler)), spec::Type::boolean).bool_or(false);
            for (HostRun* host : for_one ? Hosts{chosen.front()} : chosen) host->notified.erase(&handler);
            run_task(handler, chosen);
            for (HostRun* host : chosen) if (host->failed) host->failed_handler = true;
        }
    };
    walk(play_.handlers);
    --walk_->flushing;
    walk_->frames.pop_back();
    for (auto& [host, before] : failed_before) if (before) host->failed = true;
    stop_ = stop_ || stop_before;
    refresh_alive();
}

}  // namespace fprov::executor
