// SPDX-License-Identifier: Apache-2.0
// What controller and agent say to each other. One frame = u32 length (big endian, of what follows) · u32 lane · u8 type · MessagePack body.
//
// Theory of operation. The agent started on the ssh channel (or locally) is a multiplexer: it runs no module itself. A *lane* is a
// worker process of the agent: forked from it (lane 1 = the login user; more lanes for tasks that other hosts delegate here), or
// started through sudo/su (become lanes). Within a lane, tasks run in order; lanes run in parallel. A worker that crashes, hangs past a
// task's time-out or is cancelled is killed with all processes of its session; the running task is answered `lost`, those that had not
// begun `dropped`; the agent survives and starts a new worker for the next task.
//
// Tasks carry a *window* number (0: none). Within one window a real failure (failed, not ignored) makes the lane answer `dropped` for all later
// tasks of that window, except those of the same *group* (items and retries of one playbook task). Tasks sent with lookahead run in check mode first: "unchanged" is the answer (done); anything else is answered `held`
// (nothing was changed) and every later task of that window is answered `dropped`. The controller then sends it again without lookahead
// when its turn has come.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "values/value.hpp"

namespace fprov::wire {

using values::Map;
using values::Value;

constexpr std::uint32_t max_frame = 64u << 20;     // larger contents travel as `chunk` frames
constexpr std::uint32_t protocol_version = 1;

enum class Type : std::uint8_t {
    hello = 1,       // agent → controller on every lane when it is up: {version, hash, user, uid, pid, home, temp}
    open_lane = 2,   // controller → agent: {lane, become: {method, exe, flags, user, password} | none}; answered by hello or lane_failed on that lane
    lane_failed = 3, // agent → controller: {phase: become|agent, reason, output}
    task = 4,        // {id, window, group, module, args, check, diff, lookahead, stop_on_failure, environment, timeout, verbosity, async?}
    reply = 5,       // {id, state, result?, need_content?}
    chunk = 6,       // both ways: {id, offset, data, last, mode?}: content of a file; id is the task's (controller→agent) or of a read
    read_file = 7,   // controller → agent: {id, path}: answered by chunks (fetch)
    progress = 8,    // agent → controller: {id, text}
    cancel = 9,      // controller → agent: {lane}: kill the lane's worker
    bye = 10,        // controller → agent: end now
    log = 11,        // agent → controller: {level, text}: for -vvv
    credit = 12,     // agent → controller: {id, received}: bytes of a chunked content that are stored; the sender keeps a bounded
                     // amount beyond it on the way
    ping = 13,       // both ways: {answer}: answered at once by the multiplexer with answer = true, also while modules run
};

struct Frame {
    std::uint32_t lane = 0;
    Type type = Type::hello;
    Value body;
};

std::string encode(const Frame& frame);

/// A frame whose body is still encoded: what the multiplexer passes on. Views stay valid until the decoder's next call.
struct RawFrame {
    std::uint32_t lane = 0;
    Type type = Type::hello;
    std::string_view bytes{};   // the whole frame
    std::string_view body{};
};
/// The body of a raw frame; throws Failure (parse).
Value decode_body(std::string_view body);

/// Incremental decoder; feed() bytes as they come, next() gives complete frames. Throws base::Failure (limit/parse) for lengths beyond
/// max_frame, unknown types and broken bodies.
class Decoder {
public:
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    bool next(Frame& frame);
    bool next_raw(RawFrame& frame);
    std::size_t pending() const { return buffer_.size() - begin_; }

private:
    std::string buffer_;
    std::size_t begin_ = 0;
};

}  // namespace fprov::wire
