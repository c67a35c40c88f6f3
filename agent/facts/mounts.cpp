// SPDX-License-Identifier: Apache-2.0
// Mounted file systems with their sizes.
#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

std::string unescape(std::string_view text) {   // "\040" is a space
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size())
            if (auto code = base::parse_int(text.substr(i + 1, 3), 8)) {
                out += static_cast<char>(*code);
                i += 3;
                continue;
            }
        out += text[i];
    }
    return out;
}

/// Mount points that show a part of a file system only, as findmnt writes them with "[/folder]".
std::set<std::string> bind_mounts(Machine& machine) {
    std::set<std::string> found;
    for (const auto& line : file_lines(machine, "/proc/self/mountinfo"))
        if (auto parts = words(line); parts.size() > 5 && parts[3] != "/") found.insert(unescape(parts[4]));
    return found;
}

std::map<std::string, std::string> uuids(Machine& machine) {
    std::map<std::string, std::string> found;
    if (auto names = machine.list("/dev/disk/by-uuid"))
        for (const auto& name : *names)
            if (auto real = machine.real_path("/dev/disk/by-uuid/" + name)) found[*real] = name;
    return found;
}

}  // namespace

void add_mounts(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    const auto binds = bind_mounts(machine);
    const auto ids = uuids(machine);
    std::vector<std::pair<std::string, Map>> found;   // a second mount at the same place hides the first
    auto lines = file_lines(machine, "/etc/mtab");
    if (lines.empty()) lines = file_lines(machine, "/proc/mounts");
    for (const auto& line : lines) {
        const auto parts = words(line);
        if (parts.size() < 4) continue;
        const auto device = unescape(parts[0]), mount = unescape(parts[1]);
        auto options = unescape(parts[3]);
        if ((!device.starts_with("/") && device.find(":/") == std::string::npos) || parts[2] == "none") continue;
        if (binds.contains(mount) && options.find("bind") == std::string::npos) options += ",bind";
        Map one{{"mount", mount}, {"device", device}, {"fstype", parts[2]}, {"options", options}};
        if (auto size = machine.file_system(mount)) {
            const auto block = static_cast<std::int64_t>(size->block_size), blocks = static_cast<std::int64_t>(size->blocks),
                       free = static_cast<std::int64_t>(size->blocks_available), inodes = static_cast<std::int64_t>(size->inodes),
                       free_inodes = static_cast<std::int64_t>(size->inodes_available);
            one.set("size_total", block * blocks);
            one.set("size_available", block * free);
            one.set("block_size", block);
            one.set("block_total", blocks);
            one.set("block_available", free);
            one.set("block_used", blocks - free);
            one.set("inode_total", inodes);
            one.set("inode_available", free_inodes);
            one.set("inode_used", inodes - free_inodes);
        }
        const auto real = machine.real_path(device).value_or(device);
        const auto id = ids.find(real);
        one.set("uuid", id == ids.end() ? "N/A" : id->second);
        auto at = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == mount; });
        if (at == found.end()) found.emplace_back(mount, std::move(one));
        else at->second = std::move(one);
    }
    List mounts;
    for (auto& [mount, one] : found) mounts.emplace_back(std::move(one));
    inquiry.found.set("mounts", std::move(mounts));
}

}  // namespace fprov::facts
