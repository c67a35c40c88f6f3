// SPDX-License-Identifier: Apache-2.0
#include "transport/ssh_connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/text.hpp"

namespace fprov::transport {
namespace {

constexpr const char* fast_ciphers = "aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr";
constexpr const char* fast_kex = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
                                 "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
                                 "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1";

void set(ssh_session session, ssh_options_e option, const std::string& value) { if (!value.empty()) ssh_options_set(session, option, value.c_str()); }

int open_tcp(const SshSettings& settings, const std::string& name, Wake& wake) {
    addrinfo hints{}, *list = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = settings.address_family == "inet" ? AF_INET : settings.address_family == "inet6" ? AF_INET6 : AF_UNSPEC;
    std::string port = std::to_string(settings.port);
    if (int code = ::getaddrinfo(settings.host.c_str(), port.c_str(), &hints, &list); code != 0)
        throw Unreachable{"connect", "the name '" + settings.host + "' of " + name + " has no address: " + ::gai_strerror(code)};
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> holder(list, ::freeaddrinfo);
    const double deadline = monotonic() + settings.connect_timeout;
    std::string why;
    for (addrinfo* at = list; at; at = at->ai_next) {
        int fd = ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) { why = std::strerror(errno); continue; }
        int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        if (!settings.bind_address.empty()) {
            addrinfo bind_hints{}, *own = nullptr;
            bind_hints.ai_family = at->ai_family;
            bind_hints.ai_flags = AI_NUMERICHOST;
            if (::getaddrinfo(settings.bind_address.c_str(), nullptr, &bind_hints, &own) == 0) {
                if (::bind(fd, own->ai_addr, own->ai_addrlen) != 0) why = std::strerror(errno);
                ::freeaddrinfo(own);
            }
        }
        int error = 0;
        if (::connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            error = errno;
            if (error == EINPROGRESS) {
                // With several addresses each gets its share of the time.
                double until = at->ai_next ? monotonic() + (deadline - monotonic()) / 2 : deadline;
                bool ready = false;
                try { ready = wake.wait(fd, POLLOUT, until); } catch (...) { ::close(fd); throw; }
                socklen_t size = sizeof error;
                if (!ready) error = ETIMEDOUT;
                else ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
            }
        }
        if (error == 0) return fd;
        ::close(fd);
        why = error == ETIMEDOUT ? "no answer within " + std::to_string(settings.connect_timeout) + " s" : std::strerror(error);
    }
    throw Unreachable{"connect", name + " cannot be reached at " + settings.host + " port " + port + ": " + (why.empty() ? "no address works" : why)};
}

void open_proxy(SshConnection& connection, const SshSettings& settings) {
    int pair[2], errors[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || ::pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
        throw Unreachable{"connect", std::string("no stream to the ProxyCommand: ") + std::strerror(errno)};
    const std::string command = "exec " + expand_tokens(settings.proxy_command, settings);
    const char* const words[] = {"/bin/sh", "-c", command.c_str(), nullptr};
    pid_t pid = ::fork();
    if (pid == 0) {
        ::setsid();
        ::dup2(pair[1], 0);
        ::dup2(pair[1], 1);
        ::dup2(errors[1], 2);
        for (int signal : {SIGPIPE, SIGINT, SIGHUP, SIGTERM}) ::signal(signal, SIG_DFL);
        ::execv("/bin/sh", const_cast<char* const*>(words));
        ::_exit(127);
    }
    ::close(pair[1]);
    ::close(errors[1]);
    connection.fd = pair[0];
    connection.proxy_error_fd = errors[0];
    connection.proxy_pid = pid;
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
}

std::string proxy_words(SshConnection& connection) {
    char buffer[4096];
    ssize_t got = connection.proxy_error_fd >= 0 ? ::read(connection.proxy_error_fd, buffer, sizeof buffer) : 0;
    if (got > 0) connection.proxy_said.append(buffer, static_cast<std::size_t>(got));
    std::string text(base::trim(connection.proxy_said));
    return text.empty() ? "" : "; the ProxyCommand said: " + text.substr(0, 500);
}

}  // namespace

SshConnection::~SshConnection() {
    if (session) {
        if (ssh_is_connected(session)) ::shutdown(fd, SHUT_RD);   // no wait for anything; the number may be another file already otherwise
        ssh_disconnect(session);   // closes the socket, which it took over
        ssh_free(session);
    } else if (fd >= 0) {
        ::close(fd);
    }
    if (proxy_error_fd >= 0) ::close(proxy_error_fd);
    if (proxy_pid > 0) {
        ::kill(proxy_pid, SIGTERM);
        for (int i = 0; i < 50 && ::waitpid(proxy_pid, nullptr, WNOHANG) == 0; ++i) {
            if (i == 40) ::kill(proxy_pid, SIGKILL);
            ::usleep(2000);
        }
    }
}

short SshConnection::poll_events() const {
    int flags = session ? ssh_get_poll_flags(session) : 0;
    return static_cast<short>(POLLIN | (flags & SSH_WRITE_PENDING ? POLLOUT : 0));
}

std::string SshConnection::error() const {
    const char* text = session ? ssh_get_error(session) : "";
    return text && *text ? text : "no reason given";
}

void SshConnection::wait_for_socket(Wake& wake, double deadline, const char* phase, const char* doing) {
    const double now = monotonic();
    if (now >= deadline) throw Unreachable{phase, name + " did not answer in time while " + doing};
    // Not longer than a moment at a time: bytes may already wait inside the library.
    wake.wait(fd, poll_events(), std::min(deadline, now + 0.2));
}

void open_socket(SshConnection& connection, const SshSettings& settings, Wake& wake, HostKeyGate* gate, int depth) {
    if (!settings.proxy_jump.empty()) connection.fd = open_through_jump(settings, wake, gate, connection.via, depth);
    else if (!settings.proxy_command.empty()) open_proxy(connection, settings);
    else connection.fd = open_tcp(settings, connection.name, wake);
}

namespace {

std::shared_ptr<SshConnection> handshake(const SshSettings& settings, Wake& wake, HostKeyGate* gate, int depth) {
    auto connection = std::make_shared<SshConnection>();
    connection->name = depth == 0 ? settings.name : "jump host " + settings.name;
    open_socket(*connection, settings, wake, gate, depth);
    ssh_session session = connection->session = ssh_new();
    if (!session) throw Unreachable{"connect", "out of memory"};
    int no = 0, yes = 1;
    unsigned port = static_cast<unsigned>(settings.port);
    long seconds = settings.connect_timeout;
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_HOST, settings.host.c_str());
    ssh_options_set(session, SSH_OPTIONS_PORT, &port);
    ssh_options_set(session, SSH_OPTIONS_USER, settings.user.c_str());
    ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &seconds);
    ssh_options_set(session, SSH_OPTIONS_NODELAY, &yes);
    // Its own ideas about configuration and known hosts are switched off: that is done here.
    ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    set(session, SSH_OPTIONS_KEY_EXCHANGE, settings.kex.empty() ? fast_kex : settings.kex);
    for (auto option : {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}) set(session, option, settings.ciphers.empty() ? fast_ciphers : settings.ciphers);
    for (auto option : {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}) set(session, option, settings.macs);
    set(session, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, settings.accepted_keys);
    if (settings.identity_agent != "none") set(session, SSH_OPTIONS_IDENTITY_AGENT, settings.identity_agent);
    prefer_known_keys(*connection, settings);
    ssh_options_set(session, SSH_OPTIONS_FD, &connection->fd);
    ssh_set_blocking(session, 0);
    const double deadline = monotonic() + settings.connect_timeout;
    int code = 0;
    try {
        code = connection->wait(wake, deadline, "connect", "agreeing on keys (is that really an ssh server?)", SSH_AGAIN, [&] { return ssh_connect(session); });
    } catch (Unreachable& failure) {
        failure.reason += proxy_words(*connection);
        throw;
    }
    if (code != SSH_OK) {
        std::string why = connection->error();
        std::string proxy = proxy_words(*connection);
        throw Unreachable{"connect", "no ssh connection to " + connection->name + " (" + settings.host + " port " + std::to_string(settings.port) + "): " + why + proxy};
    }
    return connection;
}

