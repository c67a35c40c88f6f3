// SPDX-License-Identifier: Apache-2.0
#include "executor/play_runner.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/files.hpp"
#include "base/text.hpp"
#include "executor/outcome_rules.hpp"
#include "executor/thread_reach.hpp"
#include "values/python.hpp"

namespace fprov::executor {

using playbook::inherited;

PlayRunner::PlayRunner(Run& run, const playbook::Play& play) : run_(run), play_(play) {
    state_.play = &play;
    start_reached_ = run.options.start_at_task.empty();
    stepping_ = run.options.step;
}

PlayRunner::~PlayRunner() {
    for (auto& thread : threads_) if (thread.joinable()) thread.join();
}

std::uint32_t PlayRunner::host_number(const std::string& name) {
    auto at = hosts_.find(name);
    return at == hosts_.end() ? 0 : at->second->number;
}

Hosts PlayRunner::active(const Hosts& hosts) const {
    Hosts out;
    for (HostRun* host : hosts) if (host->active()) out.push_back(host);
    return out;
}

// A host that waits for its rescue is still one of the play, and so is one whose batch was ended.
static bool counts(const HostRun& host) { return !host.unreachable && !host.ended && !host.failed_handler && (!host.failed || host.rescue_ahead); }

void PlayRunner::refresh_alive() {
    state_.alive.clear();
    for (const auto& name : state_.all_hosts) {
        auto at = hosts_.find(name);
        if (at == hosts_.end() || counts(*at->second)) state_.alive.push_back(name);
    }
    state_.batch.clear();
    for (HostRun* host : batch_) if (counts(*host)) state_.batch.push_back(host->name);
}

std::vector<std::string> PlayRunner::choose_hosts() {
    TaskScope scope(run_, nullptr, "", nullptr);
    for (const auto& [key, value] : play_.vars) scope.set_local(key.text_or(""), value);
    Value rendered;
    try {
        rendered = run_.templar.render(play_.hosts, scope);
    } catch (base::Failure& failure) {
        if (failure.error().kind != base::Kind::undefined) throw;
        failure.error().kind = base::Kind::parse;
        failure.error().what = "The field 'hosts' has an invalid value, which includes an undefined variable. The error was: " + failure.error().what;
        throw;
    }
    std::vector<std::string> patterns;
    if (rendered.is_sequence()) for (const Value& one : rendered.list()) patterns.push_back(values::str(one));
    else patterns.push_back(values::str(rendered));
    state_.name = base::join(patterns, ",");
    std::vector<std::string> warnings;
    std::vector<std::string> hosts = run_.inventory.match(base::join(patterns, ","), &warnings);
    if (!run_.options.limit.empty()) hosts = run_.inventory.limited(hosts, run_.options.limit, nullptr);
    for (auto& warning : warnings) run_.emit(events::Message{events::Message::Level::warning, 0, warning});
    state_.all_hosts = hosts;   // in the inventory's order, whatever `order` says
    std::string order = "inventory";
    if (const Value* value = play_.own("order")) order = run_.templar.render_text(*value, scope);
    if (order == "reverse_inventory") std::reverse(hosts.begin(), hosts.end());
    else if (order == "sorted") std::sort(hosts.begin(), hosts.end());
    else if (order == "reverse_sorted") std::sort(hosts.rbegin(), hosts.rend());
    else if (order == "shuffle") std::shuffle(hosts.begin(), hosts.end(), std::mt19937{std::random_device{}()});
    else if (order != "inventory" && !order.empty())
        throw base::Failure(base::Kind::parse, "Invalid 'order' specified for inventory hosts: " + order, play_.own("order")->origin(), "inventory, reverse_inventory, sorted, reverse_sorted or shuffle");
    return hosts;
}

std::vector<std::vector<std::string>> PlayRunner::batches(const std::vector<std::string>& hosts) {
    const Value* serial = play_.own("serial");
    if (!serial || serial->is_none()) return {hosts};
    TaskScope scope(run_, &state_, hosts.front(), nullptr);
    Value rendered = run_.templar.render(*serial, scope);
    List sizes = rendered.is_sequence() ? rendered.list() : List{rendered};
    std::vector<std::vector<std::string>> out;
    std::size_t at = 0, step = 0;
    while (at < hosts.size()) {
        const Value& size = sizes[std::min(step++, sizes.size() - 1)];
        std::string text = values::str(size);
        std::size_t count = 0;
        if (text.ends_with("%")) {
            auto percent = base::parse_double(text.substr(0, text.size() - 1));
            if (!percent) throw base::Failure(base::Kind::parse, "serial: '" + text + "' is no percentage", serial->origin());
            count = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(hosts.size()) * *percent / 100.0));
        } else {
            auto number = base::parse_int(text);
            if (!number) throw base::Failure(base::Kind::parse, "serial: '" + text + "' is no number of hosts", serial->origin(), "a number, a percentage (\"30%\") or a list of them");
            count = static_cast<std::size_t>(std::max<std::int64_t>(0, *number));
        }
        if (count == 0) count = hosts.size();
        auto end = std::min(at + count, hosts.size());
        out.emplace_back(hosts.begin() + static_cast<std::ptrdiff_t>(at), hosts.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
    }
    return out;
}

