// SPDX-License-Identifier: Apache-2.0
// Results in files: `tree` keeps the last one of each host, `log_plays` appends them all.
#include <ctime>
#include <fstream>

#include "base/files.hpp"
#include "reporters/results.hpp"
#include "values/json.hpp"

namespace fprov::reporters {
namespace {

std::string safe_file_name(std::string host) {
    for (char& c : host) if (c == '/' || c == '\0') c = '_';
    return host == "." || host == ".." ? "_" + host : host;
}

class Tree : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void finished(const events::HostFinished& e) override {
        std::string folder = base::expand_user(settings_.tree_directory);
        auto made = base::make_directories(folder, 0755);
        if (made) made = base::write_file_atomic(base::join_path(folder, safe_file_name(e.host)), dumped(cleaned(e.result, {}), {}, Settings{}), 0644);
        if (!made) screen_.warning("Unable to write to " + e.host + "'s file: " + made.error().what);
    }
};

class LogPlays : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void play(const events::PlayBegan& e) override { play_ = e.name; }
    void playbook(const events::PlaybookBegan& e) override { playbook_ = e.path; }
    void finished(const events::HostFinished& e) override {
        using events::Status;
        const char* category = e.status == Status::unreachable ? "UNREACHABLE" : e.status == Status::failed ? "FAILED" : e.status == Status::skipped ? "SKIPPED" : "OK";
        std::string folder = base::expand_user(settings_.log_directory);
        if (auto made = base::make_directories(folder); !made) return screen_.warning("log_plays: " + made.error().what);
        std::time_t now = std::time(nullptr);
        std::tm local{};
        ::localtime_r(&now, &local);
        char stamp[40];
        std::strftime(stamp, sizeof stamp, "%b %d %Y %H:%M:%S", &local);
        std::ofstream file(base::join_path(folder, safe_file_name(e.host)), std::ios::app);
        file << "\n" << stamp << " - " << base::basename(playbook_) << " - " << e.task.name << " - " << e.task.action << " - " << category << " - "
             << dumped(cleaned(e.result, {}), {}, Settings{}) << "\n";
        if (!file) screen_.warning("log_plays: cannot write the log of " + e.host);
    }

private:
    std::string play_, playbook_;
};

}  // namespace

std::unique_ptr<Reporter> make_tree(Screen& screen, const Settings& settings) { return std::make_unique<Tree>(screen, settings); }
std::unique_ptr<Reporter> make_log_plays(Screen& screen, const Settings& settings) { return std::make_unique<LogPlays>(screen, settings); }

}  // namespace fprov::reporters
