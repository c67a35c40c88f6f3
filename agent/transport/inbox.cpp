// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "transport/session.hpp"

namespace fprov::transport {

void Inbox::put(Event event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    filled_.notify_one();
}

std::optional<Event> Inbox::take(double seconds) {
    std::unique_lock lock(mutex_);
    auto filled = [&] { return !events_.empty(); };
    if (seconds < 0) filled_.wait(lock, filled);
    else if (!filled_.wait_for(lock, std::chrono::duration<double>(seconds), filled)) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

}  // namespace fprov::transport
