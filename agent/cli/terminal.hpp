// SPDX-License-Identifier: Apache-2.0
// The person at the terminal: questions with and without echo, its size, and what Ctrl-C means.
#pragma once
#include <string>

namespace fprov::cli {

bool stdin_is_terminal();
bool stdout_is_terminal();
/// Where warnings wrap: one less than the terminal's width, at least 79.
int terminal_columns();

/// One line from the terminal (or from stdin without one). `eof` is set when there was nothing to read.
std::string ask(const std::string& prompt, bool echo, bool* eof = nullptr);
/// The pause action: waits for Enter (echo decides whether typing shows), or `seconds` when > 0. `interrupted`: the user chose abort.
std::string ask_pause(const std::string& prompt, bool echo, double seconds, bool& interrupted);

/// First Ctrl-C (or SIGTERM, SIGHUP): the run ends after what is in flight. Second: the program ends at once. SIGPIPE is ignored.
void catch_signals();

}  // namespace fprov::cli