// A server that is asked by many at once closes some connections before its banner (MaxStartups): worth another try.
bool may_be_overload(const Unreachable& failure) {
    return failure.phase == "connect" && (failure.reason.find("Socket error") != std::string::npos || failure.reason.find("onnection reset") != std::string::npos ||
                                          failure.reason.find("disconnected") != std::string::npos || failure.reason.find("remote host closed") != std::string::npos);
}

}  // namespace

std::shared_ptr<SshConnection> connect_and_authenticate(const SshSettings& settings, Wake& wake, HostKeyGate* gate, int depth) {
    const double give_up = monotonic() + settings.connect_timeout;
    for (int attempt = 1;; ++attempt) {
        std::shared_ptr<SshConnection> connection;
        try {
            connection = handshake(settings, wake, gate, depth);
        } catch (Unreachable& failure) {
            const double pause = 0.15 * attempt * attempt;
            if (!may_be_overload(failure) || !settings.proxy_command.empty() || attempt > 6 || monotonic() + pause > give_up) {
                if (may_be_overload(failure) && settings.proxy_command.empty()) failure.reason += " (" + std::to_string(attempt) + " tries; if the host is busy: MaxStartups or PerSourcePenalties of its sshd)";
                throw;
            }
            wake.wait(-1, 0, monotonic() + pause);
            continue;
        }
        if (check_host_key(*connection, settings, gate)) {
            // Somebody had to read a fingerprint: the server's patience (LoginGraceTime) may be over, so begin afresh.
            if (attempt == 1) continue;
        }
        authenticate(*connection, settings, wake);
        return connection;
    }
}

}  // namespace fprov::transport
