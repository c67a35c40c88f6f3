// SPDX-License-Identifier: Apache-2.0
#include "runtime/serve.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "runtime/processes.hpp"

namespace fprov::runtime {
namespace {

using values::Map;
using values::Value;
using wire::Type;

constexpr std::size_t high_water = 8u << 20;   // no more is read from one side while the other has this much to take
constexpr double become_time = 60;             // an LDAP sudo may take 40 seconds
constexpr double silence_limit = 900;          // a controller pings every few seconds; one that is gone without a word is not waited for

double number_of(const Value& body, std::string_view key) {
    const Value* found = body.find(key);
    if (!found) return 0;
    return found->is_real() ? found->real() : static_cast<double>(found->int_or(0));
}

std::uint64_t id_of(const Value& body) {
    const Value* found = body.find("id");
    return found ? static_cast<std::uint64_t>(found->int_or(0)) : 0;
}

}  // namespace

void refuse(int out, const std::string& reason) {
    write_all(out, wire::encode({1, Type::lane_failed, Value(Map{{"phase", "agent"}, {"reason", reason}})}));
}

Server::Server(int in, int out, Identity identity) : in_(in), out_(out), identity_(std::move(identity)) {
    set_nonblocking(in_);
    set_nonblocking(out_);
}

void Server::say(std::uint32_t lane, Type type, Map body) { outbox_.put(wire::encode({lane, type, Value(std::move(body))})); }

Lane& Server::lane_for(std::uint32_t number) {
    Lane& lane = lanes_[number];
    lane.number = number;
    return lane;
}

std::vector<int> Server::descriptors() const {
    std::vector<int> all{in_, out_};
    for (const auto& [number, lane] : lanes_) {
        if (lane.stream) all.push_back(lane.stream.get());
        if (lane.terminal) all.push_back(lane.terminal.get());
        if (lane.starting) { all.push_back(lane.starting->stream()); all.push_back(lane.starting->terminal()); }
    }
    std::erase_if(all, [](int fd) { return fd < 3; });   // those become /dev/null
    return all;
}

int Server::run() {
    outbox_.put(wire::encode({1, Type::hello, hello(identity_)}));
    last_heard_ = monotonic();
    while (!done_) {
        std::vector<pollfd> fds;
        std::vector<std::uint32_t> owners;   // numbers: what one descriptor brings may end another one's lane
        std::size_t most_waiting = 0;
        for (auto& [number, lane] : lanes_) most_waiting = std::max({most_waiting, lane.outbox.size(), lane.waiting.size()});
        fds.push_back({in_, static_cast<short>(most_waiting < high_water ? POLLIN : 0), 0});
        owners.push_back(0);
        fds.push_back({out_, static_cast<short>(outbox_.empty() ? 0 : POLLOUT), 0});
        owners.push_back(0);
        for (auto& [number, lane] : lanes_) {
            short wanted = static_cast<short>((outbox_.size() < high_water ? POLLIN : 0));
            if (lane.starting) {
                fds.push_back({lane.starting->stream(), static_cast<short>(POLLIN | (lane.starting->outbox().empty() ? 0 : POLLOUT)), 0});
                owners.push_back(number);
                if (lane.starting->terminal() >= 0) { fds.push_back({lane.starting->terminal(), POLLIN, 0}); owners.push_back(number); }
            } else if (lane.stream) {
                fds.push_back({lane.stream.get(), static_cast<short>(wanted | (lane.outbox.empty() ? 0 : POLLOUT)), 0});
                owners.push_back(number);
                if (lane.terminal) { fds.push_back({lane.terminal.get(), POLLIN, 0}); owners.push_back(number); }
            }
        }
        if (::poll(fds.data(), fds.size(), nearest_deadline()) < 0 && errno != EINTR) break;
        if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) break;
        if (!outbox_.empty() && !outbox_.flush(out_)) break;
        if (fds[0].revents && !read_controller()) break;
        for (std::size_t i = 2; i < fds.size(); ++i) {
            auto found = lanes_.find(owners[i]);
            if (!fds[i].revents || found == lanes_.end()) continue;
            Lane& lane = found->second;
            if (lane.starting) {
                if (fds[i].fd == lane.starting->stream()) launched(lane);
                else if (fds[i].fd == lane.starting->terminal()) {
                    lane.starting->on_terminal();
                    if (lane.starting->failed()) launch_failed(lane, false);
                }
            } else if (lane.terminal && fds[i].fd == lane.terminal.get()) {
                std::string ignored;
                if (read_some(lane.terminal.get(), ignored) == ReadState::end) lane.terminal.reset();
            } else if (lane.stream && fds[i].fd == lane.stream.get()) {
                read_lane(lane);
            }
        }
        watch_clocks();
        for (auto& [number, lane] : lanes_) {
            if (lane.starting && !lane.starting->outbox().empty()) lane.starting->outbox().flush(lane.starting->stream());
            if (!lane.starting && lane.stream && !lane.outbox.empty()) lane.outbox.flush(lane.stream.get());   // its end is seen by reading
        }
        if (!outbox_.empty() && !outbox_.flush(out_)) break;
    }
    end_all();
    return 0;
}

