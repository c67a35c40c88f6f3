// SPDX-License-Identifier: Apache-2.0
#include "transport/raw.hpp"

#include "base/text.hpp"
#include "wire/launch.hpp"

namespace fprov::transport {
namespace {

constexpr std::size_t output_limit = 16u << 20;
constexpr double become_time = 60;

std::string become_command(const RawRequest& request, const std::string& prompt, const std::string& mark) {
    const Become& become = *request.become;
    const std::string inner = base::shell_quote("echo " + mark + "; " + request.command);
    if (become.method == "su") {
        return (become.exe.empty() ? "su" : become.exe) + " " + become.flags + " " + base::shell_quote(become.user) + " -c " + base::shell_quote("/bin/sh -c " + inner);
    }
    std::string flags;
    for (const auto& flag : base::shell_split(become.flags.empty() ? "-H" : become.flags).value_or(std::vector<std::string>{})) {
        if (flag == "-n" || flag == "-S" || flag == "--stdin" || flag == "--non-interactive") continue;
        flags += " " + base::shell_quote(flag);
    }
    // Here the password goes over stdin: there is no agent that could hold a terminal.
    flags += become.has_password ? " -S -p " + base::shell_quote(prompt) : " -n";
    return (become.exe.empty() ? "sudo" : become.exe) + flags + " -u " + base::shell_quote(become.user) + " /bin/sh -c " + inner;
}

}  // namespace

RawRun::RawRun(Link& link, RawRequest request) : request_(std::move(request)) {
    std::string command = request_.command;
    if (request_.become) {
        mark_ = wire::new_mark();
        prompt_ = "[" + mark_.substr(0, 14) + "] password: ";
        command = become_command(request_, prompt_, mark_);
        become_ = true;
        deadline_ = monotonic() + become_time;
    }
    stream_ = link.start(command, request_.tty);
    if (!become_) stream_->close_input();
}

Event RawRun::end(Value value, bool ok, std::string text) {
    Event event;
    event.kind = Event::Kind::raw_done;
    event.id = request_.id;
    event.ok = ok;
    event.value = std::move(value);
    event.text = std::move(text);
    if (!ok) event.phase = "become";
    return event;
}

void RawRun::answer_prompts() {
    // The mark may be echoed as part of the command only by a terminal, and never alone on a line before it is printed.
    auto at = output_.find(mark_);
    if (at != std::string::npos) {
        auto end = output_.find('\n', at);
        if (end == std::string::npos) return;
        output_.erase(0, end + 1);
        error_output_.clear();
        become_ = false;
        stream_->close_input();
        return;
    }
    for (std::string* text : {&error_output_, &output_}) {
        bool asks = text->find(prompt_) != std::string::npos;
        if (request_.become->method == "su") asks = base::lower(base::trim(*text)).ends_with("password:");
        if (!asks) continue;
        text->clear();
        const std::string& method = request_.become->method;
        if (!request_.become->has_password) failure_ = "Missing " + method + " password";
        else if (answered_) failure_ = "Incorrect " + method + " password";
        else { input_ += request_.become->password + "\n"; answered_ = true; }
    }
}

std::optional<Event> RawRun::step() {
    heard_ = false;
    std::string output, errors;
    Flow flow = stream_->read(output, errors);
    heard_ = !output.empty() || !errors.empty();
    for (auto [from, to] : {std::pair{&output, &output_}, std::pair{&errors, &error_output_}}) {
        std::size_t room = output_limit > to->size() ? output_limit - to->size() : 0;
        if (from->size() > room) { dropped_ += from->size() - room; from->resize(room); }
        *to += *from;
    }
    if (become_) answer_prompts();
    if (!input_.empty()) input_.erase(0, stream_->write(input_));
    if (become_ && failure_.empty() && monotonic() > deadline_) failure_ = request_.become->method + " did not let us through in time";
    if (become_ && flow == Flow::ended && failure_.empty()) {
        const std::string method = request_.become->method, all = output_ + error_output_;
        if (all.find("password is required") != std::string::npos) failure_ = "Missing " + method + " password";
        else if (all.find("incorrect password") != std::string::npos || all.find("Authentication failure") != std::string::npos) failure_ = "Incorrect " + method + " password";
        else {
            auto lines = base::split_lines(base::trim(all));
            failure_ = lines.empty() ? method + " " + stream_->exit_text() + " and said nothing" : lines.back();
        }
    }
    if (!failure_.empty()) return end(Map{{"rc", 1}, {"stdout", ""}, {"stderr", failure_}}, false, failure_);
    if (flow != Flow::ended) return std::nullopt;
    std::string how = stream_->exit_text();
    auto code = stream_->exit_code();
    if (how.starts_with("is gone")) throw Unreachable{"connect", "the connection was lost while a command ran: " + how};
    if (dropped_) output_ += "\n[fprov: cut here, " + std::to_string(dropped_) + " more bytes]";
    return end(Map{{"rc", code ? *code : -1}, {"stdout", output_}, {"stderr", error_output_}}, true, code ? "" : how);
}

void RawRun::watch(std::vector<pollfd>& fds) { stream_->watch(fds, !input_.empty()); }

}  // namespace fprov::transport
