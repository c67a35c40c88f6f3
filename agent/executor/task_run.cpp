// SPDX-License-Identifier: Apache-2.0
#include "executor/task_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "executor/action_context.hpp"
#include "executor/outcome_rules.hpp"
#include "executor/invocation.hpp"
#include "executor/play_runner.hpp"
#include "executor/thread_reach.hpp"
#include "modules/module.hpp"
#include "values/python.hpp"

namespace fprov::executor {

using events::Status;
using playbook::inherited;

namespace {

constexpr std::size_t items_in_flight = 64;

// Loop items are shown and registered with lists where Python had tuples (product, dict.items() …).
Value without_tuples(const Value& value) {
    if (!value.is_sequence()) return value;
    List list;
    for (const Value& one : value.list()) list.push_back(without_tuples(one));
    return Value(std::move(list)).set_origin(value.origin());
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

TaskRun::TaskRun(PlayRunner& runner, HostRun& host, const playbook::Task& task, Mode mode, std::uint64_t window, events::TaskInfo info)
    : runner_(runner), host_(host), task_(task), mode_(mode), window_(window), info_(std::move(info)),
      scope_(runner.run(), &runner.state(), host.name, &task), in_turn_(mode == Mode::turn) {
    scope_.watch_pending(mode != Mode::turn);
}
TaskRun::~TaskRun() = default;

bool TaskRun::flag(std::string_view keyword, bool other) {
    const Value* value = inherited(task_, keyword);
    if (!value || value->is_none()) return other;
    Value rendered = runner_.run().templar.render(*value, scope_);
    if (rendered.is_bool()) return rendered.boolean();
    if (!task_.wrong_field.empty()) return rendered.truthy();   // the task fails anyway; how it fails goes by what there is
    return spec::coerce(rendered, spec::Type::boolean).bool_or(other);
}

bool TaskRun::hidden() const {
    if (hidden_) return *hidden_;
    if (!loop_ || items_.empty()) return info_.no_log;
    return items_.back().hidden || std::any_of(items_.begin(), items_.end(), [](const Item& item) { return item.hidden && item.status != Status::skipped; });
}

bool TaskRun::sequential() const {
    return reads_register_ || task_.own("until") || (loop_control_.find("pause") != nullptr) || any_threaded_ || task_.own("retries");
}

bool TaskRun::holds_back(bool judged) const {
    if (finished_) return false;
    return next_ < items_.size() || any_threaded_ || task_.own("until") || task_.own("retries") || task_.own("async") || task_.own("delegate_to") ||
           inherited(task_, "delegate_to") || (judged && (task_.own("failed_when") || items_.size() > 1));    // an item that fails does not stop the next ones
}

void TaskRun::start() {
    began_ = now();
    try {
        if (!task_.wrong_field.empty()) throw base::Failure(base::Kind::generic, task_.wrong_field, task_.place);
        if (mode_ != Mode::turn && (task_.own("until") || task_.own("async") || task_.own("retries") || task_.own("delegate_to") || inherited(task_, "delegate_to") ||
                                    inherited(task_, "run_once") || inherited(task_, "throttle")))
            throw NotAhead{};
        if (mode_ == Mode::window && task_.own("failed_when")) throw NotAhead{};
        if (!prepare_items()) return;
        // Ahead of its turn, everything is rendered before the first byte is sent: a Pending must leave no trace.
        advance();
        for (auto& one : std::exchange(unsent_, {})) runner_.submit(one.session, std::move(one.request));
    } catch (const base::Failure& failure) {
        if (finished_) throw;
        finish_now(failure_result(failure.error()));
    }
}

// May a text somewhere inside read this variable?
static bool mentions(const Value& value, const std::string& name) {
    if (value.is_string()) return value.string().find(name) != std::string::npos;
    if (value.is_list()) return std::any_of(value.list().begin(), value.list().end(), [&](const Value& one) { return mentions(one, name); });
    return value.is_map() && std::any_of(value.map().begin(), value.map().end(), [&](const auto& entry) { return mentions(entry.value, name); });
}

bool TaskRun::prepare_items() {
    if (task_.loop_kind.empty()) {
        items_.resize(1);
        return true;
    }
    loop_ = true;
    auto& templar = runner_.run().templar;
    if (const Value* control = task_.own("loop_control"); control && control->is_map()) {
        loop_control_ = *control;
        if (const Value* name = control->find("loop_var")) loop_var_ = templar.render_text(*name, scope_);
        if (const Value* name = control->find("index_var")) index_var_ = templar.render_text(*name, scope_);
    }
    List list;
    try {
        Value terms = task_.loop_kind == "first_found" || task_.loop_kind == "ansible.builtin.first_found" ? templar.render_tolerant(task_.loop, scope_)
                                                                                                           : templar.render(task_.loop, scope_);
        if (task_.loop_kind == "loop") {
            if (terms.is_undefined()) throw base::Failure(base::Kind::undefined, terms.undefined_info().message, task_.loop.origin());
            auto elements = terms.is_sequence() || terms.is_object() ? values::elements(terms) : std::nullopt;
            if (!elements)
                throw base::Failure(base::Kind::type,
                                    "Invalid data passed to 'loop', it requires a list, got this instead: " + values::str(terms) +
                                        ". Hint: If you passed a list/dict of just one element, try adding wantlist=True to your lookup invocation or use "
                                        "q/query instead of lookup.", task_.loop.origin());
            list = std::move(*elements);
        } else {
            list = templar.loop_from_with(task_.loop_kind, terms, scope_, task_.loop.origin(), task_.action);
        }
    } catch (const base::Failure& failure) {
        // A loop over something undefined counts as skipped when the condition is false anyway.
        if (failure.error().kind != base::Kind::undefined) throw;
        for (const Value* condition : playbook::conditions(task_))
            if (!templar.condition(*condition, scope_)) {
                loop_ = false;
                items_.resize(1);
                finish_now(Value(Map{{"changed", false}, {"skipped", true}, {"skip_reason", "Conditional result was False"}}));
                return false;
            }
        base::Error plain = failure.error();
        plain.kind = base::Kind::generic;   // of a loop, Ansible says the bare sentence
        throw base::Failure(std::move(plain));
    }
    if (list.empty()) {
        loop_ = false;
        finish_now(Value(Map{{"changed", false}, {"results", List{}}, {"skipped", true}, {"skipped_reason", "No items in the list"}}));
        return false;
    }
    if (const Value* name = task_.own("register")) {
        register_ = name->text_or("");
        const Value* label = loop_control_.find("label");
        label_reads_register_ = label && mentions(*label, register_);
        reads_register_ = label_reads_register_ || mentions(Value(task_.args), register_) || mentions(task_.args_template, register_) || mentions(Value(task_.vars), register_);
        for (const Value* condition : playbook::conditions(task_)) reads_register_ = reads_register_ || mentions(*condition, register_);
        for (const char* keyword : {"delegate_to", "environment", "become_user"})
            if (const Value* value = inherited(task_, keyword)) reads_register_ = reads_register_ || mentions(*value, register_);
    }
    items_.resize(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        items_[i].value = without_tuples(list[i]);
        if (task_.loop.is_string() && items_[i].value.is_string()) items_[i].value.set_as_written(false);      // a template made it
        items_[i].index = i;
    }
    return true;
}

void TaskRun::enter(const Item& item) {
    if (!loop_) return;
    for (const auto& [name, value] : loop_variables(item)) scope_.set_local(name.text_or(""), value);
}

Map TaskRun::loop_variables(const Item& item) {
    Map out{{loop_var_, item.value}, {"ansible_loop_var", Value(loop_var_)}};
    if (!index_var_.empty()) {
        out.set(index_var_, Value(item.index));
        out.set("ansible_index_var", Value(index_var_));
    }
    if (!all_items_) {
        auto wanted = [&](const char* name, bool other) {
            const Value* value = loop_control_.find(name);
            return value ? runner_.run().templar.render(*value, scope_).truthy() : other;
        };
        all_items_.emplace();
        if (wanted("extended", false)) {
            for (const auto& one : items_) all_items_->push_back(one.value);
            if (wanted("extended_allitems", true)) all_items_value_ = Value(*all_items_);
        }
    }
    if (!all_items_->empty()) out.set("ansible_loop", loop_information(*all_items_, item.index, all_items_value_));
    return out;
}

std::string TaskRun::label_of(Item& item) {
    if (const Value* label = loop_control_.find("label")) {
        try {
            std::string text = values::str(runner_.run().templar.render(*label, scope_));
            if (!text.empty() || !label->is_string() || !label->string().empty()) return text;   // an empty one is none
        } catch (const base::Failure& failure) {
            item.label_problem = "Failed to template loop_control.label: " + failure.error().what;
        }
    }
    return values::str(item.value);
}

void TaskRun::advance() {
    if (in_turn_) report_items();
    while (next_ < items_.size() && !finished_) {
        if (in_flight_ && (sequential() || in_flight_ >= items_in_flight)) return;
        if (runner_.stopping() && mode_ == Mode::turn && next_ > 0 && interrupted) return;
        Item& item = items_[next_++];
        start_item(item);
        if (in_turn_) report_items();
    }
    if (in_turn_) report_items();
    if (!finished_ && in_flight_ == 0 && next_ == items_.size() &&
        std::all_of(items_.begin(), items_.end(), [](const Item& item) { return item.done; }))
        finish();
}

Map TaskRun::render_arguments() {
    auto& templar = runner_.run().templar;
    Map args;
    // module_defaults: what an inner level says of an action replaces what an outer one says; the task's own arguments win over all.
    Map all_defaults;
    const auto& loader = runner_.run().loader;
    for (const Value* defaults : playbook::inherited_all(task_, "module_defaults"))
        for (const Value& one : defaults->is_list() ? defaults->list() : List{*defaults})
            if (one.is_map()) for (const auto& [name, values] : one.map()) all_defaults.set(name, values);
    for (bool groups : {true, false}) {
        if (task_.by_action) break;   // module_defaults do not reach these: Ansible has not looked up the module yet
        for (const auto& [name, values] : all_defaults) {
            if (!name.is_string() || name.string().starts_with("group/") != groups) continue;
            if (!(groups ? loader.in_group(task_, name.string().substr(6)) : loader.names_module(task_, name.string()) ||
                                                                                 actions::resolve(name.string()).value_or(name.string()) == task_.action)) continue;
            Value rendered = templar.render(values, scope_);
            if (rendered.is_map()) for (const auto& [k, v] : rendered.map()) args.set(k, v);
        }
    }
    if (!task_.args_template.is_none()) {
        Value rendered = templar.render(task_.args_template, scope_);
        if (!rendered.is_map())
            throw base::Failure(base::Kind::type, "args must be a mapping, got a " + values::type_name(rendered), task_.args_template.origin());
        for (const auto& [k, v] : rendered.map()) args.set(k, v);
    }
    Value own = templar.render(Value(task_.args), scope_);
    for (const auto& [k, v] : own.map()) args.set(k, v);
    return templar.strip_omitted(Value(std::move(args))).map();
}

void TaskRun::start_item(Item& item) {
    item.started = true;
    item.began = now();
    enter(item);
    auto& templar = runner_.run().templar;
    bool planning = false;
    try {
        item.hidden = true;   // what cannot be decided is kept secret
        std::optional<base::Failure> undecided;
        try {
            item.hidden = flag("no_log", runner_.run().options.no_log);
        } catch (const base::Failure& failure) {
            undecided = failure;
        }
        if (loop_) item.label = label_of(item);
        const bool again = item.attempts > 1;   // conditions and arguments are those of the first attempt
        if (!again)
            for (const Value* condition : playbook::conditions(task_))
                if (!templar.condition(*condition, scope_)) return skip_item(item, "Conditional result was False");
        if (undecided) throw *undecided;
        std::string delegate;
        if (const Value* to = inherited(task_, "delegate_to"); to && !to->is_none()) {
            delegate = templar.render_text(*to, scope_);
            if (delegate == templar.omit_token()) delegate.clear();
            item.delegated_to = delegate;
            if (!loop_) delegated_to_ = delegate;
            scope_.set_delegate(delegate);
        }
        const actions::Action* action = task_.library_file.empty() ? actions::find(task_.action) : &actions::library_action();
        if (!action && !modules::find(task_.action))
            throw base::Failure(base::Kind::not_found, "The module " + task_.action + " was not found in configured module paths");
        if (!in_turn_ && action && !action->pure) throw NotAhead{};
        bool check = flag("check_mode", runner_.run().options.check);
        if (check && action && !action->in_check_mode)
            return skip_item(item, "");
        if (const auto background = background_seconds(); background && action && !action->background)
            return finish_item(item, refused("async is not supported for this task."));
        Map args = again && item.arguments ? *item.arguments : render_arguments();
        if (task_.own("until")) item.arguments = std::make_shared<const Map>(args);
        planning = task_.action != "assert";   // a condition that cannot be judged is no result: Ansible raises it
        actions::Plan plan;
        if (action) {
            ActionContext context(*this, check, flag("diff", runner_.run().options.diff), delegate);
            plan = action->plan(args, context);
        } else {
            plan = actions::Remote{task_.action, std::move(args)};
        }
        dispatch(item, std::move(plan), delegate);
    } catch (const base::Failure& failure) {
        // What an action refuses is a result as any other: failed_when, until and the next items come after it.
        if (planning) return finish_item(item, started_failure(failure.error()));
        abort_item(item, failure.error());
    } catch (const actions::Raised& raised) {
        abort_item(item, raised.error);
    }
}

// As Ansible: what cannot be rendered for one item ends the loop, and is the result of the task.
void TaskRun::abort_item(Item& item, const base::Error& error) {
    if (!loop_) return fail_item(item, failure_result(error));
    if (!in_turn_) throw NotAhead{};
    aborted_ = error;
    hidden_ = item.hidden;
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(item.index), items_.end());
    next_ = items_.size();
}

// Results of loops, and all of them with -vvv, tell what their module was given.
void TaskRun::tell_invocation(Item& item, const actions::Remote& remote) {
    item.invocation = nullptr;
    if (!modules::find(remote.module) || (!loop_ && runner_.run().options.verbosity <= 2)) return;
    item.invocation = std::make_shared<const Map>(remote.args);
    item.sent_to = remote.module;
}

std::int64_t TaskRun::background_seconds() {
    const Value* value = task_.own("async");
    return value ? spec::coerce(runner_.run().templar.render(*value, scope_), spec::Type::integer).int_or(0) : 0;
}

void TaskRun::report_items() {
    if (!loop_) return;
    while (reported_ < items_.size() && items_[reported_].done) runner_.report_item(*this, items_[reported_++]);
}

void TaskRun::dispatch(Item& item, actions::Plan plan, const std::string& delegate) {
    if (auto* immediate = std::get_if<actions::Immediate>(&plan)) {
        if (!in_turn_ && mode_ == Mode::window) throw NotAhead{};   // its failure could not stop what is already on its way
        return finish_item(item, std::move(immediate->result));
    }
    // Connection variables are the delegate's, everything else stays the original host's.
    std::optional<TaskScope> other;
    if (!delegate.empty()) {
        other.emplace(runner_.run(), &runner_.state(), delegate, &task_);
        if (loop_) other->set_local(loop_var_, item.value);
    }
    TaskScope& connection = other ? *other : scope_;
    std::string target = delegate.empty() ? host_.name : delegate;
    if (auto* remote = std::get_if<actions::Remote>(&plan); remote && task_.own("async") && in_turn_) poll_async(item, plan);
    if (auto* refused = std::get_if<actions::Immediate>(&plan)) return finish_item(item, std::move(refused->result));
    if (auto* threaded = std::get_if<actions::Threaded>(&plan)) {
        if (!in_turn_) throw NotAhead{};
        any_threaded_ = true;
        std::uint32_t number = 0;
        runner_.session_for(connection, task_, target, number);
        item.ticket = runner_.expect(shared_from_this());
        ++in_flight_;
        host_.lane = "*";   // its calls come one after another
        actions::Remote blank;
        auto base = request(item, blank, connection, delegate);
        auto reach = std::make_shared<ThreadReach>(runner_, number, std::move(base), host_.name);
        reach->serves(item.ticket);
        runner_.work(item.ticket, reach, std::move(threaded->work));
        return;
    }
    auto& remote = std::get<actions::Remote>(plan);
    const modules::Module* module = modules::find(remote.module);
    if (!in_turn_ && mode_ == Mode::lookahead && (!remote.lookahead || !module || !module->lookahead)) throw NotAhead{};
    if (!in_turn_ && mode_ == Mode::window && !module) throw NotAhead{};
    std::uint32_t number = 0;
    runner_.session_for(connection, task_, target, number);
    tell_invocation(item, remote);
    auto wanted = request(item, remote, connection, delegate);
    if (!in_turn_ && mode_ == Mode::window && runner_.run().options.check != wanted.check) throw NotAhead{};
    if (module && module->check_mode == modules::CheckMode::none && wanted.check) return skip_item(item, std::string("remote module (") + (remote.module == "uri" ? "ansible.legacy." : "") + remote.module + ") does not support check mode");
    if (!in_turn_ && mode_ == Mode::window && remote.follow) throw NotAhead{};   // its second step would come after what stands behind it
    std::string lane = std::to_string(number);
    if (wanted.become) lane += '|' + wanted.become->method + '|' + wanted.become->exe + '|' + wanted.become->flags + '|' + wanted.become->user;
    if (remote.follow || wanted.lane_key) lane = "*";
    if (!in_turn_ && lane != host_.lane) throw NotAhead{};
    if (in_turn_) host_.lane = in_flight_ && lane != host_.lane ? "*" : lane;
    item.finish = std::move(remote.finish);
    if (wanted.async_seconds > 0) {   // what is known of a job that was only started
        item.invocation = nullptr;
        item.finish = [](Value result) {
            if (result.is_map() && !result.find("failed")) result.mutable_map().set("failed", 0);
            return result;
        };
    }
    item.follow = std::move(remote.follow);
    item.ticket = runner_.expect(shared_from_this());
    if (!group_) group_ = item.ticket;
    wanted.id = item.ticket;
    wanted.group = group_;
    ++in_flight_;
    if (!in_turn_) unsent_.push_back({number, std::move(wanted)});
    else runner_.submit(number, std::move(wanted));
}

// What a module answered, as it was.
static Value as_asked(const Value& status) {
    if (!status.is_map()) return status;
    Map fields = status.map();
    normalize_result(fields);
    for (const char* judged : {"changed", "failed"}) fields.erase(judged);
    return Value(std::move(fields));
}

// A background task that is polled becomes an action of several steps: start, look, look again.
void TaskRun::poll_async(Item& item, actions::Plan& plan) {
    auto& templar = runner_.run().templar;
    auto number = [&](const char* keyword, std::int64_t other) {
        const Value* value = task_.own(keyword);
        return value ? spec::coerce(templar.render(*value, scope_), spec::Type::integer).int_or(other) : other;
    };
    const std::int64_t seconds = background_seconds(), poll = number("poll", 15);
    if (seconds <= 0) return;
    if (flag("check_mode", runner_.run().options.check)) {
        plan = actions::Immediate{refused("check mode and async cannot be used on same task.")};
        return;
    }
    if (poll <= 0) return;
    tell_invocation(item, std::get<actions::Remote>(plan));
    events::TaskInfo info = info_;
    std::string host = host_.name;
    plan = actions::Threaded{[remote = std::get<actions::Remote>(plan), seconds, poll, info, host](actions::Reach& reach) mutable {
        auto& thread = static_cast<ThreadReach&>(reach);
        auto finish = remote.finish;
        Value started = thread.start_async(std::move(remote), static_cast<double>(seconds));
        const Value* job = started.find("ansible_job_id");
        if (!job) return started;
        const Value* file = started.find("results_file");
        auto with = [&](const char* mode) { return Map{{"jid", *job}, {"mode", mode}, {"_async_dir", file ? Value(base::dirname(file->text_or(""))) : Value()}}; };
        const std::string shown = info.no_log ? "None" : job->text_or("");
        std::int64_t left = seconds;
        Value status = started;
        while (left > 0) {
            thread.sleep(static_cast<double>(poll));
            left -= poll;
            status = thread.call("async_status", with("status"), false);
            const Value* finished = status.find("finished");
            if (finished && finished->truthy()) {
                thread.polled(shown, static_cast<double>(seconds - left), status);
                thread.call("async_status", with("cleanup"), false);
                return finish ? finish(status) : status;
            }
            thread.polled(shown, static_cast<double>(seconds - left), Value());
        }
        thread.polled(shown, static_cast<double>(seconds), Map{{"failed", true}});
        return Value(Map{{"failed", true}, {"changed", false}, {"msg", "async task did not complete within the requested time - " + std::to_string(seconds) + "s"},
                         {"async_result", as_asked(status)}});
    }};
}

transport::TaskRequest TaskRun::request(Item&, actions::Remote& plan, TaskScope& connection, const std::string& delegate) {
    auto& run = runner_.run();
    transport::TaskRequest wanted;
    wanted.window = window_;
    wanted.module = plan.module;
    wanted.args = std::move(plan.args);
    wanted.check = flag("check_mode", run.options.check);
    wanted.diff = flag("diff", run.options.diff);
    wanted.lookahead = !in_turn_ && mode_ == Mode::lookahead;
    wanted.stop_on_failure = !flag("ignore_errors", false) && !task_.own("until") && !task_.own("retries");    // what fails may succeed the next time
    wanted.verbosity = run.options.verbosity;
    wanted.content_file = std::move(plan.content_file);
    wanted.content = std::move(plan.content);
    if (!delegate.empty() && delegate != host_.name) wanted.lane_key = host_.number;
    for (const Value* layer : playbook::inherited_all(task_, "environment")) {
        Value rendered;
        try {
            rendered = run.templar.render(*layer, scope_);
        } catch (const base::Failure& failure) {   // a field of the task that cannot be had: nothing was begun
            if (failure.error().kind != base::Kind::undefined) throw;
            base::Error error = failure.error();
            error.kind = base::Kind::generic;
            error.what = "The field 'environment' has an invalid value, which includes an undefined variable. The error was: " + error.what;
            throw actions::Raised{std::move(error)};
        }
        auto merge = [&](const Value& map) {
            if (map.is_map()) for (const auto& [k, v] : map.map()) wanted.environment.set(k, Value(values::str(v)));
        };
        if (rendered.is_list()) for (const Value& one : rendered.list()) merge(one);
        else merge(rendered);
    }
    if (const Value* limit = inherited(task_, "timeout")) {
        Value seconds = run.templar.render(*limit, scope_);
        wanted.timeout = seconds.is_number() ? (seconds.is_int() ? static_cast<double>(seconds.integer()) : seconds.real())
                                             : static_cast<double>(spec::coerce(seconds, spec::Type::integer).int_or(0));
    } else {
        wanted.timeout = run.options.task_timeout;
    }
    wanted.async_seconds = static_cast<double>(background_seconds());
    wanted.become = runner_.become_for(connection, task_);
    // Who is told by name to log in as the very user has no need to become it: no sudo has to be there, and the environment is the login's.
    if (wanted.become && wanted.become->user == runner_.login_for(connection, task_, delegate.empty() ? host_.name : delegate)) wanted.become.reset();
    return wanted;
}

void TaskRun::take_turn(events::TaskInfo info) {
    info_ = std::move(info);
    in_turn_ = true;
    scope_.watch_pending(false);
    for (auto& event : std::exchange(early_, {})) on_event(event);
}

void TaskRun::on_event(transport::Event& event) {
    if (finished_) return;
    bool not_run = event.state == transport::Event::State::held || event.state == transport::Event::State::dropped;
    if (!in_turn_ && (!not_run || (event.state == transport::Event::State::dropped && !early_.empty()))) {
        early_.push_back(event);
        return;
    }
    using Kind = transport::Event::Kind;
    auto at = std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.ticket == event.id && item.started && !item.done; });
    if (event.kind == Kind::unreachable) {
        // Whatever was on its way is lost with the connection. The other items of a loop have connections of their own, as in Ansible.
        Map result{{"unreachable", true}, {"msg", event.text}};
        if (!event.phase.empty()) result.set("phase", Value(event.phase));
        if (loop_) {
            if (at == items_.end()) return;     // told before
            mode_ = Mode::turn;
            window_ = 0;
            --in_flight_;
            at->done = true;
            at->status = Status::unreachable;
            at->result = Value(std::move(result));
            return advance();
        }
        result.set("changed", false);
        status_ = Status::unreachable;
        result_ = Value(std::move(result));
        ignored_ = flag("ignore_unreachable", false);
        seconds_ = now() - began_;
        finished_ = true;
        return;
    }
    if (at == items_.end() || event.kind != Kind::reply) return;
    using State = transport::Event::State;
    if (event.state == State::dropped && in_turn_ && (mode_ == Mode::turn || std::any_of(items_.begin(), items_.end(), [](const Item& item) { return item.done; }))) {
        // The agent lost an earlier item of this loop (a crash, a time-out); the ones before have run, this one has not.
        mode_ = Mode::turn;
        window_ = 0;   // nothing that failed before keeps it from running
        --in_flight_;
        start_item(*at);
        return advance();
    }
    if (not_run) {
        lost_turn_ = true;
        finished_ = true;
        return;
    }
    if (event.state == State::lost && event.value.find("unreachable")) {
        transport::Event gone;
        gone.kind = Kind::unreachable;
        gone.id = event.id;
        const Value* said = event.value.find("msg");
        gone.text = said ? said->text_or("") : event.text;
        gone.phase = event.phase;
        return on_event(gone);
    }
    --in_flight_;
    try {
        Value result = event.value;
        if (event.state == State::lost) {
            Map map = result.is_map() ? result.map() : Map{};
            map.set("failed", true);
            if (!map.contains("msg")) map.set("msg", Value(event.text.empty() ? "the module ended without an answer" : event.text));
            result = Value(std::move(map));
        }
        if (at->follow) {
            auto next = std::exchange(at->follow, nullptr)(result);
            if (next) { enter(*at); return dispatch(*at, std::move(*next), at->delegated_to); }
        }
        if (at->finish) result = at->finish(std::move(result));
        if (const modules::Module* module = at->invocation ? modules::find(at->sent_to) : nullptr; module && result.is_map() && !result.find("invocation"))
            result.mutable_map().set("invocation", invocation_of(*module, *at->invocation));
        finish_item(*at, std::move(result));
        advance();
    } catch (const base::Failure& failure) {
        fail_item(*at, started_failure(failure.error()));
        advance();
    }
}

