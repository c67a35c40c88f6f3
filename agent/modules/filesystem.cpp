// SPDX-License-Identifier: Apache-2.0
// filesystem: what a device or image file holds, made and grown by the host's own programs. blkid tells what is there.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/fstab.hpp"

namespace fprov::modules {
extern const Module filesystem_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "dev", .type = Type::path, .help = "Device or image file", .required = true, .aliases = "device"},
    {.name = "fstype", .help = "What it is to hold", .choices = "ext2|xfs|ext4|btrfs|f2fs|reiserfs|vfat|ocfs2|lvm|swap|ufs|ext3|ext4dev", .aliases = "type"},
    {.name = "state", .help = "Have it, or wipe the signatures of whatever is there", .fallback = "present", .choices = "present|absent"},
    {.name = "force", .type = Type::boolean, .help = "Make it although something is there", .fallback = "no"},
    {.name = "resizefs", .type = Type::boolean, .help = "Grow it to the size of the device", .fallback = "no"},
    {.name = "opts", .help = "More options for mkfs"},
};
constexpr Rule rules[] = {{Rule::Kind::required_if, "fstype", "state", "present"}};

struct Kind { std::string_view name, title, signature, program, force, always, grow; bool mounted; };   // grow: "" = cannot
constexpr Kind kinds[] = {
    {"ext2", "Ext2", "ext2", "mkfs.ext2", "-F", "", "resize2fs", false},
    {"ext3", "Ext3", "ext3", "mkfs.ext3", "-F", "", "resize2fs", false},
    {"ext4", "Ext4", "ext4", "mkfs.ext4", "-F", "", "resize2fs", false},
    {"ext4dev", "Ext4", "ext4dev", "mkfs.ext4", "-F", "", "resize2fs", false},
    {"xfs", "XFS", "xfs", "mkfs.xfs", "-f", "", "xfs_growfs", true},
    {"btrfs", "Btrfs", "btrfs", "mkfs.btrfs", "-f", "", "btrfs", true},
    {"f2fs", "F2fs", "f2fs", "mkfs.f2fs", "-f", "", "resize.f2fs", false},
    {"reiserfs", "Reiserfs", "reiserfs", "mkfs.reiserfs", "-f", "-q", "", false},
    {"vfat", "VFAT", "vfat", "mkfs.vfat", "", "", "fatresize", false},
    {"ocfs2", "Ocfs2", "ocfs2", "mkfs.ocfs2", "-Fx", "", "", false},
    {"lvm", "LVM", "LVM2_member", "pvcreate", "-f", "", "pvresize", false},
    {"swap", "Swap", "swap", "mkswap", "-f", "", "", false},
};

class Device {
public:
    Device(const Kind& kind, Context& context, std::string path) : kind_(kind), context_(context), path_(std::move(path)) {}

    std::int64_t size() {
        auto stat = context_.machine.stat(path_);
        if (stat && stat->is_file()) return static_cast<std::int64_t>(stat->size);
        return number(run({"blockdev", "--getsize64", path_}), "");
    }

    /// Where it is mounted; empty when it is not.
    std::string mount_point() {
        auto real = context_.machine.real_path(path_).value_or(path_);
        for (const auto& line : base::split_lines(context_.machine.read_file("/proc/self/mounts", 16 << 20).value_or(""))) {
            auto words = base::split(line, ' ');
            if (words.size() > 1 && words[0].starts_with('/') && context_.machine.real_path(fstab_unescape(words[0])).value_or("") == real) return fstab_unescape(words[1]);
        }
        return {};
    }

    /// Bytes that the file system uses; `unit` gets how finely that is told.
    std::int64_t used(std::int64_t& unit) {
        unit = 1;
        if (kind_.grow == "resize2fs") {
            auto text = run({"tune2fs", "-l", path_});
            unit = number(text, "Block size:");
            return number(text, "Block count:") * unit;
        }
        if (kind_.name == "xfs") {
            auto where = mount_point();
            auto text = run({"xfs_info", where.empty() ? path_ : where});
            text.erase(0, std::min(text.find("\ndata "), text.size()));
            unit = number(text, "bsize=");
            return number(text, "blocks=") * unit;
        }
        if (kind_.name == "btrfs") return number(run({"btrfs", "filesystem", "usage", "-b", needed_mount()}), "Device size:");
        if (kind_.name == "f2fs") {
            auto text = run({"dump.f2fs", path_});
            unit = number(text, "sector size =");
            return number(text, "total FS sectors =") * unit;
        }
        if (kind_.name == "lvm") {
            auto text = run({"pvs", "--noheadings", "-o", "pv_size", "--units", "b", "--nosuffix", path_});
            return number(text, "");
        }
        return number(run({"fatresize", "--info", path_}), "Size:");
    }

