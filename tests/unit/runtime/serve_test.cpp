// SPDX-License-Identifier: Apache-2.0
// A whole agent in a child process, on a socket pair, with real modules on a scratch folder.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "runtime/dispatch.hpp"
#include "runtime/processes.hpp"
#include "runtime/serve.hpp"
#include "wire/message.hpp"

using namespace fprov;
using values::Map;
using values::Value;
using wire::Frame;
using wire::Type;

namespace {

struct Agent {
    std::string scratch = "/tmp/fprov-serve-XXXXXX";
    int fd = -1;
    pid_t pid = -1;
    wire::Decoder decoder;

    Agent() {
        REQUIRE(::mkdtemp(scratch.data()) != nullptr);
        int pair[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        pid = ::fork();
        if (pid == 0) {
            ::close(pair[0]);
            ::setenv("TMPDIR", scratch.c_str(), 1);
            runtime::Identity identity = runtime::identify(scratch);
            runtime::Server server(pair[1], pair[1], std::move(identity));
            ::_exit(server.run());
        }
        ::close(pair[1]);
        fd = pair[0];
        CHECK(next().type == Type::hello);
    }
    ~Agent() {
        end();
        (void)base::run_process({.argv = {"rm", "-rf", scratch}});
    }
    int end() {
        if (fd >= 0) ::close(fd);
        fd = -1;
        int status = 0;
        if (pid > 0) ::waitpid(pid, &status, 0);
        pid = -1;
        return status;
    }
    void say(std::uint32_t lane, Type type, Map body) { REQUIRE(runtime::write_all(fd, wire::encode({lane, type, Value(std::move(body))}))); }
    Frame next() {
        Frame frame;
        while (!decoder.next(frame)) {
            char buffer[65536];
            ssize_t got = ::read(fd, buffer, sizeof buffer);
            REQUIRE(got > 0);
            decoder.feed({buffer, static_cast<std::size_t>(got)});
        }
        return frame;
    }
    std::string path(const std::string& name) const { return scratch + "/" + name; }
    void file(int id, const std::string& name, const std::string& state, Map more = {}, int window = 1, std::uint32_t lane = 1) {
        Map body{{"id", id}, {"window", window}, {"module", "file"}, {"args", Map{{"path", path(name)}, {"state", state}}}};
        for (auto& [key, value] : more) body.set(key, value);
        say(lane, Type::task, std::move(body));
    }
    std::string state() {
        Frame frame = next();
        const Value* state = frame.body.find("state");
        return std::to_string(frame.body.find("id")->integer()) + " " + (state ? state->string() : "?");
    }
    // The worker of lane 1, by the parent's children.
    pid_t worker() const {
        auto done = base::run_process({.argv = {"ps", "-o", "pid=", "--ppid", std::to_string(pid)}});
        REQUIRE(done.ok());
        return static_cast<pid_t>(base::parse_int(base::trim(done->output)).value_or(-1));
    }
};

}  // namespace

TEST_CASE("agent: tasks of a lane run in order and answer") {
    Agent agent;
    agent.file(1, "a", "directory");
    agent.file(2, "a/b", "touch");
    CHECK(agent.next().body.find("result")->find("changed")->boolean());
    CHECK(agent.state() == "2 done");
    CHECK(base::is_file(agent.path("a/b")));
}

TEST_CASE("agent: a failure drops the rest of its window only") {
    Agent agent;
    agent.file(1, "no/such/place", "touch");
    agent.file(2, "x", "touch");
    agent.file(3, "y", "touch", {}, 2);
    CHECK(agent.state() == "1 done");
    CHECK(agent.state() == "2 dropped");
    CHECK(agent.state() == "3 done");
    CHECK(!base::exists(agent.path("x")));
}

TEST_CASE("agent: a failure that may be does not stop its window") {
    Agent agent;
    agent.file(1, "no/such/place", "touch", {{"stop_on_failure", false}});
    agent.file(2, "x", "touch");
    CHECK(agent.state() == "1 done");
    CHECK(agent.state() == "2 done");
}

TEST_CASE("agent: looking ahead answers what is unchanged, holds what would change, and drops what follows") {
    Agent agent;
    agent.file(1, "d", "directory");
    CHECK(agent.state() == "1 done");
    agent.file(2, "d", "directory", {{"lookahead", true}}, 2);
    agent.file(3, "e", "directory", {{"lookahead", true}}, 2);
    agent.file(4, "d", "directory", {{"lookahead", true}}, 2);
    Frame unchanged = agent.next();
    CHECK(unchanged.body.find("state")->string() == "done");
    CHECK(!unchanged.body.find("result")->find("changed")->boolean());
    CHECK(agent.state() == "3 held");
    CHECK(agent.state() == "4 dropped");
    CHECK(!base::exists(agent.path("e")));
    agent.file(5, "e", "directory", {}, 3);
    CHECK(agent.state() == "5 done");
    CHECK(base::is_directory(agent.path("e")));
}

TEST_CASE("agent: check mode changes nothing") {
    Agent agent;
    agent.file(1, "d", "directory", {{"check", true}});
    CHECK(agent.next().body.find("result")->find("changed")->boolean());
    CHECK(!base::exists(agent.path("d")));
}

TEST_CASE("agent: an unknown module is a failed task") {
    Agent agent;
    agent.say(1, Type::task, {{"id", 1}, {"window", 1}, {"module", "no_such"}, {"args", Map{}}});
    Frame frame = agent.next();
    CHECK(frame.body.find("result")->find("failed")->boolean());
    CHECK(frame.body.find("result")->find("msg")->string().find("no_such") != std::string::npos);
}

TEST_CASE("agent: a lane that was not opened serves nobody") {
    Agent agent;
    agent.file(1, "x", "touch", {}, 1, 5);
    CHECK(agent.state() == "1 lost");
    CHECK(!base::exists(agent.path("x")));
    agent.say(5, Type::open_lane, {});
    CHECK(agent.next().type == Type::hello);
    agent.file(2, "x", "touch", {}, 1, 5);
    CHECK(agent.state() == "2 done");
}

TEST_CASE("agent: become with a method or user that cannot be is told at once") {
    Agent agent;
    agent.say(3, Type::open_lane, {{"become", Map{{"method", "magic"}, {"user", "root"}}}});
    CHECK(agent.next().body.find("reason")->string().find("magic") != std::string::npos);
    agent.say(3, Type::open_lane, {{"become", Map{{"method", "sudo"}, {"user", "-x"}}}});
    CHECK(agent.next().body.find("reason")->string().find("'-x'") != std::string::npos);
    agent.say(3, Type::open_lane, {{"become", Map{{"method", "sudo"}, {"user", "root"}, {"exe", "/nonexistent/sudo"}}}});
    CHECK(agent.next().body.find("reason")->string().find("/nonexistent/sudo") != std::string::npos);
    agent.file(1, "x", "touch", {}, 1, 3);
    CHECK(agent.state() == "1 lost");   // never as the login user
}

TEST_CASE("agent: read_file answers in pieces, and with the reason when it cannot") {
    Agent agent;
    std::string big(700000, 'b');
    REQUIRE(base::write_file_atomic(agent.path("big"), big).ok());
    agent.say(1, Type::read_file, {{"id", 1}, {"path", agent.path("big")}});
    std::string got;
    for (;;) {
        Frame frame = agent.next();
        REQUIRE(frame.type == Type::chunk);
        got += frame.body.find("data")->string();
        if (frame.body.find("last")->boolean()) break;
    }
    CHECK(got == big);
    agent.say(1, Type::read_file, {{"id", 2}, {"path", agent.path("none")}});
    CHECK(agent.next().body.find("error")->string().find("No such file") != std::string::npos);
}

TEST_CASE("agent: a worker that is killed loses its task, drops the waiting ones, and is replaced") {
    Agent agent;
    agent.file(1, "x", "touch");
    CHECK(agent.state() == "1 done");
    pid_t worker = agent.worker();
    REQUIRE(worker > 0);
    ::kill(worker, SIGSTOP);
    agent.file(2, "y", "touch");
    agent.file(3, "z", "touch");
    ::usleep(50000);
    ::kill(worker, SIGKILL);
    Frame lost = agent.next();
    CHECK(lost.body.find("state")->string() == "lost");
    CHECK(lost.body.find("result")->find("msg")->string().find("signal 9") != std::string::npos);
    CHECK(agent.state() == "3 dropped");
    agent.file(4, "y", "touch");
    CHECK(agent.state() == "4 done");
}

TEST_CASE("agent: cancel and time-outs end a worker that hangs") {
    Agent agent;
    agent.file(1, "x", "touch");
    CHECK(agent.state() == "1 done");
    ::kill(agent.worker(), SIGSTOP);
    agent.file(2, "y", "touch");
    agent.say(1, Type::cancel, {});
    CHECK(agent.state() == "2 lost");
    agent.file(3, "x", "touch");
    CHECK(agent.state() == "3 done");
    ::kill(agent.worker(), SIGSTOP);
    agent.file(4, "y", "touch", {{"timeout", 0.2}});
    agent.file(5, "y", "touch");
    Frame late = agent.next();
    CHECK(late.body.find("result")->find("msg")->string() == "The file action failed to execute in the expected time frame (0) and was terminated");
    CHECK(agent.state() == "5 dropped");
}

TEST_CASE("agent: the multiplexer answers pings while a worker hangs") {
    Agent agent;
    agent.file(1, "x", "touch");
    CHECK(agent.state() == "1 done");
    pid_t worker = agent.worker();
    ::kill(worker, SIGSTOP);
    agent.file(2, "x", "touch");
    agent.say(0, Type::ping, {});
    Frame frame = agent.next();
    CHECK(frame.type == Type::ping);
    CHECK(frame.body.find("answer")->boolean());
    ::kill(worker, SIGCONT);
    CHECK(agent.state() == "2 done");
}

TEST_CASE("agent: ends with its stream, leaves no process and no folder") {
    Agent agent;
    agent.file(1, "x", "touch");
    CHECK(agent.state() == "1 done");
    pid_t worker = agent.worker();
    agent.end();
    CHECK(::kill(worker, 0) != 0);
    CHECK(base::list_directory(agent.scratch) == std::vector<std::string>{"x"});
}

TEST_CASE("agent: a stream out of step ends it") {
    Agent agent;
    REQUIRE(runtime::write_all(agent.fd, std::string(8, '\xff')));
    CHECK(agent.next().type == Type::log);
    CHECK(agent.end() == 0);
}

TEST_CASE("results: long texts are cut with a marker, small ones stay as they are") {
    Value small = Map{{"stdout", "abc"}, {"list", values::List{1, "x"}}};
    CHECK(runtime::bounded(small).identity() == small.identity());
    Value cut = runtime::bounded(Map{{"stdout", std::string(100, 'x')}, {"rc", 0}}, 10, 1000);
    CHECK(cut.find("stdout")->string() == "xxxxxxxxxx\n[fprov: cut here, 90 more bytes]");
    CHECK(cut.find("rc")->integer() == 0);
    values::List many;
    for (int i = 0; i < 1000; ++i) many.emplace_back(std::string(10, 'y'));
    Value list = runtime::bounded(Map{{"lines", many}}, 100, 200);
    CHECK(list.find("lines")->list().size() < 50);
    CHECK(list.find("lines")->list().back().string().find("more items") != std::string::npos);
}

TEST_CASE("processes: a family ends, a daemon that detached itself stays") {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    pid_t root = ::fork();
    if (root == 0) {
        // sh -> sleep (a child), and a daemon that init adopts
        ::dup2(pipe_ends[1], 1);
        const char* const words[] = {"sh", "-c", "(setsid sleep 30 >/dev/null & echo $!); sleep 31 >/dev/null & echo $!; wait", nullptr};
        ::execv("/bin/sh", const_cast<char* const*>(words));
        ::_exit(1);
    }
    ::close(pipe_ends[1]);
    std::string text;
    char buffer[256];
    while (base::split_lines(text).size() < 2) {
        ssize_t got = ::read(pipe_ends[0], buffer, sizeof buffer);
        if (got <= 0) break;
        text.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(pipe_ends[0]);
    auto pids = base::split_lines(text);
    REQUIRE(pids.size() == 2);
    runtime::end_family(root, true, 0.5);
    ::waitpid(root, nullptr, 0);
    auto alive = [](const std::string& pid) { return ::kill(static_cast<pid_t>(*base::parse_int(pid)), 0) == 0; };
    for (int i = 0; i < 250 && alive(pids[1]); ++i) ::usleep(20000);   // init has to fetch it first
    CHECK(alive(pids[0]));
    CHECK(!alive(pids[1]));
    ::kill(static_cast<pid_t>(*base::parse_int(pids[0])), SIGKILL);
}
