// SPDX-License-Identifier: Apache-2.0
// Ansible's default callback, to the letter: what operators read and scripts grep.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "reporters/results.hpp"

namespace fprov::reporters {

using events::Status;

class Console : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void begin(const events::RunBegan& e) override { check_ = e.check; }

    void playbook(const events::PlaybookBegan& e) override {
        if (settings_.verbosity > 1) screen_.banner("PLAYBOOK: " + base::basename(e.path));
        if (check_ && settings_.check_markers) screen_.banner("DRY RUN");
    }

    void play(const events::PlayBegan& e) override {
        std::string mark = e.check && settings_.check_markers ? " [CHECK MODE]" : "";
        screen_.banner(e.name.empty() ? "PLAY" + mark : "PLAY [" + e.name + "]" + mark);
        shown_task_ = 0;
    }

    void no_hosts_matched() override { screen_.say("skipping: no hosts matched", Colour::skip); }
    void no_hosts_remaining() override { screen_.banner("NO MORE HOSTS LEFT"); }

    void task(const events::TaskBegan& e) override {
        pending_ = e.task;
        // With parts of the results hidden, a title stands only above what is shown.
        if (settings_.show_ok && settings_.show_skipped && !e.task.title_with_result) title(e.task);
    }

    void included(const events::Included& e) override {
        ensure_title(e.task);
        std::string text = "included: " + (e.path.starts_with("/") ? e.path : base::join_path(base::absolute_path("."), e.path)) + " for " + base::join(e.hosts, ", ");
        if (!e.item.empty()) text += " => (item=" + e.item + ")";
        screen_.say(text, Colour::skip);
    }

    void notified(const events::Notified& e) override {
        if (settings_.verbosity > 1) screen_.say("NOTIFIED HANDLER " + e.handler + " for " + e.host, Colour::verbose);
    }

    void item(const events::ItemFinished& e) override {
        Map shown = cleaned(e.result, e.task);
        std::string host = host_label(e.host, e.delegated_to, e.result);
        // "item" belongs to what is dumped, as the label says what people want to see.
        if (e.status == Status::failed || e.status == Status::unreachable) {
            ensure_title(e.task);
            exception(e.result);
            notes(e.result);
            screen_.say("failed: [" + host + "] (item=" + e.label + ") => " + dump(shown, e.result), Colour::error, settings_.failed_to_stderr);
            return;
        }
        if (e.status == Status::skipped) {
            if (!settings_.show_skipped) return;
            ensure_title(e.task);
            std::string text = "skipping: [" + e.host + "] => (item=" + e.label + ") ";
            if (verbose(e.result, e.task)) text += " => " + dump(shown, e.result);
            screen_.say(text, Colour::skip);
            return;
        }
        bool changed = e.status == Status::changed;
        if (!changed && !settings_.show_ok) return;
        difference(e.task, e.result);
        ensure_title(e.task);
        notes(e.result);
        std::string text = std::string(changed ? "changed" : "ok") + ": [" + host + "] => (item=" + e.label + ")";
        if (verbose(e.result, e.task)) text += " => " + dump(shown, e.result);
        screen_.say(text, changed ? Colour::changed : Colour::ok);
    }

    void finished(const events::HostFinished& e) override {
        std::string host = host_label(e.host, e.delegated_to, e.result);
        switch (e.status) {
            case Status::ok:
            case Status::changed: return good(e, host);
            case Status::skipped: {
                if (!settings_.show_skipped) return;
                ensure_title(e.task);
                std::string text = "skipping: [" + e.host + "]";   // without the delegate, as Ansible
                Map shown = cleaned(e.result, e.task);
                shown.erase("results");
                if (e.loop && !shown.contains("msg") && !shown.contains("skipped_reason")) shown.set("msg", "All items skipped");
                if (verbose(e.result, e.task)) text += " => " + dump(shown, e.result);
                screen_.say(text, Colour::skip);
                return;
            }
            case Status::failed: {
                ensure_title(e.task);
                notes(e.result);
                if (!e.loop || is_debug(e.task)) {   // the results of debug are not told with it
                    exception(e.result);
                    difference(e.task, e.result);
                    if (settings_.show_path_on_failure) path(e.task);
                    screen_.say("fatal: [" + host + "]: FAILED! => " + dump(cleaned(e.result, e.task), e.result), Colour::error, settings_.failed_to_stderr);
                }
                if (e.ignored) screen_.say("...ignoring", Colour::skip);
                return;
            }
            case Status::unreachable: {
                ensure_title(e.task);
                screen_.say("fatal: [" + host + "]: UNREACHABLE! => " + dump(cleaned(e.result, e.task), e.result), Colour::unreachable, settings_.failed_to_stderr);
                if (e.ignored) screen_.say("...ignoring", Colour::skip);
                return;
            }
        }
    }

