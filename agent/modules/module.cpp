// SPDX-License-Identifier: Apache-2.0
#include "modules/module.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "modules/support/ownership.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

constexpr std::string_view masked = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

void collect_secrets(std::span<const Arg> args, const Value& given, std::vector<std::string>& out) {
    if (given.is_sequence()) {
        for (const auto& item : given.list()) collect_secrets(args, item, out);
        return;
    }
    if (!given.is_map()) return;
    auto add = [&](const auto& self, const Value& value) -> void {
        if (value.is_none() || value.is_bool()) return;
        if (value.is_map()) { for (const auto& entry : value.map()) self(self, entry.value); return; }
        if (value.is_sequence()) { for (const auto& item : value.list()) self(self, item); return; }
        std::string text = values::str(value);
        if (!text.empty()) out.push_back(std::move(text));
    };
    for (const auto& arg : args) {
        auto look = [&](std::string_view name) {
            const Value* value = given.find(name);
            if (!value) return;
            if (arg.secret) add(add, *value);
            else if (!arg.suboptions.empty()) collect_secrets(arg.suboptions, *value, out);
        };
        look(arg.name);
        if (!arg.aliases.empty())
            for (const auto& alias : base::split(arg.aliases, '|')) look(alias);
    }
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
    for (const auto& secret : secrets) {
        if (text == secret) return std::string(masked);
        text = base::replace_all(std::move(text), secret, "********");
    }
    return text;
}

Value without_secrets(const Value& value, const std::vector<std::string>& secrets) {
    if (value.is_string()) {
        std::string clean = without_secrets(value.string(), secrets);
        return clean == value.string() ? value : Value(std::move(clean));
    }
    if (value.is_sequence()) {
        List list;
        for (const auto& item : value.list()) list.push_back(without_secrets(item, secrets));
        return value.is_tuple() ? Value::tuple(std::move(list)) : Value(std::move(list));
    }
    if (value.is_map()) {
        Map map;
        for (const auto& entry : value.map()) map.set(entry.key, without_secrets(entry.value, secrets));
        return Value(std::move(map));
    }
    return value;
}

void hide_secrets(Outcome& outcome, std::vector<std::string> secrets) {
    if (secrets.empty()) return;
    std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });   // longest first
    outcome.msg = without_secrets(std::move(outcome.msg), secrets);
    for (auto* map : {&outcome.fields, &outcome.facts})
        for (auto& entry : *map) entry.value = without_secrets(entry.value, secrets);
    for (auto& item : outcome.diff) item = without_secrets(item, secrets);
    for (auto& text : outcome.warnings) text = without_secrets(std::move(text), secrets);
}

/// The name in messages. Ansible calls these through an action of its own, whatever the task wrote.
std::string told_name(const Module& module, const Context& context) {
    static constexpr struct { std::string_view name, told; } behind_actions[] = {
        {"assemble", "ansible.legacy.assemble"}, {"command", "ansible.legacy.command"}, {"copy", "ansible.legacy.copy"},
        {"shell", "ansible.legacy.command"},     {"unarchive", "ansible.legacy.unarchive"}, {"uri", "ansible.legacy.uri"},
    };
    for (const auto& row : behind_actions)
        if (row.name == module.name) return std::string(row.told);
    return context.module_name.empty() ? std::string(module.name) : context.module_name;
}

/// Ansible tells owner, mode and size of whatever file a result names.
void add_file_details(Outcome& outcome, Context& context) {
    const Value* path = outcome.fields.find("path");
    if (!path) path = outcome.fields.find("dest");
    if (path && path->is_string() && context.machine.exists(path->string())) add_file_fields(context, std::string(path->string()), outcome.fields);
}

}  // namespace

Outcome failure(std::string msg) {
    Outcome outcome;
    outcome.failed = true;
    outcome.msg = std::move(msg);
    return outcome;
}

Outcome failure(const base::Error& error) { return failure(error.hint.empty() ? error.what : error.what + " (" + error.hint + ")"); }

void fail(std::string msg) { throw ModuleFailure{failure(std::move(msg))}; }
void fail(const base::Error& error) { throw ModuleFailure{failure(error)}; }
void fail(std::string msg, Map fields) {
    Outcome outcome = failure(std::move(msg));
    outcome.fields = std::move(fields);
    throw ModuleFailure{std::move(outcome)};
}

