// SPDX-License-Identifier: Apache-2.0
#include "executor/thread_reach.hpp"

#include <chrono>
#include <thread>

#include "executor/play_runner.hpp"

namespace fprov::executor {

using Clock = std::chrono::steady_clock;
using Kind = transport::Event::Kind;

ThreadReach::ThreadReach(PlayRunner& runner, std::uint32_t session, transport::TaskRequest base, std::string host)
    : runner_(runner), session_(session), door_(runner.run().session_by_number(session)), base_(std::move(base)), host_(std::move(host)) {}

std::uint64_t ThreadReach::fresh() {
    std::uint64_t ticket = ++runner_.run().next_ticket;
    std::lock_guard lock(mutex_);
    waiting_ = ticket;
    return ticket;
}

bool ThreadReach::forward(std::uint64_t ticket) const {
    std::lock_guard lock(mutex_);
    return waiting_ == ticket;
}

void ThreadReach::deliver(transport::Event event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    arrived_.notify_all();
}

transport::Event ThreadReach::wait(std::uint64_t ticket, double seconds) {
    std::unique_lock lock(mutex_);
    auto deadline = Clock::now() + std::chrono::duration<double>(seconds < 0 ? 1e7 : seconds);
    for (;;) {
        while (!events_.empty()) {
            transport::Event event = std::move(events_.front());
            events_.pop_front();
            if (event.kind == Kind::unreachable) throw actions::Unreachable{event.phase, event.text};
            if (event.id == ticket || ticket == 0) return event;
        }
        if (interrupted) throw actions::Unreachable{"", "the run was interrupted"};
        if (Clock::now() >= deadline) throw actions::Unreachable{"task", "no answer in time"};
        arrived_.wait_for(lock, std::chrono::milliseconds(200));
    }
}

Value ThreadReach::call(const std::string& module, Map args, bool check) {
    transport::TaskRequest wanted = base_;
    wanted.id = fresh();
    wanted.module = module;
    wanted.args = std::move(args);
    wanted.check = check;
    wanted.window = 0;
    wanted.lookahead = false;
    wanted.async_seconds = 0;
    door_.submit(std::move(wanted));
    auto event = wait(waiting_);
    if (event.state == transport::Event::State::lost && !event.value.is_map())
        return Value(Map{{"failed", true}, {"msg", Value(event.text.empty() ? "the module ended without an answer" : event.text)}});
    return event.value;
}

Value ThreadReach::start_async(actions::Remote plan, double seconds) {
    transport::TaskRequest wanted = base_;
    wanted.id = fresh();
    wanted.module = std::move(plan.module);
    wanted.args = std::move(plan.args);
    wanted.content = std::move(plan.content);
    wanted.content_file = std::move(plan.content_file);
    wanted.async_seconds = seconds;
    wanted.window = 0;
    wanted.lookahead = false;
    door_.submit(std::move(wanted));
    return wait(waiting_).value;
}

Value ThreadReach::raw(const std::string& command) {
    std::uint64_t ticket = fresh();
    door_.raw(ticket, command, base_.become, false);
    return wait(ticket).value;
}

base::Result<std::string> ThreadReach::fetch(const std::string& path) {
    std::uint64_t ticket = fresh();
    door_.fetch(ticket, path, base_.become);
    auto event = wait(ticket);
    if (!event.ok) return base::Error{base::Kind::io, event.text};
    return event.text;
}

void ThreadReach::reset_connection() { door_.reset(); }

bool ThreadReach::connect(double timeout) {
    transport::TaskRequest wanted = base_;
    wanted.id = fresh();
    wanted.module = "ping";
    wanted.window = 0;
    wanted.args = {};
    wanted.check = false;
    door_.submit(std::move(wanted));
    try {
        return wait(waiting_, timeout).state == transport::Event::State::done;
    } catch (const actions::Unreachable&) {
        return false;
    }
}

void ThreadReach::sleep(double seconds) {
    auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end) {
        if (interrupted) throw actions::Unreachable{"", "the run was interrupted"};
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min<long>(100, static_cast<long>(seconds * 1000) + 1)));
    }
}

void ThreadReach::progress(const std::string& text) {
    transport::Event event;
    event.kind = Kind::progress;
    event.session = session_;
    event.text = text;
    runner_.run().inbox->put(std::move(event));
}

void ThreadReach::polled(const std::string& job, double elapsed, const Value& result) {
    transport::Event event;
    event.kind = Kind::progress;
    event.session = session_;
    event.id = ticket_;
    event.phase = "async";
    event.text = job;
    event.value = Map{{"host", host_}, {"elapsed", elapsed}};
    if (const Value* failed = result.find("failed"); result.is_map()) event.value.mutable_map().set("failed", failed && failed->truthy());
    runner_.run().inbox->put(std::move(event));
}

}  // namespace fprov::executor