    void retrying(const events::Retrying& e) override {
        std::string host = host_label(e.host, e.delegated_to, e.result);
        std::string text = fmt::format("FAILED - RETRYING: [{}]: {} ({} retries left).", host, e.name, e.left);
        if (shown_at(e.result, e.task, settings_.verbosity, 2)) {
            Map whole = e.result.map();
            whole.erase("failed");
            text += "Result was: " + dump(whole, e.result);
        }
        screen_.say(text, Colour::debug);
    }

    void async_poll(const events::AsyncPoll& e) override {
        const Value* failed = e.result.find("failed");
        if (failed) screen_.say(fmt::format("ASYNC {} on {}: jid={}", failed->truthy() ? "FAILED" : "OK", e.host, e.job), Colour::debug);
        else screen_.say(fmt::format("ASYNC POLL on {}: jid={} started={} finished=0", e.host, e.job, e.started != 0 ? 1 : 0), Colour::debug);
    }

    void progress(const events::Progress& e) override {
        if (!e.text.empty()) screen_.progress(e.host.empty() ? e.text : "  [" + e.host + "] " + e.text);
    }

    void waiting(const events::Waiting& e) override {
        std::string who = e.hosts.size() > 4 ? fmt::format("{} hosts", e.hosts.size()) : base::join(e.hosts, ", ");
        std::string text = fmt::format("waiting for {} since {:.0f} s{}: {}", who, e.seconds, e.phase.empty() ? "" : " (" + e.phase + ")", e.task.name);
        if (screen_.terminal()) screen_.progress("  " + text);
        else screen_.log(text);
    }

    void message(const events::Message& e) override {
        using Level = events::Message::Level;
        switch (e.level) {
            case Level::debug:
            case Level::verbose: if (settings_.verbosity >= std::max(1, e.verbosity)) screen_.say(e.text, Colour::verbose); break;
            case Level::info: if (settings_.verbosity >= e.verbosity) screen_.say(e.text); break;
            case Level::warning: screen_.warning(e.text); break;
            case Level::deprecated: screen_.deprecated(e.text); break;
            case Level::error: screen_.error(e.text); break;
        }
    }

    void playbook_end(const events::RunEnded& e) override { end(e); }
    void end(const events::RunEnded& e) override {
        screen_.progress("");
        if (!e.recap) return;
        screen_.banner("PLAY RECAP");
        for (const auto& [host, count] : e.hosts) {
            Colour whole = count.failed || count.unreachable ? Colour::error : count.changed ? Colour::changed : Colour::ok;
            auto field = [&](const char* name, int number, Colour colour, bool painted) {
                std::string text = fmt::format("{}={:<4}", name, number);
                return painted && number ? screen_.paint(text, colour) : text;
            };
            auto line = [&](bool painted) {
                // Padding counts the name only: colour codes have no width.
                std::string name = painted ? screen_.paint(host, whole) : host;
                if (auto width = base::utf8_length(host); width < 26) name += std::string(26 - width, ' ');
                return name + " : " + field("ok", count.ok, Colour::ok, painted) + " " + field("changed", count.changed, Colour::changed, painted) + " " +
                       field("unreachable", count.unreachable, Colour::unreachable, painted) + " " + field("failed", count.failed, Colour::error, painted) + " " +
                       field("skipped", count.skipped, Colour::skip, painted) + " " + field("rescued", count.rescued, Colour::ok, painted) + " " +
                       field("ignored", count.ignored, Colour::warn, painted);
            };
            screen_.say(line(true), Colour::none, false, false);
            screen_.log(line(false));
        }
        screen_.say("", Colour::none, false, false);
        if (settings_.show_custom_stats && !e.custom_stats.empty()) custom_stats(e.custom_stats);
        if (check_ && settings_.check_markers) screen_.banner("DRY RUN");
    }

    virtual std::string dump(const Map& shown, const Value& whole) { return dumped(shown, whole, settings_); }

private:
    bool verbose(const Value& result, const events::TaskInfo& task) const { return shown_at(result, task, settings_.verbosity, 0); }

