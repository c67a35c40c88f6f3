// SPDX-License-Identifier: Apache-2.0
// One task over the hosts of a batch: banner, run, results, consequences.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/text.hpp"
#include "executor/outcome_rules.hpp"
#include "executor/play_runner.hpp"
#include "executor/tags.hpp"
#include "values/python.hpp"

namespace fprov::executor {

using events::Status;
using playbook::inherited;

bool PlayRunner::selected(const playbook::Task& task) {
    auto known = selected_.find(&task);
    if (known != selected_.end()) return known->second;
    std::vector<std::string> tags;
    TaskScope scope(run_, &state_, state_.all_hosts.empty() ? "" : state_.all_hosts.front(), &task);
    for (const Value& tag : playbook::all_tags(task)) {
        Value rendered = run_.templar.render_tolerant(tag, scope);
        for (const Value& one : rendered.is_sequence() ? rendered.list() : List{rendered})
            for (auto& part : base::split(values::str(one), ',')) tags.emplace_back(base::trim(part));
    }
    bool run = chosen_by_tags(tags, run_.options.tags, run_.options.skip_tags);
    if (task.is_handler) run = true;   // handlers ignore tags
    selected_[&task] = run;
    return run;
}

events::TaskInfo PlayRunner::describe(const playbook::Task& task, HostRun& host) {
    events::TaskInfo info;
    TaskScope scope(run_, &state_, host.name, &task);
    Value name = task.action == "include_role" ? (task.name.is_none() ? Value(task.written_action) : task.name) : playbook::display_name(task);
    info.name = name.trust() == values::Trust::template_ok || task.role ? values::str(run_.templar.render_tolerant(
                    task.name.is_none() ? name : Value(name.string(), values::Trust::template_ok, name.origin()), scope)) : values::str(name);
    info.action = task.written_action;
    if (run_.options.show_arguments)
        for (const auto& [key, value] : task.args) info.arguments += (info.arguments.empty() ? "" : ", ") + values::str(key) + "=" + values::str(value);
    if (task.action == "include_role" && task.name.is_none())   // named after the role, as Ansible does
        for (const char* key : {"name", "role", "_raw_params"})
            if (const Value* role = task.args.find(key)) { info.name += " : " + values::str(run_.templar.render_tolerant(*role, scope)); break; }
    info.path = base::describe({task.place.source, task.place.line, 0});
    info.handler = task.is_handler;
    info.implicit = task.implicit;
    info.check = run_.options.check;
    info.diff = run_.options.diff;
    auto decide = [&](const char* keyword, bool& flag, bool undecided) {
        const Value* value = inherited(task, keyword);
        if (!value) return;
        try {
            flag = spec::coerce(run_.templar.render(*value, scope), spec::Type::boolean).bool_or(undecided);
        } catch (const base::Failure&) {   // of an item, perhaps
            flag = undecided;
        }
    };
    info.no_log = run_.options.no_log;
    decide("no_log", info.no_log, true);   // what cannot be decided is kept secret
    decide("check_mode", info.check, info.check);
    decide("diff", info.diff, info.diff);
    return info;
}

bool PlayRunner::wanted_by_start_at(const playbook::Task& task) {
    if (start_reached_ || task.implicit) return true;
    // As they are written, templates and all; a task without a name goes by its action.
    const std::string name = task.name.is_none() ? "" : task.name.text_or(""), full = values::str(playbook::display_name(task));
    const std::string& wanted = run_.options.start_at_task;
    if (name == wanted || full == wanted || base::fnmatch(name, wanted) || base::fnmatch(full, wanted)) { start_reached_ = true; run_.options.start_at_task.clear(); }
    return start_reached_;
}

// One title for the hosts of a linear task; with free, one for all hosts that come by.
std::uint64_t PlayRunner::banner_of(const playbook::Task& task) {
    if (!free_) return ++run_.next_banner;
    auto& id = banners_[&task];
    if (!id) id = ++run_.next_banner;
    return id;
}

void PlayRunner::run_task(const playbook::Task& task, const Hosts& hosts) {
    if (hosts.empty() || !selected(task) || !wanted_by_start_at(task)) return;
    if (task.action == "meta") return run_meta(task, hosts);
    events::TaskInfo info = describe(task, *hosts.front());
    info.id = banner_of(task);
    if (stepping_ && !task.implicit) {
        const std::string prompt = "Perform task: " + std::string(task.is_handler ? "HANDLER: " : "TASK: ") + values::str(playbook::display_name(task)) + " (N)o/(y)es/(c)ontinue: ";
        auto say = [&](std::string text) { run_.emit(events::Message{events::Message::Level::info, 0, std::move(text)}); };
        if (!run_.questions.terminal) say(prompt);
        std::string answer = run_.ask_line(run_.questions.terminal ? prompt : "");
        const std::string title(base::trim(prompt));
        say((run_.questions.terminal ? "\n" : "") + title + " " + std::string(title.size() < 76 ? 79 - title.size() : 3, '*'));
        if (answer == "c" || answer == "continue") stepping_ = false;
        else if (answer != "y" && answer != "yes") return;
    }
    if (const Value* when = inherited(task, "debugger")) {
        if (when->text_or("never") != "never") no_debugger("tasks with 'debugger' go on as without it");
    }
    info.title_with_result = free_;
    std::vector<std::pair<std::string, Hosts>> groups;
    if (task.action.find("{{") != std::string::npos)   // hosts may have different ones
        for (HostRun* host : hosts) {
            std::string name = run_.templar.render_text(Value(task.action, values::Trust::template_ok, task.action_place), TaskScope(run_, &state_, host->name, &task));
            auto known = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == name; });
            if (known == groups.end()) known = groups.insert(groups.end(), {name, {}});
            known->second.push_back(host);
        }
    run_.emit(events::TaskBegan{info});
    for (const auto& [name, members] : groups) {
        auto& made = named_[{&task, name}];
        if (!made) made = run_.loader.with_action(task, name);
        info.action = name;
        run_action(*made, members, info);
    }
    if (!groups.empty()) return;
    if (task.action == "include_tasks" || task.action == "include_role") return run_include(task, hosts, info);
    run_action(task, hosts, info);
}

