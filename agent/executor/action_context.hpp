// SPDX-License-Identifier: Apache-2.0
// The executor's side of actions::Context.
#pragma once
#include <functional>
#include "actions/action.hpp"
#include "executor/task_run.hpp"

namespace fprov::executor {

class ActionContext : public actions::Context {
public:
    ActionContext(TaskRun& task_run, bool check, bool diff, std::string delegate);
    Value render(const Value& value) override;
    bool condition(const Value& condition) override;
    Value evaluate(const std::string& expression) override;
    std::string render_template(const std::string& text, const std::string& path, const Map& extra, const Map& options) override;
    const Value* raw_variable(std::string_view name) override;
    std::string find_file(const std::string& name, const std::string& kind) override;
    base::Result<std::string> read_file(const std::string& path, bool decrypt) override;
    const std::vector<std::string>& python_path() override;
    Map read_vars(const std::string& path) override;
    actions::Target target() override;
    void set_facts(const Map& facts, bool cacheable) override;
    void include_vars(const Map& vars) override;
    void add_host(const std::string& name, const std::vector<std::string>& groups, const Map& vars, bool& changed) override;
    void group_by(const std::string& key, const std::vector<std::string>& parents, bool& changed) override;
    void set_stats(const Map& data, bool per_host, bool aggregate) override;
    std::string ask(const std::string& prompt, bool echo, double seconds, bool& interrupted) override;
    bool has_terminal() override;
    void say(const std::string& text) override;
    void warn(const std::string& text) override;
    bool works_here() override;

private:
    std::vector<std::string> owners();                  // the hosts whose variables the task sets: its own, the delegate, or all of the batch
    void change_inventory(std::function<bool(Run&)> change, bool& changed);
    TaskRun& task_run_;
    Run& run_;
    std::string delegate_;
};

}  // namespace fprov::executor
