// SPDX-License-Identifier: Apache-2.0
#include "runtime/dispatch.hpp"

#include <unistd.h>

#include "runtime/async.hpp"
#include "runtime/transfer.hpp"

namespace fprov::runtime {
namespace {

using values::List;
using values::Map;
using values::Value;
using wire::Type;

bool flag(const Value& body, std::string_view name, bool other = false) {
    const Value* found = body.find(name);
    return found ? found->bool_or(other) : other;
}

Value cut(const Value& value, std::size_t text_limit, std::size_t& left) {
    switch (value.type()) {
        case values::Type::string: {
            const std::string& text = value.string();
            std::size_t keep = std::min(text_limit, left);
            if (text.size() <= keep) { left -= text.size(); return value; }
            std::size_t dropped = text.size() - keep;
            left -= keep;
            return text.substr(0, keep) + "\n[fprov: cut here, " + std::to_string(dropped) + " more bytes]";
        }
        case values::Type::list:
        case values::Type::tuple: {
            List list;
            for (const auto& item : value.list()) {
                if (left == 0) { list.emplace_back("[fprov: cut here, " + std::to_string(value.list().size() - list.size()) + " more items]"); break; }
                list.push_back(cut(item, text_limit, left));
                left -= std::min<std::size_t>(left, 16);
            }
            return list;
        }
        case values::Type::map: {
            Map map;
            for (const auto& [key, item] : value.map()) map.set(key, cut(item, text_limit, left));
            return map;
        }
        default: return value;
    }
}

std::size_t weight(const Value& value) {
    if (value.is_string()) return value.string().size();
    std::size_t sum = 16;
    if (value.is_sequence()) for (const auto& item : value.list()) sum += weight(item);
    if (value.is_map()) for (const auto& [key, item] : value.map()) sum += weight(key) + weight(item);
    return sum;
}

bool heavy_text(const Value& value, std::size_t limit) {
    if (value.is_string()) return value.string().size() > limit;
    if (value.is_sequence()) for (const auto& item : value.list()) if (heavy_text(item, limit)) return true;
    if (value.is_map()) for (const auto& [key, item] : value.map()) if (heavy_text(item, limit)) return true;
    return false;
}

Value failed_result(std::string msg) { return Map{{"failed", true}, {"changed", false}, {"msg", std::move(msg)}}; }

}  // namespace

Value bounded(const Value& result, std::size_t text_limit, std::size_t total_limit) {
    if (weight(result) <= total_limit && !heavy_text(result, text_limit)) return result;
    std::size_t left = total_limit;
    return cut(result, text_limit, left);
}

std::map<std::string, std::string> read_environment(const Value* value) {
    std::map<std::string, std::string> environment;
    if (value && value->is_map())
        for (const auto& [name, text] : value->map())
            if (name.is_string() && text.is_string()) environment[name.string()] = text.string();
    return environment;
}

Value run_once(machine::Machine& machine, const Value& task, bool check, const std::function<void(std::string_view)>& progress, bool& need_content,
               const std::string& source) {
    need_content = false;
    const Value* name = task.find("module");
    std::string module_name = name ? name->text_or("") : "";
    const modules::Module* module = modules::find(module_name);
    if (!module) return failed_result("The agent on this host has no module '" + module_name + "'");
    if (check && module->check_mode == modules::CheckMode::none)
        return Map{{"skipped", true}, {"changed", false}, {"msg", "remote module (" + module_name + ") does not support check mode"}};
    const Value* verbosity = task.find("verbosity");
    modules::Context context{machine, check, flag(task, "diff"), read_environment(task.find("environment")), module_name,
                             verbosity ? static_cast<int>(verbosity->int_or(0)) : 0, progress};
    const Value* args = task.find("args");
    Map given = args && args->is_map() ? args->map() : Map();
    if (!source.empty()) given.set("_fprov_source", source);
    try {
        modules::Outcome outcome = modules::run_module(*module, given, context);
        need_content = check ? outcome.not_idle : outcome.need_content;
        return bounded(modules::to_value(outcome));
    } catch (const modules::ModuleFailure& failure) {
        return bounded(modules::to_value(failure.outcome));
    } catch (const base::Failure& failure) {
        return failed_result(failure.error().what);
    } catch (const std::bad_alloc&) {
        return failed_result("out of memory on the host");
    } catch (const std::exception& error) {
        return failed_result(std::string("internal error in module ") + module_name + ": " + error.what());
    }
}

void Dispatcher::reply(std::int64_t id, const char* state, Value result) {
    Map body{{"id", id}, {"state", state}};
    if (!result.is_none()) body.set("result", std::move(result));
    line_.say(Type::reply, std::move(body));
}

// A real run, with the file's content asked for when the module misses it.
Value Dispatcher::perform(const Value& task, std::int64_t id) {
    auto progress = [&](std::string_view text) { line_.say(Type::progress, {{"id", id}, {"text", text}}); };
    bool need = false;
    Value result = run_once(machine_, task, false, progress, need);
    if (!need) return result;
    base::Result<std::string> source = base::Error{};
    if (const Value* content = task.find("content"); content && content->is_string()) {
        source = store_text(content->string(), temp_);
    } else {
        line_.say(Type::reply, {{"id", id}, {"state", "waiting"}, {"need_content", true}});
        source = receive_file(line_, static_cast<std::uint64_t>(id), temp_);
    }
    if (!source) return failed_result("the content did not reach this host: " + source.error().what);
    result = run_once(machine_, task, false, progress, need, *source);
    ::unlink(source->c_str());   // mostly it has been moved to its place
    if (need) return failed_result("the module asks for its content again although it has it");
    return result;
}

void Dispatcher::run(const Value& task) {
    const Value* number = task.find("id");
    const std::int64_t id = number ? number->int_or(0) : 0;
    auto named = [&](const char* name) { const Value* value = task.find(name); return value ? value->int_or(0) : 0; };
    const std::int64_t window = named("window"), group = named("group");
    if (window != 0 && window != window_) { window_ = window; broken_ = false; }
    if (window != 0 && broken_ && (group == 0 || group != broken_by_)) { reply(id, "dropped", {}); return; }
    auto stop = [&](std::int64_t by) { if (window != 0) { broken_ = true; broken_by_ = by; } };

    Value result;
    if (flag(task, "lookahead")) {
        const Value* name = task.find("module");
        const modules::Module* module = modules::find(name ? name->text_or("") : "");
        bool safe = module && module->lookahead && module->check_mode == modules::CheckMode::full && !task.find("async");
        bool need = false;
        if (safe) result = run_once(machine_, task, true, {}, need);
        if (!safe || need || flag(result, "failed") || flag(result, "changed") || flag(result, "skipped")) {
            stop(0);
            reply(id, "held", {});
            return;
        }
    } else if (const Value* async = task.find("async"); async && async->is_map()) {
        result = start_job(task, *async, identity_);
    } else if (flag(task, "check")) {
        bool need = false;
        auto progress = [&](std::string_view text) { line_.say(Type::progress, {{"id", id}, {"text", text}}); };
        result = run_once(machine_, task, true, progress, need);
    } else {
        result = perform(task, id);
    }
    if (flag(result, "failed") && flag(task, "stop_on_failure", true)) stop(group);
    reply(id, "done", std::move(result));
}

}  // namespace fprov::runtime
