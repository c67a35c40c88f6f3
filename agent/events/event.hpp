// SPDX-License-Identifier: Apache-2.0
// What happened in a run, as plain data. The executor makes events, reporters read them; neither knows the other. Secrets are already
// removed: a no_log result carries only its censored form.
#pragma once
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "values/value.hpp"

namespace fprov::events {

using values::Value;

/// Which task (or handler) an event belongs to.
struct TaskInfo {
    std::string name;            // rendered, "role : name"; the action's name when unnamed
    std::string action;          // as written
    std::string path;            // "file:line" of the task
    std::string arguments;       // as written, "a=1, b=2", where titles show them
    bool handler = false;
    bool implicit = false;       // "Gathering Facts"
    bool no_log = false;
    bool check = false;          // runs in check mode (CHECK_MODE_MARKERS)
    bool diff = true;            // differences are to be shown
    std::uint64_t id = 0;        // one number per banner
    bool title_with_result = false;   // free strategy: the banner stands above the first result
};

struct RunBegan { std::vector<std::string> playbooks; bool check = false; bool diff = false; };
struct PlaybookBegan { std::string path; };
struct PlayBegan { std::string name; std::vector<std::string> hosts; bool check = false; };
struct NoHostsMatched {};
struct NoHostsRemaining {};
struct TaskBegan { TaskInfo task; };
struct Included { TaskInfo task; std::string path; std::vector<std::string> hosts; std::string item; };   // "included: path for a, b => (item=x)"
struct Notified { TaskInfo task; std::string host, handler; };

enum class Status { ok, changed, skipped, failed, unreachable };

/// One host's end of a task (item events come before it for loops).
struct HostFinished {
    TaskInfo task;
    std::string host;
    std::string delegated_to;    // resolved name, empty without delegation
    Status status = Status::ok;
    bool ignored = false;        // failed, but ignore_errors / ignore_unreachable
    bool loop = false;           // items were reported before
    Value result;                // Ansible's result dictionary
    double seconds = 0;
};
struct ItemFinished {
    TaskInfo task;
    std::string host, delegated_to;
    Status status = Status::ok;
    bool ignored = false;
    std::string label;           // what stands behind (item=…)
    Value result;
};
/// FAILED - RETRYING: […]: name (n retries left).
struct Retrying { TaskInfo task; std::string host, delegated_to; std::int64_t left = 0; Value result; std::string name; };   // name: without the role, for this very host
struct AsyncPoll { TaskInfo task; std::string host, job; double started = 0, elapsed = 0; Value result; };
struct Progress { std::string host, text; TaskInfo task; };     // live text of a long task; for terminals only
struct Waiting { TaskInfo task; std::vector<std::string> hosts; double seconds = 0; std::string phase; };   // nothing happened for a while
struct Message { enum class Level { debug, verbose, info, warning, deprecated, error } level = Level::info; int verbosity = 0; std::string text; };

struct Counters { int ok = 0, changed = 0, unreachable = 0, failed = 0, skipped = 0, rescued = 0, ignored = 0; };
struct RunEnded {
    std::vector<std::pair<std::string, Counters>> hosts;   // sorted by name
    values::Map custom_stats;                              // set_stats: host or "_run" → values
    int exit_code = 0;
    double seconds = 0;
    bool recap = true;                                     // false: aborted before there was anything to sum up
    bool last = true;                                      // false: a playbook ended and another one follows
};

using Event = std::variant<RunBegan, PlaybookBegan, PlayBegan, NoHostsMatched, NoHostsRemaining, TaskBegan, Included, Notified, HostFinished,
                           ItemFinished, Retrying, AsyncPoll, Progress, Waiting, Message, RunEnded>;

/// Receives events on one thread, in order.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void on(const Event& event) = 0;
};

}  // namespace fprov::events
