// SPDX-License-Identifier: Apache-2.0
// What a task's templates see: variables of all levels rendered on access, and Ansible's magic variables.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "dialect/scope.hpp"
#include "executor/run.hpp"
#include "jinja/environment.hpp"
#include "variables/store.hpp"

namespace fprov::executor {

/// Facts about the running play that magic variables tell.
struct PlayState {
    const playbook::Play* play = nullptr;
    std::string name;
    std::vector<std::string> all_hosts;      // ansible_play_hosts_all
    std::vector<std::string> batch;          // hosts of the running batch, failed ones included
    std::vector<std::string> alive;          // ansible_play_hosts, ansible_play_batch
};

class TaskScope : public dialect::RawScope {
public:
    TaskScope(Run& run, const PlayState* play, const std::string& host, const playbook::Task* task, const playbook::Block* block = nullptr);
    TaskScope(const TaskScope& other);

    std::optional<Value> lookup(std::string_view name) const override;
    std::vector<std::string> names() const override;
    std::string explain(std::string_view name) const override;

    const Value* raw(std::string_view name) const override;
    void set_local(std::string_view name, Value value) { view_.local.set(name, std::move(value)); forget(); }
    void erase_local(std::string_view name) { view_.local.erase(name); forget(); }
    /// Rendered values are kept until something changes.
    void forget();
    void watch_pending(bool on, bool anywhere = false) { view_.watch_pending = on; view_.watch_anywhere = anywhere; forget(); }
    /// ansible_host of a host that has none in its variables is where the task goes.
    void set_delegate(const std::string& name) { delegate_ = name; forget(); }
    bool watching() const { return view_.watch_pending; }
    const std::string& host() const { return host_; }
    Run& run() const { return run_; }
    const PlayState* play() const { return play_; }
    const playbook::Task* task() const { return task_; }

private:
    std::optional<Value> magic(std::string_view name) const;
    Run& run_;
    const PlayState* play_;
    std::string host_, delegate_;
    const playbook::Task* task_;
    const playbook::Block* block_;
    variables::View view_;
    mutable std::unordered_map<std::string, Value> magic_;      // magic variables asked for so far
    mutable std::unique_ptr<dialect::VariableScope> rendered_;
};

}  // namespace fprov::executor