void TaskRun::skip_item(Item& item, const std::string& reason) {
    item.done = true;
    item.status = Status::skipped;
    Map result{{"changed", false}, {"skipped", true}, {"skip_reason", Value(reason)}};
    if (reason != "Conditional result was False") {
        result.erase("skip_reason");
        if (!reason.empty()) {   // said by a module
            result.set("msg", Value(reason));
            result.set("failed", false);
        }
    }
    item.result = Value(std::move(result));
}

void TaskRun::fail_item(Item& item, Value result) {
    item.done = true;
    item.status = Status::failed;
    item.result = std::move(result);
}

void TaskRun::take_effect(std::function<void()> on_variables) {
    if (task_.own("failed_when")) effects_.push_back(std::move(on_variables));
    else on_variables();
}

void TaskRun::take_effect_on_inventory(std::function<bool()> change, bool& changed) {
    changed = false;
    if (task_.own("failed_when")) change_of_inventory_ = std::move(change);
    else changed = change();
}

void TaskRun::finish_item(Item& item, Value result) {
    enter(item);
    Map map = result.is_map() ? result.map() : Map{{"result", result}};
    normalize_result(map, task_.action != "pause");
    item.result = Value(std::move(map));
    bool has_until = task_.own("until") != nullptr;
    std::int64_t retries = 0;
    auto& templar = runner_.run().templar;
    if (has_until) {
        const Value* wanted = task_.own("retries");
        retries = wanted ? spec::coerce(templar.render(*wanted, scope_), spec::Type::integer).int_or(3) : 3;
    }
    apply_rules(item);
    if (auto change = std::exchange(change_of_inventory_, nullptr); change && item.status != Status::failed && change() && !task_.own("changed_when")) {
        item.result.mutable_map().set("changed", true);
        item.status = Status::changed;
    }
    if (has_until) {
        Map& fields = item.result.mutable_map();
        fields.set("attempts", item.attempts);
        if (const Value* name = task_.own("register")) scope_.set_local(name->text_or(""), item.result);
        bool satisfied = false;
        try {
            satisfied = templar.condition(*task_.own("until"), scope_);
        } catch (const base::Failure& failure) {
            return fail_item(item, failure_result(failure.error()));
        }
        satisfied = satisfied || retries <= 0;   // looked at once, for nothing
        if (!satisfied && item.attempts <= retries && !interrupted) {
            fields.set("attempts", item.attempts);
            fields.set("retries", retries + 1);
            double delay = 5;
            if (const Value* seconds = task_.own("delay")) {
                Value rendered = templar.render(*seconds, scope_);
                delay = rendered.is_real() ? rendered.real() : static_cast<double>(spec::coerce(rendered, spec::Type::integer).int_or(5));
            }
            runner_.run().emit(events::Retrying{info_, host_.name, item.delegated_to, retries + 1 - item.attempts, censor(item.result, loop_ ? item.hidden : info_.no_log),
                                                     task_.name.is_none() ? info_.name : values::str(runner_.run().templar.render_tolerant(task_.name, scope()))});
            ++item.attempts;
            ++in_flight_;
            runner_.later(delay, shared_from_this(), item.index);
            return;
        }
        fields.set("attempts", satisfied ? item.attempts : retries);
        if (!satisfied) {
            fields.set("failed", true);
            if (!fields.contains("failed_when_result")) item.status = Status::failed;   // failed_when has the last word
        }
    }
    if (loop_ && !register_.empty()) {   // the next items see it, and so does this one's label
        scope_.set_local(register_, values::as_data(without_internal(item.result)));
        if (label_reads_register_) item.label = label_of(item);
    }
    if (!item.label_problem.empty()) {   // told when the work is done, as by Ansible
        item.status = Status::failed;
        item.result.mutable_map().set("failed", true);
        item.result.mutable_map().set("msg", Value(item.label_problem));
    }
    item.done = true;
    if (loop_ && in_turn_) {
        if (const Value* pause = loop_control_.find("pause"); pause && item.index + 1 < items_.size()) {
            Value seconds = templar.render(*pause, scope_);
            double wait = seconds.is_real() ? seconds.real() : static_cast<double>(seconds.int_or(0));
            if (wait > 0) {
                paused_ = true;
                ++in_flight_;
                runner_.later(wait, shared_from_this(), item.index);
            }
        }
    }
}

