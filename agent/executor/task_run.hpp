// SPDX-License-Identifier: Apache-2.0
// One task on one host: expands the loop, checks conditions, renders arguments, sends module calls and applies the rules to what comes back.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.hpp"
#include "events/event.hpp"
#include "executor/host_run.hpp"
#include "executor/scope.hpp"

namespace fprov::executor {

class PlayRunner;

class TaskRun : public std::enable_shared_from_this<TaskRun> {
public:
    /// turn: everything may happen. window: sent ahead, runs for real after its predecessors, dropped when one fails.
    /// lookahead: sent ahead, counts only when nothing would change.
    enum class Mode { turn, window, lookahead };

    struct Item {
        Value value;                   // the loop item
        std::size_t index = 0;
        bool done = false, started = false;
        events::Status status = events::Status::ok;
        std::string label, delegated_to;
        Value result;
        int attempts = 1;
        std::uint64_t ticket = 0;
        double began = 0;
        std::function<Value(Value)> finish;   // of a Remote plan
        std::function<std::shared_ptr<actions::Remote>(const Value&)> follow;
        std::shared_ptr<const Map> invocation;   // arguments of the module that was sent, where the result tells them
        std::string sent_to;                     // that module
        bool reported = false;
        bool hidden = false;                     // no_log, of this item of a loop
        std::shared_ptr<const Map> arguments;    // of the first attempt, with until
        std::string label_problem;               // loop_control.label cannot be rendered
    };

    TaskRun(PlayRunner& runner, HostRun& host, const playbook::Task& task, Mode mode, std::uint64_t window, events::TaskInfo info);
    ~TaskRun();

    /// Evaluates and sends what can be sent. Outside of `turn` mode it throws variables::Pending (nothing was sent), or NotAhead.
    void start();
    void on_event(transport::Event& event);
    void retry_now(std::size_t item);
    bool finished() const { return finished_; }
    /// Held or dropped by the agent: has to be run again when its turn has come.
    bool lost_turn() const { return lost_turn_; }
    /// Whether more will be sent for it, or elsewhere, or whether (with `judged`) its end is judged here: nothing may go past it then.
    bool holds_back(bool judged) const;
    bool unreachable_seen() const { return status_ == events::Status::unreachable; }
    Mode mode() const { return mode_; }

    const playbook::Task& task() const { return task_; }
    HostRun& host() { return host_; }
    const events::TaskInfo& info() const { return info_; }
    events::Status status() const { return status_; }
    bool ignored() const { return ignored_; }
    bool is_loop() const { return loop_; }
    /// Is the result as a whole not to be shown? (One item that did something in secret hides it.)
    bool hidden() const;
    const Value& result() const { return result_; }
    std::vector<Item>& items() { return items_; }
    const std::string& delegated_to() const { return delegated_to_; }
    double seconds() const { return seconds_; }
    /// Its turn has come: what was answered ahead is judged now, with all results of its predecessors in place.
    void take_turn(events::TaskInfo info);
    TaskScope& scope() { return scope_; }
    void enter(const Item& item);                      // loop variables of an item, for templates
    Map loop_variables(const Item& item);              // as its result shows them, too
    PlayRunner& runner() { return runner_; }

private:
    friend class ActionContext;
    bool prepare_items();                              // false: finished already (skipped, failed, empty)
    void advance();
    void start_item(Item& item);
    void dispatch(Item& item, actions::Plan plan, const std::string& delegate);
    void poll_async(Item& item, actions::Plan& plan);
    void tell_invocation(Item& item, const actions::Remote& remote);
    std::int64_t background_seconds();   // async
    Map render_arguments();
    void finish_item(Item& item, Value result);
    void skip_item(Item& item, const std::string& reason);
    void fail_item(Item& item, Value result);
    void abort_item(Item& item, const base::Error& error);
    /// What a task does to variables (once all of it has succeeded) or to the inventory (once the item has). It waits only where failed_when may judge it.
    void take_effect(std::function<void()> on_variables);
    void take_effect_on_inventory(std::function<bool()> change, bool& changed);
    void apply_rules(Item& item);
    void finish();
    void finish_now(Value result);                     // the whole task, without items
    bool sequential() const;
    bool flag(std::string_view keyword, bool other);
    std::string label_of(Item& item);
    transport::TaskRequest request(Item& item, actions::Remote& plan, TaskScope& connection, const std::string& delegate);

    PlayRunner& runner_;
    HostRun& host_;
    const playbook::Task& task_;
    Mode mode_;
    std::uint64_t window_, group_ = 0;
    struct Unsent { std::uint32_t session; transport::TaskRequest request; };
    std::vector<Unsent> unsent_;                       // ahead of the turn: sent when all items are known to be good
    std::optional<bool> hidden_;                       // decided by the item that ended the loop
    std::optional<base::Error> aborted_;               // a loop whose conditions or arguments cannot be rendered for an item
    std::size_t reported_ = 0;                         // items shown, in their order
    void report_items();
    events::TaskInfo info_;
    TaskScope scope_;
    std::vector<Item> items_;
    std::size_t next_ = 0;
    std::size_t in_flight_ = 0;
    bool in_turn_;
    std::vector<transport::Event> early_;              // answers from before its turn
    bool loop_ = false, finished_ = false, lost_turn_ = false, ignored_ = false, any_threaded_ = false;
    bool paused_ = false;                              // loop_control.pause
    std::string loop_var_ = "item", index_var_, delegated_to_;
    std::string register_{};               // of a loop: the variable that every item's result goes to
    bool reads_register_ = false, label_reads_register_ = false;   // then an item waits for the one before it
    std::optional<List> all_items_;                    // for ansible_loop: empty without loop_control.extended
    Value all_items_value_{};
    Value loop_control_;
    std::vector<std::function<void()>> effects_;       // those that wait for the end
    std::function<bool()> change_of_inventory_;        // … for the item's result
    std::optional<base::Error> loop_error_;
    events::Status status_ = events::Status::ok;
    Value result_;
    double began_ = 0, seconds_ = 0;
};

/// This task cannot be started ahead of its turn.
struct NotAhead {};

}  // namespace fprov::executor
