// SPDX-License-Identifier: Apache-2.0
#include "cli/host_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/terminal.hpp"

namespace fprov::cli {

bool HostKeys::accept(const Unknown& key) {
    using namespace std::chrono_literals;
    if (!may_ask_) return false;   // the session's own error names the fingerprint and what to do
    std::unique_lock lock(mutex_);
    bool first = !open_;
    if (first) open_ = std::make_shared<Batch>();
    auto batch = open_;
    batch->keys.push_back(key);
    changed_.notify_all();
    if (!first) {
        changed_.wait(lock, [&] { return batch->decided; });
        return batch->accepted;
    }
    // Wait until no key came for 200 ms.
    for (std::size_t count = 0; count != batch->keys.size();) {
        count = batch->keys.size();
        changed_.wait_for(lock, 200ms, [&] { return batch->keys.size() != count; });
    }
    open_ = nullptr;   // later ones make a batch of their own
    lock.unlock();
    bool accepted = false;
    {
        std::lock_guard one_at_a_time(question_);
        auto keys = batch->keys;
        std::sort(keys.begin(), keys.end(), [](const Unknown& a, const Unknown& b) { return a.host < b.host; });
        std::size_t width = 4;
        for (const auto& each : keys) width = std::max(width, each.host.size());
        std::string list = keys.size() == 1 ? "The key of this host is not known yet:\n" : fmt::format("The keys of these {} hosts are not known yet:\n", keys.size());
        for (const auto& each : keys) list += fmt::format("  {:<{}}  {:<12} {}\n", each.host, width, each.type, each.fingerprint);
        screen_.say(list, reporters::Colour::none, true);
        for (;;) {
            bool eof = false;
            std::string answer = base::lower(base::trim(ask(keys.size() == 1 ? "Is it the right one (yes/no)? " : "Are they the right ones (yes/no)? ", true, &eof)));
            if (answer == "yes" || answer == "y") { accepted = true; break; }
            if (answer == "no" || answer == "n" || eof || answer.empty()) break;
        }
        screen_.log(std::string("host keys ") + (accepted ? "accepted" : "refused"));
    }
    lock.lock();
    batch->decided = true;
    batch->accepted = accepted;
    lock.unlock();
    changed_.notify_all();
    return accepted;
}

}  // namespace fprov::cli
