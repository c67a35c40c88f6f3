// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "transport/link.hpp"

namespace fprov::transport {

double monotonic() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Wake::Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw base::Failure(base::Kind::limit, "no more files can be opened: raise the limit (ulimit -n) or run fewer hosts at once");
}

Wake::~Wake() { ::close(fd_); }

void Wake::ring() {
    std::uint64_t one = 1;
    if (::write(fd_, &one, sizeof one) < 0) {}   // full: it rings already
}

void Wake::clear() {
    std::uint64_t count = 0;
    if (::read(fd_, &count, sizeof count) < 0) {}
}

bool Wake::wait(int fd, short events, double deadline) {
    for (;;) {
        if (closed_) throw Closed{};
        double left = deadline - monotonic();
        if (left <= 0) return false;
        pollfd fds[2] = {{fd, events, 0}, {fd_, POLLIN, 0}};
        int ready = ::poll(fds, 2, static_cast<int>(std::ceil(std::min(left, 60.0) * 1000)));
        if (ready < 0 && errno != EINTR) return false;
        if (ready > 0 && fds[0].revents) return true;
        // Work that was put in the queue meanwhile is looked at later; the bell must not ring all the time.
        if (ready > 0 && fds[1].revents && !closed_) clear();
    }
}

}  // namespace fprov::transport
