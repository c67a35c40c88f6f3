// SPDX-License-Identifier: Apache-2.0
// One command line through the login shell, without the agent.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "transport/link.hpp"

namespace fprov::transport {

struct RawRequest { std::uint64_t id = 0; std::string command; std::optional<Become> become; bool tty = false; };

class RawRun {
public:
    RawRun(Link& link, RawRequest request);
    /// Moves bytes; the event when the command has ended.
    std::optional<Event> step();
    void watch(std::vector<pollfd>& fds);
    std::uint64_t id() const { return request_.id; }
    bool heard() const { return heard_; }
    double patience() const { return become_ ? 0.25 : 3600; }

private:
    void answer_prompts();
    Event end(Value value, bool ok, std::string text);

    RawRequest request_;
    std::unique_ptr<Stream> stream_;
    std::string output_, error_output_, input_, prompt_, mark_;
    std::size_t dropped_ = 0;
    bool become_ = false, heard_ = false;   // become_: still before the mark
    bool answered_ = false;
    double deadline_ = 0;
    std::string failure_;
};

}  // namespace fprov::transport
