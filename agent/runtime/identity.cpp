// SPDX-License-Identifier: Apache-2.0
#include "runtime/identity.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "runtime/processes.hpp"
#include "wire/message.hpp"

namespace fprov::runtime {
namespace {

constexpr std::string_view temp_prefix = "tmp.";

// user:x:uid:gid:gecos:home:shell; the C library's functions would need shared libraries of the host.
void read_account(Identity& identity) {
    for (const auto& line : base::split_lines(base::read_file("/etc/passwd", 16u << 20).value_or(""))) {
        auto fields = base::split(line, ':');
        if (fields.size() < 7 || fields[2] != std::to_string(identity.uid)) continue;
        identity.user = fields[0];
        if (identity.home.empty()) identity.home = fields[5];
        return;
    }
    for (const char* name : {"USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value && identity.user.empty()) identity.user = value;
}

}  // namespace

std::string own_hash() {
    base::Digest digest("sha256");
    int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return "";
    std::string buffer(1 << 18, '\0');
    ssize_t got = 0;
    while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) digest.update({buffer.data(), static_cast<std::size_t>(got)});
    ::close(fd);
    return got < 0 ? "" : digest.hex();
}

Identity identify(const std::string& directory) {
    Identity identity;
    identity.uid = ::geteuid();
    if (const char* home = std::getenv("HOME")) identity.home = home;
    read_account(identity);
    if (identity.home.empty()) identity.home = "/";
    identity.hash = own_hash();
    char path[4096];
    ssize_t got = ::readlink("/proc/self/exe", path, sizeof path);
    if (got > 0) identity.program = std::string(path, static_cast<std::size_t>(got));
    identity.folder = base::dirname(identity.program);
    identity.directory = directory.empty() ? identity.home : directory;
    return identity;
}

const std::string& make_temp(Identity& identity) {
    if (!identity.temp.empty()) return identity.temp;
    const char* set = std::getenv("TMPDIR");
    for (const std::string& parent : {identity.folder, std::string(set ? set : ""), std::string("/tmp"), std::string("/var/tmp")}) {
        struct stat state{};
        if (parent.empty() || ::stat(parent.c_str(), &state) != 0) continue;
        // Beside the program only where the folder is the user's own; a build folder or /usr/libexec is not ours to fill.
        if (parent == identity.folder && (state.st_uid != identity.uid || (state.st_mode & 077))) continue;
        std::string path = base::join_path(parent, (parent == identity.folder ? std::string(temp_prefix) : ".fprov-tmp.") + "XXXXXX");
        if (!::mkdtemp(path.data())) continue;
        if (parent == identity.folder) {
            // Held open and locked while this agent lives; the lock tells a later one that the folder is in use.
            int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (fd >= 0) ::flock(fd, LOCK_SH | LOCK_NB);
        }
        return identity.temp = path;
    }
    return identity.temp;
}

void sweep_old(const Identity& identity) {
    struct stat own{};
    // Only in a folder that is this agent's own, never in a build folder or /usr/libexec.
    if (::stat(identity.folder.c_str(), &own) != 0 || own.st_uid != identity.uid || (own.st_mode & 077)) return;
    if (base::basename(identity.program) == identity.hash) ::utimensat(AT_FDCWD, identity.program.c_str(), nullptr, 0);
    const std::time_t now = ::time(nullptr);
    for (const auto& name : base::list_directory(identity.folder)) {
        std::string path = base::join_path(identity.folder, name);
        struct stat state{};
        if (name.starts_with(temp_prefix)) {
            int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (fd < 0) continue;
            bool free = ::fstat(fd, &state) == 0 && state.st_uid == identity.uid && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
            if (free) remove_folder(path);
            ::close(fd);
        } else if ((name.size() == 64 && name != identity.hash && name.find_first_not_of("0123456789abcdef") == std::string::npos) || name.starts_with(".new")) {
            if (::lstat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode) && now - state.st_mtime > 3 * 86400) ::unlink(path.c_str());
        }
    }
}

values::Value hello(const Identity& identity) {
    return values::Map{{"version", static_cast<int>(wire::protocol_version)},
                       {"hash", identity.hash},
                       {"user", identity.user},
                       {"uid", static_cast<std::int64_t>(identity.uid)},
                       {"pid", static_cast<std::int64_t>(::getpid())},
                       {"home", identity.home},
                       {"temp", identity.temp}};
}

}  // namespace fprov::runtime
