// SPDX-License-Identifier: Apache-2.0
// mount: a line of fstab, and whether it is mounted.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/fstab.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "Where it is mounted; none for swap", .required = true, .aliases = "name"},
    {.name = "state", .help = "mounted: line and mount; present: line only; absent: neither; absent_from_fstab: no line; unmounted; remounted; ephemeral: mount only", .required = true,
     .choices = "absent|absent_from_fstab|mounted|present|unmounted|remounted|ephemeral"},
    {.name = "src", .type = spec::Type::path, .help = "The device or share"},
    {.name = "fstype", .help = "Type of file system"},
    {.name = "opts", .help = "Mount options"},
    {.name = "dump", .help = "fstab's fifth column", .fallback = "0"},
    {.name = "passno", .help = "fstab's sixth column", .fallback = "0"},
    {.name = "fstab", .help = "The file; /etc/fstab unless given"},
    {.name = "boot", .type = spec::Type::boolean, .help = "Mount at boot; no adds noauto", .fallback = "yes"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old fstab beside the new one", .fallback = "no"},
};
constexpr Rule rules[] = {
    {.kind = Rule::Kind::required_if, .names = "src,fstype", .when_name = "state", .when_value = "mounted"},
    {.kind = Rule::Kind::required_if, .names = "src,fstype", .when_name = "state", .when_value = "present"},
    {.kind = Rule::Kind::required_if, .names = "src,fstype", .when_name = "state", .when_value = "ephemeral"},
};

class MountTask {
public:
    MountTask(const Args& args, Context& context)
        : args_(args), context_(context), state_(args.text("state")), file_(args.text("fstab", "/etc/fstab")), fstab_(context, file_) {
        wanted_.path = args.text("path");
        while (wanted_.path.size() > 1 && wanted_.path.ends_with('/')) wanted_.path.pop_back();
        wanted_.source = args.text("src");
        wanted_.type = args.text("fstype");
        wanted_.options = args.text("opts", "defaults");
        wanted_.dump = args.text("dump", "0");
        wanted_.pass = args.text("passno", "0");
        if (!args.flag("boot", true)) {
            if (base::fnmatch("," + wanted_.options + ",", "*,defaults,*"))
                outcome_.warnings.push_back("Ignore the 'boot' due to 'opts' contains 'defaults'.");
            else if (!base::fnmatch("," + wanted_.options + ",", "*,noauto,*")) wanted_.options += ",noauto";
        }
    }

    Outcome run() {
        std::string backup;
        if (state_ == "present") { put_line(); backup = write(); }
        else if (state_ == "mounted") backup = mounted();
        else if (state_ == "unmounted") unmount();
        else if (state_.starts_with("absent")) backup = absent();
        else if (state_ == "remounted") remount();
        else ephemeral();
        outcome_.set("name", args_.text("path")).set("opts", wanted_.options).set("dump", wanted_.dump).set("passno", wanted_.pass);
        outcome_.set("fstab", file_).set("boot", args_.flag("boot", true) ? "yes" : "no").set("backup_file", backup);
        if (args_.given("src")) outcome_.set("src", args_["src"]);
        if (args_.given("fstype")) outcome_.set("fstype", args_["fstype"]);
        if (context_.diff && fstab_.changed())
            outcome_.diff.push_back(Value(Map{{"before", fstab_.before()}, {"after", fstab_.text()}, {"before_header", file_}, {"after_header", file_}}));
        return outcome_;
    }

private:
    std::string write() {
        if (fstab_.changed()) outcome_.changed = true;
        if (const auto folder = base::dirname(file_); !context_.check && !context_.machine.exists(folder)) context_.machine.make_directory(folder, 0755).value();
        return fstab_.write(context_, args_.flag("backup"));
    }

    bool mine(const FstabEntry& entry) const {
        if (entry.path != wanted_.path) return false;
        // several swap areas share the path "none", and bind mounts may stack: there the source tells them apart
        bool by_source = wanted_.type == "swap" || entry.type == "swap" || wanted_.path == "none" || wanted_.path == "swap";
        return !by_source || wanted_.source.empty() || entry.source == wanted_.source;
    }

    bool put_line() {
        bool found = false, differs = false;
        for (const auto& row : fstab_.rows()) {
            if (!mine(row.entry)) continue;
            found = true;
            const auto& is = row.entry;
            if (is.source == wanted_.source && is.type == wanted_.type && is.options == wanted_.options && is.dump == wanted_.dump && is.pass == wanted_.pass)
                continue;
            differs = true;
            fstab_.replace(row.line, wanted_);
        }
        if (!found) fstab_.append(wanted_);
        return differs || !found;
    }

    /// The source that is mounted at the path now.
    std::optional<std::string> mounted_source() const {
        auto text = context_.machine.read_file("/proc/self/mountinfo", 16u << 20);
        if (!text) return std::nullopt;
        std::string real = context_.machine.real_path(wanted_.path).value_or(wanted_.path);
        std::optional<std::string> found;
        for (const auto& line : base::split_lines(*text)) {   // id parent dev root path options fields - type source super
            auto words = base::split(line, ' ');
            if (words.size() < 10) continue;
            std::string path = fstab_unescape(words[4]);
            if (path != wanted_.path && path != real) continue;
            for (std::size_t i = 6; i + 2 < words.size(); ++i)
                if (words[i] == "-") found = fstab_unescape(words[i + 2]);
        }
        return found;
    }