void PlayRunner::load_vars_files(const std::string& host) {
    Map& loaded = run_.store.host(host).vars_files;
    loaded.clear();
    for (const Value& entry : play_.vars_files) {
        List candidates = entry.is_sequence() ? entry.list() : List{entry};
        bool found = false;
        std::string tried;
        std::optional<base::Error> undefined;
        for (const Value& candidate : candidates) {
            TaskScope scope(run_, &state_, host, nullptr);
            std::string name;
            try {
                name = run_.templar.render_text(candidate, scope);
            } catch (const base::Failure& failure) {
                if (failure.error().kind != base::Kind::undefined) throw;
                undefined = failure.error();   // facts may tell it later: the files are read again then
                continue;
            }
            std::string path;
            for (const char* folder : {"vars", ""}) {
                std::string full = base::normalize_path(base::join_path(base::join_path(play_.directory, folder), name));
                if (base::is_file(full)) { path = full; if (*folder == 0) break; }
                if (!path.empty()) break;
            }
            if (std::string direct = base::normalize_path(base::join_path(play_.directory, name)); base::is_file(direct)) path = direct;
            tried += (tried.empty() ? "" : ", ") + name;
            if (path.empty()) continue;
            for (const auto& [key, value] : run_.loader.read_vars_file(path)) loaded.set(key, value);
            found = true;
            break;
        }
        if (!found && !undefined)
            throw base::Failure(base::Kind::not_found, "vars file " + tried + " was not found", entry.origin(), "it was looked for in " + play_.directory);
    }
}

bool PlayRunner::run_play() {
    run_.store.use_playbook_directory(play_.directory);
    run_.store.prompts = {};
    std::vector<std::string> names = choose_hosts();
    TaskScope play_scope(run_, &state_, "", nullptr);   // a play's name knows no host
    if (!play_.name.is_none()) state_.name = values::str(run_.templar.render_tolerant(play_.name, play_scope));   // else the pattern of its hosts
    run_.emit(events::PlayBegan{state_.name, names, run_.options.check});
    if (names.empty()) { run_.emit(events::NoHostsMatched{}); return true; }
    for (const auto& name : names) {
        auto host = std::make_unique<HostRun>();
        host->name = name;
        host->number = static_cast<std::uint32_t>(hosts_.size() + 1);
        host->unreachable = run_.unreachable.contains(name);
        host->failed = run_.failed.contains(name);
        host->ahead_limit = run_.options.lookahead;
        host->window = run_.new_window();
        hosts_.emplace(name, std::move(host));
    }
    ask_prompts(names.front());
    for (const auto& name : names) load_vars_files(name);
    std::vector<std::string> left;
    for (const auto& name : names) if (hosts_[name]->active()) left.push_back(name);
    if (left.empty()) return true;
    auto groups = batches(names);   // who failed before has its place, though nothing runs there
    for (std::size_t i = 0; i < groups.size(); ++i) {
        stop_ = false;
        if (i) run_.emit(events::PlayBegan{state_.name, groups[i], run_.options.check});   // serial: each batch has its title
        run_batch(groups[i], i + 1 == groups.size());
        if (interrupted) return false;
        // A batch that failed as a whole ends the play and the run.
        bool all_failed = !batch_.empty() && std::none_of(batch_.begin(), batch_.end(), [](HostRun* host) { return !host->failed && !host->unreachable; });
        if (fatal_) return false;
        if (all_failed && batch_.size() == groups[i].size()) return false;   // Ansible counts the hosts that failed in earlier plays, too
        if (stop_) break;
    }
    return true;
}

