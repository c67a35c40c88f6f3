// SPDX-License-Identifier: Apache-2.0
// Runs programs (Boost.Process behind it): argv, never a shell string; no descriptor of ours leaks into the child.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace fprov::base {

struct Command {
    std::vector<std::string> argv;                            // argv[0] is looked up on PATH when it has no slash
    std::string input{};                                      // goes to stdin; empty = /dev/null
    std::map<std::string, std::string> environment{};         // added to ours (or the whole of it, see below)
    bool clear_environment = false;
    std::string directory{};                                  // working directory; empty = ours
    std::optional<std::chrono::milliseconds> timeout{};       // the whole process group is killed after it
    std::optional<unsigned> umask{};
    std::size_t output_limit = 256u << 20;                    // bytes kept of each stream; the rest is dropped, `truncated` set
    bool merge_streams = false;                               // stderr into stdout
    bool detach_ok = true;                                    // stop reading when the program ended although a daemon
                                                              // that it left behind still holds the streams open
    std::function<void(int)> on_stream{};                     // called with 1 or 2 after new output (live progress)
};

struct Finished {
    int code = 0;              // exit code; 128+signal when killed by a signal, with `signal` set
    int signal = 0;
    bool timed_out = false;
    bool truncated = false;
    std::string output{};
    std::string error_output{};
};

/// Fails with not_found (no such program, "[Errno 2] No such file or directory: 'x'"), permission or io.
Result<Finished> run_process(const Command& command);
/// Full path of a program on `path` (default: $PATH plus the sbin folders), or nothing.
std::optional<std::string> find_program(const std::string& name, const std::vector<std::string>& extra = {});

}  // namespace fprov::base
