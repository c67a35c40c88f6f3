// SPDX-License-Identifier: Apache-2.0
// Looking at files, and changing names, modes and owners.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "machine/real.hpp"

namespace fprov::machine {

base::Error errno_error(int code, const std::string& path) {
    base::Kind kind = code == ENOENT ? base::Kind::not_found : code == EACCES || code == EPERM ? base::Kind::permission : base::Kind::io;
    return base::Error{kind, "[Errno " + std::to_string(code) + "] " + std::strerror(code) + ": '" + path + "'"};
}

namespace {

Result<Done> done_or_errno(int result, const std::string& path) {
    if (result < 0) return errno_error(errno, path);
    return Done{};
}

Kind kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return Kind::file;
        case S_IFDIR: return Kind::directory;
        case S_IFLNK: return Kind::link;
        case S_IFIFO: return Kind::fifo;
        case S_IFSOCK: return Kind::socket;
        case S_IFCHR: return Kind::character;
        case S_IFBLK: return Kind::block;
        default: return Kind::unknown;
    }
}

Stat to_stat(const struct ::stat& info) {
    auto seconds = [](const timespec& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9; };
    Stat out;
    out.kind = kind_of(info.st_mode);
    out.mode = info.st_mode & 07777;
    out.uid = info.st_uid;
    out.gid = info.st_gid;
    out.size = static_cast<std::uint64_t>(info.st_size);
    out.inode = info.st_ino;
    out.device = info.st_dev;
    out.links = info.st_nlink;
    out.rdev = info.st_rdev;
    out.blocks = static_cast<std::uint64_t>(info.st_blocks);
    out.block_size = static_cast<std::uint64_t>(info.st_blksize);
    out.atime = seconds(info.st_atim);
    out.mtime = seconds(info.st_mtim);
    out.ctime = seconds(info.st_ctim);
    out.mtime_ns = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1000000000 + info.st_mtim.tv_nsec;
    return out;
}

class FileReader final : public Reader {
public:
    FileReader(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    ~FileReader() override { ::close(fd_); }
    Result<std::string> read(std::size_t at_most) override {
        std::string out(at_most, '\0');
        for (;;) {
            ssize_t got = ::read(fd_, out.data(), at_most);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return errno_error(errno, path_);
            out.resize(static_cast<std::size_t>(got));
            return out;
        }
    }

private:
    int fd_;
    std::string path_;
};

/// Empties and removes a folder by descriptors, so that a link put in its way meanwhile is never followed.
int remove_below(int parent, const char* name) {
    if (::unlinkat(parent, name, 0) == 0) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno;
    DIR* folder = ::fdopendir(fd);
    if (!folder) { int code = errno; ::close(fd); return code; }
    std::vector<std::string> names;
    while (dirent* entry = ::readdir(folder)) {
        std::string_view child = entry->d_name;
        if (child != "." && child != "..") names.emplace_back(child);
    }
    int trouble = 0;
    for (const auto& child : names)
        if (int code = remove_below(::dirfd(folder), child.c_str()); code && code != ENOENT && !trouble) trouble = code;
    ::closedir(folder);
    if (trouble) return trouble;
    return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

/// As os.path.realpath: links are resolved even where what they name does not exist.
std::string resolve(const std::string& path, int depth) {
    std::string folder = base::dirname(path), name = base::basename(path);
    if (name.empty() || depth == 0) return path;
    std::string here = base::join_path(resolve(folder, depth), name);
    char target[PATH_MAX];
    ssize_t size = ::readlink(here.c_str(), target, sizeof target);
    if (size < 0) return here;
    return resolve(base::normalize_path(base::join_path(base::dirname(here), std::string_view(target, static_cast<std::size_t>(size)))), depth - 1);
}

}  // namespace

std::unique_ptr<Machine> real_machine() { return std::make_unique<RealMachine>(); }

RealMachine::~RealMachine() {
    if (!temp_directory_.empty()) (void)remove_tree(temp_directory_);
}

Result<Stat> RealMachine::stat(const std::string& path) {
    struct ::stat info {};
    if (::stat(path.c_str(), &info) < 0) return errno_error(errno, path);
    return to_stat(info);
}

Result<Stat> RealMachine::lstat(const std::string& path) {
    struct ::stat info {};
    if (::lstat(path.c_str(), &info) < 0) return errno_error(errno, path);
    return to_stat(info);
}

Result<std::string> RealMachine::read_file(const std::string& path, std::size_t limit) { return base::read_file(path, limit); }

Result<std::unique_ptr<Reader>> RealMachine::open_file(const std::string& path) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno_error(errno, path);
    return std::unique_ptr<Reader>(std::make_unique<FileReader>(fd, path));
}

Result<Done> RealMachine::make_directory(const std::string& path, unsigned mode) {
    if (::mkdir(path.c_str(), mode) < 0) return errno_error(errno, path);
    return Done{};
}

Result<Done> RealMachine::remove_file(const std::string& path) { return done_or_errno(::unlink(path.c_str()), path); }

