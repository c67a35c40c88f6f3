// SPDX-License-Identifier: Apache-2.0
// ProxyJump without an ssh program: one connection to each jump host for the whole run, shared by all hosts behind it (a connection per
// host would run into the jump host's MaxStartups). A thread passes bytes between its forwarded channels and socket pairs; the inner
// ssh sessions are ordinary ones on the other end of those.
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "transport/ssh_connection.hpp"

namespace fprov::transport {
namespace {

constexpr std::size_t most_waiting = 256u << 10;

struct Opening {   // shared by the asking session and the relay's thread
    std::string host;
    int port = 0;
    std::mutex mutex;
    bool done = false;
    std::string failure;
    Wake* asker = nullptr;   // null once nobody waits
};

struct Tunnel {
    ssh_channel channel = nullptr;
    int fd = -1;
    std::shared_ptr<Opening> opening;   // until the channel is open
    double deadline = 0;
    std::string to_channel, to_socket;
    bool socket_ended = false, channel_ended = false;
};

class Relay {
public:
    explicit Relay(std::shared_ptr<SshConnection> connection) : connection_(std::move(connection)) {
        thread_ = std::thread([this] { run(); });
    }
    ~Relay() {
        stop_ = true;
        wake_.ring();
        thread_.join();
    }
    bool alive() const { return alive_; }

    /// The descriptor of a stream to host:port, at once; it is usable when `opening` is done.
    int open(const std::shared_ptr<Opening>& opening, double deadline) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
            throw Unreachable{"connect", std::string("no stream to the jump host: ") + std::strerror(errno)};
        {
            std::lock_guard lock(mutex_);
            Tunnel tunnel;
            tunnel.fd = pair[1];
            tunnel.opening = opening;
            tunnel.deadline = deadline;
            fresh_.push_back(std::move(tunnel));
        }
        wake_.ring();
        return pair[0];
    }

private:
    static void finish(Tunnel& tunnel, std::string failure) {
        if (!tunnel.opening) return;
        auto opening = std::move(tunnel.opening);
        std::lock_guard lock(opening->mutex);
        opening->done = true;
        opening->failure = std::move(failure);
        if (opening->asker) opening->asker->ring();
    }

    void run() {
        while (!stop_ && ssh_is_connected(connection_->session)) {
            {
                std::lock_guard lock(mutex_);
                tunnels_.splice(tunnels_.end(), fresh_);
            }
            moved_ = false;
            for (auto at = tunnels_.begin(); at != tunnels_.end();) {
                if (step(*at)) ++at;
                else { close(*at); at = tunnels_.erase(at); }
            }
            std::vector<pollfd> fds{{wake_.fd(), POLLIN, 0}, {connection_->fd, connection_->poll_events(), 0}};
            bool opening = false;
            for (const auto& tunnel : tunnels_) {
                opening |= tunnel.opening != nullptr;
                short events = static_cast<short>((!tunnel.opening && !tunnel.socket_ended && tunnel.to_channel.size() < most_waiting ? POLLIN : 0) |
                                                  (tunnel.to_socket.empty() ? 0 : POLLOUT));
                if (events) fds.push_back({tunnel.fd, events, 0});
            }
            // Reading one channel may take packets from the socket that belong to another one; after traffic all are looked at again soon.
            const double now = monotonic();
            if (moved_) last_moved_ = now;
            ::poll(fds.data(), fds.size(), moved_ ? 0 : now - last_moved_ < 0.5 || opening ? 5 : 1000);
            wake_.clear();
        }
        alive_ = false;
        std::lock_guard lock(mutex_);
        tunnels_.splice(tunnels_.end(), fresh_);
        for (auto& tunnel : tunnels_) { finish(tunnel, "the connection to the jump host was lost"); close(tunnel); }
        tunnels_.clear();
    }

    void close(Tunnel& tunnel) {
        if (tunnel.channel) { ssh_channel_close(tunnel.channel); ssh_channel_free(tunnel.channel); }
        if (tunnel.fd >= 0) ::close(tunnel.fd);
        tunnel.channel = nullptr;
        tunnel.fd = -1;
    }

    // Moves what can be moved; false when the tunnel is at its end.
    bool step(Tunnel& tunnel) {
        if (tunnel.opening) {
            if (!tunnel.channel) tunnel.channel = ssh_channel_new(connection_->session);
            int code = tunnel.channel ? ssh_channel_open_forward(tunnel.channel, tunnel.opening->host.c_str(), tunnel.opening->port, "127.0.0.1", 0) : SSH_ERROR;
            if (code == SSH_AGAIN) {
                if (monotonic() < tunnel.deadline) return true;
                finish(tunnel, "no answer in time");
                return false;
            }
            if (code != SSH_OK) { finish(tunnel, connection_->error()); return false; }
            finish(tunnel, "");
        }
        char buffer[32768];
        while (!tunnel.socket_ended && tunnel.to_channel.size() < most_waiting) {
            ssize_t got = ::read(tunnel.fd, buffer, sizeof buffer);
            if (got > 0) { tunnel.to_channel.append(buffer, static_cast<std::size_t>(got)); moved_ = true; continue; }
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
            tunnel.socket_ended = true;
        }
        while (!tunnel.to_channel.empty()) {
            int put = ssh_channel_write(tunnel.channel, tunnel.to_channel.data(), static_cast<std::uint32_t>(std::min<std::size_t>(tunnel.to_channel.size(), 32768)));
            if (put == SSH_ERROR) return false;
            if (put <= 0) break;
            moved_ = true;
            tunnel.to_channel.erase(0, static_cast<std::size_t>(put));
        }
        while (!tunnel.channel_ended && tunnel.to_socket.size() < most_waiting) {
            int got = ssh_channel_read_nonblocking(tunnel.channel, buffer, sizeof buffer, 0);
            if (got > 0) { tunnel.to_socket.append(buffer, static_cast<std::size_t>(got)); moved_ = true; continue; }
            if (got == SSH_ERROR || got == SSH_EOF || ssh_channel_is_eof(tunnel.channel) || ssh_channel_is_closed(tunnel.channel)) tunnel.channel_ended = true;
            break;
        }
        while (!tunnel.to_socket.empty()) {
            ssize_t put = ::send(tunnel.fd, tunnel.to_socket.data(), tunnel.to_socket.size(), MSG_NOSIGNAL);
            if (put < 0 && (errno == EAGAIN || errno == EINTR)) break;
            if (put <= 0) return false;
            moved_ = true;
            tunnel.to_socket.erase(0, static_cast<std::size_t>(put));
        }
        if (tunnel.socket_ended && tunnel.to_channel.empty()) return false;
        return !(tunnel.channel_ended && tunnel.to_socket.empty());
    }