void PlayRunner::run_action(const playbook::Task& task, const Hosts& hosts, const events::TaskInfo& info) {
    const actions::Action* action = actions::find(task.action);
    const bool by_nature = action && action->once;
    bool asked = false;
    if (const Value* value = inherited(task, "run_once"); value && task.wrong_field.empty()) {
        TaskScope scope(run_, &state_, hosts.front()->name, &task);
        asked = spec::coerce(run_.templar.render(*value, scope), spec::Type::boolean).bool_or(false);
    }
    bool once = by_nature || asked;
    if (free_ && once) {
        if (by_nature)
            throw base::Failure(base::Kind::generic, "The '" + task.action + "' module bypasses the host loop, which is currently not supported in the free strategy "
                                "and would instead execute for every host in the inventory list.", task.place);
        run_.emit(events::Message{events::Message::Level::warning, 0, "Using run_once with the free strategy is not currently supported. This task will still be executed "
                                                                      "for every host in the inventory list."});
        once = false;
    }
    if (once) execute(task, {hosts.front()}, info, true, asked);   // what pause and add_host give is the first host's alone
    else execute(task, hosts, info, false);
}

void PlayRunner::execute(const playbook::Task& task, const Hosts& hosts, events::TaskInfo info, bool for_all, bool shared) {
    std::size_t most = 0;   // throttle
    std::size_t limit = run_.options.forks > 0 ? static_cast<std::size_t>(run_.options.forks) : hosts.size();
    if (const Value* throttle = inherited(task, "throttle"); throttle && task.wrong_field.empty()) {
        TaskScope scope(run_, &state_, hosts.front()->name, &task);
        auto count = spec::coerce(run_.templar.render(*throttle, scope), spec::Type::integer).int_or(0);
        if (count > 0) most = static_cast<std::size_t>(count);
        if (most) limit = std::min(limit, most);
    }
    std::optional<Slot> slot;
    if (free_) slot.emplace(*this, task, most);
    walk_->current.push_back(&task);
    struct Leave { std::vector<const playbook::Task*>& current; ~Leave() { current.pop_back(); } } leave{walk_->current};
    struct Running { std::shared_ptr<TaskRun> run; bool committed = false; };
    std::vector<Running> running;
    std::size_t started = 0, committed = 0;
    bool anyone_failed = false;
    Hosts everyone = shared ? active(batch_) : Hosts{};
    auto start_one = [&] {
        HostRun& host = *hosts[started++];
        tell_start(values::str(playbook::display_name(task)), task.is_handler, host);
        std::shared_ptr<TaskRun> one = for_all ? (drop_ahead(host), nullptr) : take_ahead(host, task);
        if (one && one->finished() && one->lost_turn()) {
            host.ahead_limit = 2;
            drop_ahead(host);
            host.window = run_.new_window();
            one = nullptr;
        }
        if (!one) {
            one = std::make_shared<TaskRun>(*this, host, task, TaskRun::Mode::turn, host.window, info);
            one->start();
        } else {
            one->take_turn(info);
        }
        running.push_back({one, false});
    };
    auto settle = [&] {
        for (auto& [one, done] : running) {
            if (done || !one->finished()) continue;
            if (one->lost_turn()) {
                // Sent ahead, held back by the agent, and now its turn has come.
                HostRun& host = one->host();
                host.ahead_limit = 2;
                drop_ahead(host);
                host.window = run_.new_window();
                one = std::make_shared<TaskRun>(*this, host, task, TaskRun::Mode::turn, host.window, info);
                one->start();
                if (!one->finished()) continue;
            }
            done = true;
            ++committed;
            anyone_failed = anyone_failed || (((one->status() == Status::failed && fails_at_once()) || one->status() == Status::unreachable) && !one->ignored());
            commit(*one, shared ? everyone : Hosts{&one->host()});
        }
    };
    bool looked = false;
    while (committed < hosts.size()) {
        while (started < hosts.size() && started - committed < limit) start_one();
        settle();
        if (committed == hosts.size()) break;
        if (!looked && started == hosts.size()) {
            looked = true;
            const bool window = free_ || batch_.size() == 1;
            if (std::none_of(running.begin(), running.end(), [&](const Running& one) { return one.run->holds_back(window); })) look_ahead(active(free_ ? hosts : batch_));
        }
        if (committed == hosts.size() || (started < hosts.size() && started - committed < limit)) continue;
        std::size_t before = committed;
        wait_for([&] { return std::any_of(running.begin(), running.end(), [](const Running& r) { return !r.committed && r.run->finished(); }) || committed > before; }, info);
    }
    check_fatal(task, hosts, anyone_failed, for_all);
    refresh_alive();
}