bool Server::read_controller() {
    std::string bytes;
    ReadState state = read_some(in_, bytes);
    if (state == ReadState::end) return false;
    last_heard_ = monotonic();
    try {
        decoder_.feed(bytes);
        wire::RawFrame frame;
        while (!done_ && decoder_.next_raw(frame)) handle(frame);
    } catch (const base::Failure& failure) {
        // The stream is out of step; nothing that follows can be trusted.
        say(0, Type::log, {{"level", 0}, {"text", failure.error().what}});
        outbox_.flush(out_);
        return false;
    }
    return true;
}

void Server::handle(const wire::RawFrame& frame) {
    switch (frame.type) {
        case Type::open_lane: open_lane(frame.lane, wire::decode_body(frame.body)); break;
        case Type::task:
        case Type::read_file: task(frame); break;
        case Type::chunk:
            if (auto found = lanes_.find(frame.lane); found != lanes_.end()) pass(found->second, frame);
            break;
        case Type::cancel:
            if (auto found = lanes_.find(frame.lane); found != lanes_.end()) kill_lane(found->second, "cancelled");
            break;
        case Type::ping:
            if (Value body = wire::decode_body(frame.body); !body.find("answer") || !body.find("answer")->bool_or(false))
                say(0, Type::ping, {{"answer", true}});
            break;
        case Type::bye: done_ = true; break;
        default: break;   // what only agents say
    }
}

void Server::open_lane(std::uint32_t number, const Value& body) {
    Lane& lane = lane_for(number);
    if (lane.starting || lane.up()) return;
    const Value* become = body.find("become");
    lane.nested = become && become->is_map();
    if (!lane.nested) {
        plain_.insert(number);
        outbox_.put(wire::encode({number, Type::hello, hello(identity_)}));
        return;
    }
    plain_.erase(number);
    try {
        lane.starting = std::make_unique<Become>(read_become(*become), identity_.folder, identity_.hash, identity_.directory);
        lane.pid = lane.starting->pid();
        lane.deadline = monotonic() + become_time;
    } catch (const base::Failure& failure) {
        say(number, Type::lane_failed, {{"phase", "become"}, {"reason", failure.error().what}});
        lanes_.erase(number);
    }
}

void Server::task(const wire::RawFrame& frame) {
    Value body = wire::decode_body(frame.body);
    Lane& lane = lane_for(frame.lane);
    if (!lane.up() && !lane.starting) {
        std::string cause;
        if (!plain_.contains(frame.lane)) cause = "this lane is not open";
        else {
            try { fork_worker(lane, identity_, descriptors()); }
            catch (const base::Failure& failure) { cause = failure.error().what; }
        }
        if (!cause.empty()) {
            if (frame.type == Type::read_file) say(frame.lane, Type::chunk, {{"id", static_cast<std::int64_t>(id_of(body))}, {"error", cause}, {"last", true}});
            else say(frame.lane, Type::reply, {{"id", static_cast<std::int64_t>(id_of(body))}, {"state", "lost"}, {"result", Map{{"failed", true}, {"msg", cause}}}});
            return;
        }
    }
    const Value* module = body.find("module");
    lane.open.push_back({id_of(body), number_of(body, "timeout"), frame.type == Type::read_file, module ? module->text_or("") : ""});
    if (lane.open.size() == 1) lane.running_since = monotonic();
    pass(lane, frame);
}

void Server::pass(Lane& lane, const wire::RawFrame& frame) {
    std::string patched;
    std::string_view bytes = frame.bytes;
    if (lane.nested) bytes = patched = with_lane(frame.bytes, 1);
    if (lane.starting) lane.waiting.append(bytes);
    else if (lane.up()) lane.outbox.put(bytes);
}

