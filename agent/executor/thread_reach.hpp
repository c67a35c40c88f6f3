// SPDX-License-Identifier: Apache-2.0
// The blocking door to a host for actions of several steps, used from their own thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>

#include "actions/action.hpp"
#include "executor/run.hpp"

namespace fprov::executor {

class PlayRunner;

class ThreadReach : public actions::Reach {
public:
    /// `base` carries become, environment, lane, flags for every call.
    ThreadReach(PlayRunner& runner, std::uint32_t session, transport::TaskRequest base, std::string host);
    Value call(const std::string& module, Map args, bool check) override;
    Value start_async(actions::Remote plan, double seconds);   // {ansible_job_id, started, finished, results_file}
    Value raw(const std::string& command) override;
    base::Result<std::string> fetch(const std::string& path) override;
    void reset_connection() override;
    bool connect(double timeout) override;
    void sleep(double seconds) override;
    void progress(const std::string& text) override;
    /// A background task was looked at; `result` is its result when it ended.
    void polled(const std::string& job, double elapsed, const Value& result);
    void serves(std::uint64_t ticket) { ticket_ = ticket; }   // the task's, for what is told of it

    /// Called on the executor's thread with what came for one of our tickets.
    void deliver(transport::Event event);
    std::uint32_t session_number() const { return session_; }
    bool forward(std::uint64_t ticket) const;       // is this ticket ours?

private:
    transport::Event wait(std::uint64_t ticket, double seconds = -1);
    std::uint64_t fresh();
    PlayRunner& runner_;
    std::uint32_t session_;
    transport::Session& door_;   // taken on the executor's thread, whose tables this thread may not read
    transport::TaskRequest base_;
    std::string host_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<transport::Event> events_;
    std::uint64_t waiting_ = 0, ticket_ = 0;
};

}  // namespace fprov::executor
