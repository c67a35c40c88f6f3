// SPDX-License-Identifier: Apache-2.0
#include "reporters/results.hpp"

#include <algorithm>
#include <array>

#include "reporters/unified_diff.hpp"
#include "values/python.hpp"

namespace fprov::reporters {
namespace {

bool truthy(const Value& result, std::string_view key) {
    const Value* value = result.find(key);
    return value && value->truthy();
}

// What debug keeps to itself when it shows a variable.
constexpr std::array debug_hides{"changed", "failed", "skipped", "invocation", "skip_reason", "warnings", "deprecations"};

}  // namespace

std::string action_name(const events::TaskInfo& task) {
    auto dot = task.action.rfind('.');
    return dot == std::string::npos ? task.action : task.action.substr(dot + 1);
}
bool is_debug(const events::TaskInfo& task) { return action_name(task) == "debug"; }
bool is_include(const events::TaskInfo& task) {
    static constexpr std::array names{"include", "include_role", "include_tasks"};
    return std::find(names.begin(), names.end(), action_name(task)) != names.end();
}

bool is_verbose_always(const Value& result) { return truthy(result, "_ansible_verbose_always"); }

bool shown_at(const Value& result, const events::TaskInfo& task, int verbosity, int above) {
    std::string action = action_name(task);
    bool own = truthy(result, "_ansible_verbose_override") || ((action == "setup" || action == "gather_facts") && !truthy(result, "failed"));
    return (verbosity > above || is_verbose_always(result)) && !own;
}

Map cleaned(const Value& result, const events::TaskInfo& task) {
    if (!result.is_map()) return Map{{"result", result}};
    Map out = result.map();
    for (const char* key : {"failed", "skipped"}) out.erase(key);
    for (const char* key : {"warnings", "deprecations"})
        if (truthy(result, key)) out.erase(key);   // told besides; an empty list stays
    if (!is_debug(task)) return out;
    if (out.contains("msg") && !truthy(result, "skipped")) {   // its message stands alone
        Map alone;
        for (const auto& [key, value] : out)
            if (key.string() == "msg" || key.string() == "exception" || key.string().starts_with("_")) alone.set(key.string(), value);
        return alone;
    }
    for (const char* key : debug_hides) out.erase(key);
    return out;
}

Value without_internal(const Value& value) {
    if (!value.is_map()) return value;
    Map out;
    for (const auto& [key, inner] : value.map()) {
        if (key.is_string() && key.string().starts_with("_ansible_")) continue;
        if (inner.is_map()) out.set(Value(key), without_internal(inner));
        else if (inner.is_list()) {
            List list;
            for (const Value& one : inner.list()) list.push_back(without_internal(one));
            out.set(Value(key), Value(std::move(list)));
        } else out.set(Value(key), inner);
    }
    return Value(std::move(out));
}

std::string sorted_json(const Value& value, values::JsonStyle style) {
    style.sort_keys = true;
    try {
        return values::write_json(value, style);
    } catch (const base::Failure&) {   // keys of several types have no order, as in Python
        style.sort_keys = false;
        return values::write_json(value, style);
    }
}

std::string dumped(const Map& result, const Value& whole, const Settings& settings, int indent) {
    bool pretty = is_verbose_always(whole) || settings.verbosity > 2 || settings.pretty_results.value_or(false);
    if (settings.pretty_results && !*settings.pretty_results) pretty = false;
    if (indent <= 0 && pretty) indent = 4;
    Map shown = without_internal(Value(Map(result))).map();
    if (settings.verbosity < 3) for (const char* key : {"invocation", "diff", "exception"}) shown.erase(key);
    if (settings.result_format == "yaml") {
        for (const char* stream : {"stdout", "stderr"})
            if (std::string lines = std::string(stream) + "_lines"; shown.contains(stream) && shown.contains(lines)) shown.set(lines, "<omitted>");
        std::string text = to_readable_yaml(Value(std::move(shown)), 4), out = "\n";
        bool line_start = true;
        for (char c : text) {
            if (line_start && c != '\n') out += "    ";
            out += c;
            line_start = c == '\n';
        }
        while (out.ends_with('\n')) out.pop_back();
        return out;
    }
    return sorted_json(Value(std::move(shown)), {.indent = indent, .ensure_ascii = false});
}

std::string host_label(const std::string& host, const std::string& delegated_to, const Value& result) {
    if (delegated_to.empty() || delegated_to == host) return host;
    std::string label = host + " -> " + delegated_to;
    if (const Value* delegate = result.find("_ansible_delegated_vars"))
        if (const Value* address = delegate->find("ansible_host"); address && address->is_string() && address->string() != delegated_to)
            label += "(" + address->string() + ")";
    return label;
}

namespace {

std::string side(const Value& value) {
    if (value.is_none()) return {};
    if (value.is_map() || value.is_list()) return sorted_json(value, {.indent = 4}) + "\n";
    return values::str(value);
}

std::string one_diff(const Value& diff, const Settings& settings, const Screen& screen) {
    std::string out;
    if (diff.find("dst_binary")) out += "diff skipped: destination file appears to be binary\n";
    if (diff.find("src_binary")) out += "diff skipped: source file appears to be binary\n";
    if (const Value* limit = diff.find("dst_larger")) out += "diff skipped: destination file size is greater than " + values::str(*limit) + "\n";
    if (const Value* limit = diff.find("src_larger")) out += "diff skipped: source file size is greater than " + values::str(*limit) + "\n";
    const Value* before = diff.find("before");
    const Value* after = diff.find("after");
    if (before && after) {
        auto header = [&](const char* key, std::string name) {
            const Value* text = diff.find(key);
            return text && text->truthy() ? name + ": " + values::str(*text) : name;
        };
        auto lines = [](const Value& value) {
            auto all = lines_with_ends(side(value));
            if (!all.empty() && !all.back().ends_with('\n')) all.back() += "\n\\ No newline at end of file\n";
            return all;
        };
        auto difference = unified_diff(lines(*before), lines(*after), header("before_header", "before"), header("after_header", "after"), settings.diff_context);
        for (const auto& line : difference) {
            Colour colour = line.starts_with('+') ? Colour::diff_add : line.starts_with('-') ? Colour::diff_remove : line.starts_with('@') ? Colour::diff_lines : Colour::none;
            out += screen.paint(line, colour);
        }
        if (!difference.empty()) out += "\n";
    }
    if (const Value* prepared = diff.find("prepared")) out += values::str(*prepared);
    return out;
}

}  // namespace

std::string diff_text(const Value& diff, const Settings& settings, const Screen& screen) {
    std::string out;
    if (diff.is_sequence()) for (const Value& one : diff.list()) out += one_diff(one, settings, screen);
    else if (diff.is_map()) out += one_diff(diff, settings, screen);
    return out;
}

}  // namespace fprov::reporters
