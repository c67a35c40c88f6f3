// SPDX-License-Identifier: Apache-2.0
// Unknown host keys of many hosts, shown in one list and confirmed by one answer.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "reporters/screen.hpp"
#include "transport/session.hpp"

namespace fprov::cli {

class HostKeys : public transport::HostKeyGate {
public:
    HostKeys(reporters::Screen& screen, bool may_ask) : screen_(screen), may_ask_(may_ask) {}
    /// Session threads come here; the first one of a batch waits a moment for the others, asks for all, and tells them.
    bool accept(const Unknown& key) override;

private:
    struct Batch { std::vector<Unknown> keys; bool decided = false, accepted = false, asking = false; };
    reporters::Screen& screen_;
    bool may_ask_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<Batch> open_;
    std::mutex question_;
};

}  // namespace fprov::cli
