// SPDX-License-Identifier: Apache-2.0
// One invocation: options, inventory, variables, connections and counters that all plays share.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "dialect/templar.hpp"
#include "events/event.hpp"
#include "inventory/inventory.hpp"
#include "playbook/loader.hpp"
#include "spec/argument.hpp"
#include "transport/session.hpp"
#include "variables/store.hpp"
#include "vault/vault.hpp"

namespace fprov::executor {

using values::List;
using values::Map;
using values::Value;

struct Options {
    bool check = false, diff = false;
    int verbosity = 0;
    int forks = 0;                               // 0: as many hosts at once as there are
    std::string limit;
    std::vector<std::string> tags{"all"}, skip_tags;
    std::string start_at_task;
    bool step = false, force_handlers = false;
    bool show_arguments = false, show_starts = false;   // DISPLAY_ARGS_TO_STDOUT, SHOW_PER_HOST_START
    std::string remote_user, connection, ssh_arguments;
    std::vector<std::string> private_key_files;
    bool become = false;
    std::string become_method, become_user, become_exe, become_flags;   // empty: default
    std::string shell = "/bin/sh", fact_path;
    std::optional<std::string> become_password, connection_password;
    int timeout = 10;
    bool host_key_checking = true;
    std::string remote_tmp;
    int remote_port = 0;
    std::string gathering = "implicit";          // implicit, explicit, smart
    std::vector<std::string> gather_subset;
    int gather_timeout = 10;
    bool any_errors_fatal = false;
    bool error_on_missing_handler = true;
    bool jinja2_native = false;
    bool no_log = false;
    double task_timeout = 0;
    std::string strategy = "linear";
    int lookahead = 64;                          // tasks in flight ahead of their turn; 0 turns looking ahead off
    std::string config_file;
    std::vector<std::string> inventory_sources;
    Map config;                                  // for lookup('config')
};

class Run {
public:
    Run(Options options, inventory::Inventory& inventory, variables::Store& store, playbook::Loader& loader, dialect::Templar& templar,
        std::shared_ptr<const vault::Secrets> secrets, events::Sink& sink, transport::HostKeyGate* gate);
    ~Run();

    /// Runs all plays; Ansible's exit code (0, 1, 2, 4, 99). Errors that end the run are thrown as base::Failure after what was reported.
    int play_all(const std::vector<playbook::Playbook>& books, const std::vector<std::string>& names);

    Options options;
    inventory::Inventory& inventory;
    variables::Store& store;
    playbook::Loader& loader;
    dialect::Templar& templar;
    std::shared_ptr<const vault::Secrets> secrets;
    events::Sink& sink;
    transport::HostKeyGate* gate;

    std::map<std::string, events::Counters> counters;
    std::set<std::string> failed, unreachable;   // hosts that are out of the run
    Map custom_stats;
    std::uint64_t next_banner = 0;
    /// Numbers of windows never come again within a run: an agent remembers which of them failed, also over plays.
    std::uint64_t new_window() { return ++windows_; }
    std::atomic<std::uint64_t> next_ticket = 0;
    std::shared_ptr<transport::Inbox> inbox = std::make_shared<transport::Inbox>();
    Value groups_variable;                       // `groups`, rebuilt when the inventory changes
    void refresh_groups();

    /// The session for a host's endpoint; opened on first use. Sessions with equal endpoints are shared.
    transport::Session& session(const std::string& host, const transport::Endpoint& endpoint, std::uint32_t& number);
    transport::Session& session_by_number(std::uint32_t number) { return *sessions_[number].session; }
    std::string session_host(std::uint32_t number) const { return number < sessions_.size() ? sessions_[number].host : std::string(); }
    void forget_session(std::uint32_t number);
    bool told_no_debugger = false;
    void emit(events::Event event) { sink.on(event); }

    // What only a person can answer; given by the command line.
    struct Questions {
        std::function<std::string(const std::string& prompt, bool echo)> ask;          // one line; empty without a terminal
        std::function<std::string(const std::string& prompt, bool echo, double seconds, bool& interrupted)> pause;
        bool terminal = false;
    } questions;
    std::string ask_line(const std::string& prompt);
    Value ask_variable(const std::string& name, const std::string& prompt, const std::optional<std::string>& fallback, bool hidden, bool confirm,
                       const std::string& encrypt, const std::string& salt, bool unsafe);
    std::function<inventory::Inventory()> inventory_loader;    // meta: refresh_inventory
    void reload_inventory();

private:
    struct Open { std::string host; transport::Endpoint endpoint; std::shared_ptr<transport::Session> session; bool open = true; };
    std::vector<Open> sessions_;
    std::uint64_t windows_ = 0;
    std::unordered_multimap<std::string, std::uint32_t> by_host_;
};

/// Thrown when the user ends the run (Ctrl-C): exit code 99.
struct Interrupted {};

/// Set by the signal handler of the program: the run ends after what is in flight.
extern volatile bool interrupted;

}  // namespace fprov::executor