void PlayRunner::tell_start(const std::string& name, bool handler, const HostRun& host) {
    if (run_.options.show_starts)
        run_.emit(events::Message{events::Message::Level::info, 0, std::string(" [started ") + (handler ? "HANDLER: " : "TASK: ") + name + " on " + host.name + "]"});
}

// "h1 -> db(10.0.0.9)": reporters show the delegate's address where it is not its name.
void PlayRunner::tell_delegate(Value& result, const std::string& delegate, const playbook::Task& task) {
    if (delegate.empty() || !result.is_map() || result.find("unreachable")) return;
    try {
        auto address = TaskScope(run_, &state_, delegate, &task).lookup("ansible_host");
        if (!address || !address->is_string() || address->string() == delegate) return;
        Map fields = result.map();
        fields.set("_ansible_delegated_vars", Value(Map{{"ansible_host", *address}}));
        result = Value(std::move(fields));
    } catch (const base::Failure&) {   // shown without it
    }
}

void PlayRunner::report_item(TaskRun& task_run, TaskRun::Item& item) {
    if (item.reported) return;
    item.reported = true;
    events::ItemFinished event{task_run.info(), task_run.host().name, item.delegated_to, item.status, false, item.label, censor(item.result, item.hidden)};
    event.task.no_log = item.hidden;
    if (item.status == Status::failed) {
        const Value* ignore = inherited(task_run.task(), "ignore_errors");
        try {
            event.ignored = ignore && spec::coerce(run_.templar.render(*ignore, task_run.scope()), spec::Type::boolean).bool_or(false);
        } catch (const base::Failure&) {
        }
    }
    if (item.hidden) event.label = "None";
    tell_delegate(event.result, item.delegated_to, task_run.task());
    if (event.result.is_map() && !item.hidden) {
        Map fields = event.result.map();
        for (const auto& [name, value] : task_run.loop_variables(item)) fields.set(name, value);
        event.result = Value(std::move(fields));
    }
    run_.emit(std::move(event));
}

