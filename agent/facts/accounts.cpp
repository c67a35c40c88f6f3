// SPDX-License-Identifier: Apache-2.0
// Who runs this, with what environment.
#include "facts/collector.hpp"

namespace fprov::facts {
namespace {

std::map<std::string, std::string> whole_environment(const Inquiry& inquiry) {
    auto all = inquiry.machine.environment();
    for (const auto& [name, text] : inquiry.environment) all[name] = text;
    return all;
}

}  // namespace

void collect_env(Inquiry& inquiry) {
    Map env;
    for (const auto& [name, text] : whole_environment(inquiry)) env.set(name, text);
    inquiry.found.set("env", std::move(env));
}

void collect_user(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    auto& found = inquiry.found;
    std::string name;
    const auto env = whole_environment(inquiry);
    for (const char* key : {"LOGNAME", "USER", "LNAME", "USERNAME"})   // as Python's getpass.getuser
        if (auto at = env.find(key); name.empty() && at != env.end()) name = at->second;
    auto user = name.empty() ? std::nullopt : machine.user(name);
    if (!user) user = machine.user_by_id(machine.real_uid());
    if (name.empty()) name = user ? user->name : std::to_string(machine.real_uid());
    found.set("user_id", name);
    if (user) {
        found.set("user_uid", user->uid);
        found.set("user_gid", user->gid);
        found.set("user_gecos", user->gecos);
        found.set("user_dir", user->home);
        found.set("user_shell", user->shell);
    }
    found.set("real_user_id", machine.real_uid());
    found.set("effective_user_id", machine.uid());
    found.set("real_group_id", machine.real_gid());
    found.set("effective_group_id", machine.gid());
}

}  // namespace fprov::facts
