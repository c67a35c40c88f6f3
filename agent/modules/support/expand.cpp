// SPDX-License-Identifier: Apache-2.0
#include "modules/support/expand.hpp"

#include <cctype>

namespace fprov::modules {
namespace {

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

std::string expand(machine::Machine& machine, const std::map<std::string, std::string>& environment, const std::string& text) {
    std::string named = text;
    if (text.starts_with("~")) {
        const auto slash = text.find('/');
        const auto name = text.substr(1, slash == std::string::npos ? slash : slash - 1);
        std::string home;
        if (name.empty()) {
            const auto own = environment.find("HOME");
            home = own != environment.end() ? own->second : machine.variable("HOME");
            if (home.empty())
                if (auto user = machine.user_by_id(machine.uid())) home = user->home;
        } else if (auto user = machine.user(name)) {
            home = user->home;
        }
        if (!home.empty()) named = home + (slash == std::string::npos ? "" : text.substr(slash));
    }
    std::string out;
    std::map<std::string, std::string> own;
    bool loaded = false;
    for (std::size_t i = 0; i < named.size(); ++i) {
        if (named[i] != '$' || i + 1 >= named.size()) { out += named[i]; continue; }
        const bool braces = named[i + 1] == '{';
        const auto begin = i + (braces ? 2 : 1);
        auto end = begin;
        if (braces) end = named.find('}', begin);
        else while (end < named.size() && in_name(named[end])) ++end;
        if (end == std::string::npos || end == begin) { out += named[i]; continue; }
        const auto name = named.substr(begin, end - begin);
        if (!loaded) {
            own = machine.environment();
            for (const auto& [key, value] : environment) own[key] = value;
            loaded = true;
        }
        if (auto at = own.find(name); at != own.end()) out += at->second;
        else out += named.substr(i, end + (braces ? 1 : 0) - i);   // an unknown name stays as it is
        i = end + (braces ? 1 : 0) - 1;
    }
    return out;
}

}  // namespace fprov::modules