void PlayRunner::commit(TaskRun& task_run, const Hosts& for_hosts) {
    HostRun& host = task_run.host();
    const playbook::Task& task = task_run.task();
    const events::TaskInfo& info = task_run.info();
    if (task_run.is_loop())
        for (auto& item : task_run.items()) if (item.done) report_item(task_run, item);
    Value result = task_run.result();
    events::Counters& count = run_.counters[host.name];

    // Variables first: handlers and later tasks see them.
    if (const Value* name = task.own("register")) {
        TaskScope scope(run_, &state_, host.name, &task);
        std::string variable = run_.templar.render_text(*name, scope);
        Value stored = without_internal(result);
        if (task.action != "include_vars") stored = values::as_data(stored);   // the files' templates stay what they are
        if (!task_run.is_loop() && stored.is_map()) stored.mutable_map().erase("invocation");
        for (HostRun* target : for_hosts) run_.store.host(target->name).set_facts.set(variable, stored);
    }
    auto take_facts = [&](const Value& one, const std::string& delegated) {
        const Value* facts = one.find("ansible_facts");
        if (!facts || !facts->is_map() || task.action == "set_fact" || task.action == "include_vars") return;
        bool to_delegate = false;
        if (const Value* value = inherited(task, "delegate_facts")) to_delegate = value->truthy();
        Value data = values::as_data(*facts);
        bool all_facts = task.action == "gather_facts" || task.implicit;   // setup does not count
        auto store = [&](const std::string& name) {
            run_.store.set_facts(name, data.map());
            if (all_facts) run_.store.facts_gathered(name);
        };
        if (to_delegate && !delegated.empty()) store(delegated);
        else for (HostRun* target : for_hosts) store(target->name);
    };
    if (task_run.status() == Status::failed) {}   // as Ansible, also where the failure is ignored
    else if (task_run.is_loop()) for (auto& item : task_run.items()) take_facts(item.result, item.delegated_to);
    else take_facts(result, task_run.delegated_to());

    Status status = task_run.status();
    if (status != Status::skipped && task.role)
        for (HostRun* target : for_hosts) {
            target->roles_ran.insert(task.role->identity);
            for (playbook::Role* parent : task.role->parents) target->roles_ran.insert(parent->identity);
        }
    const bool hidden = task_run.hidden();
    bool as_loop = task_run.is_loop() && !hidden;   // what is hidden is shown as one result
    events::HostFinished event{info, host.name, task_run.delegated_to(), status, task_run.ignored(), as_loop, censor(result, hidden), task_run.seconds()};
    event.task.no_log = hidden;
    if (as_loop && !task_run.items().empty() && std::any_of(task_run.items().begin(), task_run.items().end(), [](const auto& item) { return item.hidden; })) {
        List shown = result.find("results")->list();   // skipped items keep their secrets, too
        for (std::size_t i = 0; i < shown.size(); ++i) shown[i] = censor(shown[i], task_run.items()[i].hidden);
        event.result.mutable_map().set("results", Value(std::move(shown)));
    }
    tell_delegate(event.result, task_run.delegated_to(), task);
    switch (status) {
        case Status::ok: ++count.ok; break;
        case Status::changed: ++count.ok; ++count.changed; break;
        case Status::skipped: ++count.skipped; break;
        case Status::failed:
            if (task_run.ignored()) { ++count.ok; ++count.ignored; if (const Value* changed = result.find("changed"); changed && changed->truthy()) ++count.changed; }
            break;
        case Status::unreachable:
            if (task_run.ignored()) { ++count.ok; ++count.ignored; }
            else ++count.unreachable;
            break;
    }
    bool changed = status == Status::changed || (task_run.is_loop() && result.find("changed") && result.find("changed")->truthy());
    // As Ansible: what these two change is found item by item, each time after handlers were looked for; the last item's change comes too late.
    bool found_late = (task.action == "add_host" || task.action == "group_by") && !task.own("changed_when");
    if (const Value* items = found_late && task_run.is_loop() ? result.find("results") : nullptr; items && items->is_list() && !items->list().empty())
        found_late = std::none_of(items->list().begin(), items->list().end() - 1, [](const Value& item) { const Value* did = item.find("changed"); return did && did->truthy(); });
    if (changed && status != Status::failed && !found_late) notify(task_run, host);
    run_.emit(std::move(event));
    if ((changed || status == Status::failed) && !free_)   // what other hosts answered ahead of this may no longer be true
        for (HostRun* other : batch_) if (other != &host || for_hosts.size() > 1) drop_ahead(*other);
    if (status == Status::failed && !task_run.ignored()) {
        bool first = true;
        for (HostRun* target : for_hosts) { host_failed(task_run, *target, first); first = false; }
    } else if (status == Status::unreachable && !task_run.ignored()) {
        host.unreachable = true;
        drop_ahead(host);
    }
    if (status != Status::failed && status != Status::unreachable && task_run.mode() != TaskRun::Mode::turn)
        host.ahead_limit = std::min(host.ahead_limit * 2, run_.options.lookahead);
    host.ahead_blocked = false;
    mark_pending(host, nullptr);
}

