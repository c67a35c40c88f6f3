// SPDX-License-Identifier: Apache-2.0
// debug, fail, assert, set_stats, pause.
#include <cmath>
#include <ctime>
#include <tuple>

#include "actions/support.hpp"
#include "base/text.hpp"
#include "playbook/loader.hpp"
#include "values/date.hpp"
#include "values/python.hpp"

namespace fprov::actions {

Plan plan_debug(const Map& args, Context& context) {
    if (auto wrong = check_names("debug", args)) return *wrong;
    if (given(args, "msg") && given(args, "var")) return fail("'msg' and 'var' are incompatible options");
    auto verbosity = base::parse_int(text(args, "verbosity", "0"));
    if (!verbosity) return fail("Unexpected failure during module execution: invalid literal for int() with base 10: " + values::repr(Value(text(args, "verbosity"))));
    if (*verbosity > context.verbosity)
        return Immediate{Value(Map{{"changed", false}, {"skipped", true}, {"skipped_reason", "Verbosity threshold not met."}})};
    Map result{{"failed", false}, {"changed", false}, {"_ansible_verbose_always", true}};
    if (args.contains("msg") && !given(args, "var")) {
        result.set("msg", *args.find("msg"));
    } else if (given(args, "var")) {
        std::string name = text(args, "var");
        const Value& var = *args.find("var");
        try {
            if (!var.is_string()) {
                result.set(values::type_name(var) == "list" ? "<class 'list'>" : "<class 'dict'>", var);
            } else {
                Value value = context.evaluate(name);
                result.set(name, value.is_undefined() ? Value("VARIABLE IS NOT DEFINED!") : value);
            }
        } catch (const base::Failure& failure) {
            if (failure.error().kind != base::Kind::undefined) throw;
            std::string shown = "VARIABLE IS NOT DEFINED!";
            if (context.verbosity > 0) shown += ": " + failure.error().what;
            result.set(name, Value(shown));
        }
        result.set("failed", false);   // a variable of that name says nothing about the task
    } else {
        result.set("msg", "Hello world!");
    }
    return Immediate{Value(std::move(result))};
}

Plan plan_fail(const Map& args, Context&) {
    if (auto wrong = check_names("fail", args)) return *wrong;
    Immediate out = fail("Failed as requested from task");
    if (given(args, "msg")) out.result.mutable_map().set("msg", *args.find("msg"));
    return out;
}

Plan plan_assert(const Map& args, Context& context) {
    if (auto wrong = check_names("assert", args)) return *wrong;
    if (!given(args, "that")) raise("conditional required in \"that\" string");
    auto message = [&](const char* name, const char* other, const char* fallback) -> Value {
        const Value* value = args.find(name);
        if ((!value || value->is_none()) && other) value = args.find(other);
        return value && !value->is_none() ? *value : Value(fallback);
    };
    for (auto [name, other, shown] : {std::tuple{"fail_msg", "msg", "fail_msg or msg"}, {"success_msg", "success_msg", "success_msg"}}) {
        Value said = message(name, other, "");
        if (said.is_list()) {
            for (const Value& one : said.list())
                if (!one.is_string()) raise(std::string("Type of one of the elements in ") + shown + " list is not string type");
        } else if (!said.is_string()) {
            raise(std::string("Incorrect type for ") + shown + ", expected a string or list and got <class '" + values::type_name(said) + "'>");
        }
    }
    bool quiet = flag(args, "quiet", false);
    // The conditions as they were written: `that` holds expressions, not templates.
    const Value* written = context.task->args.find("that");
    Value that = written && !(written->is_string() && written->string().find("{{") != std::string::npos) ? *written : *args.find("that");
    List conditions = that.is_sequence() ? that.list() : List{that};
    for (const Value& one : conditions) {
        if (context.condition(one)) continue;
        Map result{{"failed", true}, {"changed", false}, {"evaluated_to", false}, {"assertion", one}, {"msg", message("fail_msg", "msg", "Assertion failed")}};
        if (!quiet) result.set("_ansible_verbose_always", true);
        return Immediate{Value(std::move(result))};
    }
    Map result{{"changed", false}, {"msg", message("success_msg", nullptr, "All assertions passed")}};
    if (!quiet) result.set("_ansible_verbose_always", true);
    return Immediate{Value(std::move(result))};
}

Plan plan_set_stats(const Map& args, Context& context) {
    if (auto wrong = check_names("set_stats", args)) return *wrong;
    const Value* data = args.find("data");
    bool per_host = flag(args, "per_host", false), aggregate = flag(args, "aggregate", true);
    const Value none{Map{}};
    if (!data || data->is_none()) data = &none;
    if (!data->is_map()) return fail("The 'data' option needs to be a dictionary/hash");
    Map named;   // names may be templates
    for (const auto& [key, value] : data->map()) {
        std::string name = values::str(key.is_string() ? context.render(key) : key);
        if (!playbook::is_variable_name(name)) return fail(invalid_name(name));
        named.set(name, value);
    }
    context.set_stats(named, per_host, aggregate);
    return Immediate{Value(Map{{"changed", false}, {"ansible_stats", Value(Map{{"data", Value(named)}, {"per_host", per_host}, {"aggregate", aggregate}})}})};
}

// "2026-11-21 21:41:05.713103", local time
static Value time_of_day() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm local{};
    ::localtime_r(&now.tv_sec, &local);
    return Value(values::DateTime(values::Moment::from_seconds(now.tv_sec + local.tm_gmtoff, static_cast<int>(now.tv_nsec / 1000))).str());
}

