// SPDX-License-Identifier: Apache-2.0
// swapfile: a file that the host swaps to, and its line in /etc/fstab. A file in use is never touched.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/fstab.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true},
    {.name = "size", .type = spec::Type::bytes, .help = "Its size, such as 16G; needed for state=present"},
    {.name = "state", .help = "There and in use, or gone", .fallback = "present", .choices = "present|absent"},
    {.name = "fstab", .type = spec::Type::boolean, .help = "Keep a line in /etc/fstab, so that it is used after a reboot", .fallback = "yes"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::required_if, .names = "size", .when_name = "state", .when_value = "present"}};

constexpr std::uint64_t page = 4096;

class SwapTask {
public:
    SwapTask(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine), path_(args.text("path")), fstab_(context, "/etc/fstab") {
        if (path_.empty() || path_[0] != '/') fail("path of a swap file must be absolute, not '" + path_ + "'");
    }

    Outcome run() {
        Map before = describe();
        if (args_.text("state") == "absent") absent();
        else present();
        bool fstab_changed = fstab_.changed();
        fstab_.write(context_, false);
        outcome_.changed = outcome_.changed || fstab_changed;
        Map after = context_.check ? predicted_ : describe();
        if (context_.check && predicted_.empty()) after = before;
        outcome_.set("path", path_);
        for (const char* name : {"active", "fstab"}) if (const Value* value = after.find(name)) outcome_.set(name, *value);
        if (context_.diff) outcome_.diff.push_back(Value(Map{{"before", Value(std::move(before))}, {"after", Value(std::move(after))}}));
        return outcome_;
    }

private:
    bool active() const {
        auto swaps = machine_.read_file("/proc/swaps", 1 << 20);
        if (!swaps) return false;
        std::string real = machine_.real_path(path_).value_or(path_);
        for (const auto& line : base::split_lines(*swaps)) {
            std::string name = fstab_unescape(line.substr(0, line.find_first_of(" \t")));
            if (name == path_ || name == real) return true;
        }
        return false;
    }

    bool in_fstab() const {
        for (const auto& row : fstab_.rows())
            if (row.entry.source == path_ && row.entry.type == "swap") return true;
        return false;
    }

    Map describe() const {
        auto stat = machine_.stat(path_);
        return Map{{"state", stat ? "present" : "absent"}, {"size", stat ? Value(stat->size) : Value(0)}, {"active", active()}, {"fstab", in_fstab()}};
    }

    /// mkswap's mark stands at the end of the first page.
    bool is_swap() const {
        auto reader = machine_.open_file(path_);
        if (!reader) return false;
        std::string head;
        while (head.size() < page) {
            auto piece = (*reader)->read(page - head.size());
            if (!piece || piece->empty()) break;
            head += *piece;
        }
        return head.size() >= page && head.compare(page - 10, 10, "SWAPSPACE2") == 0;
    }

    void keep_fstab_line() {
        if (!args_.flag("fstab")) return;
        bool found = false;
        for (const auto& row : fstab_.rows()) {
            if (row.entry.source != path_ || row.entry.type != "swap") continue;
            if (found) fstab_.erase(row.line);   // one line is enough
            found = true;
        }
        if (!found) fstab_.append({path_, "swap", "swap", "defaults", "0", "0"});
    }

    void present() {
        std::uint64_t size = static_cast<std::uint64_t>(std::max<std::int64_t>(args_.integer("size"), 0)) / page * page;
        if (size < 10 * page) fail("size of a swap file must be at least 40K");
        keep_fstab_line();
        predicted_ = Map{{"state", "present"}, {"size", size}, {"active", true}, {"fstab", args_.flag("fstab") || in_fstab()}};
        outcome_.set("size", size);
        auto stat = machine_.lstat(path_);
        if (active()) {
            std::uint64_t is = stat ? stat->size : 0;
            outcome_.set("size", is);
            predicted_.set("size", is);
            if (is != size)
                outcome_.warnings.push_back(path_ + " is in use with " + std::to_string(is) + " bytes and is left so; to resize it, swapoff first");
            return;
        }
        outcome_.changed = true;
        if (stat && !stat->is_file()) fail(path_ + " is there and no regular file");
        bool mine = stat && is_swap();
        if (stat && !mine && stat->size > 0) fail(path_ + " is there and no swap file; remove it first, if its content is not needed");
        if (context_.check) return;
        if (mine && stat->size == size) {
            if (stat->mode != 0600) (void)machine_.chmod(path_, 0600);
            if (turn_on()) return;
        }
        make(size);
    }

    bool turn_on(std::string* why = nullptr) {
        base::Command command{.argv = {"swapon", path_}};
        auto finished = context_.run(command);
        if (!finished) fail(finished.error());
        if (why) *why = std::string(base::trim(finished->error_output));
        return finished->code == 0;
    }