// For rescue sections and all that comes after them, as in Ansible.
void PlayRunner::remember_failure(HostRun& host, const Value& task, const Value& result) {
    auto& facts = run_.store.host(host.name).set_facts;
    facts.set("ansible_failed_task", values::as_data(task));
    facts.set("ansible_failed_result", values::as_data(result));
}

void PlayRunner::host_failed(TaskRun& task_run, HostRun& host, bool count) {
    host.failed = true;
    host.rescue_ahead = will_be_rescued();
    drop_ahead(host);
    if (host.rescue_ahead) {
        if (count) ++run_.counters[host.name].rescued;
        const Value& named = task_run.task().name;
        std::string name = named.is_none() ? "" : values::str(task_run.is_loop() ? named : run_.templar.render_tolerant(named, task_run.scope()));
        // What the task was, as data: its templates are those of another moment.
        const playbook::Task& task = task_run.task();
        Value args(task.args);
        if (!task_run.is_loop()) args = run_.templar.render_tolerant(args, task_run.scope());
        Map told{{"name", Value(name)}, {"action", Value(task_run.info().action)}, {"args", args}, {"tags", Value(playbook::all_tags(task))}, {"when", Value(task.when)}};
        told.set("loop", task.loop_kind == "loop" ? task.loop : Value());
        told.set("vars", Value(task.vars));
        List layers;
        for (const Value* layer : playbook::inherited_all(task, "environment"))
            for (const Value& one : layer->is_list() ? layer->list() : List{*layer}) layers.push_back(one);
        told.set("environment", Value(std::move(layers)));
        const std::pair<const char*, Value> rest[] = {
            {"any_errors_fatal", false}, {"async", 0}, {"async_val", 0}, {"become", false}, {"become_exe", Value()}, {"become_flags", Value()}, {"become_method", "sudo"},
            {"become_user", Value()}, {"changed_when", List{}}, {"check_mode", run_.options.check}, {"collections", List{}}, {"debugger", Value()}, {"delay", 5},
            {"delegate_facts", Value()}, {"delegate_to", Value()}, {"diff", run_.options.diff}, {"failed_when", List{}}, {"ignore_errors", Value()}, {"ignore_unreachable", Value()},
            {"loop_control", Value()}, {"no_log", false}, {"notify", Value()}, {"poll", 15}, {"port", Value()}, {"register", Value()}, {"remote_user", Value()}, {"retries", 3},
            {"run_once", Value()}, {"throttle", 0}, {"timeout", 0}, {"until", List{}}};
        for (const auto& [keyword, other] : rest) {
            const Value* value = inherited(task, keyword);
            if (!value) value = task.own(keyword);
            Value shown = value && !value->is_none() ? run_.templar.render_tolerant(*value, task_run.scope()) : other;
            if (other.is_list() && !shown.is_list()) shown = Value(List{shown});
            told.set(keyword, shown);
        }
        told.set("async_val", *told.find("async"));
        remember_failure(host, Value(std::move(told)), task_run.result());
    } else if (count) {
        ++run_.counters[host.name].failed;
    }
}