    std::string grow(std::int64_t bytes) {
        if (kind_.grow == "xfs_growfs") return run({"xfs_growfs", needed_mount()});
        if (kind_.grow == "btrfs") return run({"btrfs", "filesystem", "resize", "max", needed_mount()});
        if (kind_.grow == "fatresize") return run({"fatresize", "-s", std::to_string(bytes), path_});
        return run({std::string(kind_.grow), path_});
    }

private:
    std::string run(std::vector<std::string> argv) {
        argv[0] = required_program(context_, argv[0]);
        return context_.must_run(std::move(argv)).output;
    }
    std::string needed_mount() {
        auto where = mount_point();
        if (where.empty()) fail(path_ + " needs to be mounted for " + std::string(kind_.title) + " operations");
        return where;
    }
    /// The number after a label.
    std::int64_t number(const std::string& text, std::string_view label) {
        auto at = text.find(label);
        if (at != std::string::npos) {
            auto rest = base::trim(std::string_view(text).substr(at + label.size()));
            if (auto value = base::parse_int(rest.substr(0, rest.find_first_not_of("0123456789")))) return *value;
        }
        fail("Could not read the size of the " + std::string(kind_.title) + " filesystem on " + path_ + ".", Map{{"stdout", Value(text)}});
    }
    const Kind& kind_;
    Context& context_;
    std::string path_;
};

Outcome run(const Args& args, Context& context) {
    const std::string path = args.text("dev"), fstype = args.text("fstype");
    const bool present = args.text("state") == "present", force = args.flag("force");
    Outcome out;
    if (!context.machine.exists(path)) {
        if (present) fail("Device " + path + " not found.");
        return out.set("msg", "Device " + path + " not found.");
    }
    auto probed = run_program(context, {required_program(context, "blkid"), "-c", "/dev/null", "-o", "value", "-s", "TYPE", path});
    const std::string is(base::trim(probed.output));
    if (!present) {
        out.changed = !is.empty();
        if (out.changed && !context.check) context.must_run({required_program(context, "wipefs"), "--all", path});
        return out;
    }
    const Kind* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& one) { return one.name == fstype; });
    if (kind == std::end(kinds)) fail("module does not support " + fstype + " on this system.");
    const bool same = is == kind->signature;
    if (same && args.flag("resizefs")) {
        if (kind->grow.empty()) fail("module does not support resizing " + fstype + " filesystem yet.");
        Device device(*kind, context, path);
        required_program(context, std::string(kind->grow));
        std::int64_t unit = 1;
        const std::int64_t used = device.used(unit), size = device.size();
        if (used + unit > size) return out.set("msg", std::string(kind->title) + " filesystem is using the whole device " + path);
        out.changed = true;
        if (context.check) return out.set("msg", "resizing filesystem " + std::string(kind->title) + " on device " + path);
        std::string told = device.grow(size);
        out.changed = device.used(unit) != used;   // a rest that is too small for another group of blocks stays
        return out.set("msg", told);
    }
    if (same && !force) return out;
    if (!is.empty() && !force)
        fail("'" + path + "' is already used as " + is + ", use force=true to overwrite", Map{{"rc", probed.code}, {"err", Value(probed.error_output)}});
    out.changed = true;
    if (context.check) return out;
    std::vector<std::string> argv{required_program(context, std::string(kind->program))};
    if (!kind->always.empty()) argv.emplace_back(kind->always);
    if (force && !kind->force.empty()) argv.emplace_back(kind->force);
    if (auto words = base::shell_split(args.text("opts"))) argv.insert(argv.end(), words->begin(), words->end());
    else fail("opts has an unclosed quote: " + args.text("opts"));
    argv.push_back(path);
    context.must_run(std::move(argv));
    return out;
}

}  // namespace

const Module filesystem_module{
    .name = "filesystem", .collection = "community.general", .summary = "Make a file system, or grow it", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "Linux only: fstype ufs is refused.", .returns = "msg: what resizing said | with resizefs", .example = "- filesystem: {dev: /dev/sdb1, fstype: ext4, opts: -L data}\n"};

}  // namespace fprov::modules
