// SPDX-License-Identifier: Apache-2.0
// Brings the agent to life at the far end of a link: one command when it is there already, an upload in the same stream otherwise.
#pragma once
#include <memory>
#include <string>

#include "transport/link.hpp"

namespace fprov::transport {

struct Launched {
    std::unique_ptr<Stream> stream;
    std::string rest;   // frames that came with the announcement
};
/// Throws Unreachable (shell, agent) or Closed.
Launched launch_agent(Link& link, const Endpoint& endpoint, Wake& wake);

}  // namespace fprov::transport
