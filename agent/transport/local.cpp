// SPDX-License-Identifier: Apache-2.0
// This machine itself: commands are children of ours, on a socket pair.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "transport/link.hpp"

namespace fprov::transport {
namespace {

class LocalStream : public Stream {
public:
    LocalStream(const std::string& command, const std::string& shell, const std::string& directory) {
        int pair[2], errors[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) throw Unreachable{"connect", std::string("no stream to a program: ") + std::strerror(errno)};
        if (::pipe2(errors, O_CLOEXEC) != 0) {
            ::close(pair[0]);
            ::close(pair[1]);
            throw Unreachable{"connect", std::string("no stream to a program: ") + std::strerror(errno)};
        }
        const char* const words[] = {shell.c_str(), "-c", command.c_str(), nullptr};
        pid_ = ::fork();
        if (pid_ == 0) {   // nothing that takes a lock: other threads held some when we forked
            ::setsid();
            ::dup2(pair[1], 0);
            ::dup2(pair[1], 1);
            ::dup2(errors[1], 2);
            for (int signal : {SIGPIPE, SIGINT, SIGHUP, SIGTERM}) ::signal(signal, SIG_DFL);
            sigset_t none;
            sigemptyset(&none);
            ::sigprocmask(SIG_SETMASK, &none, nullptr);
            if (!directory.empty() && ::chdir(directory.c_str()) != 0) { /* then where we stand */ }
            ::execv(shell.c_str(), const_cast<char* const*>(words));
            ::_exit(127);
        }
        ::close(pair[1]);
        ::close(errors[1]);
        fd_ = pair[0];
        error_fd_ = errors[0];
        if (pid_ < 0) { ::close(fd_); ::close(error_fd_); throw Unreachable{"connect", std::string("cannot start a program: ") + std::strerror(errno)}; }
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
        ::fcntl(error_fd_, F_SETFL, O_NONBLOCK);
    }

    ~LocalStream() override {
        if (fd_ >= 0) ::close(fd_);
        if (error_fd_ >= 0) ::close(error_fd_);
        // It ends with its stream; it is not waited for here but collected later (or by init).
        for (int i = 0; i < 20 && pid_ > 0; ++i) {
            if (::waitpid(pid_, &status_, WNOHANG) != 0) pid_ = -1;
            else ::usleep(2000);
        }
    }

    Flow read(std::string& output, std::string& error_output) override {
        take(fd_, output);
        take(error_fd_, error_output);
        if (fd_ >= 0) return Flow::open;
        // The error stream may be held by a daemon; what the program itself said is there when it has ended.
        return error_fd_ < 0 || exit_code() ? Flow::ended : Flow::open;
    }

    std::size_t write(std::string_view bytes) override {
        if (fd_ < 0) return bytes.size();
        ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put >= 0) return static_cast<std::size_t>(put);
        return errno == EAGAIN || errno == EINTR ? 0 : bytes.size();   // its end is seen by reading
    }

    void close_input() override { if (fd_ >= 0) ::shutdown(fd_, SHUT_WR); }

    std::optional<int> exit_code() override {
        if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
        if (pid_ > 0) return std::nullopt;
        return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
    }

    std::string exit_text() override {
        for (int i = 0; i < 50 && !exit_code(); ++i) ::usleep(2000);
        if (!exit_code()) return "closed its stream";
        if (WIFSIGNALED(status_)) return std::string("was killed by signal ") + std::to_string(WTERMSIG(status_)) + " (" + ::strsignal(WTERMSIG(status_)) + ")";
        return "ended with code " + std::to_string(WEXITSTATUS(status_));
    }

    void watch(std::vector<pollfd>& fds, bool writing) override {
        if (fd_ >= 0) fds.push_back({fd_, static_cast<short>(POLLIN | (writing ? POLLOUT : 0)), 0});
        if (error_fd_ >= 0) fds.push_back({error_fd_, POLLIN, 0});
    }

private:
    static void take(int& fd, std::string& into) {
        char buffer[65536];
        while (fd >= 0) {
            ssize_t got = ::read(fd, buffer, sizeof buffer);
            if (got > 0) { into.append(buffer, static_cast<std::size_t>(got)); if (into.size() > (1u << 20)) return; continue; }
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
            ::close(fd);
            fd = -1;
        }
    }

    int fd_ = -1, error_fd_ = -1, status_ = 0;
    pid_t pid_ = -1;
};

class LocalLink : public Link {
public:
    LocalLink(std::string shell, std::string directory) : shell_(std::move(shell)), directory_(std::move(directory)) {}
    std::unique_ptr<Stream> start(const std::string& command, bool) override { return std::make_unique<LocalStream>(command, shell_, directory_); }
    std::string describe() const override { return "local"; }
    int alive_count() const override { return 1000; }   // a stopped local agent is not a lost network

private:
    std::string shell_, directory_;
};

}  // namespace

std::unique_ptr<Link> connect_local(const Endpoint& endpoint) {
    return std::make_unique<LocalLink>(endpoint.shell_executable.empty() ? "/bin/sh" : endpoint.shell_executable, endpoint.directory);
}

}  // namespace fprov::transport
