// SPDX-License-Identifier: Apache-2.0
// file: one path is a file, a folder, a link, fresh or gone, with owner and mode.
#include <cmath>
#include <ctime>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/ownership.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

using machine::Stat;

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file that is managed", .required = true, .aliases = "dest|name"},
    {.name = "state", .help = "What shall be there; without it whatever is there, else a file (or a folder with recurse)",
     .choices = "absent|directory|file|hard|link|touch"},
    {.name = "src", .type = spec::Type::path, .help = "What a link points to; relative texts of symbolic links stay as they are"},
    {.name = "recurse", .type = spec::Type::boolean, .help = "Owner, group and mode for everything below a folder, too", .fallback = "no"},
    {.name = "force", .type = spec::Type::boolean, .help = "Make a link although its target is missing, or in place of a file", .fallback = "no"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Act on the target of a symbolic link at path", .fallback = "yes"},
    {.name = "access_time", .help = "preserve, now or a time in access_time_format"},
    {.name = "access_time_format", .help = "Format of access_time", .fallback = "%Y%m%d%H%M.%S"},
    {.name = "modification_time", .help = "preserve, now or a time in modification_time_format"},
    {.name = "modification_time_format", .help = "Format of modification_time", .fallback = "%Y%m%d%H%M.%S"},
    {.name = "_original_basename", .help = "Name of the source of a copied file"},
    {.name = "_diff_peek", .type = spec::Type::boolean, .help = "Tell only what kind of file there is"},
};

class FileTask {
public:
    FileTask(const Args& args, Context& context)
        : args_(args), context_(context), machine_(context.machine), path_(args.text("path")), state_(args.text("state")),
          src_(args.text("src")), has_src_(args.given("src")), force_(args.flag("force")), follow_(args.flag("follow")), wishes_(file_wishes(args)) {}

    Outcome run() {
        before_ = state_of(path_);
        if (has_src_ && state_ != "link" && state_ != "hard" && machine_.is_directory(path_)) into_folder();
        if (!has_src_ && state_.empty() && args_.given("_original_basename") && machine_.is_directory(path_)) into_folder();
        if (state_.empty()) state_ = before_ != "absent" ? before_ : args_.flag("recurse") ? "directory" : "file";
        if (args_.flag("recurse") && state_ != "directory") fail("recurse option requires state to be 'directory'", Map{{"path", path_}});
        if (has_src_ && state_ != "link" && state_ != "hard") fail("src option requires state to be 'link' or 'hard'", Map{{"path", path_}});
        if (state_ == "hard" && has_src_ && machine_.is_directory(path_) && before_ == "directory") into_folder();
        static constexpr struct { std::string_view state; Outcome (FileTask::*run)(); } rows[] = {
            {"absent", &FileTask::absent}, {"directory", &FileTask::directory}, {"file", &FileTask::file},
            {"hard", &FileTask::hard},     {"link", &FileTask::link},           {"touch", &FileTask::touch},
        };
        if (context_.check && state_ != "absent") check_accounts();
        for (const auto& row : rows)
            if (row.state == state_) {
                try {
                    auto outcome = (this->*row.run)();
                    outcome.warnings.insert(outcome.warnings.begin(), warnings_.begin(), warnings_.end());
                    return outcome;
                } catch (ModuleFailure& failed) {
                    failed.outcome.warnings = warnings_;
                    throw;
                }
            }
        fail("unexpected state '" + state_ + "'");
    }

private:
    std::string state_of(const std::string& path) {
        auto stat = machine_.lstat(path);
        if (!stat) return "absent";
        return stat->is_link() ? "link" : stat->is_dir() ? "directory" : stat->links > 1 ? "hard" : "file";
    }

    void into_folder() {
        std::string name = args_.given("_original_basename") ? args_.text("_original_basename") : base::basename(src_);
        if (name.empty()) return;
        path_ = base::join_path(path_, name);
        before_ = state_of(path_);
    }

    void start_diff() {
        diff_before_.set("path", path_);
        diff_after_.set("path", path_);
        if (before_ != state_) {
            diff_before_.set("state", before_);
            diff_after_.set("state", state_);
        }
    }

    Outcome done(bool changed, std::string_view key, bool with_src = false) {
        Outcome outcome;
        outcome.changed = changed;
        outcome.set(key, path_);
        if (with_src) outcome.set("src", has_src_ ? Value(src_) : Value());
        outcome.diff.push_back(Value(Map{{"before", Value(diff_before_)}, {"after", Value(diff_after_)}}));
        return outcome;
    }

