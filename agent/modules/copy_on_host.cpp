// SPDX-License-Identifier: Apache-2.0
// remote_src: from one place of the host to another.
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/copy.hpp"
#include "modules/support/diff.hpp"

namespace fprov::modules::copying {
namespace {

class HostCopy {
public:
    HostCopy(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine), wishes_(file_wishes(args)) {}

    Outcome run() {
        std::string src = args_.text("src"), dest = args_.text("dest");
        if (src.empty()) fail("src (or content) is required");
        bool contents_only = src.ends_with("/");
        auto source = machine_.stat(src);
        if (!source) {
            if (source.error().kind == base::Kind::not_found) fail("Source " + src + " not found");
            fail("Source " + src + " not readable");
        }
        if (source->is_file() && !machine_.access(src, 4)) fail("Source " + src + " not readable");
        Outcome outcome;
        outcome.set("src", args_["src"]);
        if (source->is_dir()) {
            if (machine_.lexists(dest) && !machine_.is_directory(dest)) fail("can not copy a folder onto " + dest + ": it is no folder");
            const bool there = machine_.is_directory(dest);
            std::string top = contents_only ? dest : base::join_path(dest, base::basename(src)), named = there ? top : dest;
            // Ansible keeps links only where it makes the topmost folder itself; elsewhere local_follow has to say what they become.
            const bool whole = there ? !machine_.is_directory(top) : contents_only && !dest.ends_with('/');
            links_ = whole ? Links::keep : !args_.given("local_follow") ? Links::skip : args_.flag("local_follow") ? Links::follow : Links::keep_live;
            if (contents_only && there && !named.ends_with('/')) named += '/';
            if (context_.check && dest.ends_with('/') && !there) return would_be_made(std::move(outcome), dest);
            std::string bare = top;   // "dest/" names the folder, not something in it
            while (bare.size() > 1 && bare.ends_with('/')) bare.pop_back();
            if (contents_only && !machine_.is_directory(bare)) {   // the folder itself is no copy of src: it is made as any new one
                outcome.changed = true;
                make_folders(context_, args_, bare);
            }
            outcome.changed = tree(src, bare) || outcome.changed;
            FileWishes wishes = wishes_;
            if (args_.text("mode") == "preserve") wishes.mode = Value();
            else if (wishes.mode.is_none()) wishes.mode = args_["directory_mode"];
            if (machine_.exists(top)) outcome.changed = apply_wishes(context_, top, wishes) || outcome.changed;
            outcome.set("dest", named).set("checksum", Value()).set("md5sum", Value());
            return outcome;
        }
        if (dest.ends_with("/") || machine_.is_directory(dest)) {
            const bool made = make_folders(context_, args_, dest);
            if (made && context_.check) return would_be_made(std::move(outcome), dest);
            dest = base::join_path(dest, args_.given("_original_basename") ? args_.text("_original_basename") : base::basename(src));
        }
        if (dest.find('/') == std::string::npos) dest = "./" + dest;   // as Ansible names it
        auto link = machine_.lstat(dest);
        if (link && link->is_link() && args_.flag("follow")) dest = machine_.real_path(dest).value_or(dest);
        outcome.set("dest", dest);
        if (!args_.flag("force", true) && machine_.lexists(dest)) {
            outcome.msg = "file already exists";
            return outcome;
        }
        std::string checksum = machine_.digest_file(src, "sha1").value();
        if (args_.given("checksum") && base::lower(args_.text("checksum")) != checksum)
            fail("Copied file does not match the expected checksum. Transfer failed.",
                 Map{{"checksum", checksum}, {"expected_checksum", args_.text("checksum")}});
        std::string folder = base::dirname(dest);
        if (!folder.empty() && !machine_.is_directory(folder)) fail("Destination directory " + folder + " does not exist");
        FileWishes wishes = wishes_;
        if (args_.text("mode") == "preserve") wishes.mode = Value(static_cast<int>(source->mode));
        if (checksum_of(context_, dest) != checksum || (link && link->is_link() && !args_.flag("follow"))) {
            outcome.changed = true;
            if (context_.diff) outcome.diff.push_back(Value(file_diff(context_, dest, Content{.path = src}, src)));
            if (!context_.check)
                if (std::string backup = place(src, dest, wishes, true); !backup.empty()) outcome.set("backup_file", backup);
        }
        if (machine_.exists(dest)) {
            wishes.follow = true;
            outcome.changed = apply_wishes(context_, dest, wishes) || outcome.changed;
        }
        outcome.set("checksum", checksum);
        if (auto md5 = machine_.digest_file(src, "md5")) outcome.set("md5sum", *md5);
        return outcome;
    }

private:
    static Outcome would_be_made(Outcome outcome, std::string folder) {
        while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
        outcome.changed = true;
        outcome.msg = "dest directory " + folder + " would be created";
        return outcome;
    }

