// SPDX-License-Identifier: Apache-2.0
// Tests on paths of the controller.
#include <sys/stat.h>

#include "base/files.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace tests {
namespace {

bool look(Call& call, struct stat& found, bool follow) {
    call.context.saw_data = true;
    if (call.context.user) templar_of(call.context).note_volatile();
    if (call[0].is_sequence() || call[0].is_map() || call[0].is_real() || call[0].is_none())
        fail(call, "stat: path should be string, bytes, os.PathLike or integer, not " + values::type_name(call[0]));
    const auto path = text_of(call, 0);
    return (follow ? ::stat(path.c_str(), &found) : ::lstat(path.c_str(), &found)) == 0;
}

bool directory(Call& call) {
    struct stat found{};
    return look(call, found, true) && S_ISDIR(found.st_mode);
}
bool file(Call& call) {
    struct stat found{};
    return look(call, found, true) && S_ISREG(found.st_mode);
}
bool link(Call& call) {
    struct stat found{};
    return look(call, found, false) && S_ISLNK(found.st_mode);
}
bool exists(Call& call) {
    struct stat found{};
    return look(call, found, true);
}
bool link_exists(Call& call) {
    struct stat found{};
    return look(call, found, false);
}
bool absolute(Call& call) {
    const auto path = text_of(call, 0);
    return !path.empty() && path[0] == '/';
}
bool mount(Call& call) {
    struct stat here{}, parent{};
    if (!look(call, here, false) || S_ISLNK(here.st_mode)) return false;
    const auto above = base::real_path(base::join_path(text_of(call, 0), ".."));
    if (::lstat(above.c_str(), &parent) != 0) return false;
    return here.st_dev != parent.st_dev || here.st_ino == parent.st_ino;
}
bool same_file(Call& call) {
    struct stat a{}, b{};
    if (!look(call, a, true)) fail(call, "[Errno 2] No such file or directory: " + values::repr(call[0]));
    if (::stat(text_of(call, 1).c_str(), &b) != 0) fail(call, "[Errno 2] No such file or directory: " + values::repr(call[1]));
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

constexpr jinja::Test rows[] = {
    {"abs", "path", absolute, false, "An absolute path"},
    {"directory", "path", directory, false, "A folder of the controller"},
    {"exists", "path", exists, false, "Something that exists on the controller, links followed"},
    {"file", "path", file, false, "A file of the controller"},
    {"is_abs", "path", absolute, false, "An absolute path"},
    {"is_dir", "path", directory, false, "A folder of the controller"},
    {"is_file", "path", file, false, "A file of the controller"},
    {"is_link", "path", link, false, "A link of the controller"},
    {"is_mount", "path", mount, false, "A mount point of the controller"},
    {"is_same_file", "path, other", same_file, false, "The same file of the controller"},
    {"link", "path", link, false, "A link of the controller"},
    {"link_exists", "path", link_exists, false, "Something that exists on the controller, links not followed"},
    {"mount", "path", mount, false, "A mount point of the controller"},
    {"same_file", "path, other", same_file, false, "The same file of the controller"},
};

}  // namespace

std::span<const jinja::Test> files() { return rows; }

}  // namespace tests
}  // namespace fprov::dialect