void PlayRunner::notify(TaskRun& task_run, HostRun& host) {
    const playbook::Task& task = task_run.task();
    const Value* names = task.own("notify");
    for (const playbook::Block* block = task.parent; !names && block; block = block->parent) names = block->own("notify");
    if (!names) return;
    List all;   // of every item of a loop, when any of them has changed
    auto collect = [&] {
        Value rendered = run_.templar.render(*names, task_run.scope());
        for (const Value& one : rendered.is_sequence() ? rendered.list() : List{rendered})
            if (!values::contains(Value(all), one)) all.push_back(one);
    };
    if (!task_run.is_loop()) collect();
    else for (const auto& item : task_run.items()) { task_run.enter(item); collect(); }
    for (const Value& one : all) {
        std::string wanted = values::str(one);
        bool found = false;
        // Of several with one name, Ansible takes the first of the last stretch of handlers: a block, or what stands between blocks in one place.
        const playbook::Task* named = nullptr;
        int stretch = 0, named_in = -1;
        const playbook::Role* role = nullptr;
        std::vector<const playbook::Task*> listeners;
        std::function<void(const playbook::Items&)> search = [&](const playbook::Items& items) {
            for (const auto& item : items) {
                if (item.block) { ++stretch; search(item.block->tasks); ++stretch; continue; }
                const playbook::Task& handler = *item.task;
                if (handler.role.get() != role) { ++stretch; role = handler.role.get(); }
                if (!handler.name.is_none()) {
                    TaskScope scope(run_, &state_, host.name, &handler);
                    std::string name = values::str(run_.templar.render_tolerant(handler.name, scope));
                    std::string full = handler.role ? handler.role->full_name() + " : " + name : name;
                    if ((name == wanted || full == wanted) && named_in != stretch) { named = &handler; named_in = stretch; }
                }
                for (const auto& topic : handler.listen) if (topic == wanted) listeners.push_back(&handler);
            }
        };
        search(play_.handlers);
        if (named) { found = true; host.notified.insert(named); }
        for (const auto* listener : listeners) { found = true; host.notified.insert(listener); }
        if (!found) {
            if (run_.options.error_on_missing_handler)
                throw base::Failure(base::Kind::generic, "The requested handler '" + wanted + "' was not found in either the main handlers list nor in the listening handlers list",
                                    one.origin() ? one.origin() : names->origin());
            run_.emit(events::Message{events::Message::Level::warning, 0, "The requested handler '" + wanted + "' was not found in either the main handlers list nor in the listening handlers list"});
        } else {
            run_.emit(events::Notified{task_run.info(), host.name, wanted});
        }
    }
}

void PlayRunner::check_fatal(const playbook::Task& task, const Hosts&, bool anyone_failed, bool for_all) {
    if (!anyone_failed || free_) return;   // free: hosts don't decide over each other
    TaskScope scope(run_, &state_, batch_.front()->name, &task);
    bool fatal = run_.options.any_errors_fatal;
    if (const Value* value = inherited(task, "any_errors_fatal"); value && task.wrong_field.empty()) fatal = spec::coerce(run_.templar.render(*value, scope), spec::Type::boolean).bool_or(fatal);
    // As Ansible: an ignore_errors that is a template, whatever it gives, keeps an error from being fatal for the other hosts. The hosts of a
    // task that runs once fail all the same.
    const Value* ignores = inherited(task, "ignore_errors");
    fatal = (fatal || for_all) && !(ignores && ignores->is_string() && ignores->string().find("{{") != std::string::npos);
    // With force_handlers, failed hosts do not count until the handlers are through: Ansible does not stop then. An error that is fatal fails all hosts at once.
    const bool all_fail = fatal || for_all;
    if (const Value* limit = play_.own("max_fail_percentage"); limit && !limit->is_none() && (all_fail || !forces_handlers())) {
        double allowed = base::parse_double(run_.templar.render_text(*limit, scope)).value_or(100);
        auto out = all_fail ? static_cast<std::ptrdiff_t>(batch_.size()) : std::count_if(batch_.begin(), batch_.end(), [](HostRun* host) { return host->failed; });
        if (static_cast<double>(out) / static_cast<double>(batch_.size()) * 100.0 > allowed) {
            fatal = true;
            run_.emit(events::NoHostsRemaining{});   // Ansible says it here and once more at the play's end
        }
    }
    if (!fatal && !for_all) return;
    stop_ = true;
    fatal_ = fatal_ || fatal;
    for (HostRun* host : batch_) {
        drop_ahead(*host);
        if (host->unreachable) continue;
        host->failed = true;
        host->rescue_ahead = will_be_rescued();
    }
}