void Server::launched(Lane& lane) {
    std::string bytes;
    ReadState state = read_some(lane.starting->stream(), bytes);
    if (state == ReadState::end) { launch_failed(lane, false); return; }
    if (!lane.starting->on_stream(bytes)) {
        if (lane.starting->failed()) launch_failed(lane, false);
        return;
    }
    lane.inbox = wire::Decoder();
    lane.inbox.feed(lane.starting->take_rest());
    lane.stream = lane.starting->take_stream();
    lane.terminal = lane.starting->take_terminal();
    lane.outbox = std::move(lane.starting->outbox());
    lane.outbox.put(lane.waiting);
    lane.waiting.clear();
    lane.starting.reset();
    if (!lane.open.empty()) lane.running_since = monotonic();
    read_lane(lane);
}

void Server::launch_failed(Lane& lane, bool timed_out) {
    // Its last words may still be on the terminal.
    int status = 0;
    if (!timed_out && !lane.starting->failed()) {
        for (int i = 0; i < 20 && lane.starting->terminal() >= 0; ++i) {
            pollfd entry{lane.starting->terminal(), POLLIN, 0};
            if (::poll(&entry, 1, 50) <= 0) { if (::waitpid(lane.pid, &status, WNOHANG) == lane.pid) { lane.pid = -1; break; } continue; }
            lane.starting->on_terminal();
        }
    }
    if (lane.pid > 0 && ::waitpid(lane.pid, &status, WNOHANG) == lane.pid) lane.pid = -1;
    std::string reason = lane.starting->reason(timed_out, status), said = lane.starting->said();
    lane.starting.reset();   // closing the terminal hangs up on what still waits there
    if (lane.pid > 0) {
        kill_family(lane.pid, true);
        ::waitpid(lane.pid, nullptr, WNOHANG);
    }
    say(lane.number, Type::lane_failed, {{"phase", "become"}, {"reason", reason}, {"output", said}});
    lanes_.erase(lane.number);
}

void Server::read_lane(Lane& lane) {
    std::string bytes;
    ReadState state = lane.stream ? read_some(lane.stream.get(), bytes) : ReadState::end;
    try {
        lane.inbox.feed(bytes);
        wire::RawFrame frame;
        while (lane.inbox.next_raw(frame)) from_lane(lane, frame);
    } catch (const base::Failure& failure) {
        kill_lane(lane, "its process sent a broken message: " + failure.error().what);
        return;
    }
    if (state == ReadState::end) lane_ended(lane);
}

void Server::from_lane(Lane& lane, const wire::RawFrame& frame) {
    auto finish = [&](std::uint64_t id) {
        auto at = std::find_if(lane.open.begin(), lane.open.end(), [&](const OpenTask& task) { return task.id == id; });
        if (at == lane.open.end()) return;
        lane.open.erase(at);
        lane.running_since = monotonic();
    };
    if (frame.type == Type::reply) {
        Value body = wire::decode_body(frame.body);
        const Value* need = body.find("need_content");
        if (!need || !need->bool_or(false)) finish(id_of(body));
    } else if (frame.type == Type::chunk && !lane.open.empty() && lane.open.front().reading) {
        Value body = wire::decode_body(frame.body);
        if (const Value* last = body.find("last"); last && last->bool_or(false)) finish(id_of(body));
    } else if (frame.type == Type::ping) {
        return;
    }
    if (lane.nested) outbox_.put(with_lane(frame.bytes, lane.number));
    else outbox_.put(frame.bytes);
}

int Server::reap(pid_t pid) {
    int status = 0;
    for (int i = 0; i < 50; ++i) {
        if (::waitpid(pid, &status, WNOHANG) != 0) return status;
        ::usleep(2000);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, WNOHANG);   // sudo may refuse to be killed by us; it ends with its terminal
    return status;
}

void Server::close_tasks(Lane& lane, const std::string& cause) {
    bool first = true;
    for (const OpenTask& task : lane.open) {
        auto id = static_cast<std::int64_t>(task.id);
        if (task.reading) say(lane.number, Type::chunk, {{"id", id}, {"error", cause}, {"last", true}});
        else if (first) say(lane.number, Type::reply, {{"id", id}, {"state", "lost"}, {"result", Map{{"failed", true}, {"msg", cause}}}});
        else say(lane.number, Type::reply, {{"id", id}, {"state", "dropped"}});
        first = false;
    }
    lane.open.clear();
}

