// SPDX-License-Identifier: Apache-2.0
// Paths of the controller as text, as Python's os.path; and glob.
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value basename(Call& call) { return Value(base::basename(path_of(call, 0))); }
Value dirname(Call& call) { return Value(base::dirname(path_of(call, 0))); }
Value expanduser(Call& call) { return Value(base::expand_user(path_of(call, 0))); }
Value expandvars(Call& call) { return Value(base::expand_variables(path_of(call, 0))); }
Value realpath(Call& call) { return Value(base::real_path(base::absolute_path(path_of(call, 0)))); }
Value normpath(Call& call) { return Value(base::normalize_path(path_of(call, 0))); }

Value relpath(Call& call) {
    const auto path = base::split(base::absolute_path(path_of(call, 0)), '/');
    const auto start = base::split(base::absolute_path(call[1].is_none() ? "." : text_of(call, 1)), '/');
    auto parts = [](std::vector<std::string> all) {
        std::erase(all, "");
        return all;
    };
    const auto to = parts(path), from = parts(start);
    std::size_t same = 0;
    while (same < to.size() && same < from.size() && to[same] == from[same]) ++same;
    std::vector<std::string> out(from.size() - same, "..");
    out.insert(out.end(), to.begin() + static_cast<std::ptrdiff_t>(same), to.end());
    return Value(out.empty() ? std::string(".") : base::join(out, "/"));
}

Value splitext(Call& call) {
    const auto text = path_of(call, 0);
    const auto slash = text.rfind('/');
    const auto name = slash == std::string::npos ? 0 : slash + 1;
    const auto first = text.find_first_not_of('.', name);   // leading dots start no extension
    const auto dot = text.rfind('.');
    const bool has = dot != std::string::npos && first != std::string::npos && dot > first;
    return Value::tuple({Value(has ? text.substr(0, dot) : text), Value(has ? text.substr(dot) : std::string())});
}

Value path_join(Call& call) {
    require_defined(call[0], call.place);
    if (call[0].is_string()) return Value(call[0].string());
    if (!call[0].is_sequence()) fail(call, "|path_join expects string or sequence, got <class '" + values::type_name(call[0]) + "'> instead.");
    std::string path;
    bool first = true;
    for (const auto& part : call[0].list()) {
        require_defined(part, call.place);
        const auto text = values::str(part);
        path = first ? text : base::join_path(path, text);
        first = false;
    }
    return Value(path);
}

Value commonpath(Call& call) {
    if (!call[0].is_sequence()) fail(call, "|commonpath expects sequence, got " + values::type_name(call[0]) + " instead.");
    std::optional<std::vector<std::string>> common;
    bool rooted = false;
    for (const auto& element : call[0].list()) {
        const auto text = values::str(element);
        auto parts = base::split(text, '/');
        std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "."; });
        const bool this_rooted = !text.empty() && text[0] == '/';
        if (common && rooted != this_rooted) fail(call, "Can't mix absolute and relative paths");
        rooted = this_rooted;
        if (!common) { common = parts; continue; }
        std::size_t same = 0;
        while (same < common->size() && same < parts.size() && (*common)[same] == parts[same]) ++same;
        common->resize(same);
    }
    if (!common) fail(call, "commonpath() arg is an empty sequence");
    return Value((rooted ? "/" : "") + base::join(*common, "/"));
}

// Windows paths (ntpath): both slashes separate, a drive or a UNC share stands in front.
std::size_t drive_length(std::string_view path) {
    auto slash = [](char c) { return c == '/' || c == '\\'; };
    if (path.size() >= 2 && slash(path[0]) && slash(path[1])) {
        const auto server = path.find_first_of("/\\", 2);
        const auto share = server == std::string_view::npos ? server : path.find_first_of("/\\", server + 1);
        return share == std::string_view::npos ? path.size() : share;
    }
    return path.size() >= 2 && path[1] == ':' ? 2 : 0;
}

Value win_basename(Call& call) {
    const auto text = path_of(call, 0);
    const auto rest = text.substr(drive_length(text));
    const auto at = rest.find_last_of("/\\");
    return Value(at == std::string::npos ? rest : rest.substr(at + 1));
}

Value win_dirname(Call& call) {
    const auto text = path_of(call, 0);
    const auto drive = drive_length(text);
    const auto at = text.find_last_of("/\\");
    std::string head = at == std::string::npos || at < drive ? std::string() : text.substr(drive, at + 1 - drive);
    if (auto last = head.find_last_not_of("/\\"); last != std::string::npos) head.erase(last + 1);
    return Value(text.substr(0, drive) + head);
}

Value win_splitdrive(Call& call) {
    const auto text = path_of(call, 0);
    const auto drive = drive_length(text);
    return Value::tuple({Value(text.substr(0, drive)), Value(text.substr(drive))});
}

Value fileglob(Call& call) {
    const auto pattern = text_of(call, 0);
    glob_t found{};
    List files;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            if (base::is_file(found.gl_pathv[i])) files.push_back(Value(found.gl_pathv[i]));
    ::globfree(&found);
    call.context.saw_data = true;
    return Value(std::move(files));
}

constexpr jinja::Filter rows[] = {
    {"basename", "path", basename, false, "Last component of a path"},
    {"commonpath", "path", commonpath, false, "The longest path that all paths share"},
    {"dirname", "path", dirname, false, "A path without its last component"},
    {"expanduser", "path", expanduser, false, "~ and ~name replaced by home directories of the controller"},
    {"expandvars", "path", expandvars, false, "$NAME and ${NAME} replaced from the controller's environment"},
    {"fileglob", "pathname", fileglob, false, "Files of the controller that match a shell pattern"},
    {"normpath", "path", normpath, false, "A path without '.', '..' and doubled slashes"},
    {"path_join", "paths", path_join, false, "Joins the parts of a path"},
    {"realpath", "path", realpath, false, "A path of the controller with links resolved"},
    {"relpath", "path, start=None", relpath, false, "A path seen from another one"},
    {"splitext", "path", splitext, false, "A path split before its extension"},
    {"win_basename", "path", win_basename, false, "Last component of a Windows path"},
    {"win_dirname", "path", win_dirname, false, "A Windows path without its last component"},
    {"win_splitdrive", "path", win_splitdrive, false, "Drive and rest of a Windows path"},
};

}  // namespace

std::span<const jinja::Filter> paths() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
