// SPDX-License-Identifier: Apache-2.0
// Runs one play: batches of hosts in lockstep through sections, blocks and tasks.
//
// Looking ahead. While a task is in flight, the tasks behind it whose arguments need none of its results are sent too. With one host in the
// batch they form a real window: the agent runs them in order and drops the rest after a failure. With several hosts, where a later task of one
// host may count on an earlier task of another, they are asked in check mode only: "nothing to change" is their result, anything else is held back
// and run when its turn has come. A change on any host throws away what the *other* hosts answered ahead.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "executor/host_run.hpp"
#include "executor/run.hpp"
#include "executor/scope.hpp"
#include "executor/task_run.hpp"

namespace fprov::executor {

using Hosts = std::vector<HostRun*>;

class PlayRunner {
public:
    PlayRunner(Run& run, const playbook::Play& play);
    ~PlayRunner();
    /// False when the run must stop after this play (any_errors_fatal, max_fail_percentage, all hosts of a batch failed).
    bool run_play();
    bool ended_fatally() const { return fatal_; }

    Run& run() { return run_; }
    PlayState& state() { return state_; }
    const playbook::Play& play() const { return play_; }

    // for TaskRun
    std::uint64_t expect(const std::shared_ptr<TaskRun>& task_run);           // a fresh ticket whose events go to it
    void submit(std::uint32_t session, transport::TaskRequest request);
    transport::Endpoint endpoint_for(TaskScope& scope, const playbook::Task& task, const std::string& host);
    transport::Session& session_for(TaskScope& scope, const playbook::Task& task, const std::string& host, std::uint32_t& number);
    std::optional<transport::Become> become_for(TaskScope& scope, const playbook::Task& task);
    std::string login_for(TaskScope& scope, const playbook::Task& task, const std::string& host);   // empty: ssh decides
    void work(std::uint64_t ticket, std::shared_ptr<class ThreadReach> reach, std::function<Value(actions::Reach&)> job);
    void later(double seconds, const std::shared_ptr<TaskRun>& task_run, std::size_t item);
    void report_item(TaskRun& task_run, TaskRun::Item& item);
    void tell_delegate(Value& result, const std::string& delegate, const playbook::Task& task);
    std::uint32_t host_number(const std::string& name);
    bool stopping() const { return stop_; }

private:
    // play_runner.cpp
    std::vector<std::string> choose_hosts();
    std::vector<std::vector<std::string>> batches(const std::vector<std::string>& hosts);
    void run_batch(const std::vector<std::string>& names, bool last);
    void run_sections(const Hosts& hosts);
    bool take_event(double seconds);                   // timers and one event; false when nothing came
    void ask_prompts(const std::string& host);
    void load_vars_files(const std::string& host);
    void gather_facts(const Hosts& hosts);
    void refresh_alive();
    // blocks.cpp
    void run_items(const playbook::Items& items, const Hosts& hosts);
    void run_block(const playbook::Block& block, const Hosts& hosts);
    bool will_be_rescued();
    /// Whether tags leave any task of a rescue or always section: an emptied one is as good as none.
    bool has_tasks(const playbook::Items& items);
    bool fails_at_once();                              // what fails here has neither a rescue nor an always before it
    void no_debugger(const std::string& then);
    // tasks.cpp
    void run_task(const playbook::Task& task, const Hosts& hosts);
    void run_action(const playbook::Task& task, const Hosts& hosts, const events::TaskInfo& info);
    void run_meta(const playbook::Task& task, const Hosts& hosts);
    void tell_start(const std::string& name, bool handler, const HostRun& host);   // SHOW_PER_HOST_START
    void execute(const playbook::Task& task, const Hosts& hosts, events::TaskInfo info, bool for_all, bool shared = false);
    void commit(TaskRun& task_run, const Hosts& for_hosts);
    void remember_failure(HostRun& host, const Value& task, const Value& result);
    void host_failed(TaskRun& task_run, HostRun& host, bool count);
    void notify(TaskRun& task_run, HostRun& host);
    void wait_for(const std::function<bool()>& done, const events::TaskInfo& info);
    bool selected(const playbook::Task& task);
    bool wanted_by_start_at(const playbook::Task& task);
    events::TaskInfo describe(const playbook::Task& task, HostRun& host);
    Hosts active(const Hosts& hosts) const;
    void check_fatal(const playbook::Task& task, const Hosts& hosts, bool anyone_failed, bool for_all = false);
    std::uint64_t banner_of(const playbook::Task& task);
    // strategies.cpp
    void run_free(std::size_t hosts_at_once);
    void wait_for_turn(const std::function<bool()>& done);
    /// A task of one walk that runs: `forks` and `throttle` count over all walks.
    class Slot {
    public:
        Slot(PlayRunner& runner, const playbook::Task& task, std::size_t throttle);
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        ~Slot();
    private:
        PlayRunner& runner_;
        const playbook::Task& task_;
    };
    // includes.cpp
    void run_include(const playbook::Task& task, const Hosts& hosts, const events::TaskInfo& info);
    std::string find_tasks_file(const playbook::Task& task, const std::string& name);
    // handlers.cpp
    void flush_handlers(const Hosts& hosts);
    bool forces_handlers();
    // lookahead.cpp
    struct Frame { const playbook::Items* items; std::size_t next; const playbook::Block* block; int section; };
    void look_ahead(const Hosts& hosts);
    void fill(HostRun& host, const std::vector<const playbook::Task*>& upcoming, TaskRun::Mode mode);
    std::vector<const playbook::Task*> upcoming(std::size_t limit, bool real);
    bool may_flush(const std::vector<const playbook::Task*>& before, bool real) const;
    void collect(const playbook::Items& items, std::size_t from, std::vector<const playbook::Task*>& out, std::size_t limit, bool real, bool& stop);
    std::shared_ptr<TaskRun> take_ahead(HostRun& host, const playbook::Task& task);
    void drop_ahead(HostRun& host);
    void mark_pending(HostRun& host, const TaskRun* current);