Result<Done> RealMachine::remove_tree(const std::string& path) {
    std::string plain = path;
    while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
    if (int code = remove_below(AT_FDCWD, plain.c_str())) return errno_error(code, path);
    return Done{};
}

Result<Done> RealMachine::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) < 0) {
        auto error = errno_error(errno, from);
        error.what += " -> '" + to + "'";
        return error;
    }
    return Done{};
}

Result<Done> RealMachine::symlink(const std::string& target, const std::string& path) {
    if (::symlink(target.c_str(), path.c_str()) == 0) return Done{};
    if (errno != EEXIST) return errno_error(errno, path);
    for (int attempt = 0; attempt < 100; ++attempt) {
        std::string temporary = base::join_path(base::dirname(path), ".fprov_" + std::to_string(::getpid()) + "_" + std::to_string(attempt) + ".tmp");
        if (::symlink(target.c_str(), temporary.c_str()) < 0) {
            if (errno == EEXIST) continue;
            return errno_error(errno, path);
        }
        if (::rename(temporary.c_str(), path.c_str()) == 0) return Done{};
        int code = errno;
        ::unlink(temporary.c_str());
        return errno_error(code, path);
    }
    return errno_error(EEXIST, path);
}

Result<Done> RealMachine::hardlink(const std::string& target, const std::string& path) {
    if (::link(target.c_str(), path.c_str()) == 0) return Done{};
    if (errno != EEXIST) return errno_error(errno, path);
    std::string temporary = base::join_path(base::dirname(path), ".fprov_" + std::to_string(::getpid()) + ".lnk");
    ::unlink(temporary.c_str());
    if (::link(target.c_str(), temporary.c_str()) < 0) return errno_error(errno, path);
    int result = ::rename(temporary.c_str(), path.c_str()), code = errno;
    ::unlink(temporary.c_str());   // rename does nothing when both names are the same file already
    if (result < 0) return errno_error(code, path);
    return Done{};
}

Result<std::string> RealMachine::read_link(const std::string& path) {
    char buffer[PATH_MAX];
    ssize_t size = ::readlink(path.c_str(), buffer, sizeof buffer);
    if (size < 0) return errno_error(errno, path);
    return std::string(buffer, static_cast<std::size_t>(size));
}

Result<Done> RealMachine::chmod(const std::string& path, unsigned mode) { return done_or_errno(::chmod(path.c_str(), mode), path); }

Result<Done> RealMachine::chown(const std::string& path, std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid, bool follow) {
    return done_or_errno(::fchownat(AT_FDCWD, path.c_str(), uid.value_or(~0u), gid.value_or(~0u), follow ? 0 : AT_SYMLINK_NOFOLLOW), path);
}

Result<Done> RealMachine::set_times(const std::string& path, std::optional<double> atime, std::optional<double> mtime) {
    auto spec = [](std::optional<double> t) {
        timespec out{0, UTIME_OMIT};
        if (t) {
            double whole = std::floor(*t);
            out = {static_cast<time_t>(whole), static_cast<long>((*t - whole) * 1e9)};
        }
        return out;
    };
    timespec times[2] = {spec(atime), spec(mtime)};
    return done_or_errno(::utimensat(AT_FDCWD, path.c_str(), times, 0), path);
}

Result<std::vector<std::string>> RealMachine::list(const std::string& path) {
    DIR* folder = ::opendir(path.c_str());
    if (!folder) return errno_error(errno, path);
    std::vector<std::string> names;
    while (dirent* entry = ::readdir(folder)) {
        std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(folder);
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::string> RealMachine::real_path(const std::string& path) { return resolve(base::absolute_path(path), 40); }

Result<std::string> RealMachine::digest_file(const std::string& path, std::string_view algorithm) {
    auto reader = open_file(path);
    if (!reader) return reader.error();
    try {
        base::Digest digest(algorithm);
        for (;;) {
            auto piece = (*reader)->read(1 << 18);
            if (!piece) return piece.error();
            if (piece->empty()) return digest.hex();
            digest.update(*piece);
        }
    } catch (base::Failure& failure) {
        return failure.error();
    }
}

bool RealMachine::access(const std::string& path, int mode) { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0; }

Result<std::string> RealMachine::temp_directory() {
    if (!temp_directory_.empty()) return temp_directory_;
    std::string root = variable("FPROV_TEMP");
    if (root.empty()) root = variable("TMPDIR");
    if (root.empty()) root = "/tmp";
    std::string path = root + "/fprov-XXXXXX";
    if (!::mkdtemp(path.data())) return errno_error(errno, root);
    return temp_directory_ = path;
}

Result<std::string> RealMachine::temp_file(const std::string& prefix, const std::string& directory) {
    std::string folder = directory;
    if (folder.empty()) {
        auto own = temp_directory();
        if (!own) return own;
        folder = *own;
    }
    std::string path = base::join_path(folder, prefix + "XXXXXX");
    int fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0) return errno_error(errno, folder);
    ::close(fd);
    return path;
}

}  // namespace fprov::machine
