// SPDX-License-Identifier: Apache-2.0
// File contents in pieces: towards the host for a module that needs them, and back for fetch.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "machine/machine.hpp"
#include "runtime/worker.hpp"

namespace fprov::runtime {

constexpr std::size_t piece = 256u << 10;

/// Stores the chunks of this task in a new file of `folder` (made when missing) and gives its path. All pieces are taken in any case, so
/// that the stream stays in step.
base::Result<std::string> receive_file(Line& line, std::uint64_t id, const std::string& folder);
/// Stores text in a new file of `folder`.
base::Result<std::string> store_text(std::string_view text, const std::string& folder);
/// Answers read_file.
void send_file(machine::Machine& machine, Line& line, const values::Value& request);

}  // namespace fprov::runtime
