// SPDX-License-Identifier: Apache-2.0
// Commands on an authenticated ssh connection.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "transport/ssh_connection.hpp"

namespace fprov::transport {
namespace {

class SshStream : public Stream {
public:
    SshStream(std::shared_ptr<SshConnection> connection, ssh_channel channel) : connection_(std::move(connection)), channel_(channel) {}
    ~SshStream() override {
        if (ssh_is_connected(connection_->session)) ssh_channel_close(channel_);
        ssh_channel_free(channel_);
    }

    Flow read(std::string& output, std::string& error_output) override {
        bool open = take(output, 0);
        open |= take(error_output, 1);
        return open ? Flow::open : Flow::ended;
    }

    std::size_t write(std::string_view bytes) override {
        if (bytes.empty()) return 0;
        // In pieces: a packet holds 32 KiB, and the library copies what it is given.
        int put = ssh_channel_write(channel_, bytes.data(), static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), 65536)));
        if (put == SSH_ERROR) return bytes.size();   // its end is seen by reading
        return put < 0 ? 0 : static_cast<std::size_t>(put);
    }

    void close_input() override { ssh_channel_send_eof(channel_); }

    std::optional<int> exit_code() override {
        int code = ssh_channel_get_exit_status(channel_);
        return code < 0 ? std::nullopt : std::optional(code);
    }

    std::string exit_text() override {
        // The exit status comes behind the end of the stream.
        for (int i = 0; i < 25 && !exit_code() && ssh_is_connected(connection_->session) && !ssh_channel_is_closed(channel_); ++i) {
            pollfd entry{connection_->fd, POLLIN, 0};
            ::poll(&entry, 1, 20);
            ssh_channel_poll(channel_, 0);
        }
        if (!ssh_is_connected(connection_->session)) return "is gone: the connection was closed (" + connection_->error() + ")";
        if (auto code = exit_code()) return "ended with code " + std::to_string(*code);
        return "was killed";
    }

    void watch(std::vector<pollfd>& fds, bool) override {
        // All streams share the connection's socket; entering it twice does no harm.
        fds.push_back({connection_->fd, connection_->poll_events(), 0});
    }

    // Reading one stream, or writing, may have taken packets of the other one off the socket.
    bool ready(bool writing) override {
        return ssh_channel_poll(channel_, 0) > 0 || ssh_channel_poll(channel_, 1) > 0 || (writing && ssh_channel_window_size(channel_) > 0);
    }

private:
    bool take(std::string& into, int which) {
        char buffer[65536];
        while (into.size() < (1u << 20)) {
            int got = ssh_channel_read_nonblocking(channel_, buffer, sizeof buffer, which);
            if (got > 0) { into.append(buffer, static_cast<std::size_t>(got)); continue; }
            if (got == SSH_ERROR || got == SSH_EOF) return false;
            return !(ssh_channel_is_eof(channel_) || ssh_channel_is_closed(channel_)) && ssh_is_connected(connection_->session);
        }
        return true;
    }

    std::shared_ptr<SshConnection> connection_;
    ssh_channel channel_;
};

class SshLink : public Link {
public:
    SshLink(std::shared_ptr<SshConnection> connection, const SshSettings& settings, Wake& wake)
        : connection_(std::move(connection)), settings_(settings), wake_(wake) {}

    std::unique_ptr<Stream> start(const std::string& command, bool tty) override {
        ssh_channel channel = ssh_channel_new(connection_->session);
        if (!channel) throw Unreachable{"shell", "out of memory"};
        auto stream = std::make_unique<SshStream>(connection_, channel);
        const double deadline = monotonic() + std::max(settings_.connect_timeout, 10);
        auto wait = [&](const char* doing, auto call) { return connection_->wait(wake_, deadline, "shell", doing, SSH_AGAIN, call); };
        if (wait("opening a session", [&] { return ssh_channel_open_session(channel); }) != SSH_OK)
            throw Unreachable{"shell", connection_->name + " refuses a session: " + connection_->error() + " (a limit of sessions per connection is MaxSessions in its sshd_config)"};
        if (tty && wait("asking for a terminal", [&] { return ssh_channel_request_pty(channel); }) != SSH_OK)
            throw Unreachable{"shell", connection_->name + " gives no terminal: " + connection_->error()};
        if (wait("starting a command", [&] { return ssh_channel_request_exec(channel, command.c_str()); }) != SSH_OK)
            throw Unreachable{"shell", connection_->name + " starts no command: " + connection_->error()};
        return stream;
    }

    long unacknowledged() override {
        int waiting = 0;
        return ::ioctl(connection_->fd, SIOCOUTQ, &waiting) == 0 ? waiting : -1;
    }

    std::string describe() const override { return "ssh " + settings_.user + "@" + settings_.host + ":" + std::to_string(settings_.port); }
    int alive_interval() const override { return settings_.alive_interval; }
    int alive_count() const override { return settings_.alive_count; }

private:
    std::shared_ptr<SshConnection> connection_;
    SshSettings settings_;
    Wake& wake_;
};

}  // namespace

std::unique_ptr<Link> connect_ssh(const SshSettings& settings, Wake& wake, HostKeyGate* gate) {
    return std::make_unique<SshLink>(connect_and_authenticate(settings, wake, gate), settings, wake);
}

}  // namespace fprov::transport