    /// The source stays: a private copy of it is what gets moved into place.
    std::string place(const std::string& src, const std::string& dest, const FileWishes& wishes, bool backup) {
        Content content;
        content.path = machine_.temp_file("copy").value();
        context_.must_run({"cp", "--", src, content.path});
        Args args = args_;
        if (!backup) args.set("backup", false);
        std::string name = install(context_, args, content, dest, wishes, args_.flag("follow"));
        (void)machine_.remove_file(content.path);
        return name;
    }

    /// Folders, files and links below; new ones get the source's mode, owner and group are the task's.
    bool tree(const std::string& from, const std::string& to) {
        bool changed = false;
        auto source = machine_.stat(from);
        FileWishes wishes = wishes_;
        if (!machine_.is_directory(to)) {
            changed = true;
            if (!context_.check) {
                make_folders(context_, args_, base::dirname(to));
                if (auto made = machine_.make_directory(to, source->mode & 0777); !made) fail(made.error());
                (void)machine_.chmod(to, source->mode);
            }
        }
        wishes.mode = Value();
        if (machine_.exists(to)) changed = apply_wishes(context_, to, wishes) || changed;
        auto names = machine_.list(from);
        if (!names) fail("Source " + from + " not readable");
        for (const auto& name : *names) {
            std::string a = base::join_path(from, name), b = base::join_path(to, name);
            auto link = machine_.lstat(a);
            if (!link) continue;
            if (link->is_dir()) changed = tree(a, b) || changed;
            else if (link->is_link() && links_ != Links::follow) {
                if (links_ == Links::skip || (links_ == Links::keep_live && !machine_.exists(a))) {
                    changed = changed || !machine_.lexists(b);   // Ansible misses it each time
                    continue;
                }
                std::string target = machine_.read_link(a).value_or("");
                auto there = machine_.lstat(b);
                if (there && (!there->is_link() ? !args_.flag("force", true) || there->is_dir() : machine_.read_link(b).value_or("") == target)) continue;
                changed = true;
                if (!context_.check)
                    if (auto made = machine_.symlink(target, b); !made) fail(made.error());
            } else if (link->is_link() && machine_.is_directory(a)) {
                const auto target = machine_.real_path(a).value_or(a);
                if (above_.insert(target).second) {      // links may form circles
                    changed = tree(a, b) || changed;
                    above_.erase(target);
                }
            } else if (machine_.is_file(a)) {
                link = machine_.stat(a);
                bool exists = machine_.exists(b);
                if (exists && !args_.flag("force", true)) continue;
                FileWishes own = wishes_;
                own.mode = exists ? Value() : Value(static_cast<int>(link->mode));
                if (!exists || checksum_of(context_, a) != checksum_of(context_, b)) {
                    changed = true;
                    if (!context_.check) place(a, b, own, false);
                }
                if (machine_.exists(b)) changed = apply_wishes(context_, b, own) || changed;
            }
        }
        return changed;
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    FileWishes wishes_;
    enum class Links : std::uint8_t { keep, keep_live, follow, skip } links_ = Links::keep;
    std::set<std::string> above_;
};

}  // namespace

Outcome copy_on_host(const Args& args, Context& context) { return HostCopy(args, context).run(); }

}  // namespace fprov::modules::copying