    /// The system's error as Python tells it for paths that are bytes.
    static std::string bytes_error(const base::Error& error, const std::string& from = {}) {
        auto at = error.what.find(": '");
        if (at == std::string::npos) return error.what;
        auto shown = [](std::string_view text) {
            std::string out = "b'";
            for (unsigned char c : text)
                if (c >= 0x80) { out += "\\x"; out += "0123456789abcdef"[c >> 4]; out += "0123456789abcdef"[c & 15]; }
                else out += static_cast<char>(c);
            return out + "'";
        };
        std::string path = error.what.substr(at + 3, error.what.size() - at - 4);
        return error.what.substr(0, at + 2) + (from.empty() ? "" : shown(from) + " -> ") + shown(path);
    }

    /// What a real run may have made by then (a task before this one adds the account) is worth a warning only.
    void check_accounts() {
        auto look = [&](std::string_view key, bool is_user) {
            const Value& given = args_[key];
            if (given.is_none()) return;
            std::string name = values::str(given), kind = is_user ? "user" : "group";
            auto number = base::parse_int(name);
            bool there = number ? (is_user ? machine_.user_by_id(static_cast<std::uint32_t>(*number)).has_value() : machine_.group_by_id(static_cast<std::uint32_t>(*number)).has_value())
                                : (is_user ? machine_.user(name).has_value() : machine_.group(name).has_value());
            if (!there)
                warnings_.push_back("failed to look up " + kind + (number ? is_user ? " with uid " : " with gid " : " ") + name +
                                    ". Create " + kind + " up to this point in real play");
        };
        look("owner", true);
        look("group", false);
    }

    [[noreturn]] void refuse(std::string msg, bool as_dest = false) {
        Map fields;
        if (as_dest) { fields.set("dest", path_); fields.set("src", src_); }
        else fields.set("path", path_);
        fail(std::move(msg), std::move(fields));
    }

    void follow_link() {
        if (!follow_ || before_ != "link") return;
        path_ = machine_.real_path(path_).value_or(path_);
        before_ = state_of(path_);
    }

    bool apply(const std::string& path, bool follow) {
        FileWishes wishes = wishes_;
        wishes.follow = follow;
        return apply_wishes(context_, path, wishes, &diff_before_, &diff_after_);
    }

    // --- times ---------------------------------------------------------------------------------------------------------------
    /// nothing = preserve
    std::optional<double> wanted_time(std::string_view name, bool touching) {
        std::string text = args_.text(name);
        if (text == "preserve" || (text.empty() && !touching)) return std::nullopt;
        if (text == "now" || text.empty()) return machine_.now();
        std::string format = args_.text(std::string(name) + "_format");
        std::tm parts{};
        parts.tm_isdst = -1;
        parts.tm_mday = 1;
        const char* end = ::strptime(text.c_str(), format.c_str(), &parts);
        if (!end || *end)
            fail("Error while obtaining timestamp for time " + text + " using format " + format + ": time data '" + text +
                 "' does not match format '" + format + "'");
        return static_cast<double>(::mktime(&parts));
    }

    struct Times { std::optional<double> modification, access; };
    Times times(bool touching) { return {wanted_time("modification_time", touching), wanted_time("access_time", touching)}; }

    bool apply_times(const std::string& path, Times wanted) {
        auto stat = machine_.stat(path);
        if (!stat) return false;
        auto differs = [](std::optional<double> want, double is) { return want && std::abs(*want - is) > 1e-6; };
        bool modification = differs(wanted.modification, stat->mtime), access = differs(wanted.access, stat->atime);
        if (!modification && !access) return false;
        if (modification) { diff_before_.set("mtime", stat->mtime); diff_after_.set("mtime", *wanted.modification); }
        if (access) { diff_before_.set("atime", stat->atime); diff_after_.set("atime", *wanted.access); }
        if (!context_.check) {
            auto set = machine_.set_times(path, access ? wanted.access : std::nullopt, modification ? wanted.modification : std::nullopt);
            if (!set) refuse("Error while updating modification or access time: " + bytes_error(set.error()));
        }
        return true;
    }

    // --- states --------------------------------------------------------------------------------------------------------------
    Outcome file() {
        auto wanted = times(false);
        follow_link();
        if (before_ != "file" && before_ != "hard") {
            Map fields{{"path", path_}, {"state", before_}};
            fail("file (" + path_ + ") is " + before_ + ", cannot continue", std::move(fields));
        }
        start_diff();
        bool changed = apply(path_, false);
        changed = apply_times(path_, wanted) || changed;
        return done(changed, "path");
    }

