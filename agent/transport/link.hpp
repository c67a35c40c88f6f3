// SPDX-License-Identifier: Apache-2.0
// A way to a host on which commands can be started, and the byte streams of those commands. Used by one thread; only abort() may be
// called by others. Everything waits with a deadline and gives up at once when the session is closed.
#pragma once
#include <poll.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/session.hpp"
#include "transport/ssh_config.hpp"

namespace fprov::transport {

/// Thrown: the host cannot be reached (any more).
struct Unreachable {
    std::string phase;    // connect, key, auth, shell, become, agent
    std::string reason;
};
/// Thrown: the session is being closed.
struct Closed {};

double monotonic();

/// Wakes the session's thread; also says that all is over.
class Wake {
public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    int fd() const { return fd_; }
    void ring();
    void clear();
    void close() { closed_ = true; ring(); }
    bool closed() const { return closed_; }
    /// Waits for `events` on fd until the deadline; throws Closed. False when the time is over.
    bool wait(int fd, short events, double deadline);

private:
    int fd_;
    std::atomic<bool> closed_{false};
};

enum class Flow : std::uint8_t { open, ended };

class Stream {
public:
    virtual ~Stream() = default;
    /// Takes what is there; `ended` when nothing more will come.
    virtual Flow read(std::string& output, std::string& error_output) = 0;
    /// Writes what fits now; throws Unreachable when the link is gone.
    virtual std::size_t write(std::string_view bytes) = 0;
    virtual void close_input() = 0;
    /// How the command ended, once that is known: "ended with code 1", "was killed by signal KILL".
    virtual std::optional<int> exit_code() = 0;
    virtual std::string exit_text() = 0;
    /// Adds what poll shall watch; `writing` when bytes wait for this stream.
    virtual void watch(std::vector<pollfd>& fds, bool writing) = 0;
    /// Is there something to do that poll would not tell of: bytes that are decrypted already inside the library or, when bytes wait to be
    /// written, room that the peer has granted already?
    virtual bool ready(bool writing) { (void)writing; return false; }
};

class Link {
public:
    virtual ~Link() = default;
    virtual std::unique_ptr<Stream> start(const std::string& command, bool tty) = 0;
    /// Anything that shows that the other side still takes what we send (bytes not yet acknowledged by its kernel); -1 = unknown.
    virtual long unacknowledged() { return -1; }
    virtual std::string describe() const = 0;
    virtual void abort() {}
    virtual int alive_interval() const { return 10; }
    virtual int alive_count() const { return 3; }
};

/// Connects and authenticates; throws Unreachable, Closed.
std::unique_ptr<Link> connect_ssh(const SshSettings& settings, Wake& wake, HostKeyGate* gate);
std::unique_ptr<Link> connect_local(const Endpoint& endpoint);

}  // namespace fprov::transport
