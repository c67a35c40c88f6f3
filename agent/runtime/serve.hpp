// SPDX-License-Identifier: Apache-2.0
// The multiplexer: one poll loop between the controller's stream and the lanes. It runs no module, so that nothing a module does can make
// it deaf. It ends with its stream, and takes everything along that it started.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/identity.hpp"
#include "runtime/lanes.hpp"

namespace fprov::runtime {

/// Instead of serving: tells the other side why not.
void refuse(int out, const std::string& reason);

class Server {
public:
    Server(int in, int out, Identity identity);
    /// Until the stream ends or `bye` comes; the program's exit code.
    int run();

private:
    void say(std::uint32_t lane, wire::Type type, values::Map body);
    bool read_controller();
    void handle(const wire::RawFrame& frame);
    void open_lane(std::uint32_t number, const values::Value& body);
    void task(const wire::RawFrame& frame);
    void pass(Lane& lane, const wire::RawFrame& frame);
    Lane& lane_for(std::uint32_t number);
    void read_lane(Lane& lane);
    void from_lane(Lane& lane, const wire::RawFrame& frame);
    void launched(Lane& lane);
    void launch_failed(Lane& lane, bool timed_out);
    void lane_ended(Lane& lane);
    void kill_lane(Lane& lane, std::string cause);
    void close_tasks(Lane& lane, const std::string& cause);
    void watch_clocks();
    int nearest_deadline() const;
    int reap(pid_t pid);
    void end_all();
    std::vector<int> descriptors() const;

    int in_, out_;
    Identity identity_;
    wire::Decoder decoder_;
    Outbox outbox_;
    std::map<std::uint32_t, Lane> lanes_;
    std::set<std::uint32_t> plain_{1};   // lanes of the login user; no other one may ever be served by a worker forked from here
    double last_heard_ = 0;
    bool done_ = false;
};

}  // namespace fprov::runtime