namespace {

// How Ansible goes about a meta task: for each host by itself, or once, when the first host's conditions hold; and what it says when they do not.
struct Meta { std::string_view name; bool each_host, has_when; std::string_view otherwise; };
constexpr Meta metas[] = {{"clear_facts", false, true, "not clearing facts and fact cache for "},
                          {"clear_host_errors", false, true, "not clearing host error state for "},
                          {"end_batch", false, true, "continuing current batch"},
                          {"end_host", true, true, "continuing execution for "},
                          {"end_play", false, true, "continuing play"},
                          {"flush_handlers", true, true, "not running handlers for "},
                          {"noop", true, false, ""},
                          {"refresh_inventory", false, false, ""},
                          {"reset_connection", true, false, ""},
                          {"role_complete", true, false, ""}};

Value skipped_meta(const Meta& meta, const std::string& host) {
    std::string otherwise(meta.otherwise);
    if (otherwise.ends_with(' ')) otherwise += host;
    const std::string name(meta.name);
    return Value(Map{{"skipped", true}, {"skip_reason", Value(name + " conditional evaluated to False, " + otherwise)},
                     {"msg", Value(name == "end_host" ? name + " conditional evaluated to false, " + otherwise : name)}});
}

}  // namespace

void PlayRunner::run_meta(const playbook::Task& task, const Hosts& hosts) {
    const Value* raw = task.args.find("_raw_params");
    const std::string what = raw ? raw->text_or("") : "";
    events::TaskInfo info = describe(task, *hosts.front());
    info.action = "meta";
    info.title_with_result = free_;
    auto known = std::find_if(std::begin(metas), std::end(metas), [&](const Meta& meta) { return meta.name == what; });
    if (known == std::end(metas)) {
        info.id = ++run_.next_banner;
        run_.emit(events::TaskBegan{info});
        throw base::Failure(base::Kind::generic, "invalid meta action requested: " + what, task.place);
    }
    if (what == "flush_handlers" && task.is_handler)
        throw base::Failure(base::Kind::generic, "flush_handlers cannot be used as a handler", task.place);
    const auto conditions = playbook::conditions(task);
    if (!known->has_when && !conditions.empty())
        run_.emit(events::Message{events::Message::Level::warning, 0, what + " task does not support when conditional"});
    Hosts chosen;
    for (HostRun* host : hosts) {
        info.id = ++run_.next_banner;
        run_.emit(events::TaskBegan{info});
        TaskScope scope(run_, &state_, host->name, &task);
        bool holds = true;
        if (known->has_when) for (const Value* condition : conditions) if (!run_.templar.condition(*condition, scope)) { holds = false; break; }
        if (holds) chosen.push_back(host);
        else run_.emit(events::HostFinished{info, host->name, "", Status::skipped, false, false, skipped_meta(*known, host->name), 0});
        if (!known->each_host) break;
    }
    if (chosen.empty()) return;
    if (what == "flush_handlers") {
        flush_handlers(chosen);
    } else if (what == "end_play" || what == "end_batch") {
        for (HostRun* host : batch_) host->finished = true, drop_ahead(*host);
        if (what == "end_play") stop_ = true;
    } else if (what == "end_host") {
        for (HostRun* host : chosen) { host->finished = host->ended = true; drop_ahead(*host); }
    } else if (what == "clear_host_errors") {
        // Failed hosts stay out of this play, and are good again for the next one.
        for (const auto& [name, host] : hosts_) {
            host->forgiven = host->failed || host->unreachable;   // what comes later counts
            run_.failed.erase(name);
            run_.unreachable.erase(name);
        }
    } else if (what == "clear_facts") {
        for (const auto& [name, host] : hosts_) { run_.store.forget_facts(name); drop_ahead(*host); }
    } else if (what == "refresh_inventory") {
        run_.reload_inventory();
    } else if (what == "reset_connection") {
        for (HostRun* host : chosen) {
            drop_ahead(*host);
            TaskScope scope(run_, &state_, host->name, &task);
            std::uint32_t number = 0;
            session_for(scope, task, host->name, number).reset();
            host->endpoint.reset();
        }
    }
    refresh_alive();
}

}  // namespace fprov::executor
