// SPDX-License-Identifier: Apache-2.0
// community.general.filetree: all that lies below folders of the controller, with owner, mode and times.
#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "base/files.hpp"
#include "dialect/lookups/options.hpp"
#include "dialect/search_path.hpp"
#include "values/python.hpp"

namespace fprov::dialect {
namespace {

Value real(const timespec& time) { return Value(static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec)); }

class Tree {
public:
    Tree(LookupCall& call, std::set<std::string>& seen, List& out) : call_(call), seen_(seen), out_(out) {}

    void walk(const std::string& root) {
        root_ = root;
        folder("", 0);
    }

private:
    /// A folder's own entries first, folders before the rest, then what lies below; in the order of the file system, as Python's os.walk.
    void folder(const std::string& relative, int depth) {
        if (depth > 200) throw base::Failure(base::Kind::limit, "'" + root_ + "' is nested more than 200 folders deep", call_.place);
        std::vector<std::string> folders, others, below;
        if (DIR* stream = ::opendir(base::join_path(root_, relative).c_str())) {
            while (const dirent* entry = ::readdir(stream)) {
                std::string name = entry->d_name;
                if (name == "." || name == "..") continue;
                name = relative.empty() ? name : relative + "/" + name;
                struct stat target {}, own {};
                const std::string full = base::join_path(root_, name);
                const bool is_folder = ::stat(full.c_str(), &target) == 0 && S_ISDIR(target.st_mode);
                (is_folder ? folders : others).push_back(name);
                if (is_folder && ::lstat(full.c_str(), &own) == 0 && !S_ISLNK(own.st_mode)) below.push_back(name);
            }
            ::closedir(stream);
        }
        for (const auto* names : {&folders, &others})
            for (const auto& name : *names)
                if (!seen_.contains(name)) add(name);
        for (const auto& name : below) folder(name, depth + 1);
    }

    void add(const std::string& relative) {
        const std::string full = base::join_path(root_, relative);
        struct stat info {};
        if (::lstat(full.c_str(), &info) != 0) return warn("filetree: Error using stat() on path " + full);
        Map fields{{"root", Value(root_)}, {"path", Value(relative)}};
        if (S_ISLNK(info.st_mode)) {
            std::string target(4096, '\0');
            const ssize_t size = ::readlink(full.c_str(), target.data(), target.size());
            target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
            fields.set("state", "link");
            fields.set("src", Value(target));
        } else if (S_ISDIR(info.st_mode)) {
            fields.set("state", "directory");
        } else if (S_ISREG(info.st_mode)) {
            fields.set("state", "file");
            fields.set("src", Value(full));
        } else {
            return warn("filetree: Error file type of " + full + " is not supported");
        }
        seen_.insert(relative);
        char mode[8];
        std::snprintf(mode, sizeof mode, "0%o", static_cast<unsigned>(info.st_mode & 07777));
        const passwd* user = ::getpwuid(info.st_uid);
        const group* members = ::getgrgid(info.st_gid);
        fields.set("uid", Value(static_cast<std::int64_t>(info.st_uid)));
        fields.set("gid", Value(static_cast<std::int64_t>(info.st_gid)));
        fields.set("owner", user ? Value(std::string(user->pw_name)) : Value(static_cast<std::int64_t>(info.st_uid)));
        fields.set("group", members ? Value(std::string(members->gr_name)) : Value(static_cast<std::int64_t>(info.st_gid)));
        fields.set("mode", Value(std::string(mode)));
        fields.set("size", Value(static_cast<std::int64_t>(info.st_size)));
        fields.set("mtime", real(info.st_mtim));
        fields.set("ctime", real(info.st_ctim));
        out_.push_back(Value(std::move(fields)));
    }

    void warn(const std::string& text) {
        if (call_.templar.options().hooks.warn) call_.templar.options().hooks.warn(text);
    }

    LookupCall& call_;
    std::set<std::string>& seen_;
    List& out_;
    std::string root_;
};

List filetree(LookupCall& call) {
    List out;
    std::set<std::string> seen;   // of all terms: an earlier tree wins
    for (const auto& term : call.terms) {
        if (!term.is_string()) throw base::Failure(base::Kind::type, "expected str, bytes or os.PathLike object, not " + values::type_name(term), call.place);
        const std::string& name = term.string();
        const auto slash = name.rfind('/');
        // What holds the tree is looked for; the tree itself may be missing.
        const auto above = find_file(call.templar, call.scope, "files", slash == std::string::npos ? "" : slash == 0 ? "/" : name.substr(0, slash));
        if (above) Tree(call, seen, out).walk(*above + (above->ends_with('/') ? "" : "/") + (slash == std::string::npos ? name : name.substr(slash + 1)));
    }
    return out;
}

constexpr Lookup rows[] = {
    {"filetree", filetree, "All that lies below folders of the controller, with owner, mode and times"},
};

}  // namespace

std::span<const Lookup> tree_lookups() { return rows; }

}  // namespace fprov::dialect