Plan plan_pause(const Map& given_args, Context& context) {
    constexpr spec::Rule rules[] = {{spec::Rule::Kind::mutually_exclusive, "minutes,seconds"}};
    Map args = given_args;
    for (const char* name : {"minutes", "seconds"}) {   // made whole numbers by Python's int()
        const Value* value = args.find(name);
        if (value && value->is_real()) args.set(name, static_cast<std::int64_t>(value->real()));
        else if (value && value->is_string() && !base::parse_int(std::string(base::trim(value->string()))))
            return refuse("argument '" + std::string(name) + "' is of type <class 'ansible.parsing.yaml.objects.AnsibleUnicode'> and we were unable to convert to int: "
                          "invalid literal for int() with base 10: " + values::repr(Value(value->string())));
    }
    if (auto checked = spec::check("pause", describe("pause")->args, rules, args); !checked.errors.empty()) return refuse(checked.errors.front());
    double seconds = -1;
    for (auto [name, factor] : {std::pair{"minutes", 60.0}, {"seconds", 1.0}}) {
        if (!given(args, name)) continue;
        auto number = base::parse_double(text(args, name));
        if (!number) return fail("non-integer value given for prompt duration:\n" + text(args, name));   // a boolean
        seconds = std::max(1.0, std::floor(*number) * factor);
        if (*number == 0) seconds = 1;
    }
    bool echo = flag(args, "echo", true);
    std::string prompt = "[" + (context.task->name.is_none() ? "pause" : values::str(context.render(context.task->name))) + "]\n" + text(args, "prompt", seconds < 0 ? "Press enter to continue, Ctrl+C to interrupt" : "");
    bool stopped = false;
    std::string input;
    const Value start = time_of_day();
    if (seconds >= 0) {
        const std::string hidden = echo ? "" : " (output is hidden)";
        context.say("Pausing for " + std::to_string(static_cast<long>(seconds)) + " seconds" + hidden + "\n(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)\r");
        if (given(args, "prompt")) context.say(prompt + hidden + ":");
        Map result{{"changed", false}, {"rc", 0}, {"stderr", ""}, {"echo", echo}, {"user_input", ""}, {"stdout", Value("Paused for " + (given(args, "minutes") ? values::repr_float(std::round(seconds / 60 * 100) / 100) + " minutes" : values::repr_float(seconds) + " seconds"))}, {"delta", Value(static_cast<std::int64_t>(seconds))}};
        return Threaded{[seconds, result](Reach& reach) mutable {
            result.set("start", time_of_day());
            reach.sleep(seconds);
            result.set("stop", time_of_day());
            return Value(result);
        }};
    }
    if (!context.has_terminal()) {
        context.say(prompt + (echo ? "" : " (output is hidden)") + ":");
        context.warn("Not waiting for response to prompt as stdin is not interactive");
    } else {
        input = context.ask(prompt, echo, -1, stopped);
        if (stopped) return fail("user requested abort!");
    }
    return Immediate{Value(Map{{"changed", false}, {"rc", 0}, {"stderr", ""}, {"stdout", "Paused for 0.0 minutes"}, {"delta", 0}, {"echo", echo}, {"user_input", Value(input)}, {"start", start}, {"stop", time_of_day()}})};
}

}  // namespace fprov::actions
