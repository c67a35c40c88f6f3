// SPDX-License-Identifier: Apache-2.0
// archive: files of the host into an archive.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::list, .help = "Files and folders; shell patterns are understood", .required = true, .elements = spec::Type::path},
    {.name = "dest", .type = spec::Type::path, .help = "The archive; for one path its name with the format added"},
    {.name = "format", .help = "Kind of archive", .fallback = "gz", .choices = "bz2|gz|tar|xz|zip"},
    {.name = "exclude_path", .type = spec::Type::list, .help = "Paths to leave out", .fallback = "[]", .elements = spec::Type::path},
    {.name = "exclusion_patterns", .type = spec::Type::list, .help = "Shell patterns of paths to leave out", .elements = spec::Type::path},
    {.name = "force_archive", .type = spec::Type::boolean, .help = "An archive also for one file, which is only compressed otherwise", .fallback = "no"},
    {.name = "remove", .type = spec::Type::boolean, .help = "Remove what was archived", .fallback = "no"},
};

class Archiving {
public:
    Archiving(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine), format_(args.text("format")) {}

    Outcome run() {
        auto given = args_.texts("path");
        paths_ = expand(given);
        excluded_ = expand(args_.texts("exclude_path"));
        std::vector<std::string> missing, found;
        for (const auto& path : paths_) (machine_.lexists(path) ? found : missing).push_back(path);
        std::erase_if(found, [&](const std::string& path) { return std::find(excluded_.begin(), excluded_.end(), path) != excluded_.end(); });
        std::string dest = args_.text("dest");
        bool globbed = std::any_of(given.begin(), given.end(), [](const std::string& p) { return p.find_first_of("*?[") != std::string::npos; });
        bool single = given.size() == 1 && !globbed && !machine_.is_directory(given[0]);
        bool as_archive = args_.flag("force_archive") || !single || format_ == "tar" || format_ == "zip";
        if (dest.empty()) {
            if (!single) fail("Error, must specify \"dest\" when archiving multiple files or trees", Map{{"dest", "None"}, {"path", base::join(paths_, ", ")}});
            dest = paths_[0] + (as_archive && format_ != "tar" && format_ != "zip" ? ".tar." : ".") + format_;
        }
        root_ = common_root(paths_);
        Outcome outcome;
        Map fields{{"archived", Value(List())}, {"dest", dest}, {"dest_state", machine_.exists(dest) ? state(dest) : "absent"}, {"arcroot", root_},
                   {"missing", Value::strings(missing)}, {"expanded_paths", Value::strings(paths_)}, {"expanded_exclude_paths", Value::strings(excluded_)}};
        if (found.empty()) {
            outcome.fields = std::move(fields);
            return finish(std::move(outcome), dest);
        }
        if (args_.flag("remove") && std::any_of(found.begin(), found.end(), [&](const std::string& path) { return dest.starts_with(path + "/"); })) fail("Error, created archive can not be contained in source paths when remove=true", Map{{"path", Value::strings(found)}});
        std::vector<std::string> members;
        for (const auto& path : found) collect(path, dest, members);
        std::string before = machine_.exists(dest) ? signature(dest, as_archive) : "";
        std::string folder = base::dirname(dest);
        if (!machine_.is_directory(folder)) fail("Destination folder " + folder + " does not exist");
        // The archive is made aside, so that a failure leaves the old one and "changed" comes from comparing both.
        std::string fresh = base::join_path(machine_.temp_directory().value(), "archive") + suffix(as_archive);
        (void)machine_.remove_file(fresh);
        make(members, fresh, as_archive);
        std::string after = signature(fresh, as_archive);
        outcome.changed = before != after;
        List archived;
        if (!context_.check)
            for (const auto& member : members)
                if (format_ != "zip" || !as_archive || !machine_.is_directory(member)) archived.push_back(member);    // folders of a zip are not told
        fields.set("archived", Value(std::move(archived)));
        if (outcome.changed && !context_.check) {
            auto placed = machine_.install_file(fresh, dest, write_options(context_, dest, file_wishes(args_)));
            if (!placed) fail(placed.error());
        } else (void)machine_.remove_file(fresh);
        if (args_.flag("remove")) {
            outcome.changed = true;
            if (!context_.check)
                for (const auto& path : found)
                    if (auto removed = machine_.remove_tree(path); !removed) fail("Error deleting some source files: " + removed.error().what);
        }
        if (!context_.check) fields.set("dest_state", as_archive ? (missing.empty() ? "archive" : "incomplete") : "compress");
        outcome.fields = std::move(fields);
        return finish(std::move(outcome), dest);
    }

private:
    Outcome finish(Outcome outcome, const std::string& dest) {
        if (machine_.exists(dest)) outcome.changed = apply_wishes(context_, dest, file_wishes(args_)) || outcome.changed;
        return outcome;
    }

