// SPDX-License-Identifier: Apache-2.0
#include "runtime/worker.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "machine/machine.hpp"
#include "runtime/dispatch.hpp"
#include "runtime/io.hpp"
#include "runtime/processes.hpp"
#include "runtime/transfer.hpp"

namespace fprov::runtime {
namespace {

using values::Map;
using values::Value;
using wire::Frame;
using wire::Type;

// The commands of a module that crashes must not run on unseen.
void on_crash(int signal) {
    kill_family(::getpid(), false);
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

void watch_crashes() {
    static char stack[65536];   // a module that recurses without end has none left
    stack_t alternative{};
    alternative.ss_sp = stack;
    alternative.ss_size = sizeof stack;
    ::sigaltstack(&alternative, nullptr);
    struct sigaction action{};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGHUP, SIG_IGN);   // the end of the stream says it better
}

[[noreturn]] void leave(const std::string& temp) {
    end_family(::getpid(), false, 2.0);
    if (!temp.empty()) {
        remove_folder(temp);
        ::rmdir(temp.substr(0, temp.rfind('/')).c_str());   // the agent's, if that was killed and we are the last
    }
    ::_exit(0);
}

void read_stream(int fd, Inflow& inflow, const std::string& temp) {
    wire::Decoder decoder;
    std::string bytes;
    for (;;) {
        bool full = inflow.full();
        pollfd entry{fd, static_cast<short>(full ? POLLRDHUP : POLLIN | POLLRDHUP), 0};
        if (::poll(&entry, 1, full ? 20 : -1) < 0 && errno != EINTR) leave(temp);
        if (full) {
            if (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) leave(temp);
            continue;
        }
        if (!entry.revents) continue;
        bytes.clear();
        char buffer[65536];
        ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) leave(temp);
        try {
            decoder.feed({buffer, static_cast<std::size_t>(got)});
            wire::RawFrame raw;
            while (decoder.next_raw(raw)) inflow.put({raw.lane, raw.type, wire::decode_body(raw.body)}, raw.bytes.size());
        } catch (const base::Failure&) {
            leave(temp);
        }
    }
}

}  // namespace

void Inflow::put(Frame frame, std::size_t size) {
    std::lock_guard lock(mutex_);
    size_ += size;
    frames_.emplace_back(std::move(frame), size);
    filled_.notify_one();
}

Frame Inflow::take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !frames_.empty(); });
    auto [frame, size] = std::move(frames_.front());
    frames_.pop_front();
    size_ -= size;
    return std::move(frame);
}

bool Inflow::full() {
    std::lock_guard lock(mutex_);
    return size_ > limit_;
}

Frame Line::next() {
    if (!later_.empty()) {
        Frame frame = std::move(later_.front());
        later_.pop_front();
        return frame;
    }
    return inflow_.take();
}

Frame Line::next_chunk(std::uint64_t id) {
    for (;;) {
        Frame frame = inflow_.take();
        if (frame.type != Type::chunk) { later_.push_back(std::move(frame)); continue; }
        const Value* of = frame.body.find("id");
        if (of && static_cast<std::uint64_t>(of->int_or(0)) == id) return frame;   // a chunk of a task that has ended is dropped
    }
}

void Line::say(Type type, Map body) {
    if (write_all(fd_, wire::encode({1, type, Value(std::move(body))}))) return;
    for (;;) ::pause();   // nobody listens any more: the other thread is tidying up and ends the process
}

void work(int fd, Identity& identity) {
    watch_crashes();
    ::prctl(PR_SET_NAME, "fprov-worker");
    // Every worker has a folder of its own, so that it can remove what a killed one left.
    std::string temp = identity.temp.empty() ? "" : identity.temp + "/" + std::to_string(::getpid());
    static Inflow inflow;   // outlives the threads' use of it
    std::thread([fd, temp] { read_stream(fd, inflow, temp); }).detach();
    Line line(fd, inflow);
    auto machine = machine::real_machine();
    if (!temp.empty() && ::mkdir(temp.c_str(), 0700) == 0) {
        // Its private folder goes below ours; the variable that says so must not be seen by the commands of modules.
        ::setenv("FPROV_TEMP", temp.c_str(), 1);
        (void)machine->temp_directory();
        ::unsetenv("FPROV_TEMP");
    }
    Dispatcher dispatcher(*machine, line, temp, identity);
    for (;;) {
        Frame frame = line.next();
        if (frame.type == Type::task) dispatcher.run(frame.body);
        else if (frame.type == Type::read_file) send_file(*machine, line, frame.body);
    }
}

}  // namespace fprov::runtime
