// SPDX-License-Identifier: Apache-2.0
#include "executor/outcome_rules.hpp"

#include "base/text.hpp"

namespace fprov::executor {

using values::Map;
using values::Value;

void normalize_result(Map& result, bool lines_too) {
    if (lines_too) for (const char* stream : {"stdout", "stderr"}) {
        const Value* text = result.find(stream);
        std::string lines = std::string(stream) + "_lines";
        if (text && text->is_string() && !result.contains(lines)) result.set(lines, Value::strings(base::split_lines(text->string())));
    }
    if (!result.contains("failed")) {
        const Value* rc = result.find("rc");
        result.set("failed", rc && ((rc->is_int() && rc->integer() != 0) || (rc->is_string() && rc->string() != "0")));
    }
    if (!result.contains("changed")) result.set("changed", false);
}

Value failure_result(const base::Error& error) {
    std::string text = error.kind == base::Kind::undefined && !error.what.starts_with("The conditional check") && !error.what.starts_with("The task includes")
                           ? "The task includes an option with an undefined variable. The error was: " + error.what
                           : error.what;
    if (error.where) {
        std::string full = base::render(error);
        // render() repeats the sentence, which may have several lines, behind "error: ".
        text += "\n\n" + std::string(base::trim(full.substr(std::min(full.size(), error.what.size() + 8))));
    } else if (!error.hint.empty()) {
        text += ". " + error.hint;
    }
    return Value(Map{{"failed", true}, {"msg", Value(text)}});
}

Value refused(const std::string& message) {
    return Value(Map{{"failed", true}, {"changed", false}, {"msg", Value(message)}, {"exception", "NoneType: None\n"}});
}

Value started_failure(const base::Error& error) {
    Value result = failure_result(error);
    result.mutable_map().set("changed", false);
    // What Ansible tells with a traceback; its last line is shown.
    if (error.what.starts_with("AnsibleUndefinedVariable: ")) result.mutable_map().set("exception", Value("ansible.errors." + error.what));
    else if (error.what.ends_with("see the remote_src option")) result.mutable_map().set("exception", Value("ansible.errors.AnsibleFileNotFound: " + error.what));
    return result;
}

Value loop_information(const values::List& items, std::size_t i, const Value& all) {
    std::size_t n = items.size();
    Map info{{"index", i + 1}, {"index0", i}, {"first", i == 0}, {"last", i + 1 == n}, {"length", n}, {"revindex", n - i}, {"revindex0", n - i - 1}};
    if (!all.is_none()) info.set("allitems", all);
    if (i + 1 < n) info.set("nextitem", items[i + 1]);
    if (i > 0) info.set("previtem", items[i - 1]);
    return Value(std::move(info));
}

Value without_internal(const Value& result) {
    if (!result.is_map()) return result;
    Map kept;
    for (const auto& [key, value] : result.map()) {
        std::string name = key.text_or("");
        if (name.starts_with("_ansible_")) continue;
        if (name != "results" || !value.is_list()) { kept.set(key, value); continue; }
        values::List items;
        for (const Value& one : value.list()) items.push_back(without_internal(one));
        kept.set(key, Value(std::move(items)));
    }
    return Value(std::move(kept));
}

Value censor(const Value& result, bool no_log) {
    if (!no_log) return result;
    Map shown{{"censored", "the output has been hidden due to the fact that 'no_log: true' was specified for this result"}};
    for (const char* kept : {"changed", "failed", "skipped", "unreachable", "attempts", "retries"})
        if (const Value* value = result.find(kept)) if (std::string_view(kept) != "failed" || value->truthy()) shown.set(kept, *value);
    return Value(std::move(shown));
}

}  // namespace fprov::executor