void Server::lane_ended(Lane& lane) {
    int status = lane.pid > 0 ? reap(lane.pid) : 0;
    std::string cause = lane.cause.empty() ? std::string(lane.nested ? "the agent of the other user " : "the process of the task ") + describe_end(status) : lane.cause;
    close_tasks(lane, cause);
    bool nested = lane.nested;
    std::uint32_t number = lane.number;
    lanes_.erase(number);
    if (nested) say(number, Type::lane_failed, {{"phase", "agent"}, {"reason", cause}});
}

void Server::kill_lane(Lane& lane, std::string cause) {
    if (lane.starting) { close_tasks(lane, cause); launch_failed(lane, true); return; }
    if (!lane.up()) return;
    if (lane.nested && lane.cause.empty() && cause == "cancelled") {
        // The other agent has the rights to kill; it answers for the tasks.
        lane.outbox.put(wire::encode({1, Type::cancel, Value(Map{})}));
        return;
    }
    lane.cause = std::move(cause);
    if (lane.pid > 0) kill_family(lane.pid, true);
    lane.terminal.reset();
    lane.stream.reset();
    lane_ended(lane);
}

void Server::watch_clocks() {
    double now = monotonic();
    if (now - last_heard_ > silence_limit) { done_ = true; return; }
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, lane] : lanes_) numbers.push_back(number);
    for (std::uint32_t number : numbers) {
        auto found = lanes_.find(number);
        if (found == lanes_.end()) continue;
        Lane& lane = found->second;
        if (lane.starting) { if (now > lane.deadline) launch_failed(lane, true); continue; }
        if (lane.open.empty() || lane.open.front().timeout <= 0) continue;
        double limit = lane.open.front().timeout + (lane.nested ? 5 : 0);   // the nested agent watches first
        if (now - lane.running_since <= limit) continue;
        // Ansible's answer for a task's `timeout`; what follows in the lane has not begun.
        const OpenTask& late = lane.open.front();
        const std::string seconds = std::to_string(static_cast<std::int64_t>(late.timeout));
        say(number, Type::reply,
            {{"id", static_cast<std::int64_t>(late.id)},
             {"state", "done"},
             {"result", Map{{"failed", true}, {"changed", false},
                            {"msg", "The " + late.module + " action failed to execute in the expected time frame (" + seconds + ") and was terminated"}}}});
        lane.open.pop_front();
        std::deque<OpenTask> rest;   // `dropped`, none of them `lost`
        rest.swap(lane.open);
        for (const OpenTask& task : rest) {
            if (task.reading) say(number, Type::chunk, {{"id", static_cast<std::int64_t>(task.id)}, {"error", "an earlier task timed out"}, {"last", true}});
            else say(number, Type::reply, {{"id", static_cast<std::int64_t>(task.id)}, {"state", "dropped"}});
        }
        kill_lane(lane, "the task timed out");
    }
}

int Server::nearest_deadline() const {
    double now = monotonic(), nearest = last_heard_ + silence_limit;
    for (const auto& [number, lane] : lanes_) {
        if (lane.starting) nearest = std::min(nearest, lane.deadline);
        else if (!lane.open.empty() && lane.open.front().timeout > 0)
            nearest = std::min(nearest, lane.running_since + lane.open.front().timeout + (lane.nested ? 5 : 0));
    }
    return static_cast<int>(std::clamp(std::ceil((nearest - now) * 1000), 0.0, 60000.0)) + 1;
}

void Server::end_all() {
    // A worker whose stream ends tidies up itself (its commands get SIGTERM and two seconds); what remains after that is killed.
    for (auto& [number, lane] : lanes_) {
        lane.starting.reset();
        lane.terminal.reset();
        lane.stream.reset();
    }
    double begin = monotonic();
    for (auto& [number, lane] : lanes_) {
        if (lane.pid <= 0) continue;
        while (::waitpid(lane.pid, nullptr, WNOHANG) == 0) {
            if (monotonic() - begin > 4) { kill_family(lane.pid, true); ::waitpid(lane.pid, nullptr, WNOHANG); break; }
            ::usleep(5000);
        }
    }
    if (!identity_.temp.empty()) remove_folder(identity_.temp);
}

}  // namespace fprov::runtime
