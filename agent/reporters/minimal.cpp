// SPDX-License-Identifier: Apache-2.0
// Results only: what `ansible` prints for an ad-hoc task.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "reporters/results.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::reporters {
namespace {

using events::Status;

// Their output is text, not a structure.
bool is_command_like(const events::TaskInfo& task) {
    static constexpr std::array names{"command", "raw", "shell"};
    return std::find(names.begin(), names.end(), action_name(task)) != names.end();
}
std::string code_of(const Value& result) { const Value* rc = result.find("rc"); return rc ? values::str(*rc) : "-1"; }
std::string text_of(const Value& result, const char* key) {
    const Value* value = result.find(key);
    return !value || value->is_none() ? std::string() : values::str(*value);
}

class Minimal : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void finished(const events::HostFinished& e) override {
        if (const Value* diff = e.result.find("diff"); e.task.diff && diff && diff->truthy()) screen_.say(diff_text(*diff, settings_, screen_));   // an empty one, too
        notes(e.result);
        switch (e.status) {
            case Status::skipped: return screen_.say(e.host + " | SKIPPED", Colour::skip);
            case Status::unreachable: return screen_.say(e.host + " | UNREACHABLE! => " + dump(e), Colour::unreachable);
            case Status::failed:
                if (is_command_like(e.task)) return screen_.say(plain(e, "FAILED"), Colour::error);
                return screen_.say(e.host + " | FAILED! => " + dump(e), Colour::error);
            case Status::ok:
            case Status::changed: {
                bool changed = e.status == Status::changed;
                const char* word = changed ? "CHANGED" : "SUCCESS";
                Colour colour = changed ? Colour::changed : Colour::ok;
                if (is_command_like(e.task) && !e.result.find("ansible_job_id")) return screen_.say(plain(e, word), colour);
                return screen_.say(e.host + " | " + word + " => " + dump(e), colour);
            }
        }
    }
    void async_poll(const events::AsyncPoll& e) override { screen_.log("polling job " + e.job + " on " + e.host); }
    void message(const events::Message& e) override {
        if (e.level == events::Message::Level::warning) screen_.warning(e.text);
        else if (e.level == events::Message::Level::deprecated) screen_.deprecated(e.text);
        else if (e.level == events::Message::Level::error) screen_.error(e.text);
        else if (e.level == events::Message::Level::info) screen_.say(e.text);
        else if (settings_.verbosity >= std::max(1, e.verbosity)) screen_.say(e.text, Colour::verbose);
    }
    void progress(const events::Progress& e) override { screen_.progress("  [" + e.host + "] " + e.text); }

private:
    void notes(const Value& result) {
        if (const Value* warnings = result.find("warnings"); settings_.show_warnings && warnings && warnings->is_sequence())
            for (const Value& one : warnings->list()) screen_.warning(one.text_or(""));
    }
    std::string dump(const events::HostFinished& e) const {
        Map shown = cleaned(e.result, e.task);
        shown.erase("results");
        return dumped(e.loop ? shown : cleaned(e.result, e.task), e.result, settings_, 4);
    }
    static std::string plain(const events::HostFinished& e, const char* word) {
        std::string text = e.host + " | " + word + " | rc=" + code_of(e.result) + " >>\n";
        return text + text_of(e.result, "stdout") + text_of(e.result, "stderr") + text_of(e.result, "msg") + "\n";
    }
};

class Oneline : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void finished(const events::HostFinished& e) override {
        switch (e.status) {
            case Status::skipped: return screen_.say(e.host + " | SKIPPED", Colour::skip);
            case Status::unreachable: return screen_.say(e.host + " | UNREACHABLE!: " + text_of(e.result, "msg"), Colour::unreachable);
            case Status::failed: return screen_.say(e.host + " | FAILED! => " + dump(e), Colour::error);
            case Status::ok:
            case Status::changed: {
                bool changed = e.status == Status::changed;
                const char* word = changed ? "CHANGED" : "SUCCESS";
                Colour colour = changed ? Colour::changed : Colour::ok;
                if (is_command_like(e.task) && !e.result.find("ansible_job_id")) return screen_.say(plain(e, word), colour);
                return screen_.say(e.host + " | " + word + " => " + dump(e), colour);
            }
        }
    }
    void message(const events::Message& e) override {
        if (e.level == events::Message::Level::warning) screen_.warning(e.text);
        else if (e.level == events::Message::Level::error) screen_.error(e.text);
    }

private:
    std::string dump(const events::HostFinished& e) const {
        Map shown = cleaned(e.result, {});
        std::string text = dumped(shown, e.result, settings_, 0);
        return base::replace_all(base::replace_all(text, "\n", ""), "\r", "");
    }
    static std::string plain(const events::HostFinished& e, const char* word) {
        auto line = [](std::string text) { return base::replace_all(base::replace_all(std::move(text), "\n", "\\n"), "\r", "\\r"); };
        std::string text = e.host + " | " + word + " | rc=" + code_of(e.result) + " | (stdout) " + line(text_of(e.result, "stdout"));
        std::string errors = text_of(e.result, "stderr");
        return errors.empty() ? text : text + " (stderr) " + line(errors);
    }
};

}  // namespace

std::unique_ptr<Reporter> make_minimal(Screen& screen, const Settings& settings) { return std::make_unique<Minimal>(screen, settings); }
std::unique_ptr<Reporter> make_oneline(Screen& screen, const Settings& settings) { return std::make_unique<Oneline>(screen, settings); }

}  // namespace fprov::reporters
