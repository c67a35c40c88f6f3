// SPDX-License-Identifier: Apache-2.0
// What a reporter is: a reader of events that writes for people or machines. The table below names them all, by Ansible's callback names.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "reporters/screen.hpp"

namespace fprov::reporters {

using values::List;
using values::Map;
using values::Value;

struct Settings {
    int verbosity = 0;
    int diff_context = 3;
    bool show_skipped = true, show_ok = true;
    bool failed_to_stderr = false;
    bool check_markers = false;
    bool show_custom_stats = false;
    bool show_path_on_failure = false;
    bool show_warnings = true;               // ACTION_WARNINGS
    bool show_arguments = false;             // DISPLAY_ARGS_TO_STDOUT
    std::string result_format = "json";      // or yaml
    std::optional<bool> pretty_results;
    std::string tree_directory;              // ~/.ansible/tree
    std::string log_directory = "/var/log/ansible/hosts";
    std::string junit_directory = "~/.ansible.log";
    std::string event_file;                  // EVENTS_FILE: what jsonl prints, beside the reporter that owns the screen
    bool adhoc = false;
};

/// One method per event; all do nothing unless overridden.
class Reporter : public events::Sink {
public:
    Reporter(Screen& screen, const Settings& settings) : screen_(screen), settings_(settings) {}
    void on(const events::Event& event) final;

protected:
    virtual void begin(const events::RunBegan&) {}
    virtual void playbook(const events::PlaybookBegan&) {}
    virtual void play(const events::PlayBegan&) {}
    virtual void no_hosts_matched() {}
    virtual void no_hosts_remaining() {}
    virtual void task(const events::TaskBegan&) {}
    virtual void included(const events::Included&) {}
    virtual void notified(const events::Notified&) {}
    virtual void finished(const events::HostFinished&) {}
    virtual void item(const events::ItemFinished&) {}
    virtual void retrying(const events::Retrying&) {}
    virtual void async_poll(const events::AsyncPoll&) {}
    virtual void progress(const events::Progress&) {}
    virtual void waiting(const events::Waiting&) {}
    virtual void message(const events::Message&) {}
    virtual void playbook_end(const events::RunEnded&) {}   // the totals so far; another playbook follows
    virtual void end(const events::RunEnded&) {}
    Screen& screen_;
    const Settings& settings_;
};

enum class Role : std::uint8_t { output, extra };   // the one that owns stdout, or one that stands beside it
struct Kind {
    std::string_view name;                          // short name
    std::string_view collection;                    // "ansible.builtin", "community.general" … also accepted in front of the name
    Role role;
    bool machine;                                   // stdout holds nothing else
    std::string_view summary;
    std::unique_ptr<Reporter> (*make)(Screen&, const Settings&);
};
std::span<const Kind> table();                      // sorted by name
const Kind* find(std::string_view name);            // short name or with its collection

/// Hands every event to all reporters.
class Fan : public events::Sink {
public:
    void add(std::unique_ptr<events::Sink> sink) { sinks_.push_back(std::move(sink)); }
    void on(const events::Event& event) override { for (auto& sink : sinks_) sink->on(event); }
private:
    std::vector<std::unique_ptr<events::Sink>> sinks_;
};

std::unique_ptr<Reporter> make_console(Screen&, const Settings&);
std::unique_ptr<Reporter> make_yaml(Screen&, const Settings&);
std::unique_ptr<Reporter> make_minimal(Screen&, const Settings&);
std::unique_ptr<Reporter> make_oneline(Screen&, const Settings&);
std::unique_ptr<Reporter> make_json(Screen&, const Settings&);
std::unique_ptr<Reporter> make_jsonl(Screen&, const Settings&);
std::unique_ptr<Reporter> make_event_file(Screen&, const Settings&);
std::unique_ptr<Reporter> make_junit(Screen&, const Settings&);
std::unique_ptr<Reporter> make_timer(Screen&, const Settings&);
std::unique_ptr<Reporter> make_profile_tasks(Screen&, const Settings&);
std::unique_ptr<Reporter> make_profile_roles(Screen&, const Settings&);
std::unique_ptr<Reporter> make_tree(Screen&, const Settings&);
std::unique_ptr<Reporter> make_log_plays(Screen&, const Settings&);

}  // namespace fprov::reporters
