// SPDX-License-Identifier: Apache-2.0
#include "runtime/lanes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/worker.hpp"

namespace fprov::runtime {

double monotonic() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void fork_worker(Lane& lane, Identity& identity, const std::vector<int>& also_close) {
    make_temp(identity);
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        throw base::Failure(base::Kind::io, std::string("no stream to a worker: ") + std::strerror(errno));
    pid_t pid = ::fork();
    if (pid < 0) {
        ::close(pair[0]);
        ::close(pair[1]);
        throw base::Failure(base::Kind::io, std::string("cannot start a worker process: ") + std::strerror(errno));
    }
    if (pid == 0) {
        ::setsid();
        ::close(pair[0]);
        // No worker may hold another one's stream (it would not see its end), nor the channel itself.
        for (int fd : also_close) ::close(fd);
        int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd : {0, 1, 2}) ::dup2(null, fd);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        work(pair[1], identity);
    }
    ::close(pair[1]);
    set_nonblocking(pair[0]);
    lane.pid = pid;
    lane.stream.reset(pair[0]);
    lane.inbox = wire::Decoder();
    lane.outbox = Outbox();
}

std::string describe_end(int status) {
    if (WIFSIGNALED(status))
        return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
    return "ended with code " + std::to_string(WEXITSTATUS(status));
}

std::string with_lane(std::string_view frame, std::uint32_t lane) {
    std::string copy(frame);
    for (int i = 0; i < 4; ++i) copy[4 + static_cast<std::size_t>(i)] = static_cast<char>(lane >> (24 - 8 * i));
    return copy;
}

}  // namespace fprov::runtime
