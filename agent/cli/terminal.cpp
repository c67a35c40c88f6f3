// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "executor/run.hpp"
#include "jinja/environment.hpp"

namespace fprov::cli {
namespace {

// The controlling terminal, so that questions work with redirected stdin and stdout; else stdin and stderr.
struct Tty {
    int in = STDIN_FILENO, out = STDERR_FILENO, own = -1;
    Tty() {
        own = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (own >= 0 && stdin_is_terminal()) in = out = own;
    }
    ~Tty() { if (own >= 0) ::close(own); }
};

struct NoEcho {
    int file;
    termios before{};
    bool changed = false;
    NoEcho(int fd, bool hide) : file(fd) {
        if (!hide || ::tcgetattr(fd, &before) != 0) return;
        termios quiet = before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
    }
    ~NoEcho() { if (changed) ::tcsetattr(file, TCSAFLUSH, &before); }
};

void put(int file, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        ssize_t wrote = ::write(file, text.data() + at, text.size() - at);
        if (wrote < 0) { if (errno == EINTR) continue; return; }
        at += static_cast<std::size_t>(wrote);
    }
}

// A line without its newline; byte by byte, so that nothing behind it is taken away from later readers.
std::string read_line(int file, bool* eof, double seconds, bool* interrupted) {
    using clock = std::chrono::steady_clock;
    auto until = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    std::string line;
    for (;;) {
        if (executor::interrupted) { if (interrupted) *interrupted = true; return line; }
        pollfd wait{file, POLLIN, 0};
        int patience = 200;
        if (seconds > 0) {
            auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()).count();
            if (left <= 0) return line;
            patience = static_cast<int>(std::min<long long>(patience, left));
        }
        int ready = ::poll(&wait, 1, patience);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        char c = 0;
        ssize_t got = ::read(file, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) { if (eof && line.empty()) *eof = true; return line; }
        if (c == '\n' || c == '\r') return line;
        line += c;
    }
}

extern "C" void on_signal(int number) {
    if (executor::interrupted) {
        ::signal(number, SIG_DFL);
        ::raise(number);
        return;
    }
    executor::interrupted = true;
    jinja::interrupted = true;
}

}  // namespace

bool stdin_is_terminal() { return ::isatty(STDIN_FILENO); }
bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO); }

int terminal_columns() {
    winsize size{};
    if (stdout_is_terminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::max(79, size.ws_col - 1);
    return 79;
}

std::string ask(const std::string& prompt, bool echo, bool* eof) {
    Tty tty;
    put(tty.out, prompt);
    NoEcho quiet(tty.in, !echo);
    std::string line = read_line(tty.in, eof, 0, nullptr);
    if (!echo || !::isatty(tty.in)) put(tty.out, "\n");
    return line;
}

std::string ask_pause(const std::string& prompt, bool echo, double seconds, bool& interrupted) {
    if (!prompt.empty()) put(STDOUT_FILENO, prompt);
    if (!stdin_is_terminal()) {   // nobody can press a key: only the time counts
        if (seconds > 0) {
            bool eof = false;
            int never[2];
            if (::pipe2(never, O_CLOEXEC) == 0) {
                read_line(never[0], &eof, seconds, &interrupted);
                ::close(never[0]);
                ::close(never[1]);
            }
        }
        return {};
    }
    NoEcho quiet(STDIN_FILENO, !echo);
    std::string line = read_line(STDIN_FILENO, nullptr, seconds, &interrupted);
    put(STDOUT_FILENO, "\n");
    return line;
}

void catch_signals() {
    struct sigaction action{};
    action.sa_handler = on_signal;
    for (int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before{};
        if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;   // nohup
        ::sigaction(number, &action, nullptr);
    }
}

}  // namespace fprov::cli