    void good(const events::HostFinished& e, const std::string& host) {
        if (is_include(e.task)) return ensure_title(e.task);
        bool changed = e.status == Status::changed;
        if (e.loop) return;   // its items have been shown
        if (!changed && !settings_.show_ok) return;
        ensure_title(e.task);
        difference(e.task, e.result);
        notes(e.result);
        std::string text = std::string(changed ? "changed" : "ok") + ": [" + host + "]";
        if (verbose(e.result, e.task)) text += " => " + dump(cleaned(e.result, e.task), e.result);
        screen_.say(text, changed ? Colour::changed : Colour::ok);
    }

    void difference(const events::TaskInfo& task, const Value& result) {
        const Value* diff = result.find("diff");
        const Value* changed = result.find("changed");
        if (!task.diff || !diff || !diff->truthy() || !changed || !changed->truthy()) return;
        std::string text = diff_text(*diff, settings_, screen_);
        if (text.empty()) return;
        ensure_title(task);
        screen_.say(text);
    }

    void notes(const Value& result) {
        if (const Value* warnings = result.find("warnings"); settings_.show_warnings && warnings && warnings->is_sequence())
            for (const Value& one : warnings->list()) screen_.warning(one.text_or(""));
        if (const Value* old = result.find("deprecations"); old && old->is_sequence())
            for (const Value& one : old->list())
                if (const Value* text = one.find("msg")) screen_.deprecated(text->text_or(""));
    }

    void exception(const Value& result) {
        const Value* trace = result.find("exception");
        if (!trace || !trace->is_string()) return;
        if (settings_.verbosity > 2) return screen_.say("The full traceback is:\n" + trace->string(), Colour::error, settings_.failed_to_stderr);
        auto lines = base::split_lines(std::string(base::trim(trace->string())));
        screen_.say("An exception occurred during task execution. To see the full traceback, use -vvv. The error was: " + (lines.empty() ? "" : lines.back()),
                    Colour::error, settings_.failed_to_stderr);
    }

    void path(const events::TaskInfo& task) {
        if (!task.path.empty()) screen_.say("task path: " + base::absolute_path(task.path), Colour::debug);
    }

    void title(const events::TaskInfo& task) {
        if (task.id && task.id == shown_task_) return;
        shown_task_ = task.id;
        std::string text = std::string(task.handler ? "RUNNING HANDLER" : "TASK") + " [" + task.name + (settings_.show_arguments && !task.no_log ? " " + task.arguments : "") + "]";
        if (task.check && settings_.check_markers) text += " [CHECK MODE]";
        screen_.banner(text);
        if (settings_.verbosity > 1) path(task);
    }
    void ensure_title(const events::TaskInfo& task) { title(task); }

    void custom_stats(const Map& stats) {
        screen_.banner("CUSTOM STATS:");
        auto text = [&](const Value& value) {
            return base::replace_all(dumped(value.is_map() ? value.map() : Map{{"value", value}}, {}, settings_, 1), "\n", "");
        };
        for (const auto& [host, value] : stats)
            if (host.text_or("") != "_run") screen_.say("\t" + host.text_or("") + ": " + text(value));
        if (const Value* run = stats.find("_run")) {
            screen_.say("", Colour::none, false, false);
            screen_.say("\tRUN: " + text(*run));
        }
        screen_.say("", Colour::none, false, false);
    }

    bool check_ = false;
    std::uint64_t shown_task_ = 0;
    events::TaskInfo pending_;
};

namespace {

// community.general.yaml: as default, with results in YAML behind "changed=…".
class YamlConsole : public Console {
public:
    using Console::Console;

protected:
    std::string dump(const Map& result, const Value&) override {
        Map shown = without_internal(Value(Map(result))).map();
        if (settings_.verbosity < 3) for (const char* key : {"invocation", "diff", "exception"}) shown.erase(key);
        for (const char* stream : {"stdout", "stderr"})
            if (std::string lines = std::string(stream) + "_lines"; shown.contains(stream) && shown.contains(lines)) shown.set(lines, "<omitted>");
        std::string text;
        for (const char* flag : {"changed", "skipped"})
            if (const Value* value = shown.find(flag); value && value->is_bool()) {
                text += std::string(flag) + "=" + (value->boolean() ? "true " : "false ");
                shown.erase(flag);
            }
        if (shown.empty()) return text;
        for (const auto& line : base::split_lines(to_readable_yaml(Value(std::move(shown)), 2, 1000))) text += "\n" + (line.empty() ? "" : "  " + line);
        return text;
    }
};

}  // namespace

std::unique_ptr<Reporter> make_yaml(Screen& screen, const Settings& settings) { return std::make_unique<YamlConsole>(screen, settings); }
std::unique_ptr<Reporter> make_console(Screen& screen, const Settings& settings) { return std::make_unique<Console>(screen, settings); }

}  // namespace fprov::reporters
