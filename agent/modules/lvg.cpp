// SPDX-License-Identifier: Apache-2.0
// lvg: an LVM volume group and the physical volumes in it.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/lvm.hpp"

namespace fprov::modules {
extern const Module lvg_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "vg", .help = "The volume group", .required = true},
    {.name = "pvs", .type = Type::list, .help = "Its devices; pvcreate runs where it is needed", .elements = Type::text},
    {.name = "pesize", .help = "Size of an extent of a new group, in megabytes or with a unit", .fallback = "4"},
    {.name = "pv_options", .help = "More options for pvcreate", .fallback = "''"},
    {.name = "pvresize", .type = Type::boolean, .help = "Grow the physical volumes to their devices", .fallback = "no"},
    {.name = "vg_options", .help = "More options for vgcreate", .fallback = "''"},
    {.name = "state", .help = "Whether the group exists", .fallback = "present", .choices = "absent|present"},
    {.name = "force", .type = Type::boolean, .help = "Remove a group that has logical volumes", .fallback = "no"},
};

std::vector<std::string> options(const Args& args, const char* name) {
    auto words = base::shell_split(args.text(name));
    if (!words) fail(std::string(name) + " has an unclosed quote: " + args.text(name));
    return *words;
}

Outcome run(const Args& args, Context& context) {
    const std::string group = args.text("vg");
    const bool present = args.text("state") == "present", resize = args.flag("pvresize");
    auto& machine = context.machine;
    // LVM may call a device by another name than the task does: what both lead to is compared.
    auto end_of = [&](const std::string& device) { return machine.real_path(device).value_or(device); };
    auto has = [&](const std::vector<std::string>& list, const std::string& device) {
        return std::any_of(list.begin(), list.end(), [&](const std::string& one) { return end_of(one) == end_of(device); });
    };
    std::vector<std::string> wanted;
    for (const auto& device : args.texts("pvs")) {
        if (!machine.exists(device)) fail("Device " + device + " not found.");
        wanted.push_back(device.starts_with("/dev/mapper/") ? device : end_of(device));
    }
    if (present && wanted.empty()) fail("No physical volumes given.");
    auto groups = lvm_report(context, "vgs", "vg_name,lv_count");
    auto is = std::find_if(groups.begin(), groups.end(), [&](const auto& row) { return row[0] == group; });
    Outcome out;
    auto act = [&](const char* program, std::vector<std::string> words, const std::string& sentence) {
        out.changed = true;
        if (context.check) return;
        words.insert(words.begin(), required_program(context, program));
        auto ran = run_program(context, std::move(words));
        if (ran.code != 0) fail(sentence, Map{{"rc", ran.code}, {"err", Value(ran.error_output)}});
    };
    if (!present) {
        if (is == groups.end()) return out;
        if ((*is)[1] != "0" && !args.flag("force")) fail("Refuse to remove non-empty volume group " + group + " without force=true");
        act("vgremove", {"--force", group}, "Failed to remove volume group " + group);
        return out;
    }
    auto volumes = lvm_report(context, "pvs", "pv_name,vg_name,dev_size,pv_size,pe_start,vg_extent_size", {"--units", "b"});
    std::vector<std::string> added, now;
    for (const auto& row : volumes)
        if (row[1] == group) now.push_back(row[0]);
    auto volume_of = [&](const std::string& device) {
        return std::find_if(volumes.begin(), volumes.end(), [&](const auto& row) { return end_of(row[0]) == end_of(device); });
    };
    for (const auto& device : wanted) {
        auto volume = volume_of(device);
        if (volume != volumes.end() && !(*volume)[1].empty() && (*volume)[1] != group) fail("Device " + device + " is already in " + (*volume)[1] + " volume group.");
        if (!has(now, device)) added.push_back(device);
        else if (resize && volume != volumes.end()) {
            auto bytes = [&](std::size_t column) { return base::parse_int((*volume)[column]).value_or(0); };
            if (bytes(2) - bytes(4) >= bytes(3) + bytes(5)) act("pvresize", {device}, "Failed executing pvresize command.");
        }
    }
    for (const auto& device : added)
        if (volume_of(device) == volumes.end()) {
            auto words = options(args, "pv_options");
            words.insert(words.end(), {"-f", device});
            act("pvcreate", std::move(words), "Creating physical volume '" + device + "' failed");
        }
    if (is == groups.end()) {
        auto words = options(args, "vg_options");
        words.insert(words.end(), {"-s", args.text("pesize"), group});
        words.insert(words.end(), wanted.begin(), wanted.end());
        act("vgcreate", std::move(words), "Creating volume group '" + group + "' failed");
        return out;
    }
    if (!added.empty()) {
        added.insert(added.begin(), group);
        act("vgextend", std::move(added), "Unable to extend " + group + ".");
    }
    std::vector<std::string> removed{"--force", group};
    for (const auto& device : now) if (!has(wanted, device)) removed.push_back(device);
    if (removed.size() > 2) act("vgreduce", std::move(removed), "Unable to reduce " + group + ".");
    return out;
}

}  // namespace

const Module lvg_module{
    .name = "lvg", .collection = "community.general", .summary = "Have an LVM volume group", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "The extent size of a group that is there stays.",
    .returns = "changed", .example = "- lvg: {vg: data, pvs: [/dev/sdb, /dev/sdc]}\n"};

}  // namespace fprov::modules
