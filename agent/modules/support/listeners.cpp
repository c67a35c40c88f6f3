// SPDX-License-Identifier: Apache-2.0
#include "modules/support/listeners.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace fprov::modules {
namespace {

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (char c : std::string(text) + " ") {
        if (c != ' ' && c != '\t') { word += c; continue; }
        if (!word.empty()) out.push_back(word);
        word.clear();
    }
    return out;
}

/// "0100007F" → 127.0.0.1; 32 digits are four such words of an IPv6 address.
std::string address_text(const std::string& hex) {
    std::vector<unsigned> bytes;
    for (std::size_t word = 0; word + 8 <= hex.size(); word += 8)
        for (int i = 3; i >= 0; --i)
            bytes.push_back(static_cast<unsigned>(base::parse_int(hex.substr(word + static_cast<std::size_t>(i) * 2, 2), 16).value_or(0)));
    auto four = [&](std::size_t at) {
        return std::to_string(bytes[at]) + "." + std::to_string(bytes[at + 1]) + "." + std::to_string(bytes[at + 2]) + "." + std::to_string(bytes[at + 3]);
    };
    if (bytes.size() == 4) return four(0);
    if (bytes.size() != 16) return {};
    const bool mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned b) { return b == 0; }) && bytes[10] == 255 && bytes[11] == 255;
    if (mapped) return four(12);
    if (std::all_of(bytes.begin(), bytes.end(), [](unsigned b) { return b == 0; })) return "::";
    if (std::all_of(bytes.begin(), bytes.begin() + 15, [](unsigned b) { return b == 0; }) && bytes[15] == 1) return "::1";
    std::string out;
    for (std::size_t i = 0; i < 16; i += 2) {
        char group[8];
        std::snprintf(group, sizeof group, "%s%x", i ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
        out += group;
    }
    return out;
}

struct StateName { std::string_view name; int number; };
constexpr StateName states[] = {{"ESTABLISHED", 1}, {"SYN_SENT", 2}, {"SYN_RECV", 3}, {"FIN_WAIT1", 4}, {"FIN_WAIT2", 5}, {"TIME_WAIT", 6},
                                {"CLOSE", 7}, {"CLOSE_WAIT", 8}, {"LAST_ACK", 9}, {"LISTEN", 10}, {"CLOSING", 11}};

/// Programs of a running supervisord that do not run, found through the process list: its own supervisorctl and configuration.
std::vector<std::string> programs_down(Context& context) {
    auto& machine = context.machine;
    std::vector<std::string> down;
    auto pids = machine.list("/proc");
    for (const auto& pid : pids ? *pids : std::vector<std::string>{}) {
        if (pid.empty() || pid[0] < '1' || pid[0] > '9') continue;
        auto text = machine.read_file("/proc/" + pid + "/cmdline", 4096);
        if (!text || text->find("supervisord") == std::string::npos) continue;
        auto argv = base::split(*text, '\0');
        std::string program, config;
        for (std::size_t i = 0; i < argv.size(); ++i) {
            if (program.empty() && base::basename(argv[i]) == "supervisord") program = argv[i];
            if (argv[i] == "-c" && i + 1 < argv.size()) config = argv[i + 1];
            else if (argv[i].starts_with("-c") && argv[i].size() > 2) config = argv[i].substr(2);
            else if (argv[i].starts_with("--configuration=")) config = argv[i].substr(16);
        }
        if (program.empty()) continue;
        auto control = base::dirname(program) + "/supervisorctl";
        if (!machine.exists(control)) control = "supervisorctl";
        machine::Command command{.argv = {control}};
        if (!config.empty()) command.argv.insert(command.argv.end(), {"-c", config});
        command.argv.push_back("status");
        command.timeout = std::chrono::milliseconds(5000);
        auto done = context.run(command);
        if (!done) continue;
        for (const auto& line : base::split_lines(done->output))
            if (auto part = words(line); part.size() > 1 && part[1] != "RUNNING" && base::upper(part[1]) == part[1]) down.push_back(part[0] + " " + part[1]);
    }
    return down;
}

std::vector<std::string> failed_units(Context& context) {
    std::vector<std::string> failed;
    if (!context.machine.exists("/run/systemd/system")) return failed;
    machine::Command command{.argv = {"systemctl", "--failed", "--no-legend", "--plain", "--no-pager"}};
    command.timeout = std::chrono::milliseconds(5000);
    if (auto done = context.run(command); done && done->code == 0)
        for (const auto& line : base::split_lines(done->output))
            if (auto part = words(line); !part.empty()) failed.push_back(part[0]);
    return failed;
}

}  // namespace

