// SPDX-License-Identifier: Apache-2.0
// The run for machines: `json` as ansible.posix.json prints it at the end, `jsonl` event by event in fprov's own published shape.
#include <fmt/format.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/files.hpp"
#include "reporters/results.hpp"
#include "values/json.hpp"

namespace fprov::reporters {
namespace {

std::string now_text() {
    timeval now{};
    ::gettimeofday(&now, nullptr);
    std::tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    return fmt::format("{}.{:06}Z", text, now.tv_usec);
}

void to_stdout(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::string identity(std::uint64_t number) { return fmt::format("{:08x}-0000-0000-0000-{:012x}", 0, number); }

class Json : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void play(const events::PlayBegan& e) override {
        close_task();
        Map duration{{"start", Value(now_text())}};
        plays_.push_back({Map{{"name", Value(e.name)}, {"id", Value(identity(++number_))}, {"duration", Value(duration)}}, {}});
    }
    void task(const events::TaskBegan& e) override { open(e.task); }
    void finished(const events::HostFinished& e) override {
        if (plays_.empty()) return;
        if (task_id_ != e.task.id || plays_.back().tasks.empty()) open(e.task);
        Map result = e.result.is_map() ? e.result.map() : Map{};
        for (const char* key : {"failed", "skipped"})
            if (const Value* flag = result.find(key); flag && !flag->truthy()) result.erase(key);
        if (e.status == events::Status::failed && !result.contains("failed")) result.set("failed", true);
        result.set("action", Value(e.task.action));
        plays_.back().tasks.back().hosts.set(e.host, Value(std::move(result)));
        last_ = now_text();
    }
    void message(const events::Message& e) override {
        if (e.level == events::Message::Level::warning) screen_.warning(e.text);
        else if (e.level == events::Message::Level::error) screen_.error(e.text);
    }
    void end(const events::RunEnded& e) override {
        close_task();
        List plays;
        for (auto& play : plays_) {
            List tasks;
            for (auto& task : play.tasks) tasks.push_back(Value(Map{{"task", Value(task.about)}, {"hosts", Value(task.hosts)}}));
            plays.push_back(Value(Map{{"play", Value(play.about)}, {"tasks", Value(std::move(tasks))}}));
        }
        Map stats, custom;
        for (const auto& [host, count] : e.hosts)
            stats.set(host, Value(Map{{"ok", count.ok}, {"failures", count.failed}, {"unreachable", count.unreachable}, {"changed", count.changed},
                                      {"skipped", count.skipped}, {"rescued", count.rescued}, {"ignored", count.ignored}}));
        Value global{Map{}};
        for (const auto& [host, value] : e.custom_stats)
            if (host.text_or("") == "_run") global = value;
            else custom.set(host.text_or(""), value);
        Map all{{"plays", Value(std::move(plays))}, {"stats", Value(std::move(stats))}, {"custom_stats", Value(std::move(custom))}, {"global_custom_stats", global}};
        to_stdout(sorted_json(Value(std::move(all)), {.indent = 4}) + "\n");
    }

private:
    struct Task { Map about, hosts; };
    struct Play { Map about; std::vector<Task> tasks; };

    void open(const events::TaskInfo& info) {
        if (plays_.empty()) return;
        close_task();
        task_id_ = info.id;
        plays_.back().tasks.push_back({Map{{"name", Value(info.name)}, {"id", Value(identity(++number_))}, {"path", Value(base::absolute_path(info.path))},
                                           {"duration", Value(Map{{"start", Value(now_text())}})}}, {}});
        last_ = now_text();
    }
    void close_task() {
        if (plays_.empty()) return;
        auto finish = [&](Map& about) {
            Map duration = about.find("duration")->map();
            duration.set("end", Value(last_.empty() ? now_text() : last_));
            about.set("duration", Value(std::move(duration)));
        };
        if (!plays_.back().tasks.empty()) finish(plays_.back().tasks.back().about);
        finish(plays_.back().about);
    }
    std::vector<Play> plays_;
    std::uint64_t number_ = 0, task_id_ = 0;
    std::string last_;
};

// One object a line. Every line has "type" and "time"; fields are only ever added within one major version of the format.
class JsonLines : public Reporter {
public:
    JsonLines(Screen& screen, const Settings& settings, std::FILE* out) : Reporter(screen, settings), out_(out) {}
    ~JsonLines() override { if (out_ && out_ != stdout) std::fclose(out_); }
    JsonLines(const JsonLines&) = delete;
    JsonLines& operator=(const JsonLines&) = delete;
    static constexpr const char* version = "1.0";

protected:
    void begin(const events::RunBegan& e) override {
        put("version", Map{{"format", version}, {"fprov", FPROV_VERSION}});
        put("run_began", Map{{"playbooks", Value::strings(e.playbooks)}, {"check", e.check}, {"diff", e.diff}});
    }
    void playbook(const events::PlaybookBegan& e) override { put("playbook_began", Map{{"path", Value(e.path)}}); }
    void play(const events::PlayBegan& e) override { put("play_began", Map{{"name", Value(e.name)}, {"hosts", Value::strings(e.hosts)}, {"check", e.check}}); }
    void no_hosts_matched() override { put("no_hosts_matched", {}); }
    void no_hosts_remaining() override { put("no_hosts_remaining", {}); }
    void task(const events::TaskBegan& e) override { put("task_began", with_task(e.task, {})); }
    void included(const events::Included& e) override {
        put("included", with_task(e.task, Map{{"path", Value(base::absolute_path(e.path))}, {"hosts", Value::strings(e.hosts)}, {"item", Value(e.item)}}));
    }
    void notified(const events::Notified& e) override { put("notified", with_task(e.task, Map{{"host", Value(e.host)}, {"handler", Value(e.handler)}})); }
    void finished(const events::HostFinished& e) override {
        Map fields{{"host", Value(e.host)}, {"status", status_text(e.status)}, {"ignored", e.ignored}, {"loop", e.loop}, {"seconds", e.seconds}, {"result", without_internal(e.result)}};
        if (!e.delegated_to.empty()) fields.set("delegated_to", Value(e.delegated_to));
        put("host_finished", with_task(e.task, std::move(fields)));
    }
    void item(const events::ItemFinished& e) override {
        Map fields{{"host", Value(e.host)}, {"status", status_text(e.status)}, {"ignored", e.ignored}, {"label", Value(e.label)}, {"result", without_internal(e.result)}};
        if (!e.delegated_to.empty()) fields.set("delegated_to", Value(e.delegated_to));
        put("item_finished", with_task(e.task, std::move(fields)));
    }
    void retrying(const events::Retrying& e) override { put("retrying", with_task(e.task, Map{{"host", Value(e.host)}, {"left", e.left}})); }
    void async_poll(const events::AsyncPoll& e) override { put("async_poll", with_task(e.task, Map{{"host", Value(e.host)}, {"job", Value(e.job)}, {"elapsed", e.elapsed}})); }
    void waiting(const events::Waiting& e) override { put("waiting", with_task(e.task, Map{{"hosts", Value::strings(e.hosts)}, {"seconds", e.seconds}, {"phase", Value(e.phase)}})); }
    void message(const events::Message& e) override {
        static constexpr std::array levels{"debug", "verbose", "info", "warning", "deprecated", "error"};
        if (e.verbosity > settings_.verbosity) return;
        put("message", Map{{"level", levels[static_cast<std::size_t>(e.level)]}, {"text", Value(e.text)}});
    }
    void end(const events::RunEnded& e) override {
        Map hosts;
        for (const auto& [host, count] : e.hosts)
            hosts.set(host, Value(Map{{"ok", count.ok}, {"changed", count.changed}, {"unreachable", count.unreachable}, {"failed", count.failed},
                                      {"skipped", count.skipped}, {"rescued", count.rescued}, {"ignored", count.ignored}}));
        put("run_ended", Map{{"hosts", Value(std::move(hosts))}, {"custom_stats", Value(e.custom_stats)}, {"exit_code", e.exit_code}, {"seconds", e.seconds}, {"complete", e.recap}});
    }

private:
    static const char* status_text(events::Status status) {
        static constexpr std::array names{"ok", "changed", "skipped", "failed", "unreachable"};
        return names[static_cast<std::size_t>(status)];
    }
    static Map with_task(const events::TaskInfo& info, Map fields) {
        fields.set("task", Value(Map{{"id", info.id}, {"name", Value(info.name)}, {"action", Value(info.action)}, {"path", Value(info.path.empty() ? "" : base::absolute_path(info.path))},
                                     {"handler", info.handler}, {"check", info.check}}));
        return fields;
    }
    void put(const char* type, Map fields) {
        Map line{{"type", type}, {"time", Value(now_text())}};
        for (const auto& [key, value] : fields) line.set(Value(key), value);
        if (!out_) return;
        std::string text = values::write_json(Value(std::move(line)), {.ensure_ascii = false, .compact = true}) + "\n";
        std::fwrite(text.data(), 1, text.size(), out_);
        std::fflush(out_);
    }
    std::FILE* out_;
};

}  // namespace

std::unique_ptr<Reporter> make_json(Screen& screen, const Settings& settings) { return std::make_unique<Json>(screen, settings); }
std::unique_ptr<Reporter> make_jsonl(Screen& screen, const Settings& settings) { return std::make_unique<JsonLines>(screen, settings, stdout); }
std::unique_ptr<Reporter> make_event_file(Screen& screen, const Settings& settings) {
    std::FILE* file = std::fopen(settings.event_file.c_str(), "we");
    if (!file) screen.warning("cannot write events to " + settings.event_file + ": " + std::strerror(errno));
    return std::make_unique<JsonLines>(screen, settings, file);
}

}  // namespace fprov::reporters
