// SPDX-License-Identifier: Apache-2.0
// Accounts without NSS (a static program has none): the files first, then the host's own `getent` for directory services.
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "machine/real.hpp"

namespace fprov::machine {
namespace {

std::uint32_t number(const std::string& text) { return static_cast<std::uint32_t>(base::parse_int(text).value_or(-1)); }

std::optional<User> parse_user(const std::string& line) {
    auto field = base::split(line, ':');
    if (field.size() < 7 || field[0].empty() || field[0][0] == '#' || !base::parse_int(field[2])) return std::nullopt;
    User user;
    user.name = field[0];
    user.password = field[1];
    user.uid = number(field[2]);
    user.gid = number(field[3]);
    user.gecos = field[4];
    user.home = field[5];
    user.shell = field[6];
    return user;
}

std::optional<Group> parse_group(const std::string& line) {
    auto field = base::split(line, ':');
    if (field.size() < 4 || field[0].empty() || field[0][0] == '#' || !base::parse_int(field[2])) return std::nullopt;
    Group group;
    group.name = field[0];
    group.password = field[1];
    group.gid = number(field[2]);
    if (!field[3].empty()) group.members = base::split(field[3], ',');
    return group;
}

template <class T>
std::vector<T> read_all(RealMachine& machine, const char* path, std::optional<T> (*parse)(const std::string&)) {
    std::vector<T> out;
    if (auto text = machine.read_file(path, 64u << 20))
        for (const auto& line : base::split_lines(*text))
            if (auto row = parse(line)) out.push_back(std::move(*row));
    return out;
}

template <class T, class Wanted>
std::optional<T> pick(std::vector<T> rows, Wanted wanted) {
    for (auto& row : rows)
        if (wanted(row)) return std::move(row);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> RealMachine::getent(const char* database, const std::string& key) {
    // Numbers are asked for again and again while trees are looked at; names may come to be known during a run (a joined domain).
    bool number = base::parse_int(key).has_value();
    std::string slot = std::string(database) + " " + key;
    if (auto known = getent_answers_.find(slot); number && known != getent_answers_.end()) return known->second;
    std::optional<std::string> answer;
    Command command{.argv = {"getent", database, key}};
    command.timeout = std::chrono::seconds(20);
    if (auto finished = run(command); finished && finished->code == 0) answer = std::string(base::trim(finished->output));
    if (number) getent_answers_[slot] = answer;
    return answer;
}

std::vector<User> RealMachine::users() { return read_all<User>(*this, "/etc/passwd", parse_user); }
std::vector<Group> RealMachine::groups() { return read_all<Group>(*this, "/etc/group", parse_group); }

std::optional<User> RealMachine::user(std::string_view name) {
    if (auto found = pick(users(), [&](const User& u) { return u.name == name; })) return found;
    if (name.empty() || name[0] == '-') return std::nullopt;
    auto line = getent("passwd", std::string(name));
    auto found = line ? parse_user(*line) : std::nullopt;
    if (found && found->name != name) return std::nullopt;   // getent takes numbers as well
    return found;
}

std::optional<User> RealMachine::user_by_id(std::uint32_t uid) {
    if (auto found = pick(users(), [&](const User& u) { return u.uid == uid; })) return found;
    auto line = getent("passwd", std::to_string(uid));
    return line ? parse_user(*line) : std::nullopt;
}

std::optional<Group> RealMachine::group(std::string_view name) {
    if (auto found = pick(groups(), [&](const Group& g) { return g.name == name; })) return found;
    if (name.empty() || name[0] == '-') return std::nullopt;
    auto line = getent("group", std::string(name));
    auto found = line ? parse_group(*line) : std::nullopt;
    if (found && found->name != name) return std::nullopt;
    return found;
}

std::optional<Group> RealMachine::group_by_id(std::uint32_t gid) {
    if (auto found = pick(groups(), [&](const Group& g) { return g.gid == gid; })) return found;
    auto line = getent("group", std::to_string(gid));
    return line ? parse_group(*line) : std::nullopt;
}

std::uint32_t RealMachine::uid() { return ::geteuid(); }
std::uint32_t RealMachine::gid() { return ::getegid(); }

unsigned RealMachine::umask() {
    if (auto status = read_file("/proc/self/status", 1 << 20))
        for (const auto& line : base::split_lines(*status))
            if (line.starts_with("Umask:"))
                if (auto mask = base::parse_int(base::trim(std::string_view(line).substr(6)), 8)) return static_cast<unsigned>(*mask);
    unsigned mask = ::umask(022);   // kernels before 4.7 only tell by setting it
    ::umask(mask);
    return mask;
}

}  // namespace fprov::machine
