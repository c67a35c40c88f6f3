// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <boost/process/start_dir.hpp>
#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/text.hpp"

namespace fprov::base {
namespace {

namespace bp = boost::process;
using Clock = std::chrono::steady_clock;

Error start_error(int code, const std::string& program) {
    Kind kind = code == ENOENT ? Kind::not_found : code == EACCES ? Kind::permission : Kind::io;
    return Error{kind, "[Errno " + std::to_string(code) + "] " + std::strerror(code) + ": '" + program + "'"};
}

// In the child, before exec: nothing of ours above stderr may reach the program (pipes of other threads among it).
void close_rest_on_exec() {
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0) return;
#endif
    int last = static_cast<int>(std::min(::sysconf(_SC_OPEN_MAX), 4096L));
    for (int fd = 3; fd < last; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

struct ChildSetup : bp::extend::handler {
    ChildSetup(std::optional<unsigned> umask, char** argv) : umask_(umask), argv_(argv) {}
    template <class Executor> void on_exec_setup(Executor& executor) const {
        executor.cmd_line = argv_;
        ::setsid();   // own session and group: a time-out kills all of it, and no terminal of ours is asked for passwords
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);   // a command does not run on unseen when we are killed
        close_rest_on_exec();
        if (umask_) ::umask(*umask_);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        ::signal(SIGINT, SIG_DFL);
    }
    std::optional<unsigned> umask_;
    char** argv_;
};

// Reads what is there; false at the end of the stream.
bool drain(int fd, std::string& out, const Command& command, Finished& done, int stream) {
    char buffer[65536];
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got == 0) return false;
    std::size_t room = command.output_limit > out.size() ? command.output_limit - out.size() : 0;
    auto count = static_cast<std::size_t>(got);
    if (count > room) { count = room; done.truncated = true; }
    out.append(buffer, count);
    if (command.on_stream) command.on_stream(stream);
    return true;
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

std::optional<std::string> find_program(const std::string& name, const std::vector<std::string>& extra) {
    if (name.empty()) return std::nullopt;
    if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 && is_file(name) ? std::optional(name) : std::nullopt;
    std::vector<std::string> folders = extra;
    const char* path = std::getenv("PATH");
    for (auto& folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) folders.push_back(folder);
    for (const char* folder : {"/sbin", "/usr/sbin", "/usr/local/sbin"}) folders.emplace_back(folder);
    for (const auto& folder : folders) {
        std::string full = join_path(folder.empty() ? "." : folder, name);
        if (::access(full.c_str(), X_OK) == 0 && is_file(full)) return full;
    }
    return std::nullopt;
}

Result<Finished> run_process(const Command& command) {
    if (command.argv.empty() || command.argv[0].empty()) return Error{Kind::generic, "no command given"};
    const std::string& name = command.argv[0];
    std::string program = name;
    if (name.find('/') == std::string::npos) {
        std::vector<std::string> own_path;
        if (auto path = command.environment.find("PATH"); path != command.environment.end()) own_path = split(path->second, ':');
        auto found = find_program(name, own_path);
        if (!found) return start_error(ENOENT, name);
        program = *found;
    }
    if (!command.directory.empty() && !is_directory(command.directory)) return start_error(ENOENT, command.directory);

    bp::environment environment = command.clear_environment ? bp::environment() : bp::environment(boost::this_process::environment());
    for (const auto& [key, value] : command.environment) environment[key] = value;
    // Boost takes the front() of every argument, which an empty one does not have: the child gets our own pointers instead.
    std::vector<char*> arguments{const_cast<char*>(name.c_str())};   // argv[0] as it was given
    for (std::size_t i = 1; i < command.argv.size(); ++i) arguments.push_back(const_cast<char*>(command.argv[i].c_str()));
    arguments.push_back(nullptr);
    std::string directory = command.directory.empty() ? "." : command.directory;

    bp::pipe in, out, err;
    std::error_code code;
    bp::child child = command.merge_streams
        ? bp::child(bp::exe = program, environment, bp::start_dir = directory, bp::std_in < in,
                    (bp::std_out & bp::std_err) > out, ChildSetup(command.umask, arguments.data()), code)
        : bp::child(bp::exe = program, environment, bp::start_dir = directory, bp::std_in < in,
                    bp::std_out > out, bp::std_err > err, ChildSetup(command.umask, arguments.data()), code);
    if (code) return start_error(code.value(), name);
    pid_t pid = child.id();
    child.detach();   // waited for below, with waitpid, beside the streams
    ::close(in.native_source());
    in.assign_source(-1);
    ::close(out.native_sink());
    out.assign_sink(-1);
    ::close(err.native_sink());
    err.assign_sink(-1);
    for (int fd : {in.native_sink(), out.native_source(), err.native_source()}) set_nonblocking(fd);

    Finished done;
    auto begin = Clock::now();
    std::size_t written = 0;
    bool in_open = true, out_open = true, err_open = !command.merge_streams, running = true, killed = false;
    int status = 0;
    auto close_input = [&] { ::close(in.native_sink()); in.assign_sink(-1); in_open = false; };
    if (command.input.empty()) close_input();
    Clock::time_point ended{};
    int patience = 1;   // milliseconds between looks at the process; grows for long ones
    while (running || out_open || err_open) {
        if (running) {
            pid_t got = ::waitpid(pid, &status, WNOHANG);
            if (got == pid || (got < 0 && errno == ECHILD)) { running = false; ended = Clock::now(); if (in_open) close_input(); }
        }
        // A daemon that the program left behind may hold its streams open for ever: what the program wrote is there by now.
        if (!running && command.detach_ok && Clock::now() - ended > std::chrono::milliseconds(100)) break;
        if (command.timeout && !killed && running && Clock::now() - begin > *command.timeout) {
            ::kill(-pid, SIGKILL);
            done.timed_out = killed = true;
        }
        pollfd fds[3];
        nfds_t count = 0;
        if (out_open) fds[count++] = {out.native_source(), POLLIN, 0};
        if (err_open) fds[count++] = {err.native_source(), POLLIN, 0};
        if (in_open) fds[count++] = {in.native_sink(), POLLOUT, 0};
        int ready = ::poll(fds, count, running && (out_open || err_open) ? std::max(patience, 20) : patience);
        if (ready == 0) { patience = std::min(patience * 2, 20); if (!running && !count) break; continue; }
        for (nfds_t i = 0; i < count && ready > 0; ++i) {
            if (!fds[i].revents) continue;
            if (out_open && fds[i].fd == out.native_source()) out_open = drain(fds[i].fd, done.output, command, done, 1);
            else if (err_open && fds[i].fd == err.native_source()) err_open = drain(fds[i].fd, done.error_output, command, done, 2);
            else if (in_open) {
                ssize_t put = ::write(fds[i].fd, command.input.data() + written, command.input.size() - written);
                if (put > 0) written += static_cast<std::size_t>(put);
                if (written == command.input.size() || (put < 0 && errno != EAGAIN && errno != EINTR)) close_input();
            }
        }
    }
    if (WIFSIGNALED(status)) { done.signal = WTERMSIG(status); done.code = 128 + done.signal; }
    else done.code = WEXITSTATUS(status);
    return done;
}

}  // namespace fprov::base