    Outcome absent() {
        Outcome outcome;
        outcome.set("path", path_);
        if (before_ == "absent") return outcome.set("state", "absent");
        start_diff();
        if (before_ == "directory" && context_.diff) {
            List folders, files;
            list_below(path_, folders, files);
            diff_before_.set("path_content", Value(Map{{"directories", Value(folders)}, {"files", Value(files)}}));
        }
        outcome = done(true, "path");
        outcome.set("state", "absent");
        if (context_.check) return outcome;
        auto removed = before_ == "directory" ? machine_.remove_tree(path_) : machine_.remove_file(path_);
        if (!removed && removed.error().kind != base::Kind::not_found)
            refuse((before_ == "directory" ? "rmtree failed: " : "unlinking failed: ") + removed.error().what);
        return outcome;
    }

    void list_below(const std::string& folder, List& folders, List& files) {
        std::vector<std::string> below;
        for (const auto& name : machine_.list(folder).value_or({})) {
            std::string path = base::join_path(folder, name);
            auto stat = machine_.stat(path);
            if (folders.size() + files.size() > 10000) return;
            if (!stat || !stat->is_dir()) { files.push_back(path); continue; }
            folders.push_back(path);
            if (auto itself = machine_.lstat(path); itself && !itself->is_link()) below.push_back(path);
        }
        for (const auto& path : below) list_below(path, folders, files);
    }

    Outcome directory() {
        auto wanted = times(false);
        follow_link();
        start_diff();
        bool changed = false;
        if (before_ == "absent") {
            if (context_.check) return done(true, "path");
            changed = make_path();
        } else if (before_ != "directory") refuse(path_ + " already exists as a " + before_);
        changed = apply(path_, false) || changed;
        changed = apply_times(path_, wanted) || changed;
        if (args_.flag("recurse")) changed = recurse(path_) || changed;
        return done(changed, "path");
    }

    /// Every missing folder on the way gets the wishes, as Ansible does it.
    bool make_path() {
        bool changed = false;
        std::string rest = path_, current = rest.starts_with('/') ? "/" : "";
        std::size_t at = 0;
        while (at < rest.size()) {
            auto slash = rest.find('/', at);
            std::string part = rest.substr(at, slash == std::string::npos ? slash : slash - at);
            at = slash == std::string::npos ? rest.size() : slash + 1;
            if (part.empty()) continue;
            current = base::join_path(current, part);
            if (machine_.exists(current)) continue;
            auto made = machine_.make_directory(current, 0777 & ~machine_.umask());
            if (!made && !machine_.is_directory(current)) refuse("There was an issue creating " + current + " as requested: " + bytes_error(made.error()));
            changed = true;
            if (current != path_) apply(current, false);   // its changes stand in the diff, too
        }
        return changed;
    }

    bool recurse(const std::string& folder) {
        bool changed = false;
        auto names = machine_.list(folder);
        if (!names) refuse("Could not recursively set attributes on " + folder + ". Original error was: '" + names.error().what + "'");
        auto wanted = times(false);
        for (const auto& name : *names) {
            std::string path = base::join_path(folder, name);
            auto stat = machine_.lstat(path);
            if (!stat) continue;
            FileWishes wishes = wishes_;
            wishes.follow = false;
            changed = apply_wishes(context_, path, wishes) || changed;
            if (stat->is_link()) {
                if (follow_ && machine_.exists(path)) {
                    wishes.follow = true;
                    if (machine_.is_directory(path)) {
                        std::string target = machine_.real_path(path).value_or(path);
                        if (!visited_.insert(target).second) continue;   // links may form circles
                        changed = recurse(target) || changed;
                    }
                    changed = apply_wishes(context_, path, wishes) || changed;
                }
                continue;
            }
            changed = apply_times(path, wanted) || changed;
            if (stat->is_dir()) changed = recurse(path) || changed;
        }
        return changed;
    }

    Outcome touch() {
        auto wanted = times(true);
        if (before_ == "absent" && context_.check) {
            Outcome outcome;
            outcome.changed = true;
            return outcome.set("dest", path_);
        }
        if (context_.check && before_ == "link" && follow_ && !machine_.exists(path_)) {   // Ansible makes nothing here, and then finds nothing
            path_ = base::join_path(base::dirname(path_), machine_.read_link(path_).value_or(""));
            refuse("Error while updating modification or access time: [Errno 2] No such file or directory: b'" + path_ + "'");
        }
        start_diff();
        bool changed = false, fresh = before_ == "absent";
        if (fresh || (before_ == "link" && follow_ && !machine_.exists(path_) && !context_.check)) {
            auto made = machine_.append_file(path_, "");
            if (!made) refuse("Error, could not touch target: " + bytes_error(made.error()));
            changed = true;
        }
        try {
            changed = apply(path_, follow_) || changed;
            changed = apply_times(path_, wanted) || changed;
        } catch (ModuleFailure&) {
            if (fresh) (void)machine_.remove_file(path_);   // do not leave half of it behind
            throw;
        }
        return done(changed, "dest");
    }

