// SPDX-License-Identifier: Apache-2.0
// A program on a terminal of its own, for what asks questions.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "machine/machine.hpp"

extern char** environ;

namespace fprov::machine {
namespace {

struct Closed {
    int fd = -1;
    ~Closed() { if (fd >= 0) ::close(fd); }
};

base::Error problem(const std::string& what, int number) { return base::Error{base::Kind::io, "[Errno " + std::to_string(number) + "] " + std::strerror(number) + ": '" + what + "'"}; }

}  // namespace

Result<Finished> Machine::converse(const Command& command, bool echo, const std::function<std::optional<std::string>(std::string&)>& answer) {
    const auto program = command.argv.at(0).find('/') == std::string::npos ? which(command.argv[0]) : std::optional(command.argv[0]);
    if (!program || !access(*program, X_OK) || is_directory(*program)) return base::Error{base::Kind::not_found, "not found or not executable"};
    Closed terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    char slave[128];
    if (terminal.fd < 0 || ::grantpt(terminal.fd) != 0 || ::unlockpt(terminal.fd) != 0 || ::ptsname_r(terminal.fd, slave, sizeof slave) != 0) return problem("/dev/ptmx", errno);

    auto variables = environment();
    for (const auto& [name, value] : command.environment) variables[name] = value;
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
    std::vector<char*> words, settings;
    for (const auto& word : command.argv) words.push_back(const_cast<char*>(word.c_str()));
    for (const auto& line : lines) settings.push_back(const_cast<char*>(line.c_str()));
    words.push_back(nullptr);
    settings.push_back(nullptr);

    const pid_t child = ::fork();
    if (child < 0) return problem(*program, errno);
    if (child == 0) {
        ::setsid();
        const int tty = ::open(slave, O_RDWR);
        if (tty < 0) ::_exit(127);
        ::ioctl(tty, TIOCSCTTY, 0);
        winsize size{24, 80, 0, 0};
        ::ioctl(tty, TIOCSWINSZ, &size);
        termios mode{};
        if (!echo && ::tcgetattr(tty, &mode) == 0) {
            mode.c_lflag &= static_cast<tcflag_t>(~ECHO);
            ::tcsetattr(tty, TCSANOW, &mode);
        }
        for (int fd = 0; fd < 3; ++fd) ::dup2(tty, fd);
        for (int fd = 3; fd < 256; ++fd) ::close(fd);
        for (int signal : {SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGCHLD}) ::signal(signal, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(127);
        ::execve(program->c_str(), words.data(), settings.data());
        ::_exit(127);
    }

    Finished finished;
    std::string pending;
    int status = 0;
    bool ended = false;
    double since = monotonic();
    for (;;) {
        pollfd ready{terminal.fd, POLLIN, 0};
        const int found = ::poll(&ready, 1, 200);
        char bytes[4096];
        const ssize_t got = found > 0 ? ::read(terminal.fd, bytes, sizeof bytes) : 0;
        if (found > 0 && got <= 0) break;                 // the last one that held the terminal has gone
        if (found == 0 && ended) break;                   // what it left behind still holds it
        if (got > 0) {
            finished.output.append(bytes, static_cast<std::size_t>(got));
            pending.append(bytes, static_cast<std::size_t>(got));
            while (auto reply = answer(pending)) {
                if (reply->empty()) ::kill(-child, SIGKILL);
                sleep(0.05);                              // a program that silences its terminal throws away what came before
                if (::write(terminal.fd, reply->data(), reply->size()) < 0) break;
                since = monotonic();
            }
            continue;
        }
        if (!ended) ended = ::waitpid(child, &status, WNOHANG) == child;
        if (!ended && command.timeout && monotonic() - since > std::chrono::duration<double>(*command.timeout).count()) {
            finished.timed_out = true;
            break;
        }
    }
    if (!ended && finished.timed_out) ::kill(-child, SIGKILL);
    if (!ended) ::waitpid(child, &status, 0);
    finished.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    finished.code = finished.signal ? 128 + finished.signal : WEXITSTATUS(status);
    return finished;
}

}  // namespace fprov::machine
