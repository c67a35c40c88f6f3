// SPDX-License-Identifier: Apache-2.0
#include "executor/run.hpp"

#include <algorithm>
#include <chrono>

#include "base/files.hpp"
#include "executor/play_runner.hpp"
#include "jinja/objects.hpp"
#include "values/json.hpp"

namespace fprov::executor {

volatile bool interrupted = false;

Run::Run(Options given, inventory::Inventory& inv, variables::Store& variables, playbook::Loader& playbooks, dialect::Templar& templates,
         std::shared_ptr<const vault::Secrets> vault_secrets, events::Sink& receiver, transport::HostKeyGate* keys)
    : options(std::move(given)), inventory(inv), store(variables), loader(playbooks), templar(templates), secrets(std::move(vault_secrets)),
      sink(receiver), gate(keys) {
    refresh_groups();
}
Run::~Run() = default;

void Run::refresh_groups() {
    Map groups;
    for (const auto& name : inventory.group_names()) groups.set(name, Value::strings(inventory.hosts_of(name)));
    groups_variable = jinja::as_template(Value(std::move(groups)));
}

void Run::reload_inventory() {
    if (!inventory_loader) return;
    auto fresh = inventory_loader();
    // As Ansible: what add_host and group_by made, and what its sources no longer name, stays.
    for (const auto& name : inventory.group_names())
        if (const auto* group = inventory.group(name); !fresh.group(name)) fresh.add_group(name, group->parents).vars = group->vars;
    for (const auto& name : inventory.host_names()) {
        const auto* host = inventory.host(name);
        if (!fresh.host(name)) fresh.add_host(name).vars = host->vars;
        for (const auto& group : host->groups) fresh.add_to_group(name, group);
    }
    fresh.reconcile();
    inventory = std::move(fresh);
    store.invalidate();
    refresh_groups();
}

transport::Session& Run::session(const std::string& host, const transport::Endpoint& endpoint, std::uint32_t& number) {
    auto [from, to] = by_host_.equal_range(host);
    for (auto at = from; at != to; ++at)
        if (sessions_[at->second].open && sessions_[at->second].endpoint == endpoint) { number = at->second; return *sessions_[number].session; }
    if (sessions_.empty()) sessions_.push_back({});   // number 0 means none
    number = static_cast<std::uint32_t>(sessions_.size());
    sessions_.push_back({host, endpoint, transport::open(number, endpoint, inbox, gate), true});
    by_host_.emplace(host, number);
    return *sessions_[number].session;
}

void Run::forget_session(std::uint32_t number) {
    if (number < sessions_.size()) sessions_[number].open = false;
}

std::string Run::ask_line(const std::string& prompt) { return questions.ask ? questions.ask(prompt, true) : std::string(); }

Value Run::ask_variable(const std::string& name, const std::string& prompt, const std::optional<std::string>& fallback, bool hidden, bool confirm,
                        const std::string& encrypt, const std::string& salt, bool) {
    std::string text = prompt;
    if (fallback && !fallback->empty()) text += " [" + *fallback + "]";
    std::string answer;
    if (!questions.terminal) {   // as Ansible: nobody is asked, whatever stdin holds
        emit(events::Message{events::Message::Level::warning, 0, "Not prompting as we are not in interactive mode"});
        answer = fallback.value_or("None");
    } else for (;;) {
        answer = questions.ask ? questions.ask(text + ": ", !hidden) : std::string();
        if (!confirm) break;
        if (questions.ask("confirm " + prompt + ": ", !hidden) == answer) break;
        emit(events::Message{events::Message::Level::info, 0, "***** VALUES ENTERED DO NOT MATCH ****"});
    }
    if (answer.empty()) answer = fallback.value_or("");
    if (!encrypt.empty()) {
        Map scope_variables{{"value", Value(answer)}, {"scheme", Value(encrypt)}, {"salt", salt.empty() ? Value() : Value(salt)}};
        dialect::VariableScope scope(templar, scope_variables);
        return templar.evaluate_raw(salt.empty() ? "value | password_hash(scheme)" : "value | password_hash(scheme, salt)", scope);
    }
    (void)name;
    return Value(answer);   // data: what is typed is never a template
}

int Run::play_all(const std::vector<playbook::Playbook>& books, const std::vector<std::string>& names) {
    auto began = std::chrono::steady_clock::now();
    events::RunBegan started{names, options.check, options.diff};
    emit(started);
    int code = 0;
    bool recap = true;
    auto ended = [&](bool last) {
        events::RunEnded end;
        for (const auto& [host, count] : counters)   // who has no result is not listed
            if (count.ok || count.unreachable || count.failed || count.skipped || count.rescued || count.ignored) end.hosts.emplace_back(host, count);
        end.custom_stats = custom_stats;
        end.exit_code = code;
        end.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        end.recap = recap;
        end.last = last;
        emit(end);
    };
    auto outcome = [&] { return !unreachable.empty() ? 4 : !failed.empty() ? 2 : 0; };
    try {
        for (std::size_t i = 0; i < books.size(); ++i) {
            emit(events::PlaybookBegan{i < names.size() ? names[i] : std::string()});
            bool go_on = true, fatal = false;
            for (const auto& play : books[i].plays) {
                PlayRunner runner(*this, *play);
                go_on = runner.run_play();
                if (interrupted) throw Interrupted{};
                fatal = runner.ended_fatally();
                if (!go_on) break;
            }
            code = std::max(code, fatal ? 2 : outcome());   // any_errors_fatal and max_fail_percentage end it with 2, whoever was unreachable
            if (!go_on || code) break;
            if (i + 1 < books.size()) ended(false);
        }
    } catch (const Interrupted&) {
        code = 99;
        emit(events::Message{events::Message::Level::error, 0, "User interrupted execution"});
    } catch (const base::Failure&) {
        recap = false;
        code = 1;
        ended(true);
        throw;
    }
    ended(true);
    return code;
}

}  // namespace fprov::executor
