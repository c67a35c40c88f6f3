// SPDX-License-Identifier: Apache-2.0
// From a task frame to its reply: windows, looking ahead, check mode, contents, results of bounded size.
#pragma once
#include <string>

#include "machine/machine.hpp"
#include "modules/module.hpp"
#include "runtime/identity.hpp"
#include "runtime/worker.hpp"

namespace fprov::runtime {

/// Makes a result small enough to travel: texts beyond the limits keep their beginning and get a marker that says how much is missing.
values::Value bounded(const values::Value& result, std::size_t text_limit = 4u << 20, std::size_t total_limit = 24u << 20);
/// Environment of a task as texts.
std::map<std::string, std::string> read_environment(const values::Value* value);
/// Runs the module of a task frame once, with everything a failure can be turned into a result; no window, no contents.
/// `need_content`: it needs its file's bytes; in check mode, that "unchanged" is not all there is to do (Outcome::not_idle).
values::Value run_once(machine::Machine& machine, const values::Value& task, bool check, const std::function<void(std::string_view)>& progress,
                       bool& need_content, const std::string& source = {});

class Dispatcher {
public:
    Dispatcher(machine::Machine& machine, Line& line, std::string temp, const Identity& identity)
        : machine_(machine), line_(line), temp_(std::move(temp)), identity_(identity) {}
    void run(const values::Value& task);

private:
    void reply(std::int64_t id, const char* state, values::Value result);
    values::Value perform(const values::Value& task, std::int64_t id);

    machine::Machine& machine_;
    Line& line_;
    std::string temp_;
    const Identity& identity_;
    std::int64_t window_ = -1;
    bool broken_ = false;   // a task of this window failed or was held
    std::int64_t broken_by_ = 0;   // its group: other calls of the same task (loop items, retries) still run
};

}  // namespace fprov::runtime
