// SPDX-License-Identifier: Apache-2.0
// A connection to one host, kept for the run: the executor's door to it. One thread per session does all I/O; calls from the executor never
// block. Events of all sessions arrive in one Inbox.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "values/value.hpp"

namespace fprov::transport {

using values::Map;
using values::Value;

/// What to connect to and how; from inventory, command line and configuration, already rendered.
struct Endpoint {
    std::string connection = "ssh";            // ssh | local
    std::string host{};                        // address or ~/.ssh/config alias
    int port = 0;                              // 0 = from ~/.ssh/config, else 22
    std::string user{};                        // empty = from ~/.ssh/config, else the own login name
    std::string password{};                    // empty = none; never shown
    std::vector<std::string> private_key_files{};
    std::string ssh_arguments{};               // ansible_ssh_common_args + ansible_ssh_extra_args (-o …, -J …, -F …, -i …)
    bool host_key_checking = true;
    int connect_timeout = 10;                  // seconds, for each phase up to the shell
    std::string remote_tmp{};                  // first choice for the agent's folder; empty = ~/.ansible/tmp's sibling (~/.cache/fprov …)
    std::string shell_executable = "/bin/sh";
    std::string directory{};                   // local: where programs start; empty = where the controller stands
    bool operator==(const Endpoint&) const = default;
};

struct Become {
    std::string method = "sudo";               // sudo | su
    std::string user = "root";
    std::string exe{}, flags{};                // empty = method's own default; sudo: -H -S -n
    std::string password{};                    // never shown
    bool has_password = false;                 // an empty password is a password
    bool operator==(const Become&) const = default;
};

struct TaskRequest {
    std::uint64_t id = 0;                      // unique in the run
    std::uint64_t window = 0, group = 0;       // see wire/message.hpp
    std::string module{};
    Map args{};
    bool check = false, diff = false, lookahead = false, stop_on_failure = true;
    Map environment{};
    double timeout = 0;                        // seconds; 0 = none
    int verbosity = 0;
    std::optional<Become> become{};
    std::uint32_t lane_key = 0;                // 0 = the host's own tasks; otherwise: the delegating host's number (its own worker)
    /// A file of the controller that the module needs (copy, unarchive, script): sent when the agent asks for it (need_content) or right
    /// away when small. Empty = none. Its bytes may instead stand in `content`.
    std::string content_file{};
    std::optional<std::string> content{};
    double async_seconds = 0;                  // > 0: start in the background and answer at once with ansible_job_id
};

struct Event {
    enum class Kind : std::uint8_t {
        ready,         // the agent answers; `value` is its hello
        reply,         // a task's end: state done | held | dropped | lost
        progress,      // text of a running task
        unreachable,   // the session is over: phase and reason; open tasks get no further event
        file,          // answer of fetch: `text` holds the bytes (or ok = false with reason)
        raw_done,      // answer of raw: `value` = {rc, stdout, stderr}
    };
    enum class State : std::uint8_t { done, held, dropped, lost };
    Kind kind = Kind::ready;
    std::uint32_t session = 0;                 // number given at open
    std::uint64_t id = 0;
    State state = State::done;
    Value value{};                             // result dictionary, hello
    std::string text{};
    std::string phase{};                       // connect, key, auth, shell, become, agent
    bool ok = true;
};

/// Thread-safe queue of events; the executor waits on one for all hosts.
class Inbox {
public:
    void put(Event event);
    /// Waits at most `seconds` (negative = for ever) for the next event.
    std::optional<Event> take(double seconds);
private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<Event> events_;
};

class Session {
public:
    virtual ~Session() = default;              // closes; never blocks longer than a second
    virtual void submit(TaskRequest request) = 0;                         // → reply
    virtual void fetch(std::uint64_t id, const std::string& path, const std::optional<Become>& become) = 0;   // → file
    /// Runs a command line through the login shell without the agent → raw_done. Works where no agent can run.
    virtual void raw(std::uint64_t id, const std::string& command, const std::optional<Become>& become, bool tty) = 0;
    virtual void cancel(std::uint64_t id) = 0;                            // kill what runs this task → reply lost
    virtual void reset() = 0;                                             // drop the connection; the next submit opens a new one
    virtual std::string describe() const = 0;                             // "ssh deploy@web1:22"
};

/// Asks the user about unknown host keys of many hosts in one batch. Called from session threads; blocks until answered.
class HostKeyGate {
public:
    virtual ~HostKeyGate() = default;
    struct Unknown { std::string host, type, fingerprint; };
    virtual bool accept(const Unknown& key) = 0;
};

/// Starts connecting at once. `agent_path`: the agent binary beside fprov (for the host's architecture).
std::shared_ptr<Session> open(std::uint32_t number, Endpoint endpoint, std::shared_ptr<Inbox> inbox, HostKeyGate* gate);

}  // namespace fprov::transport
