// SPDX-License-Identifier: Apache-2.0
// Which tasks travel ahead of their turn. See play_runner.hpp for the rules.
#include <algorithm>

#include "executor/play_runner.hpp"
#include "modules/module.hpp"

namespace fprov::executor {

namespace {

bool notifies(const playbook::Task& task) {
    if (task.own("notify")) return true;
    for (const playbook::Block* block = task.parent; block; block = block->parent) if (block->own("notify")) return true;
    return false;
}

}  // namespace

// Whether handlers may run at a flush that comes after these tasks: some wait already, or a task that is running or on its way notifies.
// (In check mode and mere lookahead the latter does not matter: nothing is changed, and what a handler would change is asked again.)
bool PlayRunner::may_flush(const std::vector<const playbook::Task*>& before, bool real) const {
    auto waits = [](const HostRun* host) { return !host->notified.empty(); };
    if (std::any_of(batch_.begin(), batch_.end(), waits)) return true;
    auto may = [](const playbook::Task* task) { return notifies(*task); };
    return real && (std::any_of(walk_->current.begin(), walk_->current.end(), may) || std::any_of(before.begin(), before.end(), may));
}

// Tasks in the order in which they come if nothing fails; stops at what cannot be foreseen (includes, meta other than a flush).
void PlayRunner::collect(const playbook::Items& items, std::size_t from, std::vector<const playbook::Task*>& out, std::size_t limit, bool real, bool& stop) {
    for (std::size_t i = from; i < items.size() && !stop; ++i) {
        if (out.size() >= limit) { stop = true; return; }
        if (items[i].block) {
            const playbook::Block& block = *items[i].block;
            if (block.role_end) {
                bool repeated = std::any_of(batch_.begin(), batch_.end(), [&](HostRun* host) { return block.role && host->roles_done.contains(block.role->identity); });
                if (repeated) { stop = true; return; }
            }
            collect(block.tasks, 0, out, limit, real, stop);
            if (!stop) collect(block.always, 0, out, limit, real, stop);
            continue;
        }
        const playbook::Task& task = *items[i].task;
        if (!selected(task)) continue;
        if (task.action == "include_tasks" || task.action == "include_role" || task.action.find("{{") != std::string::npos) { stop = true; return; }
        if (task.action == "meta") {
            const Value* what = task.args.find("_raw_params");
            if (what && what->text_or("") == "noop") continue;
            if (what && what->text_or("") == "flush_handlers" && !may_flush(out, real)) continue;
            stop = true;
            return;
        }
        out.push_back(&task);
    }
}

std::vector<const playbook::Task*> PlayRunner::upcoming(std::size_t limit, bool real) {
    std::vector<const playbook::Task*> out;
    bool stop = false;
    for (auto frame = walk_->frames.rbegin(); frame != walk_->frames.rend() && !stop; ++frame) {
        if (frame->items) { collect(*frame->items, frame->next, out, limit, real, stop); continue; }
        if (!frame->block) return out;                                             // handlers: do not look past them
        if (frame->section == 1) return out;                                       // a rescue: be careful
        if (frame->section == 0) collect(frame->block->always, 0, out, limit, real, stop);
    }
    if (stop || walk_->frames.empty()) return out;
    // Past the section: the next ones of the play, when no handler waits between them.
    const playbook::Items* here = walk_->frames.front().items;
    const playbook::Items* sections[] = {&play_.pre_tasks, &play_.role_blocks, &play_.tasks, &play_.post_tasks};
    auto at = std::find(std::begin(sections), std::end(sections), here);
    if (at == std::end(sections)) return out;
    for (++at; at != std::end(sections) && !stop && !may_flush(out, real); ++at) collect(**at, 0, out, limit, real, stop);
    return out;
}

void PlayRunner::look_ahead(const Hosts& hosts) {
    if (run_.options.lookahead <= 0 || walk_->frames.empty() || !start_reached_ || stepping_ || interrupted) return;
    if (hosts.empty()) return;
    std::vector<const playbook::Task*> next;
    bool computed = false;
    bool alone = free_ || (hosts.size() == 1 && batch_.size() == 1);
    for (HostRun* host : hosts) {
        if (host->ahead_blocked || static_cast<int>(host->ahead.size()) * 2 > host->ahead_limit) continue;
        if (!computed) {
            next = upcoming(static_cast<std::size_t>(run_.options.lookahead), alone && !run_.options.check);
            computed = true;
            // Other hosts may be asked for these through hostvars, whether they have been looked at here yet or not.
            run_.store.pending_anywhere.clear();
            run_.store.facts_pending_anywhere = false;
            for (const auto* tasks : {&walk_->current, &next})
                for (const auto* task : *tasks) {
                    if (const Value* name = task->own("register")) run_.store.pending_anywhere.insert(name->text_or(""));
                    if (task->action == "setup" || task->action == "gather_facts" || task->action.ends_with("_facts")) run_.store.facts_pending_anywhere = true;
                }
        }
        fill(*host, next, alone || run_.options.check ? TaskRun::Mode::window : TaskRun::Mode::lookahead);
    }
}

void PlayRunner::mark_pending(HostRun& host, const TaskRun* current) {
    auto& vars = run_.store.host(host.name);
    vars.pending.clear();
    vars.facts_pending = false;
    auto add = [&](const playbook::Task& task) {
        if (const Value* name = task.own("register")) vars.pending.insert(name->text_or(""));
        if (task.action == "setup" || task.action == "gather_facts" || task.action == "package_facts" || task.action == "service_facts" || task.action.ends_with("_facts"))
            vars.facts_pending = true;
    };
    if (current && !current->finished()) add(current->task());
    for (const Ahead& one : host.ahead) if (one.task) add(*one.task);
}

void PlayRunner::fill(HostRun& host, const std::vector<const playbook::Task*>& next, TaskRun::Mode mode) {
    if (host.ahead.empty()) host.window = run_.new_window();
    // The task that is running now: its results are not there yet.
    auto& vars = run_.store.host(host.name);
    mark_pending(host, nullptr);
    if (!walk_->current.empty())
        for (const auto* task : walk_->current) {
            if (const Value* name = task->own("register")) vars.pending.insert(name->text_or(""));
            if (task->action == "setup" || task->action == "gather_facts" || task->action.ends_with("_facts")) vars.facts_pending = true;
        }
    std::size_t have = host.ahead.size();
    for (std::size_t i = 0; i < have; ++i)
        if (i >= next.size() || host.ahead[i].task != next[i]) { drop_ahead(host); have = 0; host.window = run_.new_window(); break; }
    for (std::size_t i = have; i < next.size() && static_cast<int>(host.ahead.size()) < host.ahead_limit; ++i) {
        if (!host.ahead.empty() && host.ahead.back().run && host.ahead.back().run->holds_back(mode == TaskRun::Mode::window)) return;
        const playbook::Task& task = *next[i];
        const actions::Action* action = actions::find(task.action);
        bool local = action && action->pure && (task.action == "debug" || task.action == "assert" || task.action == "fail");
        if (local) {
            // Decided when its turn comes; as it may fail, nothing behind it may run for real before.
            if (mode == TaskRun::Mode::window) return;
            host.ahead.push_back({&task, nullptr});
            if (const Value* name = task.own("register")) vars.pending.insert(name->text_or(""));   // besides those of the task that is running
            continue;
        }
        try {
            events::TaskInfo info;
            info.no_log = true;   // replaced when the turn comes
            auto one = std::make_shared<TaskRun>(*this, host, task, mode, host.window, info);
            one->start();
            host.ahead.push_back({&task, one});
            if (const Value* name = task.own("register"); name && !one->finished()) vars.pending.insert(name->text_or(""));
            if (one->finished() && task.own("register")) vars.pending.insert(task.own("register")->text_or(""));
            if (task.action == "setup" || task.action.ends_with("_facts")) vars.facts_pending = true;
            if (one->finished() && one->status() == events::Status::failed) { host.ahead.pop_back(); host.ahead_blocked = true; return; }
        } catch (const variables::Pending&) {
            host.ahead_blocked = true;
            return;
        } catch (const NotAhead&) {
            host.ahead_blocked = false;
            return;
        }
    }
}

std::shared_ptr<TaskRun> PlayRunner::take_ahead(HostRun& host, const playbook::Task& task) {
    if (host.ahead.empty()) return nullptr;
    if (host.ahead.front().task != &task) { drop_ahead(host); return nullptr; }
    auto one = host.ahead.front().run;
    host.ahead.pop_front();
    return one;
}

void PlayRunner::drop_ahead(HostRun& host) {
    if (host.ahead.empty()) return;
    host.ahead.clear();   // answers of dropped runs find nobody
    host.window = run_.new_window();
    host.ahead_blocked = false;
    mark_pending(host, nullptr);
}

}  // namespace fprov::executor