void TaskRun::retry_now(std::size_t index) {
    if (finished_) return;
    --in_flight_;
    if (std::exchange(paused_, false)) return advance();
    Item& item = items_[index];
    item.ticket = 0;
    start_item(item);
    advance();
}

void TaskRun::apply_rules(Item& item) {
    auto& templar = runner_.run().templar;
    Map& fields = item.result.mutable_map();
    const Value* changed_when = task_.own("changed_when");
    const Value* failed_when = task_.own("failed_when");
    if (const Value* facts = changed_when || failed_when || task_.own("until") ? fields.find("ansible_facts") : nullptr; facts && facts->is_map())
        for (const auto& [name, value] : facts->map()) scope_.set_local(name.text_or(""), value);      // conditions see what the task found
    if (changed_when || failed_when) {
        if (const Value* name = task_.own("register")) scope_.set_local(name->text_or(""), item.result);
        // A skipped result keeps its state.
        bool skipped = fields.find("skipped") && fields.find("skipped")->truthy();
        try {
            if (changed_when && !skipped && !(changed_when->is_list() && changed_when->list().empty())) {
                fields.set("changed", templar.condition(*changed_when, scope_));
                if (const Value* name = task_.own("register")) scope_.set_local(name->text_or(""), item.result);
            }
            if (failed_when && !skipped && !(failed_when->is_list() && failed_when->list().empty())) {
                bool failed = templar.condition(*failed_when, scope_);
                fields.set("failed_when_result", failed);
                fields.set("failed", failed);
            }
        } catch (const base::Failure& failure) {
            fields.set("failed", true);
            fields.set(changed_when ? "changed_when_result" : "failed_when_result", Value(failure.error().what));
            fields.set("msg", Value(failure.error().what));
        }
    }
    auto on = [&](const char* name) { const Value* value = fields.find(name); return value && value->truthy(); };
    item.status = on("failed") ? Status::failed : on("skipped") ? Status::skipped : on("changed") ? Status::changed : Status::ok;
}