void PlayRunner::run_batch(const std::vector<std::string>& names, bool) {
    batch_.clear();
    for (const auto& name : names) if (hosts_[name]->active()) batch_.push_back(hosts_[name].get());
    refresh_alive();
    if (batch_.empty()) return;
    TaskScope scope(run_, &state_, batch_.front()->name, nullptr);
    const Value* wanted = play_.own("strategy");
    std::string strategy = wanted && !wanted->is_none() ? run_.templar.render_text(*wanted, scope) : run_.options.strategy;
    if (auto dot = strategy.rfind('.'); dot != std::string::npos) strategy.erase(0, dot + 1);
    if (strategy == "free" || strategy == "host_pinned") {
        run_free(strategy == "host_pinned" && run_.options.forks > 0 ? static_cast<std::size_t>(run_.options.forks) : batch_.size());
    } else if (strategy == "linear" || strategy == "debug") {
        if (strategy == "debug") no_debugger("the strategy 'debug' runs as 'linear'");
        run_sections(batch_);
    } else {
        throw base::Failure(base::Kind::not_found, "Invalid play strategy specified: " + strategy, wanted ? wanted->origin() : base::Place{}, "linear, free and host_pinned are known");
    }
    for (HostRun* host : batch_) drop_ahead(*host);
    for (HostRun* host : batch_) {
        if (host->forgiven) continue;
        if (host->failed) run_.failed.insert(host->name);
        if (host->unreachable) run_.unreachable.insert(host->name);
    }
    if (stop_ && fatal_) run_.emit(events::NoHostsRemaining{});
}

void PlayRunner::no_debugger(const std::string& then) {
    if (std::exchange(run_.told_no_debugger, true)) return;
    run_.emit(events::Message{events::Message::Level::warning, 0, "fprov has no interactive debugger: " + then});
}

void PlayRunner::run_sections(const Hosts& hosts) {
    gather_facts(hosts);
    auto section = [&](const playbook::Items& items, bool flush) {
        if (!stop_) run_items(items, active(hosts));
        if (flush) flush_handlers(hosts);
    };
    section(play_.pre_tasks, true);
    section(play_.role_blocks, false);
    section(play_.tasks, true);
    section(play_.post_tasks, true);
}

