// SPDX-License-Identifier: Apache-2.0
// The controller's half of the protocol, without any I/O: requests become frames, frames become events. Believes nothing an agent says:
// answers to tasks that it does not have are dropped, sizes are bounded, paths and names never come from it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "transport/session.hpp"
#include "wire/message.hpp"

namespace fprov::transport {

class Conversation {
public:
    using Deliver = std::function<void(Event)>;
    explicit Conversation(Deliver deliver) : deliver_(std::move(deliver)) {}

    void submit(TaskRequest request);
    void fetch(std::uint64_t id, const std::string& path, const std::optional<Become>& become);
    void cancel(std::uint64_t id);
    void ping();
    void bye();

    /// Bytes from the agent. Throws base::Failure when it breaks the protocol.
    void received(std::string_view bytes);
    /// What waits to be sent; sent(n) takes it away and may bring in more of the files on their way.
    std::string_view waiting() const { return std::string_view(outbox_).substr(begin_); }
    void sent(std::size_t count);
    bool has_open() const { return !tasks_.empty() || !reads_.empty(); }
    /// The first complaint of an agent that refuses to work (a damaged program); empty = none.
    const std::string& refusal() const { return refusal_; }
    std::function<void(std::string_view)> on_log{};

private:
    struct Lane { std::uint32_t number = 0; std::string key; };
    struct Source;   // content on its way
    struct Task { std::uint32_t lane = 0; std::uint64_t group = 0; std::string content_file; std::optional<std::string> content; std::shared_ptr<Source> source; };
    struct Read { std::uint32_t lane = 0; std::string text; };

    std::uint32_t lane_of(const std::optional<Become>& become, std::uint32_t key);
    void say(std::uint32_t lane, wire::Type type, Map body);
    void handle(const wire::Frame& frame);
    void reply(const Value& body);
    void chunk(const Value& body);
    void credit(const Value& body);
    void lane_failed(std::uint32_t lane, const Value& body);
    void begin_content(std::uint64_t id, Task& task);
    void pump();
    void finish(std::uint64_t id, Event::State state, Value result, const std::string& phase = "");

    Deliver deliver_;
    wire::Decoder decoder_;
    std::string outbox_;
    std::size_t begin_ = 0;
    std::map<std::string, std::uint32_t> lanes_;   // by user and delegating host
    std::uint32_t next_lane_ = 2;
    std::map<std::uint64_t, Task> tasks_;          // in order of their numbers
    std::map<std::uint64_t, Read> reads_;
    std::string refusal_;
    int strays_ = 0;
    bool pumping_ = false;
};

}  // namespace fprov::transport