    Run& run_;
    const playbook::Play& play_;
    PlayState state_;
    std::map<std::string, std::unique_ptr<HostRun>> hosts_;
    Hosts batch_;
    bool stop_ = false;             // no further task in this play
    bool fatal_ = false;            // nor in later plays
    /// Where somebody stands in the play. Linear: the whole batch together; free and host_pinned: each host for itself.
    struct Walk {
        std::vector<Frame> frames;
        int depth = 0;
        int flushing = 0;                             // handlers run: nothing is rescued in there
        std::vector<const playbook::Task*> current;   // tasks whose results are still awaited
    };
    Walk together_;
    Walk* walk_ = &together_;
    // free and host_pinned (strategies.cpp)
    bool free_ = false, aborted_ = false;
    std::mutex turn_;                                 // held by the one walk that runs
    std::condition_variable turn_changed_;
    std::size_t busy_ = 0;                            // walks in a task
    std::unordered_map<const playbook::Task*, std::size_t> busy_with_;
    std::unordered_map<const playbook::Task*, std::uint64_t> banners_;
    std::unordered_map<const playbook::Task*, bool> selected_;
    std::unordered_map<const playbook::Items*, bool> has_tasks_;
    std::map<std::pair<const playbook::Task*, std::string>, std::shared_ptr<playbook::Task>> named_;   // tasks whose action's name is a template
    std::unordered_map<std::uint64_t, std::weak_ptr<TaskRun>> tickets_;
    std::unordered_map<std::uint64_t, std::shared_ptr<ThreadReach>> reaches_;
    struct Timer { std::chrono::steady_clock::time_point when; std::weak_ptr<TaskRun> run; std::size_t item; };
    std::vector<Timer> timers_;
    std::vector<std::thread> threads_;
    std::unordered_map<std::uint64_t, std::uint32_t> ticket_sessions_;
    bool start_reached_ = true;
    std::map<std::string, std::shared_ptr<playbook::Block>> included_;   // blocks of dynamic includes stay alive for the play
    std::vector<std::shared_ptr<playbook::Block>> kept_;
    bool stepping_ = false;
};

}  // namespace fprov::executor