    Outcome link() {
        auto wanted = times(false);
        if (!has_src_) {
            if (before_ == "absent") fail("src is required for creating new symlinks");
            if (follow_ || before_ != "link") src_ = machine_.read_link(path_).value_or("");
        }
        bool real = has_src_ || (follow_ && machine_.exists(path_));
        std::string folder = before_ == "directory" ? path_ : base::dirname(path_);
        if (has_src_) {
            std::string absolute = base::join_path(folder, src_);
            if (!force_ && !machine_.exists(absolute))
                fail("src file does not exist, use \"force=yes\" if you really want to create the link: " + absolute, Map{{"path", path_}, {"src", src_}});
        }
        start_diff();
        bool changed = false;
        if (before_ == "directory") {
            if (!force_) refuse("refusing to convert from directory to symlink for " + path_);
            if (!machine_.list(path_).value_or({}).empty()) refuse("the directory " + path_ + " is not empty, refusing to convert it");
            changed = true;
        } else if (before_ == "file" || before_ == "hard") {
            if (!force_) refuse("refusing to convert from " + before_ + " to symlink for " + path_);
            changed = true;
        } else if (before_ == "link") {
            std::string is = machine_.read_link(path_).value_or("");
            if (has_src_ && is != src_) {
                diff_before_.set("src", is);
                diff_after_.set("src", src_);
                changed = true;
            }
        } else changed = true;
        if (changed && !context_.check) {
            if (before_ == "directory")
                if (auto removed = machine_.remove_tree(path_); !removed) refuse("Error while replacing: " + removed.error().what);
            if (auto made = machine_.symlink(src_, path_); !made) refuse("Error while linking: " + bytes_error(made.error(), src_));
        }
        if (context_.check && (!machine_.lexists(path_) || before_ != "link")) return link_done(changed, real);
        if (follow_ && !machine_.exists(path_)) {
            auto outcome = link_done(changed, real);
            outcome.warnings.push_back("Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this.");
            return outcome;
        }
        if (!context_.check || before_ == "link") {
            changed = apply(path_, follow_) || changed;
            if (machine_.exists(path_)) changed = apply_times(path_, wanted) || changed;
        }
        return link_done(changed, real);
    }

    Outcome link_done(bool changed, bool real) {
        has_src_ = real;
        return done(changed, "dest", true);
    }

    Outcome hard() {
        auto wanted = times(false);
        bool changed = false;
        if (!has_src_) {
            if (before_ == "absent") fail("src is required for creating new hardlinks");
        } else {
            auto source = machine_.stat(src_);
            if (!source) refuse("src does not exist", true);
            start_diff();
            auto is = machine_.lstat(path_);
            if (before_ == "absent") changed = true;
            else if (before_ == "link") {
                std::string target = machine_.read_link(path_).value_or("");
                if (target != src_) { diff_before_.set("src", target); diff_after_.set("src", src_); }
                changed = true;
            } else if (before_ == "directory") refuse("Cannot link, directory exists at destination", true);
            else if (is && is->inode == source->inode && is->device == source->device) changed = false;
            else {
                if (!force_) refuse(before_ == "hard" ? "Cannot link, different hard link exists at destination"
                                                      : "Cannot link, file exists at destination", true);
                changed = true;
            }
            if (changed && !context_.check)
                if (auto made = machine_.hardlink(src_, path_); !made) refuse("Error while linking: " + bytes_error(made.error(), src_));
            if (changed && context_.check) return done(true, "dest", true);
        }
        if (!has_src_) start_diff();
        changed = apply(path_, false) || changed;
        changed = apply_times(path_, wanted) || changed;
        return done(changed, "dest", true);
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    std::string path_, state_, src_, before_;
    bool has_src_, force_, follow_;
    FileWishes wishes_;
    Map diff_before_, diff_after_;
    std::vector<std::string> warnings_;
    std::set<std::string> visited_;
};

Outcome run(const Args& args, Context& context) { return FileTask(args, context).run(); }

}  // namespace

extern const Module file_module{
    .name = "file",
    .collection = "ansible.builtin",
    .summary = "Manage a file, a folder, a link, and their owner and mode",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "With state=touch the result is always changed unless both times are preserved.",
    .returns = "path: the file (states absent, directory, file)\ndest: the file (states hard, link, touch)\nuid, gid, owner, group, mode, size, state: what is there now",
    .example = "- name: A folder for data\n  file: {path: /data/projects, state: directory, mode: '0755', owner: app}",
    .unasked_diff = UnaskedDiff::all,
};

}  // namespace fprov::modules