    void mark() { context_.must_run({"mkswap", path_}); }

    std::string file_system() {
        base::Command command{.argv = {"stat", "-f", "-c", "%T", base::dirname(path_)}};
        auto finished = context_.run(command);
        return finished && finished->code == 0 ? std::string(base::trim(finished->output)) : "";
    }

    void check_room(std::uint64_t size) {
        base::Command command{.argv = {"stat", "-f", "-c", "%a %S", base::dirname(path_)}};
        auto finished = context_.run(command);
        if (!finished || finished->code != 0) return;
        auto words = base::split(std::string(base::trim(finished->output)), ' ');
        auto blocks = base::parse_int(words[0]), unit = base::parse_int(words.size() > 1 ? words[1] : "");
        auto old = machine_.stat(path_);
        std::uint64_t freed = old ? old->blocks * 512 : 0;
        if (blocks && unit && static_cast<std::uint64_t>(*blocks) * static_cast<std::uint64_t>(*unit) + freed < size)
            fail("not enough room for " + path_ + ": " + std::to_string(size >> 20) + " MiB are wanted, " +
                 std::to_string((static_cast<std::uint64_t>(*blocks) * static_cast<std::uint64_t>(*unit) + freed) >> 20) + " MiB are free");
    }

    void make(std::uint64_t size) {
        std::string folder = base::dirname(path_);
        if (!machine_.is_directory(folder)) fail("folder " + folder + " does not exist");
        check_room(size);
        (void)machine_.remove_file(path_);
        machine::WriteOptions options;
        options.mode = 0600;
        if (auto made = machine_.write_file(path_, "", options); !made) fail(made.error());
        try {
            std::string type = file_system(), why;
            bool copy_on_write = type == "btrfs" || type == "zfs" || type == "bcachefs";
            if (type == "btrfs") context_.must_run({"chattr", "+C", path_}, false);   // only while empty
            if (!copy_on_write) {
                base::Command command{.argv = {"fallocate", "-l", std::to_string(size), path_}};
                auto finished = context_.run(command);
                if (finished && finished->code == 0) {
                    mark();
                    if (turn_on(&why)) return;   // some kernels refuse preallocated files as ones with holes
                }
            }
            zeros(size);
            mark();
            if (!turn_on(&why)) fail("swapon " + path_ + " failed: " + why);
        } catch (...) {
            (void)machine_.remove_file(path_);
            throw;
        }
    }

    void zeros(std::uint64_t size) {
        constexpr std::uint64_t step = 64ull << 20;
        for (std::uint64_t done = 0; done < size; done += step) {
            std::uint64_t bytes = std::min(step, size - done);
            context_.must_run({"dd", "if=/dev/zero", "of=" + path_, "bs=4096", "count=" + std::to_string(bytes / page), "seek=" + std::to_string(done / page),
                               "conv=notrunc", "status=none"});
            if (context_.progress) context_.progress(std::to_string((done + bytes) >> 20) + "/" + std::to_string(size >> 20) + " MiB");
        }
        context_.must_run({"sync", path_}, false);
    }

    void absent() {
        predicted_ = Map{{"state", "absent"}, {"size", 0}, {"active", false}, {"fstab", false}};
        for (const auto& row : fstab_.rows())
            if (row.entry.source == path_ && row.entry.type == "swap") fstab_.erase(row.line);
        bool on = active();
        auto stat = machine_.lstat(path_);
        if (!on && !stat) return;
        if (stat && !stat->is_file()) fail(path_ + " is there and no regular file");
        if (stat && !on && stat->size > 0 && !is_swap()) fail(path_ + " is there and no swap file; it is not removed");
        outcome_.changed = true;
        if (context_.check) return;
        if (on) context_.must_run({"swapoff", path_});
        if (auto removed = machine_.remove_file(path_); !removed && removed.error().kind != base::Kind::not_found) fail(removed.error());
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    std::string path_;
    Fstab fstab_;
    Outcome outcome_;
    Map predicted_;
};

Outcome run(const Args& args, Context& context) { return SwapTask(args, context).run(); }

}  // namespace

extern const Module swapfile_module{
    .name = "swapfile",
    .collection = "fprov",
    .summary = "Keep a swap file of a size in use",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "A file that is in use is never resized or recreated, and no file that is no swap file is overwritten. It is allocated at once where the "
             "file system allows it and filled with zeros otherwise. An existing fstab line of the path stays as it is.",
    .returns = "path: the file\nsize: its bytes\nactive: whether the host swaps to it\nfstab: whether fstab names it",
    .example = "- name: Swap\n  swapfile: {path: /data/swapfile, size: 128G}",
};

}  // namespace fprov::modules
