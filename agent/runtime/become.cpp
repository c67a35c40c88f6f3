// SPDX-License-Identifier: Apache-2.0
#include "runtime/become.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace fprov::runtime {
namespace {

base::Failure refused(const std::string& what) { return base::Failure(base::Kind::io, what + ": " + std::strerror(errno)); }

Descriptor open_terminal(std::string& slave) {
    Descriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    char name[128];
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 || ::ptsname_r(master.get(), name, sizeof name) != 0)
        throw refused("no terminal for the password prompt (is /dev/pts mounted?)");
    slave = name;
    return master;
}

// Nothing that we type may come back, whatever the program does with its prompt.
void silence(int fd) {
    termios mode{};
    if (::tcgetattr(fd, &mode) != 0) return;
    mode.c_lflag &= static_cast<tcflag_t>(~(ECHO | ECHOE | ECHOK | ECHONL | ISIG | IEXTEN));
    mode.c_iflag &= static_cast<tcflag_t>(~(IXON | IXOFF));
    mode.c_oflag &= static_cast<tcflag_t>(~OPOST);
    ::tcsetattr(fd, TCSANOW, &mode);
}

std::vector<std::string> sudo_argv(const BecomeRequest& request, const std::string& prompt) {
    std::vector<std::string> argv{request.exe.empty() ? "sudo" : request.exe};
    bool set_home = request.flags.empty();
    for (const auto& flag : base::shell_split(request.flags).value_or(std::vector<std::string>{})) {
        // Reading the password from stdin and never asking are decided here.
        if (flag == "-S" || flag == "--stdin" || flag == "-n" || flag == "--non-interactive") continue;
        argv.push_back(flag);
    }
    if (set_home) argv.emplace_back("-H");
    if (request.has_password) { argv.emplace_back("-p"); argv.push_back(prompt); }
    else argv.emplace_back("-n");
    argv.emplace_back("-u");
    argv.push_back(request.user);
    for (auto& word : wire::launch_argv()) argv.push_back(std::move(word));
    return argv;
}

std::vector<std::string> su_argv(const BecomeRequest& request) {
    std::vector<std::string> argv{request.exe.empty() ? "su" : request.exe};
    for (const auto& flag : base::shell_split(request.flags).value_or(std::vector<std::string>{})) argv.push_back(flag);
    argv.push_back(request.user);
    argv.emplace_back("-c");
    argv.push_back("exec /bin/sh -c 'exec <&3 >&3 3>&-;IFS= read -r s;eval \"$s\"'");
    return argv;
}

struct Known { std::string_view text, reason; };
// What sudo and su say in the C locale, and Ansible's words for it where it has some. %m = the method.
constexpr Known known[] = {
    {"a password is required", "Missing %m password"},
    {"incorrect password attempt", "Incorrect %m password"},
    {"no password was provided", "Missing %m password"},
    {"Authentication failure", "Incorrect %m password"},
    {"incorrect password", "Incorrect %m password"},
    {"Sorry, try again", "Incorrect %m password"},
};

// Lines that follow the one that says why.
constexpr std::string_view afterthoughts[] = {"error initializing audit plugin", "This incident", "sudo: unable to initialize policy plugin"};

std::string last_line(const std::string& text) {
    auto lines = base::split_lines(text);
    for (auto at = lines.rbegin(); at != lines.rend(); ++at) {
        auto line = base::trim(*at);
        bool empty = line.empty();
        for (auto words : afterthoughts) empty |= line.find(words) != std::string_view::npos && at + 1 != lines.rend();
        if (!empty) return std::string(line);
    }
    return "";
}

}  // namespace

BecomeRequest read_become(const values::Value& value) {
    BecomeRequest request;
    auto text = [&](const char* name, std::string other) { const auto* found = value.find(name); return found ? found->text_or(std::move(other)) : other; };
    request.method = text("method", "sudo");
    request.exe = text("exe", "");
    request.flags = text("flags", "");
    request.user = text("user", "root");
    if (const auto* password = value.find("password"); password && password->is_string()) {
        request.password = password->string();
        request.has_password = true;
    }
    return request;
}

Become::Become(BecomeRequest request, const std::string& agent_folder, const std::string& hash, const std::string& directory)
    : request_(std::move(request)), reader_("") {
    if (request_.method != "sudo" && request_.method != "su")
        throw base::Failure(base::Kind::usage, "become method '" + request_.method + "' is not supported here; use sudo or su");
    if (request_.user.empty() || request_.user[0] == '-')
        throw base::Failure(base::Kind::usage, "become user '" + request_.user + "' is not a user name");
    wire::LaunchOptions options;
    options.mark = wire::new_mark();
    options.hash = hash;
    options.directory = directory;
    options.trusted_folder = ".";
    options.probe = true;
    if (agent_folder.empty()) options.trusted_folder.clear();
    const char* locale = std::getenv("LC_ALL");
    options.prelude = locale ? "LC_ALL=" + base::shell_quote(locale) + ";export LC_ALL" : "unset LC_ALL";
    reader_ = wire::LaunchReader(options.mark);
    prompt_ = "[" + options.mark.substr(0, 14) + "] password: ";
    start(agent_folder);
    outbox_.put(wire::launch_line(options));
}

