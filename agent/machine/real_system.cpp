// SPDX-License-Identifier: Apache-2.0
// Processes, network and clock.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "machine/real.hpp"

namespace fprov::machine {
namespace {

struct Address { sockaddr_storage storage{}; socklen_t size = 0; int family = 0; };

std::optional<Address> numeric(const std::string& text, int port) {
    Address out;
    std::string plain = text;
    if (plain.size() > 2 && plain.front() == '[' && plain.back() == ']') plain = plain.substr(1, plain.size() - 2);
    auto* four = reinterpret_cast<sockaddr_in*>(&out.storage);
    if (::inet_pton(AF_INET, plain.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(static_cast<std::uint16_t>(port));
        out.size = sizeof *four;
        out.family = AF_INET;
        return out;
    }
    auto* six = reinterpret_cast<sockaddr_in6*>(&out.storage);
    if (::inet_pton(AF_INET6, plain.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(static_cast<std::uint16_t>(port));
        out.size = sizeof *six;
        out.family = AF_INET6;
        return out;
    }
    return std::nullopt;
}

bool wait_ready(int fd, short events, double until) {
    for (;;) {
        timespec t{};
        ::clock_gettime(CLOCK_MONOTONIC, &t);
        double left = until - (static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9);
        if (left < 0) left = 0;
        pollfd poller{fd, events, 0};
        int ready = ::poll(&poller, 1, static_cast<int>(std::ceil(std::min(left, 86400.0) * 1000)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) return false;
    }
}

base::Error network_error(int code) { return base::Error{base::Kind::io, "[Errno " + std::to_string(code) + "] " + std::strerror(code)}; }

}  // namespace

Result<Finished> RealMachine::run(const Command& command) { return base::run_process(command); }

std::optional<std::string> RealMachine::which(const std::string& program, const std::vector<std::string>& extra) {
    return base::find_program(program, extra);
}

std::string RealMachine::variable(std::string_view name) {
    const char* value = ::getenv(std::string(name).c_str());
    return value ? value : "";
}

Result<int> RealMachine::open_connection(const std::string& host, int port, double timeout_seconds) {
    std::vector<Address> addresses;
    if (auto address = numeric(host, port)) addresses.push_back(*address);
    else {
        if (auto hosts = read_file("/etc/hosts", 16u << 20))
            for (const auto& line : base::split_lines(*hosts)) {
                std::vector<std::string> words;
                std::string plain = base::replace_all(line.substr(0, line.find('#')), "\t", " ");
                for (auto& word : base::split(plain, ' '))
                    if (!word.empty()) words.push_back(std::move(word));
                for (std::size_t i = 1; i < words.size(); ++i)
                    if (base::lower(words[i]) == base::lower(host))
                        if (auto address = numeric(words[0], port)) addresses.push_back(*address);
            }
        if (addresses.empty() && !host.empty() && host[0] != '-') {   // the host's own resolver knows DNS and all else
            if (auto answer = getent("ahosts", host))
                for (const auto& line : base::split_lines(*answer))
                    if (line.find("STREAM") != std::string::npos)
                        if (auto address = numeric(line.substr(0, line.find(' ')), port)) addresses.push_back(*address);
        }
        if (addresses.empty()) return base::Error{base::Kind::not_found, "[Errno -2] Name or service not known"};
    }
    double until = monotonic() + timeout_seconds;
    base::Error last = network_error(ETIMEDOUT);
    for (const auto& address : addresses) {
        int fd = ::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) { last = network_error(errno); continue; }
        int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
        if (result < 0 && errno == EINPROGRESS) {
            if (!wait_ready(fd, POLLOUT, until)) { ::close(fd); last = base::Error{base::Kind::io, "timed out"}; continue; }
            int code = 0;
            socklen_t size = sizeof code;
            ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
            if (code) { ::close(fd); last = network_error(code); continue; }
        } else if (result < 0) {
            last = network_error(errno);
            ::close(fd);
            continue;
        }
        return fd;
    }
    return last;
}

Result<Done> RealMachine::exchange(const std::string& host, int port, double timeout_seconds, std::string_view request,
                                   const std::function<bool(std::string_view)>& on_data) {
    auto opened = open_connection(host, port, timeout_seconds);
    if (!opened) return opened.error();
    struct Closer { int fd; ~Closer() { ::close(fd); } } socket{*opened};
    while (!request.empty()) {
        ssize_t sent = ::send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_ready(socket.fd, POLLOUT, monotonic() + timeout_seconds)) return base::Error{base::Kind::io, "timed out"};
            continue;
        }
        if (sent < 0) return network_error(errno);
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string buffer(65536, '\0');
    while (wait_ready(socket.fd, POLLIN, monotonic() + timeout_seconds)) {
        ssize_t got = ::recv(socket.fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got < 0) return network_error(errno);
        if (got == 0 || !on_data(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)))) return Done{};
    }
    return base::Error{base::Kind::io, "timed out"};
}

Result<Done> RealMachine::connect(const std::string& host, int port, double timeout_seconds, std::string_view send, std::string* received) {
    auto opened = open_connection(host, port, timeout_seconds);
    if (!opened) return opened.error();
    struct Closer { int fd; ~Closer() { ::close(fd); } } socket{*opened};
    double until = monotonic() + timeout_seconds;
    while (!send.empty()) {
        ssize_t sent = ::send(socket.fd, send.data(), send.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_ready(socket.fd, POLLOUT, until)) return base::Error{base::Kind::io, "timed out"};
            continue;
        }
        if (sent < 0) return network_error(errno);
        send.remove_prefix(static_cast<std::size_t>(sent));
    }
    // A greeting has no announced length: what came is taken as complete once the peer is silent for a moment.
    char buffer[16384];
    while (received && received->size() < (8u << 20)) {
        double limit = received->empty() ? until : std::min(until, monotonic() + 0.25);
        if (!wait_ready(socket.fd, POLLIN, limit)) break;
        ssize_t got = ::recv(socket.fd, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) break;
        received->append(buffer, static_cast<std::size_t>(got));
    }
    return Done{};
}

double RealMachine::now() {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double RealMachine::monotonic() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void RealMachine::sleep(double seconds) {
    if (seconds <= 0) return;
    timespec t{static_cast<time_t>(seconds), static_cast<long>((seconds - std::floor(seconds)) * 1e9)};
    while (::nanosleep(&t, &t) < 0 && errno == EINTR) {}
}

}  // namespace fprov::machine
