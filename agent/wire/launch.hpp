// SPDX-License-Identifier: Apache-2.0
// How an agent is brought to life at the far end of a byte stream, by the controller (over ssh) and by an agent (through sudo or su).
//
// Theory of operation. The command that is executed is always the same short text, fit for every login shell (sh, csh, fish): it starts
// /bin/sh, which reads one line from its input and evaluates it. That line is launch_line(). It looks for the agent by its hash in a few
// folders, announces "<mark> RUN" and becomes the agent; otherwise it asks "<mark> NEED …" and takes the agent's bytes from the same
// stream. Whatever banners, start files and lectures print before the mark is noise and skipped. The mark holds a random number.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::wire {

struct LaunchOptions {
    std::string hash{};                       // SHA-256 of the agent, its file name on the host
    std::string mark{};                       // from new_mark()
    std::vector<std::string> folders{};       // tried first; literal paths
    std::string prelude{};                    // shell text that goes first ("unset LC_ALL")
    std::string directory{};                  // the agent's working directory; empty = where the shell stands
    std::string trusted_folder{};             // looked at first without asking who owns it (the parent agent's own folder)
    bool fresh = false;                       // what is installed is not believed: put it there again
    bool probe = false;                       // try whether the found file can be executed before announcing it
};

std::string new_mark();
/// "exec /bin/sh -c '…'", without a word of the line.
std::string launch_command(const std::string& shell = "/bin/sh");
/// argv of the same, for sudo.
std::vector<std::string> launch_argv(const std::string& shell = "/bin/sh");
/// One line with its newline.
std::string launch_line(const LaunchOptions& options);
/// The answer to NEED: the line that goes before the agent's bytes.
std::string launch_payload_head(bool compressed, std::size_t size);

/// Reads the stream until the agent speaks.
class LaunchReader {
public:
    enum class State : std::uint8_t {
        waiting,       // noise so far
        need,          // the agent's bytes are wanted; `compressed` tells how. answered() goes back to waiting
        running,       // frames follow: `rest` holds what came already
        wrong_machine, // `detail` = uname -m
        failed,        // `detail` = why no folder would do
        too_noisy,     // more than 4 MB before the mark
    };
    explicit LaunchReader(std::string mark) : mark_(std::move(mark)) {}
    State feed(std::string_view bytes);
    void answered() { state_ = State::waiting; }
    State state() const { return state_; }
    const std::string& detail() const { return detail_; }
    bool compressed() const { return compressed_; }
    bool spoke() const { return spoke_; }                  // the mark has been seen: /bin/sh runs
    std::string noise() const { return noise_; }           // the last 2000 bytes before the mark
    std::string take_rest() { return std::move(buffer_); }

private:
    std::string mark_, buffer_, noise_, detail_;
    std::size_t seen_ = 0;
    State state_ = State::waiting;
    bool compressed_ = false, spoke_ = false;
};

}  // namespace fprov::wire