base::Result<base::Finished> Context::run(base::Command command, bool c_locale) {
    for (const auto& [name, value] : environment) command.environment.try_emplace(name, value);
    if (c_locale)   // what is parsed must speak one language, whatever the task's environment says
        for (const char* name : {"LANG", "LC_ALL", "LC_MESSAGES"}) command.environment[name] = "C";
    return machine.run(command);
}

base::Finished Context::must_run(std::vector<std::string> argv, bool check_rc, std::string input) {
    base::Command command;
    command.argv = argv;
    command.input = std::move(input);
    auto finished = run(std::move(command));
    std::vector<std::string> quoted;
    for (const auto& word : argv) quoted.push_back(base::shell_quote(word));
    Map fields{{"cmd", base::join(quoted, " ")}};
    if (!finished) {
        fields.set("rc", finished.error().kind == base::Kind::not_found ? 2 : 257);
        fail(finished.error().what, std::move(fields));
    }
    if (check_rc && finished->code != 0) {
        std::string text(finished->error_output);
        while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
        fields.set("rc", finished->code);
        fields.set("stdout", finished->output);
        fields.set("stderr", finished->error_output);
        fail(text.empty() ? "'" + base::join(quoted, " ") + "' ended with code " + std::to_string(finished->code) : text, std::move(fields));
    }
    return *finished;
}

std::vector<Arg> all_args(const Module& module) {
    std::vector<Arg> out(module.args.begin(), module.args.end());
    auto has = [&](std::string_view name) { return std::any_of(out.begin(), out.end(), [&](const Arg& arg) { return arg.name == name; }); };
    if (module.file_common)
        for (const auto& arg : spec::file_common_args())
            if (!has(arg.name)) out.push_back(arg);
    if (module.more_args)
        for (const auto& arg : module.more_args()) out.push_back(arg);
    if (module.free_form && !has("_raw_params")) out.push_back(Arg{.name = "_raw_params", .help = "The free-form text"});
    return out;
}

static void reduce_diff(UnaskedDiff what, Outcome& outcome) {
    if (what == UnaskedDiff::all) return;
    if (what == UnaskedDiff::nothing) return outcome.diff.clear();
    for (Value& one : outcome.diff)
        for (const char* side : {"before", "after"}) if (one.find(side)) one.mutable_map().set(side, "");
}

Outcome run_module(const Module& module, const Map& given, Context& context) {
    auto args = all_args(module);
    Outcome outcome;
    std::vector<std::string> warnings, secrets;
    try {
        auto checked = spec::check(told_name(module, context), args, module.rules, given);
        warnings = std::move(checked.warnings);
        collect_secrets(args, Value(given), secrets);
        collect_secrets(args, Value(checked.args.map()), secrets);
        if (!checked.errors.empty()) outcome = failure(checked.errors.front());
        else outcome = module.run(checked.args, context);
    } catch (ModuleFailure& failed) {
        outcome = std::move(failed.outcome);
        outcome.failed = true;
    } catch (const base::Failure& failed) {
        outcome = failure(failed.error());
    }
    if (!outcome.need_content) add_file_details(outcome, context);
    outcome.warnings.insert(outcome.warnings.begin(), warnings.begin(), warnings.end());
    hide_secrets(outcome, std::move(secrets));
    if (!context.diff) reduce_diff(module.unasked_diff, outcome);
    return outcome;
}

Value to_value(const Outcome& outcome) {
    Map out;
    out.set("changed", outcome.changed);
    // In the order of Ansible's results, as loops over results show it: failed before the message, skipped behind it.
    for (const auto& entry : outcome.fields) {
        if (outcome.failed && entry.key.text_or("") == "msg") out.set("failed", true);
        out.set(entry.key, entry.value);
    }
    if (outcome.failed) out.set("failed", true);
    if (!outcome.msg.empty()) out.set("msg", outcome.msg);
    if (outcome.skipped) out.set("skipped", true);
    if (outcome.diff.size() == 1) out.set("diff", outcome.diff.front());
    else if (!outcome.diff.empty()) out.set("diff", Value(outcome.diff));
    if (!outcome.facts.empty()) out.set("ansible_facts", Value(outcome.facts));
    if (!outcome.warnings.empty()) out.set("warnings", Value::strings(outcome.warnings));
    return Value(std::move(out));
}

}  // namespace fprov::modules
