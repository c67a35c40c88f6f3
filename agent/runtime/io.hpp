// SPDX-License-Identifier: Apache-2.0
// Descriptors: an owner, whole writes, non-blocking queues.
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace fprov::runtime {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept { if (this != &other) { reset(std::exchange(other.fd_, -1)); } return *this; }
    ~Descriptor() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset(int fd = -1);
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

void set_nonblocking(int fd);
/// Blocks until all is written; false when the other side is gone.
bool write_all(int fd, std::string_view bytes);

/// Bytes on their way to a non-blocking descriptor.
class Outbox {
public:
    void put(std::string_view bytes) { buffer_.append(bytes); }
    /// Writes what fits; false when the other side is gone.
    bool flush(int fd);
    std::size_t size() const { return buffer_.size() - begin_; }
    bool empty() const { return size() == 0; }

private:
    std::string buffer_;
    std::size_t begin_ = 0;
};

enum class ReadState { some, nothing, end };
/// Reads at most 64 KiB from a non-blocking descriptor.
ReadState read_some(int fd, std::string& into);

}  // namespace fprov::runtime
