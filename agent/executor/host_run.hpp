// SPDX-License-Identifier: Apache-2.0
// One host's way through a play.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "playbook/model.hpp"
#include "transport/session.hpp"

namespace fprov::executor {

class TaskRun;
using values::Value;

/// A task that was started ahead of its turn; no run for tasks that are decided when their turn comes.
struct Ahead {
    const playbook::Task* task = nullptr;
    std::shared_ptr<TaskRun> run;
};

struct HostRun {
    std::string name;
    std::uint32_t number = 0;                 // from 1, within the run
    bool rescue_ahead = false;                // failed in a block whose rescue section is still to come
    bool failed = false;                      // out of the current block
    bool unreachable = false;
    bool failed_handler = false;              // a rescue may bring it back, but it is no host of the play any more
    bool forgiven = false;                    // meta: clear_host_errors: what it failed at does not count after the play
    bool finished = false;                    // meta: end_host, end_batch, end_play
    bool ended = false;                       // meta: end_host: no host of the play any more
    std::set<const playbook::Task*> notified;
    std::unordered_set<std::string> roles_ran, roles_done;   // role identities

    std::deque<Ahead> ahead;
    bool ahead_blocked = false;               // needs a result that is in flight
    int ahead_limit = 64;
    std::uint64_t window = 0;
    /// Where the tasks in flight run: connection and become user. Only what runs in the same place keeps its order behind them; "*" = nothing does.
    std::string lane;

    std::optional<transport::Endpoint> endpoint;   // of tasks without connection variables of their own
    bool gathered = false;
    bool active() const { return !failed && !unreachable && !finished; }
};

}  // namespace fprov::executor
