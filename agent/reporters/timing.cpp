// SPDX-License-Identifier: Apache-2.0
// Where the time went: timer, profile_tasks, profile_roles.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "reporters/results.hpp"

namespace fprov::reporters {
namespace {

using clock = std::chrono::steady_clock;
double since(clock::time_point from) { return std::chrono::duration<double>(clock::now() - from).count(); }

std::string span_text(double seconds) {
    auto whole = static_cast<long>(seconds);
    return fmt::format("{}:{:02}:{:02}.{:03}", whole / 3600, whole / 60 % 60, whole % 60, static_cast<int>((seconds - static_cast<double>(whole)) * 1000));
}

// "text ---- 0.95s" over the whole width.
std::string filled(const std::string& text, const std::string& tail, char fill) {
    int room = 79 - display_width(text) - display_width(tail) - 2;
    return text + " " + std::string(static_cast<std::size_t>(std::max(1, room)), fill) + " " + tail;
}

class Timer : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void begin(const events::RunBegan&) override { began_ = clock::now(); }
    void end(const events::RunEnded&) override {
        auto whole = static_cast<long>(since(began_));
        screen_.say(fmt::format("Playbook run took {} days, {} hours, {} minutes, {} seconds", whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60));
    }

private:
    clock::time_point began_ = clock::now();
};

// What both profilers share: one clock per task, and a line below each title.
class Profile : public Reporter {
public:
    Profile(Screen& screen, const Settings& settings, bool by_role) : Reporter(screen, settings), by_role_(by_role) {}

protected:
    struct Entry { std::string name, path; double seconds = 0; };

    void begin(const events::RunBegan&) override { began_ = last_ = clock::now(); }
    void task(const events::TaskBegan& e) override {
        finish();
        stamp();
        current_ = true;
        std::string name = by_role_ ? role_of(e.task) : e.task.name;
        if (by_role_)
            for (std::size_t i = 0; i < entries_.size(); ++i) if (entries_[i].name == name) { at_ = i; return; }
        entries_.push_back({name, e.task.path, 0});
        at_ = entries_.size() - 1;
    }
    void end(const events::RunEnded&) override {
        finish();
        stamp();
        screen_.say(std::string(79, '=') + " ");
        auto sorted = entries_;
        std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) { return a.seconds > b.seconds; });
        double total = 0;
        for (const auto& entry : entries_) total += entry.seconds;
        if (!by_role_ && sorted.size() > 20) sorted.resize(20);
        for (const auto& entry : sorted) screen_.say(filled(entry.name, fmt::format("{:.2f}s", entry.seconds), '-'));
        if (by_role_) {
            screen_.say(std::string(79, '~') + " ");
            screen_.say(filled("total", fmt::format("{:.2f}s", total), '-'));
        }
    }

private:
    void finish() {
        double passed = since(last_);
        last_ = clock::now();
        if (current_) entries_[at_].seconds += passed;
        current_ = false;
        step_ = passed;
    }
    void stamp() {
        std::time_t now = std::time(nullptr);
        std::tm local{};
        ::localtime_r(&now, &local);
        char text[80];
        std::strftime(text, sizeof text, "%A %d %B %Y  %H:%M:%S %z", &local);
        std::string line = fmt::format("{} ({})       {} ", text, span_text(step_), span_text(since(began_)));
        screen_.say(line + std::string(line.size() < 79 ? 79 - line.size() : 0, '*') + " ");
    }
    // "role : name" → role; without a role, the action counts.
    static std::string role_of(const events::TaskInfo& task) {
        auto colon = task.name.find(" : ");
        return colon == std::string::npos ? task.action : task.name.substr(0, colon);
    }
    bool by_role_, current_ = false;
    clock::time_point began_ = clock::now(), last_ = began_;
    double step_ = 0;
    std::size_t at_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace

std::unique_ptr<Reporter> make_timer(Screen& screen, const Settings& settings) { return std::make_unique<Timer>(screen, settings); }
std::unique_ptr<Reporter> make_profile_tasks(Screen& screen, const Settings& settings) { return std::make_unique<Profile>(screen, settings, false); }
std::unique_ptr<Reporter> make_profile_roles(Screen& screen, const Settings& settings) { return std::make_unique<Profile>(screen, settings, true); }

}  // namespace fprov::reporters