void PlayRunner::gather_facts(const Hosts& hosts) {
    const Value* wanted = play_.own("gather_facts");
    bool gather = run_.options.gathering != "explicit";
    if (wanted && !wanted->is_none()) {
        TaskScope scope(run_, &state_, hosts.front()->name, nullptr);
        gather = spec::coerce(run_.templar.render(*wanted, scope), spec::Type::boolean).bool_or(gather);
    }
    if (!gather) return;
    Hosts need;
    for (HostRun* host : active(hosts))
        if (run_.options.gathering != "smart" || !run_.store.host(host->name).gathered) need.push_back(host);
    if (need.empty()) return;
    auto task = std::make_shared<playbook::Task>();
    task->play = const_cast<playbook::Play*>(&play_);
    task->action = "setup";
    task->written_action = "gather_facts";
    task->name = Value("Gathering Facts");
    task->place = play_.place;
    task->implicit = true;
    task->file_directory = play_.directory;
    if (play_.tags.empty()) task->tags = {Value("always")};   // a play with tags of its own gathers with them only
    auto option = [&](const char* keyword, const char* argument, Value other) {
        const Value* value = play_.own(keyword);
        Value chosen = value ? *value : other;
        if (!chosen.is_none()) task->args.set(argument, chosen);
    };
    option("gather_subset", "gather_subset", run_.options.gather_subset.empty() ? Value() : Value::strings(run_.options.gather_subset));
    option("gather_timeout", "gather_timeout", run_.options.gather_timeout == 10 ? Value() : Value(run_.options.gather_timeout));
    option("fact_path", "fact_path", run_.options.fact_path.empty() ? Value() : Value(run_.options.fact_path));
    auto block = std::make_shared<playbook::Block>();
    block->implicit = true;
    block->play = task->play;
    task->parent = block.get();
    block->tasks.push_back({task, nullptr});
    kept_.push_back(block);
    if (!selected(*task)) return;
    // The sections behind are known already: what needs no facts may travel with the gathering.
    walk_->frames.push_back({&play_.pre_tasks, 0, nullptr, 0});
    run_task(*task, need);
    walk_->frames.pop_back();
    for (HostRun* host : need) if (host->active()) load_vars_files(host->name);
}

void PlayRunner::ask_prompts(const std::string& host) {
    for (const Value& prompt : play_.vars_prompt) {
        TaskScope scope(run_, &state_, host, nullptr);
        std::string variable = prompt.find("name")->text_or("");   // the loader has seen to it
        if (run_.store.extra().contains(variable)) continue;
        auto text = [&](const char* key, const std::string& other) {
            const Value* value = prompt.find(key);
            return value && !value->is_none() ? run_.templar.render_text(*value, scope) : other;
        };
        auto flag = [&](const char* key, bool other) { const Value* value = prompt.find(key); return value ? spec::coerce(*value, spec::Type::boolean).bool_or(other) : other; };
        const Value* written = prompt.find("default");
        std::optional<std::string> fallback;
        if (written && !written->is_none()) fallback = text("default", "");
        run_.store.prompts.set(variable, run_.ask_variable(variable, text("prompt", variable), fallback, flag("private", true), flag("confirm", false),
                                                           text("encrypt", ""), text("salt", ""), prompt.find("unsafe") && prompt.find("unsafe")->truthy()));
    }
}

std::uint64_t PlayRunner::expect(const std::shared_ptr<TaskRun>& task_run) {
    std::uint64_t ticket = ++run_.next_ticket;
    tickets_[ticket] = task_run;
    return ticket;
}

void PlayRunner::submit(std::uint32_t session, transport::TaskRequest request) {
    ticket_sessions_[request.id] = session;
    run_.session_by_number(session).submit(std::move(request));
}
void PlayRunner::work(std::uint64_t ticket, std::shared_ptr<ThreadReach> reach, std::function<Value(actions::Reach&)> job) {
    reaches_[ticket] = reach;
    ticket_sessions_[ticket] = 0;   // a lost session is told to the reach, which tells us
    auto inbox = run_.inbox;
    threads_.emplace_back([ticket, reach, job = std::move(job), inbox] {
        transport::Event event;
        event.kind = transport::Event::Kind::reply;
        event.id = ticket;
        try {
            event.value = job(*reach);
        } catch (const actions::Unreachable& gone) {
            event.state = transport::Event::State::lost;
            event.phase = gone.phase;
            event.value = Value(Map{{"unreachable", true}, {"changed", false}, {"msg", Value(gone.reason)}});
        } catch (const base::Failure& failure) {
            event.value = started_failure(failure.error());
        } catch (const std::exception& error) {
            event.value = Value(Map{{"failed", true}, {"msg", Value(std::string(error.what()))}});
        }
        inbox->put(std::move(event));
    });
}

