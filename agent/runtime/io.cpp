// SPDX-License-Identifier: Apache-2.0
#include "runtime/io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace fprov::runtime {

void Descriptor::reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put > 0) { bytes.remove_prefix(static_cast<std::size_t>(put)); continue; }
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) {
            pollfd entry{fd, POLLOUT, 0};
            ::poll(&entry, 1, -1);
            continue;
        }
        return false;
    }
    return true;
}

bool Outbox::flush(int fd) {
    while (!empty()) {
        ssize_t put = ::write(fd, buffer_.data() + begin_, buffer_.size() - begin_);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) return true;
        if (put <= 0) return false;
        begin_ += static_cast<std::size_t>(put);
        if (begin_ > (1u << 20)) { buffer_.erase(0, begin_); begin_ = 0; }
    }
    buffer_.clear();
    begin_ = 0;
    return true;
}

ReadState read_some(int fd, std::string& into) {
    char buffer[65536];
    for (;;) {
        ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got > 0) { into.append(buffer, static_cast<std::size_t>(got)); return ReadState::some; }
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return ReadState::nothing;
        return ReadState::end;   // also EIO of a terminal whose programs ended
    }
}

}  // namespace fprov::runtime
