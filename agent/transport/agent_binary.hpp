// SPDX-License-Identifier: Apache-2.0
// The agent program that is put on hosts: found once, hashed and compressed once per run, shared by all sessions.
#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"

namespace fprov::transport {

struct AgentBinary {
    std::string path, hash;
    const std::string& plain() const;
    const std::string& compressed() const;   // gzip; computed when first asked for
    struct Data;
    std::shared_ptr<Data> data;
};

/// $FPROV_AGENT, then beside the program fprov, then in <prefix>/libexec/fprov. `machine` as uname -m.
base::Result<AgentBinary> agent_binary(const std::string& machine = "x86_64");

}  // namespace fprov::transport
