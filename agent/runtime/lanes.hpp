// SPDX-License-Identifier: Apache-2.0
// A lane as the multiplexer sees it: a stream of frames to a worker (forked from here) or to another agent (behind sudo or su), and the
// tasks that it has not answered yet.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "runtime/become.hpp"
#include "runtime/identity.hpp"
#include "runtime/io.hpp"
#include "wire/message.hpp"

namespace fprov::runtime {

struct OpenTask {
    std::uint64_t id = 0;
    double timeout = 0;
    bool reading = false;   // a read_file: its end is the last chunk
    std::string module{};
};

struct Lane {
    std::uint32_t number = 0;
    bool nested = false;                       // behind it is an agent of another user, whose own lane 1 is meant
    std::unique_ptr<Become> starting{};        // sudo or su is on its way
    double deadline = 0;                       // of `starting`
    pid_t pid = -1;
    Descriptor stream{}, terminal{};
    Outbox outbox{};
    wire::Decoder inbox{};
    std::deque<OpenTask> open{};               // the first one is the one that runs
    double running_since = 0;                  // of open.front()
    std::string waiting{};                     // frames that came while `starting`
    std::string cause{};                       // why we killed it, when we did
    bool up() const { return static_cast<bool>(stream); }
};

double monotonic();
/// Forks a worker for the lane; `also_close` descriptors of the multiplexer are closed in it. Throws Failure.
void fork_worker(Lane& lane, Identity& identity, const std::vector<int>& also_close);
/// "was killed by signal 9 (Killed)", "ended with code 1".
std::string describe_end(int status);
/// The frame for the other side of a nested lane.
std::string with_lane(std::string_view frame, std::uint32_t lane);

}  // namespace fprov::runtime
