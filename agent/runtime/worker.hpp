// SPDX-License-Identifier: Apache-2.0
// The process of one lane: takes tasks in order, runs modules, answers. It may crash or be killed at any time; the multiplexer answers
// for it then.
//
// Two threads: one reads the stream (and ends the process with everything that it started when the stream ends, also while a module
// runs), the other one works.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/identity.hpp"
#include "wire/message.hpp"

namespace fprov::runtime {

/// Frames between the two threads; bounded, so that a fast sender waits in the socket and not in memory.
class Inflow {
public:
    void put(wire::Frame frame, std::size_t size);
    wire::Frame take();
    bool full();

private:
    static constexpr std::size_t limit_ = 8u << 20;
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<std::pair<wire::Frame, std::size_t>> frames_;
    std::size_t size_ = 0;
};

/// One lane's conversation as the modules' side sees it.
class Line {
public:
    Line(int fd, Inflow& inflow) : fd_(fd), inflow_(inflow) {}
    /// The next task or read_file, in order.
    wire::Frame next();
    /// The next chunk for this task; other frames wait.
    wire::Frame next_chunk(std::uint64_t id);
    void say(wire::Type type, values::Map body);

private:
    int fd_;
    Inflow& inflow_;
    std::deque<wire::Frame> later_;
};

/// Never returns.
[[noreturn]] void work(int fd, Identity& identity);

}  // namespace fprov::runtime
