// SPDX-License-Identifier: Apache-2.0
// Tests on registered results: is failed, is changed, is skipped …
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace tests {
namespace {

const Map& result_of(Call& call, const char* test) {
    require_defined(call[0], call.place);
    if (!call[0].is_map()) fail(call, std::string("The '") + test + "' test expects a dictionary");
    return call[0].map();
}

bool truth(const Map& result, std::string_view key, bool otherwise = false) {
    const Value* value = result.find(key);
    return value ? value->truthy() : otherwise;
}

bool failed(Call& call) { return truth(result_of(call, "failed"), "failed"); }
bool success(Call& call) { return !truth(result_of(call, "success"), "failed"); }
bool unreachable(Call& call) { return truth(result_of(call, "unreachable"), "unreachable"); }
bool reachable(Call& call) { return !truth(result_of(call, "reachable"), "unreachable"); }
bool skipped(Call& call) { return truth(result_of(call, "skipped"), "skipped"); }

bool timedout(Call& call) {
    const Value* period = result_of(call, "timedout").find("timedout");
    return period && period->is_map() && truth(period->map(), "period");
}

bool changed(Call& call) {
    const Map& result = result_of(call, "changed");
    if (const Value* value = result.find("changed")) return value->truthy();
    const Value* results = result.find("results");
    if (!results || !results->is_sequence()) return false;
    for (const auto& one : results->list())
        if (one.is_map() && truth(one.map(), "changed")) return true;
    return false;
}

bool started(Call& call) {
    const Value* value = result_of(call, "started").find("started");
    return !value || value->truthy();
}
bool finished(Call& call) {
    const Value* value = result_of(call, "finished").find("finished");
    return !value || value->truthy();
}

constexpr jinja::Test rows[] = {
    {"change", "result", changed, false, "The task changed something"},
    {"changed", "result", changed, false, "The task changed something"},
    {"failed", "result", failed, false, "The task failed"},
    {"failure", "result", failed, false, "The task failed"},
    {"finished", "result", finished, false, "The asynchronous task has ended"},
    {"reachable", "result", reachable, false, "The host was reached"},
    {"skip", "result", skipped, false, "The task was skipped"},
    {"skipped", "result", skipped, false, "The task was skipped"},
    {"started", "result", started, false, "The asynchronous task has begun"},
    {"succeeded", "result", success, false, "The task did not fail"},
    {"success", "result", success, false, "The task did not fail"},
    {"successful", "result", success, false, "The task did not fail"},
    {"timedout", "result", timedout, false, "The task ran out of time"},
    {"unreachable", "result", unreachable, false, "The host was not reached"},
};

}  // namespace

std::span<const jinja::Test> results() { return rows; }

}  // namespace tests
}  // namespace fprov::dialect
