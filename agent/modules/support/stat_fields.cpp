// SPDX-License-Identifier: Apache-2.0
#include "modules/support/stat_fields.hpp"

#include "base/text.hpp"

namespace fprov::modules {
namespace {

struct Flag { char letter; const char* name; };
constexpr Flag flags[] = {
    {'A', "noatime"}, {'a', "append"}, {'c', "compressed"}, {'C', "nocow"}, {'d', "nodump"}, {'D', "dirsync"}, {'e', "extents"}, {'E', "encrypted"},
    {'h', "blocksize"}, {'i', "immutable"}, {'I', "indexed"}, {'j', "journalled"}, {'N', "inline"}, {'s', "zero"}, {'S', "synchronous"},
    {'t', "notail"}, {'T', "blockroot"}, {'u', "undelete"}, {'X', "compressedraw"}, {'Z', "compresseddirty"},
};

}  // namespace

Map stat_fields(Context& context, const std::string& path, const machine::Stat& stat, bool full) {
    using machine::Kind;
    Map out;
    char mode[16];
    std::snprintf(mode, sizeof mode, "%04o", stat.mode);
    out.set("path", path);
    out.set("mode", mode);
    out.set("isdir", stat.kind == Kind::directory);
    out.set("ischr", stat.kind == Kind::character);
    out.set("isblk", stat.kind == Kind::block);
    out.set("isreg", stat.kind == Kind::file);
    out.set("isfifo", stat.kind == Kind::fifo);
    out.set("islnk", stat.kind == Kind::link);
    out.set("issock", stat.kind == Kind::socket);
    out.set("uid", stat.uid);
    out.set("gid", stat.gid);
    out.set("size", stat.size);
    out.set("inode", stat.inode);
    out.set("dev", stat.device);
    out.set("nlink", stat.links);
    out.set("atime", stat.atime);
    out.set("mtime", stat.mtime);
    out.set("ctime", stat.ctime);
    static constexpr struct { const char* name; unsigned bit; } bits[] = {
        {"wusr", 0200}, {"rusr", 0400}, {"xusr", 0100}, {"wgrp", 020}, {"rgrp", 040}, {"xgrp", 010}, {"woth", 02}, {"roth", 04}, {"xoth", 01},
        {"isuid", 04000}, {"isgid", 02000},
    };
    for (const auto& bit : bits) out.set(bit.name, (stat.mode & bit.bit) != 0);
    if (full) {
        out.set("blocks", stat.blocks);
        out.set("block_size", stat.block_size);
        out.set("device_type", stat.rdev);
    }
    if (auto user = context.machine.user_by_id(stat.uid)) out.set("pw_name", user->name);
    if (auto group = context.machine.group_by_id(stat.gid)) out.set("gr_name", group->name);
    return out;
}

void add_mime(Context& context, const std::string& path, Map& fields) {
    fields.set("mimetype", "unknown");
    fields.set("charset", "unknown");
    if (!context.machine.which("file")) return;
    base::Command command{.argv = {"file", "--mime-type", "--mime-encoding", path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0) return;
    auto colon = finished->output.rfind(": ");   // the path may hold colons, the answer does not
    if (colon == std::string::npos) return;
    auto parts = base::split(std::string(base::trim(std::string_view(finished->output).substr(colon + 2))), ';');
    if (parts.size() != 2) return;   // a link to nothing has no charset, and so is unknown to Ansible
    fields.set("mimetype", base::trim(parts[0]));
    if (auto at = parts[1].find('='); at != std::string::npos) fields.set("charset", base::trim(std::string_view(parts[1]).substr(at + 1)));
}

void add_attributes(Context& context, const std::string& path, Map& fields) {
    fields.set("version", Value());
    fields.set("attributes", Value(List()));
    fields.set("attr_flags", "");
    if (!context.machine.which("lsattr")) return;
    base::Command command{.argv = {"lsattr", "-vd", path}};
    auto finished = context.run(command);
    if (!finished || finished->code != 0) return;
    std::vector<std::string> words;
    for (auto& word : base::split(std::string(base::trim(finished->output)), ' '))
        if (!word.empty()) words.push_back(std::move(word));
    if (words.size() < 2) return;
    std::string letters = base::replace_all(words[1], "-", "");
    List names;
    for (char letter : letters)
        for (const auto& flag : flags)
            if (flag.letter == letter) names.push_back(flag.name);
    fields.set("version", words[0]);
    fields.set("attributes", Value(std::move(names)));
    fields.set("attr_flags", letters);
}

}  // namespace fprov::modules