void PlayRunner::later(double seconds, const std::shared_ptr<TaskRun>& task_run, std::size_t item) {
    timers_.push_back({std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds)),
                       task_run, item});
}

// Takes events and timers until `done`.
void PlayRunner::wait_for(const std::function<bool()>& done, const events::TaskInfo& info) {
    if (free_) return wait_for_turn(done);
    using Clock = std::chrono::steady_clock;
    auto quiet_since = Clock::now();
    double heartbeat = 30;
    while (!done()) {
        if (take_event(1.0) || interrupted) continue;
        double quiet = std::chrono::duration<double>(Clock::now() - quiet_since).count();
        if (quiet > heartbeat) { run_.emit(events::Waiting{info, state_.batch, quiet, ""}); heartbeat += 30; }
    }
}

bool PlayRunner::take_event(double seconds) {
    using Clock = std::chrono::steady_clock;
    std::optional<transport::Event> event;
    {
        auto now = Clock::now();
        std::vector<Timer> due;
        for (std::size_t i = 0; i < timers_.size();) {
            if (timers_[i].when > now) { seconds = std::min(seconds, std::chrono::duration<double>(timers_[i].when - now).count()); ++i; continue; }
            due.push_back(timers_[i]);
            timers_.erase(timers_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        for (auto& timer : due) if (auto task_run = timer.run.lock()) task_run->retry_now(timer.item);
        if (!due.empty()) return true;
    }
    if (free_) turn_.unlock();   // the walks go on while nothing is to be done here
    event = run_.inbox->take(std::max(seconds, 0.0));
    if (free_) turn_.lock();
    if (interrupted) throw Interrupted{};
    if (!event) return false;
    using Kind = transport::Event::Kind;
    if (event->session == 0 && event->kind == Kind::ready) return true;   // a walk has ended
    if (event->kind == Kind::progress) {
        events::TaskInfo info;
        if (auto at = tickets_.find(event->id); at != tickets_.end()) if (auto task_run = at->second.lock()) info = task_run->info();
        if (event->phase == "async") {
            const Value* elapsed = event->value.find("elapsed");
            const Value* failed = event->value.find("failed");
            run_.emit(events::AsyncPoll{info, event->value.find("host")->text_or(""), event->text, 1, elapsed && elapsed->is_real() ? elapsed->real() : 0,
                                        failed ? Value(Map{{"failed", *failed}}) : Value()});
            return true;
        }
        run_.emit(events::Progress{run_.session_host(event->session), event->text, info});
    } else if (event->kind == Kind::unreachable) {
        std::vector<std::pair<std::uint64_t, std::shared_ptr<TaskRun>>> lost;
        for (auto& [ticket, session] : ticket_sessions_) {
            auto at = session == event->session ? tickets_.find(ticket) : tickets_.end();
            if (auto task_run = at == tickets_.end() ? nullptr : at->second.lock()) lost.emplace_back(ticket, std::move(task_run));
        }
        for (auto& [ticket, reach] : reaches_) if (reach->session_number() == event->session) reach->deliver(*event);
        run_.forget_session(event->session);
        std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (auto& [ticket, task_run] : lost) {     // last, as the next items of a loop may connect anew
            transport::Event copy = *event;
            copy.id = ticket;
            task_run->on_event(copy);
        }
    } else if (auto at = tickets_.find(event->id); at != tickets_.end()) {
        auto task_run = at->second.lock();
        tickets_.erase(at);
        ticket_sessions_.erase(event->id);
        reaches_.erase(event->id);
        if (task_run) task_run->on_event(*event);
    } else {
        for (auto& [ticket, reach] : reaches_)
            if (reach->forward(event->id)) { reach->deliver(std::move(*event)); break; }
    }
    return true;
}

}  // namespace fprov::executor