    void must(std::vector<std::string> argv, const std::string& what) {
        auto finished = context_.must_run(std::move(argv), false);
        if (finished.code != 0) fail("Error " + what + " " + args_.text("path") + ": " + finished.output + finished.error_output);
    }

    std::vector<std::string> mount_command() const {
        std::vector<std::string> argv{"mount"};
        if (state_ != "ephemeral" && file_ != "/etc/fstab") { argv.emplace_back("-T"); argv.push_back(file_); }
        if (state_ == "ephemeral")
            for (const auto& word : {std::string("-t"), wanted_.type, std::string("-o"), wanted_.options, wanted_.source}) argv.push_back(word);
        argv.push_back(wanted_.path);
        return argv;
    }

    void make_point(std::vector<std::string>& made) {
        std::vector<std::string> missing;
        for (std::string folder = wanted_.path; !folder.empty() && !context_.machine.exists(folder); folder = base::dirname(folder)) missing.push_back(folder);
        for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
            if (auto result = context_.machine.make_directory(*at, 0777 & ~context_.machine.umask()); !result) fail("Error making dir " + wanted_.path + ": " + result.error().what);
            made.push_back(*at);
        }
    }

    std::string mounted() {
        bool differs = put_line();
        auto is = mounted_source();
        std::string backup;
        std::vector<std::string> made;
        if (!context_.machine.exists(wanted_.path)) {
            outcome_.changed = true;
            if (!context_.check) make_point(made);
        }
        backup = write();
        if (is && !differs) return backup;
        outcome_.changed = true;
        if (context_.check) return backup;
        try {
            if (is) {
                base::Command command{.argv = {"mount", "-o", "remount," + wanted_.options, wanted_.path}};
                auto finished = context_.run(command);
                if (!finished || finished->code != 0) {
                    must({"umount", wanted_.path}, "unmounting");
                    must(mount_command(), "mounting");
                }
            } else {
                must(mount_command(), "mounting");
            }
        } catch (ModuleFailure&) {
            if (fstab_.changed()) (void)context_.machine.write_file(file_, fstab_.before());   // a line that cannot be mounted would stop the next boot
            for (auto at = made.rbegin(); at != made.rend(); ++at) (void)context_.machine.remove_tree(*at);
            throw;
        }
        return backup;
    }

    void unmount() {
        if (!mounted_source()) return;
        outcome_.changed = true;
        if (!context_.check) must({"umount", wanted_.path}, "unmounting");
    }

    std::string absent() {
        bool found = false;
        for (const auto& row : fstab_.rows())
            if (mine(row.entry)) {
                fstab_.erase(row.line);
                found = true;
            }
        std::string backup = write();
        if (!found || context_.check || state_ != "absent") return backup;
        if (mounted_source()) must({"umount", wanted_.path}, "unmounting");
        if (context_.machine.is_directory(wanted_.path) && context_.machine.list(wanted_.path).value_or({"x"}).empty())
            (void)context_.machine.remove_tree(wanted_.path);
        return backup;
    }

    void remount() {
        outcome_.changed = true;
        if (context_.check) return;
        if (!mounted_source()) fail("Error remounting " + args_.text("path") + ": it is not mounted");
        std::vector<std::string> argv{"mount", "-o", args_.given("opts") ? "remount," + wanted_.options : "remount", wanted_.path};
        must(std::move(argv), "remounting");
    }

    void ephemeral() {
        auto is = mounted_source();
        if (is && *is != wanted_.source)
            fail("Ephemeral mount point is already mounted with a different source than the specified one. Failing in order to prevent an unwanted unmount or override "
                 "operation. Try replacing this command with a \"state: unmounted\" followed by a \"state: ephemeral\", or use a different destination path.");
        outcome_.changed = true;
        if (context_.check) return;
        if (is) return must({"mount", "-o", "remount," + wanted_.options, wanted_.path}, "remounting");
        std::vector<std::string> made;
        make_point(made);
        must(mount_command(), "mounting");
    }

    const Args& args_;
    Context& context_;
    std::string state_, file_;
    Fstab fstab_;
    FstabEntry wanted_;
    Outcome outcome_;
};

Outcome run(const Args& args, Context& context) { return MountTask(args, context).run(); }

}  // namespace

extern const Module mount_module{
    .name = "mount",
    .collection = "ansible.posix",
    .summary = "Keep mounts and lines of fstab",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "When mounting fails, fstab is put back as it was.",
    .returns = "name, src, fstype, opts, dump, passno, fstab, boot: as they were used\nbackup_file: name of the copy | backup",
    .example = "- mount: {path: /data, src: /dev/vdb1, fstype: xfs, state: mounted}",
};

}  // namespace fprov::modules
