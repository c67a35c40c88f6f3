// SPDX-License-Identifier: Apache-2.0
#include "modules/support/selinux.hpp"

#include "base/text.hpp"

namespace fprov::modules {
namespace {

/// Four parts; the last one (the level) may itself hold colons.
std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts;
    std::string rest = text;
    for (int i = 0; i < 3; ++i) {
        auto at = rest.find(':');
        if (at == std::string::npos) break;
        parts.push_back(rest.substr(0, at));
        rest = rest.substr(at + 1);
    }
    parts.push_back(rest);
    return parts;
}

std::optional<std::string> policy_default(Context& context, const std::string& path) {
    base::Command command{.argv = {"matchpathcon", "-n", path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0) return std::nullopt;
    std::string text(base::trim(finished->output));
    if (text.empty() || text == "<<none>>") return std::nullopt;
    return text;
}

}  // namespace

bool selinux_enabled(Context& context) { return context.machine.exists("/sys/fs/selinux/enforce") || context.machine.exists("/selinux/enforce"); }

std::optional<std::string> read_context(Context& context, const std::string& path) {
    base::Command command{.argv = {"stat", "-c", "%C", "--", path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0) return std::nullopt;
    std::string text(base::trim(finished->output));
    if (text.empty() || text == "?") return std::nullopt;
    return text;
}

bool apply_context(Context& context, const std::string& path, const FileWishes& wishes, Map* before, Map* after) {
    if (wishes.seuser.empty() && wishes.serole.empty() && wishes.setype.empty() && wishes.selevel.empty()) return false;
    if (!selinux_enabled(context)) return false;
    auto is_text = read_context(context, path);
    if (!is_text) return false;
    auto is = parts_of(*is_text);
    auto wanted = is;
    auto standard = policy_default(context, path);
    auto standard_parts = standard ? parts_of(*standard) : is;
    const std::string* wishes_of[] = {&wishes.seuser, &wishes.serole, &wishes.setype, &wishes.selevel};
    for (std::size_t i = 0; i < wanted.size() && i < 4; ++i) {
        if (wishes_of[i]->empty()) continue;
        if (*wishes_of[i] != "_default") wanted[i] = *wishes_of[i];
        else if (i < standard_parts.size()) wanted[i] = standard_parts[i];
    }
    if (wanted == is) return false;
    std::string text = base::join(wanted, ":");
    if (before) before->set("secontext", Value::strings(is));
    if (after) after->set("secontext", Value::strings(wanted));
    if (context.check) return true;
    base::Command command{.argv = {"chcon", "-h", text, path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0)
        fail("set selinux context failed", Map{{"path", path}, {"details", finished ? finished->error_output : finished.error().what}});
    return true;
}

}  // namespace fprov::modules