    std::shared_ptr<SshConnection> connection_;
    bool moved_ = false;
    double last_moved_ = 0;
    Wake wake_;
    std::atomic<bool> stop_{false}, alive_{true};
    std::mutex mutex_;
    std::list<Tunnel> fresh_, tunnels_;
    std::thread thread_;
};

/// Relays by way of reaching them. A relay lives as long as a session uses it.
struct Pool {
    struct Slot { std::mutex mutex; std::weak_ptr<Relay> relay; };
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<Slot>> slots;
    std::shared_ptr<Slot> slot(const std::string& key) {
        std::lock_guard lock(mutex);
        auto& found = slots[key];
        if (!found) found = std::make_shared<Slot>();
        return found;
    }
};

Pool& pool() {
    static Pool the_pool;
    return the_pool;
}

// Settings of the jump host: its own entry in ~/.ssh/config, reached through the hops before it.
SshSettings hop_settings(const SshSettings& settings, const std::vector<JumpHop>& hops) {
    Endpoint endpoint;
    const JumpHop& hop = hops.back();
    endpoint.host = hop.host;
    endpoint.user = hop.user;
    endpoint.port = hop.port;
    endpoint.connect_timeout = settings.connect_timeout;
    if (!settings.config_file.empty()) endpoint.ssh_arguments = "-F '" + settings.config_file + "'";
    SshSettings found = resolve(endpoint);
    // As in OpenSSH the jump host follows the configuration file alone, but a key that is named for the run is tried there, too, and
    // whoever switched checking off meant the whole way.
    for (const auto& file : settings.key_files) found.key_files.push_back(file);
    if (settings.strict == "no" || settings.strict == "accept-new") found.strict = settings.strict;
    if (found.known_hosts != settings.known_hosts && !settings.known_hosts.empty()) found.known_hosts.insert(found.known_hosts.begin(), settings.known_hosts.begin(), settings.known_hosts.end());
    if (hops.size() > 1) {
        found.proxy_jump.clear();
        for (std::size_t i = 0; i + 1 < hops.size(); ++i)
            found.proxy_jump += (i ? "," : "") + (hops[i].user.empty() ? "" : hops[i].user + "@") + "[" + hops[i].host + "]" + (hops[i].port ? ":" + std::to_string(hops[i].port) : "");
        found.proxy_command.clear();
    }
    return found;
}

}  // namespace

int open_through_jump(const SshSettings& settings, Wake& wake, HostKeyGate* gate, std::shared_ptr<void>& keep, int depth) {
    if (depth > 8) throw Unreachable{"connect", "more than 8 jump hosts in a row for " + settings.name + "; does a ProxyJump point back to itself?"};
    SshSettings hop = hop_settings(settings, parse_jump(settings.proxy_jump));
    const std::string key = hop.user + "@" + hop.host + ":" + std::to_string(hop.port) + " " + hop.proxy_jump + " " + hop.proxy_command + " " + hop.strict;
    auto slot = pool().slot(key);
    std::shared_ptr<Relay> relay;
    {
        std::lock_guard lock(slot->mutex);   // the first one connects, the others wait for it
        relay = slot->relay.lock();
        if (!relay || !relay->alive()) {
            relay = std::make_shared<Relay>(connect_and_authenticate(hop, wake, gate, depth + 1));
            slot->relay = relay;
        }
    }
    auto opening = std::make_shared<Opening>();
    opening->host = settings.host;
    opening->port = settings.port;
    opening->asker = &wake;
    const double deadline = monotonic() + settings.connect_timeout;
    int fd = relay->open(opening, deadline);
    try {
        for (;;) {
            {
                std::lock_guard lock(opening->mutex);
                if (opening->done) {
                    opening->asker = nullptr;
                    if (opening->failure.empty()) break;
                    throw Unreachable{"connect", "jump host " + hop.name + " cannot reach " + settings.host + " port " + std::to_string(settings.port) + ": " + opening->failure};
                }
            }
            // The relay rings the bell; a lost ring costs a twentieth of a second.
            wake.wait(-1, 0, std::min(deadline + 1, monotonic() + 0.05));
            if (monotonic() > deadline + 1) throw Unreachable{"connect", "jump host " + hop.name + " did not answer in time"};
        }
    } catch (...) {
        {
            std::lock_guard lock(opening->mutex);
            opening->asker = nullptr;
        }
        ::close(fd);
        throw;
    }
    keep = relay;
    return fd;
}

}  // namespace fprov::transport