void Become::start(const std::string& agent_folder) {
    auto argv = request_.method == "su" ? su_argv(request_) : sudo_argv(request_, prompt_);
    auto program = base::find_program(argv[0]);
    if (!program)
        throw base::Failure(base::Kind::not_found, request_.method + " is not there on the host: '" + argv[0] + "' was not found on the search path");
    std::string slave;
    terminal_ = open_terminal(slave);
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) throw refused("no stream to " + request_.method);
    stream_.reset(pair[0]);
    Descriptor theirs(pair[1]);
    std::vector<char*> words;
    for (auto& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw refused("cannot start " + request_.method);
    if (pid_ == 0) {
        ::setsid();
        int tty = ::open(slave.c_str(), O_RDWR);   // becomes the controlling terminal of the new session
        if (tty < 0) ::_exit(125);
        ::ioctl(tty, TIOCSCTTY, 0);
        silence(tty);
        bool su = request_.method == "su";
        ::dup2(su ? tty : theirs.get(), 0);
        ::dup2(su ? tty : theirs.get(), 1);
        ::dup2(tty, 2);
        int after = 3;
        if (su) {
            if (theirs.get() == 3) ::fcntl(3, F_SETFD, 0);
            else ::dup2(theirs.get(), 3);
            after = 4;
        }
        for (int fd = after; fd < 256; ++fd) ::close(fd);
        if (!agent_folder.empty() && ::chdir(agent_folder.c_str()) != 0) { /* the agent is then looked for elsewhere */ }
        ::setenv("LC_ALL", "C", 1);
        for (int signal : {SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGCHLD}) ::signal(signal, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execv(program->c_str(), words.data());
        ::_exit(127);
    }
    set_nonblocking(stream_.get());
    set_nonblocking(terminal_.get());
}

bool Become::on_stream(std::string_view bytes) {
    switch (reader_.feed(bytes)) {
        case wire::LaunchReader::State::running: return true;
        case wire::LaunchReader::State::need: {
            auto program = base::read_file("/proc/self/exe");
            if (!program) { failure_ = "the agent cannot read its own program: " + program.error().what; break; }
            reader_.answered();
            outbox_.put(wire::launch_payload_head(false, program->size()));
            outbox_.put(*program);
            break;
        }
        case wire::LaunchReader::State::failed:
            failure_ = "no folder in which user '" + request_.user + "' can keep and run the agent: " + reader_.detail();
            break;
        case wire::LaunchReader::State::wrong_machine: failure_ = "there is no agent for the architecture " + reader_.detail(); break;
        case wire::LaunchReader::State::too_noisy: failure_ = request_.method + " prints without end"; break;
        case wire::LaunchReader::State::waiting: break;
    }
    return false;
}

void Become::send_password() {
    if (!request_.has_password) { failure_ = "Missing " + request_.method + " password"; return; }
    if (answered_) { failure_ = "Incorrect " + request_.method + " password"; return; }
    answered_ = true;
    std::string line = request_.password + "\n";
    write_all(terminal_.get(), line);
    std::fill(line.begin(), line.end(), '\0');
    std::fill(request_.password.begin(), request_.password.end(), '\0');
}

void Become::on_terminal() {
    std::string text;
    if (read_some(terminal_.get(), text) == ReadState::end) { terminal_.reset(); return; }
    said_ += text;
    if (said_.size() > 16384) {   // a lecture without end; the tail is enough
        std::size_t cut = said_.size() - 8192;
        said_.erase(0, cut);
        looked_ = looked_ > cut ? looked_ - cut : 0;
    }
    if (failed() || reader_.spoke()) return;
    if (request_.method == "sudo") {
        for (auto at = said_.find(prompt_, looked_); at != std::string::npos && !failed(); at = said_.find(prompt_, looked_)) {
            looked_ = at + prompt_.size();
            send_password();
        }
        return;
    }
    std::string tail = base::lower(base::trim(std::string_view(said_).substr(looked_)));
    if (tail.ends_with("password:")) {
        looked_ = said_.size();
        send_password();
    }
}

std::string Become::reason(bool timed_out, int exit_status) {
    if (failed()) return failure_;
    std::string all = base::replace_all(said_, prompt_, "");
    std::string last = last_line(all);
    if (last.empty()) last = last_line(reader_.noise());
    if (timed_out)
        return request_.method + " did not let us through in time" + (answered_ ? " after the password" : "") + (last.empty() ? "; it said nothing" : "; it last said: " + last);
    for (const auto& [text, words] : known)
        if (all.find(text) != std::string::npos) return base::replace_all(std::string(words), "%m", request_.method);
    if (last.empty() && WIFEXITED(exit_status)) return request_.method + " ended with code " + std::to_string(WEXITSTATUS(exit_status)) + " and said nothing";
    if (last.empty()) return request_.method + " ended and said nothing";
    return last;
}

}  // namespace fprov::runtime
