// SPDX-License-Identifier: Apache-2.0
#include "modules/support/ownership.hpp"

#include "base/text.hpp"
#include "modules/support/selinux.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

struct Found { bool exists = false; machine::Stat stat; };

Found look(Context& context, const std::string& path, bool follow) {
    auto stat = follow ? context.machine.stat(path) : context.machine.lstat(path);
    if (!stat) return {};
    return {true, *stat};
}

void note(Map* map, std::string_view key, Value value) {
    if (map) map->set(key, std::move(value));
}

/// Flags of lsattr's first column, without the dashes; nothing where the file system has none.
std::optional<std::string> read_attributes(Context& context, const std::string& path) {
    if (!context.machine.which("lsattr")) return std::nullopt;
    base::Command command{.argv = {"lsattr", "-vd", "--", path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0) return std::nullopt;
    std::vector<std::string> words;
    for (auto& word : base::split(std::string(base::trim(finished->output)), ' '))
        if (!word.empty()) words.push_back(std::move(word));
    if (words.size() < 2) return std::nullopt;
    return base::replace_all(words[1], "-", "");
}

bool apply_attributes(Context& context, const std::string& path, const std::string& wanted, Map* before, Map* after) {
    char op = '=';
    std::string flags = wanted;
    if (wanted[0] == '+' || wanted[0] == '-' || wanted[0] == '=') {
        op = wanted[0];
        flags = wanted.substr(1);
    }
    std::string is = read_attributes(context, path).value_or("");
    auto has = [&](char flag) { return is.find(flag) != std::string::npos; };
    bool differs = false;
    if (op == '=') {
        differs = is.size() != flags.size();
        for (char flag : flags) differs = differs || !has(flag);
    } else {
        for (char flag : flags) differs = differs || has(flag) != (op == '+');
    }
    if (!differs) return false;
    note(before, "attributes", is);
    note(after, "attributes", op == '=' ? flags : op + flags);
    if (context.check) return true;
    auto chattr = context.machine.which("chattr");
    if (!chattr) fail("chattr failed", Map{{"path", path}, {"details", "the program chattr is not there"}});
    base::Command command{.argv = {*chattr, op + flags, path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0)
        fail("chattr failed", Map{{"path", path},
                                  {"details", "Error while setting attributes: " + (finished ? finished->error_output : finished.error().what)}});
    return true;
}

}  // namespace

FileWishes file_wishes(const Args& args) {
    FileWishes wishes;
    wishes.mode = args["mode"];
    wishes.owner = args["owner"];
    wishes.group = args["group"];
    wishes.seuser = args.text("seuser");
    wishes.serole = args.text("serole");
    wishes.setype = args.text("setype");
    wishes.selevel = args.text("selevel");
    wishes.attributes = args.text("attributes");
    wishes.unsafe_writes = args.flag("unsafe_writes");
    wishes.follow = args.flag("follow");
    return wishes;
}

std::uint32_t lookup_uid(Context& context, const Value& owner) {
    std::string name = values::str(owner);
    if (auto number = base::parse_int(name); number && *number >= 0) return static_cast<std::uint32_t>(*number);
    if (auto user = context.machine.user(name)) return user->uid;
    fail("chown failed: failed to look up user " + name);
}

std::uint32_t lookup_gid(Context& context, const Value& group) {
    std::string name = values::str(group);
    if (auto number = base::parse_int(name); number && *number >= 0) return static_cast<std::uint32_t>(*number);
    if (auto found = context.machine.group(name)) return found->gid;
    fail("chgrp failed: failed to look up group " + name);
}

namespace {
bool apply_all(Context& context, const std::string& path, const FileWishes& wishes, Map* before, Map* after, const machine::Stat* born) {
    auto is = born ? Found{true, *born} : look(context, path, wishes.follow);
    bool changed = apply_context(context, path, wishes, before, after);
    auto must = [&](base::Result<machine::Done> result, const char* msg) {
        if (!result) fail(msg, Map{{"path", path}, {"details", result.error().what}});
    };
    if (!wishes.owner.is_none()) {
        std::uint32_t uid = lookup_uid(context, wishes.owner);
        if (is.exists && is.stat.uid != uid) {
            note(before, "owner", is.stat.uid);
            note(after, "owner", uid);
            changed = true;
            if (!context.check) must(context.machine.chown(path, uid, std::nullopt, wishes.follow), "chown failed");
        } else if (!is.exists) changed = true;
    }
    if (!wishes.group.is_none()) {
        std::uint32_t gid = lookup_gid(context, wishes.group);
        if (is.exists && is.stat.gid != gid) {
            note(before, "group", is.stat.gid);
            note(after, "group", gid);
            changed = true;
            if (!context.check) must(context.machine.chown(path, std::nullopt, gid, wishes.follow), "chgrp failed");
        } else if (!is.exists) changed = true;
    }
    if (!wishes.mode.is_none()) {
        if (!is.exists) changed = true;
        else if (!is.stat.is_link()) {   // Linux has no modes of links
            unsigned mode = parse_mode(wishes.mode, is.stat, context.machine.umask());
            // chown has taken setuid and setgid away: what stands now decides whether to write, what stood before whether it changed
            auto now = context.check ? is : look(context, path, wishes.follow);
            if (is.stat.mode != mode) {
                note(before, "mode", mode_text(is.stat.mode));
                note(after, "mode", mode_text(mode));
                changed = true;
            }
            if (!context.check && now.stat.mode != mode) must(context.machine.chmod(path, mode), "chmod failed");
        }
    }
    if (!wishes.attributes.empty() && is.exists) changed = apply_attributes(context, path, wishes.attributes, before, after) || changed;
    return changed;
}
}  // namespace

bool apply_wishes(Context& context, const std::string& path, const FileWishes& wishes, Map* before, Map* after, const machine::Stat* born) {
    if (!wishes.any()) return false;
    try {
        return apply_all(context, path, wishes, before, after, born);
    } catch (ModuleFailure& failed) {
        if (!failed.outcome.fields.contains("path")) failed.outcome.set("path", path);
        throw;
    }
}

void add_file_fields(Context& context, const std::string& path, Map& fields) {
    auto stat = context.machine.lstat(path);
    if (!stat) return;
    auto user = context.machine.user_by_id(stat->uid);
    auto group = context.machine.group_by_id(stat->gid);
    fields.set("uid", stat->uid);
    fields.set("gid", stat->gid);
    fields.set("owner", user ? user->name : std::to_string(stat->uid));
    fields.set("group", group ? group->name : std::to_string(stat->gid));
    fields.set("mode", mode_text(stat->mode));
    fields.set("state", stat->is_link() ? "link" : stat->is_dir() ? "directory" : stat->links > 1 ? "hard" : "file");
    fields.set("size", stat->size);
    if (selinux_enabled(context)) fields.set("secontext", read_context(context, path).value_or(""));
}

machine::Stat fresh_file(Context& context) {
    machine::Stat fresh;
    fresh.kind = machine::Kind::file;
    fresh.mode = 0666 & ~context.machine.umask();
    fresh.uid = context.machine.uid();
    fresh.gid = context.machine.gid();
    return fresh;
}

machine::WriteOptions write_options(Context& context, const std::string& path, const FileWishes& wishes) {
    machine::WriteOptions options;
    options.unsafe_writes = wishes.unsafe_writes;
    if (context.machine.exists(path)) return options;
    if (!wishes.owner.is_none()) options.uid = lookup_uid(context, wishes.owner);
    if (!wishes.group.is_none()) options.gid = lookup_gid(context, wishes.group);
    if (!wishes.mode.is_none()) options.mode = parse_mode(wishes.mode, fresh_file(context), context.machine.umask());
    return options;
}

}  // namespace fprov::modules
