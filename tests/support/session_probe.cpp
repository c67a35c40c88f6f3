// SPDX-License-Identifier: Apache-2.0
// Opens sessions to hosts and runs modules on them, without the executor: for tests of transport and agent.
//   session_probe [options] HOST… -- MODULE [JSON-ARGS] [MODULE [JSON-ARGS] …]
// Prints one JSON line per event. Exit code 0 = all done, 2 = a task failed or was lost, 4 = a host was unreachable.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
#include "transport/session.hpp"
#include "values/json.hpp"

using namespace fprov;
using transport::Event;
using values::Map;
using values::Value;

namespace {

constexpr const char* usage =
    "usage: session_probe [--local] [--user U] [--port P] [--key FILE] [--password P] [--ssh-args WORDS] [--no-check] [--accept] [--timeout S]\n"
    "         [--become USER] [--become-method M] [--become-password P] [--become-flags F] [--check] [--lookahead] [--diff] [--content FILE]\n"
    "         [--task-timeout S] [--async S] [--raw] [--tty] [--fetch] [--cancel-after S] [--remote-tmp D] [--shell S] [--repeat N]\n"
    "         [--quiet] HOST... -- MODULE [JSON] ...   (--raw: a command, --fetch: a path instead)\n";

struct AcceptAll : transport::HostKeyGate {
    bool accept(const Unknown& key) override {
        std::cout << "{\"accepted\": \"" + key.host + " " + key.type + " " + key.fingerprint + "\"}\n";
        return true;
    }
};

const char* name(Event::Kind kind) {
    constexpr const char* names[] = {"ready", "reply", "progress", "unreachable", "file", "raw_done"};
    return names[static_cast<int>(kind)];
}
const char* name(Event::State state) {
    constexpr const char* names[] = {"done", "held", "dropped", "lost"};
    return names[static_cast<int>(state)];
}

}  // namespace

int main(int argc, char** argv) {
    transport::Endpoint endpoint;
    transport::TaskRequest model;
    std::optional<transport::Become> become;
    std::vector<std::string> hosts, words;
    std::string content;
    double cancel_after = -1, patience = 300;
    bool raw = false, tty = false, fetch = false, quiet = false, accept = false, after = false;
    int repeat = 1;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        auto value = [&]() -> std::string {
            if (i + 1 >= argc) { std::fputs(usage, stderr); std::exit(2); }
            return argv[++i];
        };
        auto with = [&]() -> transport::Become& { if (!become) become.emplace(); return *become; };
        if (after) words.push_back(word);
        else if (word == "--") after = true;
        else if (word == "--local") endpoint.connection = "local";
        else if (word == "--user") endpoint.user = value();
        else if (word == "--port") endpoint.port = std::atoi(value().c_str());
        else if (word == "--key") endpoint.private_key_files.push_back(value());
        else if (word == "--password") endpoint.password = value();
        else if (word == "--ssh-args") endpoint.ssh_arguments = value();
        else if (word == "--no-check") endpoint.host_key_checking = false;
        else if (word == "--accept") accept = true;
        else if (word == "--timeout") endpoint.connect_timeout = std::atoi(value().c_str());
        else if (word == "--remote-tmp") endpoint.remote_tmp = value();
        else if (word == "--shell") endpoint.shell_executable = value();
        else if (word == "--become") with().user = value();
        else if (word == "--become-method") with().method = value();
        else if (word == "--become-flags") with().flags = value();
        else if (word == "--become-password") { with().password = value(); with().has_password = true; }
        else if (word == "--check") model.check = true;
        else if (word == "--diff") model.diff = true;
        else if (word == "--lookahead") model.lookahead = true;
        else if (word == "--content") content = value();
        else if (word == "--task-timeout") model.timeout = std::atof(value().c_str());
        else if (word == "--async") model.async_seconds = std::atof(value().c_str());
        else if (word == "--cancel-after") cancel_after = std::atof(value().c_str());
        else if (word == "--patience") patience = std::atof(value().c_str());
        else if (word == "--repeat") repeat = std::atoi(value().c_str());
        else if (word == "--raw") raw = true;
        else if (word == "--tty") tty = true;
        else if (word == "--fetch") fetch = true;
        else if (word == "--quiet") quiet = true;
        else if (word.starts_with("--")) { std::fputs(usage, stderr); return 2; }
        else hosts.push_back(word);
    }
    if (endpoint.connection == "local" && hosts.empty()) hosts.emplace_back("localhost");
    if (hosts.empty() || words.empty()) { std::fputs(usage, stderr); return 2; }

    auto inbox = std::make_shared<transport::Inbox>();
    AcceptAll gate;
    std::vector<std::shared_ptr<transport::Session>> sessions;
    std::map<std::uint64_t, std::size_t> open;
    std::vector<std::uint64_t> ids;
    std::uint64_t next = 1;
    for (std::size_t h = 0; h < hosts.size(); ++h) {
        endpoint.host = hosts[h];
        auto session = transport::open(static_cast<std::uint32_t>(h), endpoint, inbox, accept ? &gate : nullptr);
        sessions.push_back(session);
        for (int round = 0; round < repeat; ++round)
            for (std::size_t w = 0; w < words.size(); ++w) {
                std::uint64_t id = next++;
                open[id] = h;
                ids.push_back(id);
                if (raw) { session->raw(id, words[w], become, tty); continue; }
                if (fetch) { session->fetch(id, words[w], become); continue; }
                auto task = model;
                task.id = id;
                task.window = 1;
                task.module = words[w];
                task.become = become;
                task.content_file = content;
                if (w + 1 < words.size() && words[w + 1].starts_with("{")) {
                    auto args = values::read_json(words[++w]);
                    if (!args || !args->is_map()) { std::fprintf(stderr, "not JSON: %s\n", words[w].c_str()); return 2; }
                    task.args = args->map();
                }
                session->submit(std::move(task));
            }
    }
    int code = 0;
    while (!open.empty()) {
        auto event = inbox->take(cancel_after >= 0 ? cancel_after : patience);
        if (!event && cancel_after >= 0) {
            for (auto id : ids) if (open.contains(id)) sessions[open[id]]->cancel(id);
            cancel_after = -1;
            continue;
        }
        if (!event) { std::puts("{\"event\": \"nothing\"}"); return 3; }
        Map line{{"host", hosts[event->session]}, {"event", name(event->kind)}};
        if (event->id) line.set("id", static_cast<std::int64_t>(event->id));
        if (event->kind == Event::Kind::reply) line.set("state", name(event->state));
        if (!event->phase.empty()) line.set("phase", event->phase);
        if (!event->ok) line.set("ok", false);
        if (!event->text.empty()) line.set("text", event->kind == Event::Kind::file && event->text.size() > 2000 ? std::to_string(event->text.size()) + " bytes" : event->text);
        if (!event->value.is_none()) line.set("value", event->value);
        if (!quiet || !event->ok) { std::cout << values::write_json(Value(line)) << "\n"; std::cout.flush(); }
        if (event->kind == Event::Kind::unreachable) {
            code = 4;
            std::erase_if(open, [&](const auto& entry) { return entry.second == event->session; });
        } else if (event->kind == Event::Kind::reply || event->kind == Event::Kind::file || event->kind == Event::Kind::raw_done) {
            open.erase(event->id);
            const Value* failed = event->value.find("failed");
            if (code == 0 && (!event->ok || event->state == Event::State::lost || (failed && failed->bool_or(false)))) code = 2;
        }
    }
    sessions.clear();
    return code;
}