std::optional<int> tcp_state(std::string_view name) {
    for (const auto& row : states)
        if (row.name == name) return row.number;
    return std::nullopt;
}

std::vector<Socket> tcp_sockets(machine::Machine& machine) {
    std::vector<Socket> found;
    for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        auto text = machine.read_file(path, 64u << 20);
        if (!text) continue;
        for (const auto& line : base::split_lines(*text)) {
            const auto part = words(line);   // sl local remote st tx:rx tr:when retr uid timeout inode
            if (part.size() < 10 || part[0] == "sl") continue;
            const auto local = part[1].find(':'), remote = part[2].find(':');
            if (local == std::string::npos || remote == std::string::npos) continue;
            Socket one;
            one.local = address_text(part[1].substr(0, local));
            one.remote = address_text(part[2].substr(0, remote));
            one.local_port = static_cast<int>(base::parse_int(part[1].substr(local + 1), 16).value_or(0));
            one.remote_port = static_cast<int>(base::parse_int(part[2].substr(remote + 1), 16).value_or(0));
            one.state = static_cast<int>(base::parse_int(part[3], 16).value_or(0));
            one.inode = static_cast<std::uint64_t>(base::parse_int(part[9]).value_or(0));
            found.push_back(std::move(one));
        }
    }
    return found;
}

std::vector<std::string> addresses_of(Context& context, const std::string& host) {
    if (host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos) return {host};
    std::vector<std::string> found;
    if (auto text = context.machine.read_file("/etc/hosts"))
        for (const auto& line : base::split_lines(*text)) {
            const auto part = words(line.substr(0, line.find('#')));
            for (std::size_t i = 1; i < part.size(); ++i)
                if (base::lower(part[i]) == base::lower(host)) found.push_back(part[0]);
        }
    if (found.empty()) {
        machine::Command command{.argv = {"getent", "ahosts", host}};
        command.timeout = std::chrono::milliseconds(5000);
        if (auto done = context.run(command); done && done->code == 0)
            for (const auto& line : base::split_lines(done->output))
                if (auto part = words(line); !part.empty() && std::find(found.begin(), found.end(), part[0]) == found.end()) found.push_back(part[0]);
    }
    return found;
}

std::size_t connections_at(machine::Machine& machine, const std::string& host, int port, const std::vector<std::string>& excluded,
                           const std::vector<std::string>& names) {
    Context context{machine};
    const auto own = addresses_of(context, host);
    std::set<std::string> spared;
    for (const auto& name : excluded)
        for (const auto& address : addresses_of(context, name)) spared.insert(address);
    const bool everywhere = host == "0.0.0.0" || host == "::";
    std::size_t count = 0;
    for (const auto& socket : tcp_sockets(machine)) {
        if (socket.local_port != port || spared.contains(socket.remote)) continue;
        if (!everywhere && std::find(own.begin(), own.end(), socket.local) == own.end()) continue;
        for (const auto& name : names)
            if (tcp_state(name) == socket.state) { ++count; break; }
    }
    return count;
}

Evidence port_evidence(Context& context, const std::string& host, int port) {
    auto& machine = context.machine;
    Evidence out;
    const auto own = addresses_of(context, host);
    bool here = host == "localhost";
    for (const auto& address : own) {
        here = here || address.starts_with("127.") || address == "::1" || address == "0.0.0.0";
        for (const auto& mine : machine.ipv4_addresses()) here = here || mine.address == address;
    }
    if (!here) return out;
    List listeners;
    std::string first;
    for (const auto& socket : tcp_sockets(machine))
        if (socket.state == 10 && socket.local_port == port) {
            const auto text = socket.local + ":" + std::to_string(port);
            if (first.empty()) first = text;
            listeners.emplace_back(text);
        }
    std::vector<std::string> sentences;
    sentences.push_back(first.empty() ? "nothing listens on port " + std::to_string(port) : "only " + first + " is listened on");
    const auto down = programs_down(context);
    if (!down.empty()) sentences.push_back("supervisor says " + base::join(down, ", "));
    const auto failed = failed_units(context);
    if (!failed.empty()) sentences.push_back("failed units: " + base::join(failed, ", "));
    out.fields.set("listeners", std::move(listeners));
    out.fields.set("supervisor", Value::strings(down));
    out.fields.set("failed_units", Value::strings(failed));
    out.sentence = base::join(sentences, "; ");
    out.sentence[0] = base::upper(out.sentence.substr(0, 1))[0];
    out.sentence += ".";
    return out;
}

}  // namespace fprov::modules
