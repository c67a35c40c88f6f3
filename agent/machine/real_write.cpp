// SPDX-License-Identifier: Apache-2.0
// Content into place: a temporary file beside the target gets owner and mode first, then content, is synced and renamed. What the
// replaced file had (owner, mode, SELinux context, ACLs, user attributes) goes with the name.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/text.hpp"
#include "machine/real.hpp"

namespace fprov::machine {
namespace {

struct Descriptor {
    int fd;
    explicit Descriptor(int number) : fd(number) {}
    ~Descriptor() { if (fd >= 0) ::close(fd); }
    Descriptor(const Descriptor&) = delete;
    int release() { int number = fd; fd = -1; return number; }
};

/// Where bytes come from: memory or a file.
struct Source {
    std::string_view bytes{};
    int fd = -1;
};

int pour(const Source& source, int to) {
    auto put = [&](std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t written = ::write(to, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return errno;
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return 0;
    };
    if (source.fd < 0) return put(source.bytes);
    if (::lseek(source.fd, 0, SEEK_SET) < 0) return errno;
    std::string buffer(1 << 18, '\0');
    for (;;) {
        ssize_t got = ::read(source.fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return 0;
        if (int code = put(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)))) return code;
    }
}

/// Attributes of the old file; a file system that has none of them is no error.
void copy_attributes(const std::string& from, int to) {
    std::string names(65536, '\0');
    ssize_t size = ::llistxattr(from.c_str(), names.data(), names.size());
    if (size <= 0) return;
    names.resize(static_cast<std::size_t>(size));
    for (const auto& name : base::split(names, '\0')) {
        if (name.empty()) continue;
        std::string value(65536, '\0');
        ssize_t length = ::lgetxattr(from.c_str(), name.c_str(), value.data(), value.size());
        if (length >= 0) (void)::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(length), 0);
    }
}

bool wants_in_place(int code) { return code == EPERM || code == EACCES || code == EBUSY || code == EXDEV || code == ETXTBSY || code == EROFS; }

Result<Done> validate(RealMachine& machine, const WriteOptions& options, const std::string& temporary) {
    if (options.validate.empty()) return Done{};
    if (options.validate.find("%s") == std::string::npos) return base::Error{base::Kind::generic, "validate must contain %s: " + options.validate};
    auto argv = base::shell_split(base::replace_all(options.validate, "%s", temporary));
    if (!argv || argv->empty()) return base::Error{base::Kind::generic, "validate is no command: " + options.validate};
    Command command{.argv = *argv};
    auto finished = machine.run(command);
    if (!finished) return finished.error();
    if (finished->code != 0)
        return base::Error{base::Kind::generic, "failed to validate: rc:" + std::to_string(finished->code) + " error:" + finished->error_output};
    return Done{};
}

Result<Done> write_in_place(const Source& source, const std::string& path, const WriteOptions& options) {
    Descriptor to(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, options.mode.value_or(0666)));
    if (to.fd < 0) return errno_error(errno, path);
    if ((options.uid || options.gid) && ::fchown(to.fd, options.uid.value_or(~0u), options.gid.value_or(~0u)) < 0) return errno_error(errno, path);
    if (options.mode && ::fchmod(to.fd, *options.mode) < 0) return errno_error(errno, path);
    if (int code = pour(source, to.fd)) return errno_error(code, path);
    if (::fsync(to.fd) < 0 && errno != EINVAL && errno != EROFS) return errno_error(errno, path);
    return Done{};
}

Result<Done> place(RealMachine& machine, const Source& source, const std::string& given, const WriteOptions& options) {
    std::string path = given;
    struct ::stat old {};
    bool exists = ::lstat(path.c_str(), &old) == 0;
    if (exists && S_ISLNK(old.st_mode) && options.follow) {
        path = machine.real_path(path).value_or(path);
        exists = ::lstat(path.c_str(), &old) == 0;
    }
    if (exists && S_ISDIR(old.st_mode)) return errno_error(EISDIR, path);
    bool regular = exists && S_ISREG(old.st_mode);

    std::string folder = base::dirname(path);
    if (folder.empty()) folder = ".";
    std::string temporary = base::join_path(folder, ".fprov_tmp" + base::basename(path).substr(0, 200) + ".XXXXXX");
    Descriptor to(::mkostemp(temporary.data(), O_CLOEXEC));
    if (to.fd < 0) {
        int code = errno;
        if (options.unsafe_writes && wants_in_place(code)) return write_in_place(source, path, options);
        return errno_error(code, code == ENOENT ? folder : path);
    }
    auto give_up = [&](base::Error error) {
        ::unlink(temporary.c_str());
        return error;
    };
    if (regular) copy_attributes(path, to.fd);
    std::uint32_t uid = options.uid.value_or(regular ? old.st_uid : ~0u);
    std::uint32_t gid = options.gid.value_or(regular ? old.st_gid : ~0u);
    if ((uid != ~0u || gid != ~0u) && ::fchown(to.fd, uid, gid) < 0) {
        int code = errno;
        if (options.uid || options.gid || code != EPERM) return give_up(errno_error(code, path));
        (void)!::fchown(to.fd, ~0u, gid);   // not ours to give away: keep at least the group where that is allowed
    }
    unsigned mode = options.mode ? *options.mode : regular ? old.st_mode & 07777 : 0666 & ~machine.umask();
    if (::fchmod(to.fd, mode) < 0) return give_up(errno_error(errno, path));
    if (int code = pour(source, to.fd)) return give_up(errno_error(code, path));
    if ((mode & 07000) && ::fchmod(to.fd, mode) < 0) return give_up(errno_error(errno, path));   // writing took setuid away
    if (::fsync(to.fd) < 0 && errno != EINVAL && errno != EROFS) return give_up(errno_error(errno, path));
    ::close(to.release());
    if (auto valid = validate(machine, options, temporary); !valid) return give_up(valid.error());
    if (::rename(temporary.c_str(), path.c_str()) == 0) return Done{};
    int code = errno;
    if (options.unsafe_writes && wants_in_place(code)) {
        ::unlink(temporary.c_str());
        return write_in_place(source, path, options);
    }
    auto error = give_up(errno_error(code, path));
    if (code == EBUSY || code == EXDEV) error.hint = "the file cannot be replaced (a mount point?); set unsafe_writes to write in place";
    return error;
}

}  // namespace

Result<Done> RealMachine::write_file(const std::string& path, std::string_view content, const WriteOptions& options) {
    return place(*this, Source{.bytes = content}, path, options);
}

Result<Done> RealMachine::install_file(const std::string& from, const std::string& path, const WriteOptions& options) {
    Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (source.fd < 0) return errno_error(errno, from);
    // Copied, not renamed: a file made elsewhere would bring the SELinux context of that place along.
    auto placed = place(*this, Source{.fd = source.fd}, path, options);
    if (placed) ::unlink(from.c_str());
    return placed;
}

Result<Done> RealMachine::append_file(const std::string& path, std::string_view content) {
    Descriptor to(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (to.fd < 0) return errno_error(errno, path);
    if (int code = pour(Source{.bytes = content}, to.fd)) return errno_error(code, path);
    return Done{};
}

}  // namespace fprov::machine
