// SPDX-License-Identifier: Apache-2.0
// Another user's rights: starts sudo or su on a terminal of its own, answers the password prompt and brings a second agent to life there.
//
// sudo: stdin and stdout are the stream of frames; prompt and messages go over the terminal, which also satisfies requiretty. The prompt
// is one that we choose, so the host's language does not matter. su: stdin, stdout and stderr are the terminal (some versions insist), and
// the stream is descriptor 3, which su leaves open.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "runtime/io.hpp"
#include "values/value.hpp"
#include "wire/launch.hpp"

namespace fprov::runtime {

struct BecomeRequest {
    std::string method = "sudo", exe{}, flags{}, user = "root", password{};
    bool has_password = false;
};
BecomeRequest read_become(const values::Value& value);

class Become {
public:
    /// Throws Failure when not even sudo can be started.
    Become(BecomeRequest request, const std::string& agent_folder, const std::string& hash, const std::string& directory);

    int stream() const { return stream_.get(); }
    int terminal() const { return terminal_.get(); }
    pid_t pid() const { return pid_; }

    /// Bytes from the stream before the agent runs; answers NEED with this program. True when it runs (`rest` then holds frames).
    bool on_stream(std::string_view bytes);
    /// Something to read on the terminal.
    void on_terminal();
    /// The stream ended, or the time is over: what to tell the user.
    std::string reason(bool timed_out, int exit_status);
    bool failed() const { return !failure_.empty(); }
    const std::string& failure() const { return failure_; }
    std::string take_rest() { return reader_.take_rest(); }
    /// What came on the terminal, for the log.
    const std::string& said() const { return said_; }
    Outbox& outbox() { return outbox_; }
    Descriptor take_stream() { return std::move(stream_); }
    Descriptor take_terminal() { return std::move(terminal_); }

private:
    void start(const std::string& agent_folder);
    void send_password();

    BecomeRequest request_;
    std::string prompt_;
    wire::LaunchReader reader_;
    Descriptor stream_, terminal_;
    Outbox outbox_;
    pid_t pid_ = -1;
    std::string said_, failure_;
    std::size_t looked_ = 0;   // prompts before this position of said_ are answered
    bool answered_ = false;
};

}  // namespace fprov::runtime