void TaskRun::finish_now(Value result) {
    items_.clear();
    loop_ = false;
    result_ = std::move(result);
    const Value* skipped = result_.find("skipped");
    const Value* failed = result_.find("failed");
    status_ = failed && failed->truthy() ? Status::failed : skipped && skipped->truthy() ? Status::skipped : Status::ok;
    seconds_ = now() - began_;
    finished_ = true;
    if (status_ == Status::failed) ignored_ = flag("ignore_errors", false);
}

void TaskRun::finish() {
    if (aborted_) return finish_now(failure_result(*aborted_));
    finished_ = true;
    seconds_ = now() - began_;
    if (std::none_of(items_.begin(), items_.end(), [](const Item& item) { return item.status == Status::failed; }))
        for (auto& effect : effects_) effect();
    if (loop_ && info_.no_log && !items_.empty()) delegated_to_ = items_.back().delegated_to;    // its result is told without the items
    if (!loop_) {
        status_ = items_[0].status;
        result_ = items_[0].result;
    } else {
        List results;
        bool changed = false, failed = false, skipped = true, unreachable = false;
        List warnings;
        for (Item& item : items_) {
            Map fields = item.result.map();
            for (const auto& [name, value] : loop_variables(item)) fields.set(name, value);
            unreachable = unreachable || item.status == Status::unreachable;
            if (!fields.contains("failed") && item.status != Status::skipped && item.status != Status::unreachable) fields.set("failed", item.status == Status::failed);
            const Value* change = fields.find("changed");
            changed = changed || (change && change->truthy() && item.status != Status::skipped);
            failed = failed || item.status == Status::failed;
            skipped = skipped && item.status == Status::skipped;
            results.emplace_back(std::move(fields));
        }
        Map all{{"results", Value(std::move(results))}};
        all.set("skipped", skipped);   // also when false, as Ansible does
        all.set("changed", changed);
        if (failed) all.set("failed", true);
        all.set("msg", failed ? "One or more items failed" : skipped ? "All items skipped" : "All items completed");
        status_ = failed ? Status::failed : unreachable ? Status::unreachable : skipped ? Status::skipped : changed ? Status::changed : Status::ok;
        result_ = Value(std::move(all));
    }
    if (status_ == Status::failed || status_ == Status::unreachable) {
        try {
            ignored_ = flag(status_ == Status::failed ? "ignore_errors" : "ignore_unreachable", false);
        } catch (const base::Failure&) {
        }
    }
}

}  // namespace fprov::executor
