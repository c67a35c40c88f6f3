// SPDX-License-Identifier: Apache-2.0
// free and host_pinned: every host walks through the play for itself. A walk is a thread, but only the one that holds `turn_` runs; it hands
// the turn on where it would wait for its host. So nothing else in the executor knows about threads.
#include <exception>

#include "executor/play_runner.hpp"

namespace fprov::executor {

void PlayRunner::wait_for_turn(const std::function<bool()>& done) {
    Walk* mine = walk_;
    std::unique_lock lock(turn_, std::adopt_lock);
    turn_changed_.wait(lock, [&] { return interrupted || aborted_ || done(); });
    lock.release();
    walk_ = mine;
    if (interrupted || aborted_) throw Interrupted{};
}

PlayRunner::Slot::Slot(PlayRunner& runner, const playbook::Task& task, std::size_t throttle) : runner_(runner), task_(task) {
    std::size_t forks = runner.run_.options.forks > 0 ? static_cast<std::size_t>(runner.run_.options.forks) : SIZE_MAX;
    auto free_now = [&] { return runner.busy_ < forks && (throttle == 0 || runner.busy_with_[&task] < throttle); };
    if (!free_now()) runner.wait_for_turn(free_now);
    ++runner.busy_;
    ++runner.busy_with_[&task];
}

PlayRunner::Slot::~Slot() {
    --runner_.busy_;
    --runner_.busy_with_[&task_];
    runner_.turn_changed_.notify_all();
}

// `hosts_at_once`: host_pinned begins with another host when one is through the whole play.
void PlayRunner::run_free(std::size_t hosts_at_once) {
    free_ = true;
    std::vector<std::thread> walks;
    std::exception_ptr error;
    std::size_t begun = 0, running = 0;
    turn_.lock();
    struct Finish {   // whatever happens, no walk outlives the batch
        PlayRunner& runner;
        std::vector<std::thread>& walks;
        ~Finish() {
            runner.aborted_ = true;
            runner.turn_.unlock();
            runner.turn_changed_.notify_all();
            for (auto& walk : walks) walk.join();
            runner.free_ = runner.aborted_ = false;
            runner.walk_ = &runner.together_;
        }
    } finish{*this, walks};
    auto begin = [&](HostRun* host) {
        ++running;
        walks.emplace_back([this, host, &error, &running] {
            std::unique_lock lock(turn_);
            Walk mine;
            walk_ = &mine;
            try {
                run_sections({host});
            } catch (...) {
                if (!error) error = std::current_exception();
                stop_ = true;
            }
            --running;
            run_.inbox->put({});   // wakes the pump
        });
    };
    while (true) {
        while (begun < batch_.size() && running < hosts_at_once && !stop_ && !error) begin(batch_[begun++]);
        if (running == 0) break;
        take_event(1.0);
        turn_changed_.notify_all();
    }
    if (error) std::rethrow_exception(error);
}

}  // namespace fprov::executor