    static std::string state(const std::string& dest) {
        for (const char* ending : {".tar", ".tgz", ".zip", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz"})
            if (dest.ends_with(ending)) return "archive";
        return "compress";
    }

    std::string suffix(bool as_archive) const { return format_ == "zip" ? ".zip" : as_archive ? ".tar" : "." + format_; }

    std::vector<std::string> expand(const std::vector<std::string>& patterns) {
        std::vector<std::string> out;
        for (const auto& pattern : patterns) {
            if (pattern.find_first_of("*?[") == std::string::npos) out.push_back(pattern);
            else glob(pattern.starts_with('/') ? "/" : "", base::split(pattern.starts_with('/') ? pattern.substr(1) : pattern, '/'), 0, out);
        }
        return out;
    }

    void glob(const std::string& folder, const std::vector<std::string>& parts, std::size_t at, std::vector<std::string>& out) {
        if (at == parts.size()) { if (machine_.lexists(folder)) out.push_back(folder); return; }
        if (parts[at].find_first_of("*?[") == std::string::npos) return glob(base::join_path(folder, parts[at]), parts, at + 1, out);
        for (const auto& name : machine_.list(folder.empty() ? "." : folder).value_or({}))
            if ((name[0] != '.' || parts[at][0] == '.') && base::fnmatch(name, parts[at])) glob(base::join_path(folder, name), parts, at + 1, out);
    }

    static std::string common_root(const std::vector<std::string>& paths) {
        std::string root;
        for (std::size_t i = 0; i < paths.size(); ++i) {
            std::string folder = base::dirname(paths[i]);
            if (!folder.ends_with('/')) folder += '/';
            if (i == 0) { root = folder; continue; }
            while (!folder.starts_with(root)) {
                root.pop_back();
                root = root.substr(0, root.rfind('/') + 1);
                if (root.empty()) break;
            }
        }
        return root;
    }

    bool left_out(const std::string& path) const {
        for (const auto& one : excluded_)
            if (path == one || path.starts_with(one + "/")) return true;
        for (const auto& pattern : args_.texts("exclusion_patterns"))
            if (base::fnmatch(path, pattern) || base::fnmatch(path.substr(std::min(root_.size(), path.size())), pattern)) return true;
        return false;
    }

    void collect(const std::string& path, const std::string& dest, std::vector<std::string>& members) {
        if (path == dest || left_out(path)) return;
        auto stat = machine_.lstat(path);
        if (!stat) return;
        if (!stat->is_dir()) { members.push_back(path); return; }
        bool top = std::find(paths_.begin(), paths_.end(), path) != paths_.end();
        if (!top) members.push_back(path);
        for (const auto& name : machine_.list(path).value_or({})) collect(base::join_path(path, name), dest, members);
    }

    void make(const std::vector<std::string>& members, const std::string& to, bool as_archive) {
        if (!as_archive) {   // one file, compressed only
            static constexpr struct { std::string_view format; const char* program; } rows[] = {{"gz", "gzip"}, {"bz2", "bzip2"}, {"xz", "xz"}};
            for (const auto& row : rows)
                if (row.format == format_) {
                    std::string copy = to.substr(0, to.size() - format_.size() - 1);
                    context_.must_run({"cp", "--", members.empty() ? paths_[0] : members[0], copy});
                    std::vector<std::string> argv{row.program, "-f"};
                    if (format_ == "gz") argv.push_back("-n");
                    argv.push_back(copy);
                    context_.must_run(argv);
                    return;
                }
        }
        std::string list;
        for (const auto& member : members) list += member.substr(root_.size()) + (format_ == "zip" ? "\n" : std::string(1, '\0'));
        if (format_ == "zip") {
            if (!machine_.which("zip")) fail("archives in zip format need the program zip on the host, which is not there");
            base::Command command{.argv = {"zip", "-q", "-X", to, "-@"}};
            command.input = list;
            command.directory = root_;
            auto finished = context_.run(std::move(command));
            if (!finished || finished->code != 0) fail("Error when writing zip archive at " + to + ": " + (finished ? finished->output + finished->error_output : finished.error().what));
            return;
        }
        static constexpr struct { std::string_view format; const char* option; } rows[] = {{"gz", "-z"}, {"bz2", "-j"}, {"xz", "-J"}};
        std::vector<std::string> argv{"tar", "-c", "--no-recursion", "-C", root_};
        for (const auto& row : rows)
            if (row.format == format_) argv.push_back(row.option);
        for (const auto& word : {std::string("-f"), to, std::string("--null"), std::string("-T"), std::string("-")}) argv.push_back(word);
        context_.must_run(argv, true, list);
    }

    /// What an archive holds, so that two of them can be compared without their times of making.
    std::string signature(const std::string& path, bool as_archive) {
        if (!as_archive) {
            static constexpr struct { std::string_view format; const char* program; } rows[] = {{"gz", "gzip"}, {"bz2", "bzip2"}, {"xz", "xz"}};
            for (const auto& row : rows)
                if (row.format == format_) return context_.must_run({row.program, "-dc", "--", path}, false).output;
        }
        if (format_ == "zip") {
            std::string out;
            for (const auto& line : base::split_lines(context_.must_run({"unzip", "-v", path}, false).output))
                if (!line.starts_with("Archive:")) out += line + "\n";
            return out;
        }
        return context_.must_run({"tar", "-tv", "--full-time", "--numeric-owner", "-f", path}, false).output;
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    std::string format_, root_;
    std::vector<std::string> paths_, excluded_;
};

Outcome run(const Args& args, Context& context) { return Archiving(args, context).run(); }

}  // namespace

extern const Module archive_module{
    .name = "archive",
    .collection = "community.general",
    .summary = "Make an archive of files of the host",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = false,
    .run = run,
    .notes = "Needs tar (with gzip, bzip2, xz) or zip and unzip on the host. An archive that holds the same members is not written again.",
    .returns = "dest: the archive\narchived: its members\nmissing: paths that are not there\narcroot, expanded_paths, expanded_exclude_paths, dest_state",
    .example = "- archive: {path: /var/log/app, dest: /backup/app.tgz, exclude_path: [/var/log/app/tmp]}",
};

}  // namespace fprov::modules
