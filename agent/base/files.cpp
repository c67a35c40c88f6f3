// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"

namespace fprov::base {
namespace {
Error system_error(int code, const std::string& path) {
    Kind kind = code == ENOENT ? Kind::not_found : code == EACCES || code == EPERM ? Kind::permission : Kind::io;
    return Error{kind, "[Errno " + std::to_string(code) + "] " + std::strerror(code) + ": '" + path + "'"};
}
}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(errno, path);
    std::string content;
    struct stat info {};
    if (::fstat(fd, &info) == 0 && info.st_size > 0) content.reserve(static_cast<std::size_t>(info.st_size));
    char buffer[65536];
    for (;;) {
        ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) { int code = errno; ::close(fd); return system_error(code, path); }
        if (got == 0) break;
        content.append(buffer, static_cast<std::size_t>(got));
        if (content.size() > limit) { ::close(fd); return Error{Kind::limit, "'" + path + "' is larger than " + std::to_string(limit) + " bytes"}; }
    }
    ::close(fd);
    return content;
}

Result<Done> write_file_atomic(const std::string& path, std::string_view content, unsigned mode) {
    std::string temporary = path + ".XXXXXX";
    int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0) return system_error(errno, path);
    auto fail = [&](int code) { ::close(fd); ::unlink(temporary.c_str()); return system_error(code, path); };
    if (::fchmod(fd, mode) < 0) return fail(errno);
    while (!content.empty()) {
        ssize_t put = ::write(fd, content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(errno);
        content.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(fd) < 0 && errno != EINVAL && errno != EROFS) return fail(errno);
    ::close(fd);
    if (::rename(temporary.c_str(), path.c_str()) < 0) { int code = errno; ::unlink(temporary.c_str()); return system_error(code, path); }
    return Done{};
}

bool exists(const std::string& path) { struct stat info {}; return ::stat(path.c_str(), &info) == 0; }
bool is_directory(const std::string& path) { struct stat info {}; return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode); }
bool is_file(const std::string& path) { struct stat info {}; return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode); }

Result<Done> make_directories(const std::string& path, unsigned mode) {
    if (path.empty() || is_directory(path)) return Done{};
    std::string parent = dirname(path);
    if (parent != path && !parent.empty())
        if (auto made = make_directories(parent, mode); !made) return made;
    if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST) return system_error(errno, path);
    return Done{};
}

std::vector<std::string> list_directory(const std::string& path) {
    std::vector<std::string> names;
    if (DIR* folder = ::opendir(path.c_str())) {
        while (dirent* entry = ::readdir(folder)) {
            std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        ::closedir(folder);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string join_path(std::string_view a, std::string_view b) {
    if (!b.empty() && b[0] == '/') return std::string(b);
    if (a.empty() || a.back() == '/') return std::string(a) + std::string(b);
    return std::string(a) + "/" + std::string(b);
}

std::string dirname(std::string_view path) {
    auto at = path.rfind('/');
    if (at == std::string_view::npos) return {};
    std::string head(path.substr(0, at + 1));
    if (head.find_first_not_of('/') != std::string::npos) head.erase(head.find_last_not_of('/') + 1);
    return head;
}

std::string basename(std::string_view path) {
    auto at = path.rfind('/');
    return std::string(at == std::string_view::npos ? path : path.substr(at + 1));
}

std::string normalize_path(std::string_view path) {
    if (path.empty()) return ".";
    bool rooted = path[0] == '/';
    std::vector<std::string> parts;
    for (auto& part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == ".." && !parts.empty() && parts.back() != "..") parts.pop_back();
        else if (part != ".." || !rooted) parts.push_back(std::move(part));
    }
    std::string out = (rooted ? "/" : "") + join(parts, "/");
    return out.empty() ? "." : out;
}

std::string absolute_path(std::string_view path) {
    if (!path.empty() && path[0] == '/') return normalize_path(path);
    char buffer[PATH_MAX];
    std::string here = ::getcwd(buffer, sizeof buffer) ? buffer : "/";
    return normalize_path(join_path(here, path));
}

std::string real_path(const std::string& path) {
    char buffer[PATH_MAX];
    if (::realpath(path.c_str(), buffer)) return buffer;
    std::string full = absolute_path(path);
    std::string parent = dirname(full);
    if (parent == full || parent.empty()) return full;
    return join_path(real_path(parent), basename(full));
}

std::string home_directory() {
    if (const char* home = std::getenv("HOME"); home && *home) return home;
    return expand_user("~" + std::string(::getuid() == 0 ? "root" : ""));
}

std::string expand_user(std::string_view path) {
    if (path.empty() || path[0] != '~') return std::string(path);
    auto end = path.find('/');
    std::string name(path.substr(1, end == std::string_view::npos ? end : end - 1));
    std::string rest(end == std::string_view::npos ? "" : path.substr(end));
    if (name.empty())
        if (const char* home = std::getenv("HOME"); home && *home) return home + rest;
    // No NSS: the agent is static. Accounts from elsewhere have no home that we could know here.
    auto accounts = read_file("/etc/passwd");
    if (!accounts) return std::string(path);
    std::string uid = std::to_string(::getuid());
    for (const auto& line : split_lines(*accounts)) {
        auto fields = split(line, ':');
        if (fields.size() >= 6 && (name.empty() ? fields[2] == uid : fields[0] == name)) return fields[5] + rest;
    }
    return std::string(path);
}

std::string expand_variables(std::string_view text) {
    auto word = [](char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '$') { out += text[i++]; continue; }
        std::size_t from = i + 1, end;
        bool braces = from < text.size() && text[from] == '{';
        if (braces) {
            end = text.find('}', ++from);
            if (end == std::string_view::npos) { out += text[i++]; continue; }
        } else {
            end = from;
            while (end < text.size() && word(text[end])) ++end;
        }
        std::string name(text.substr(from, end - from));
        std::size_t next = braces ? end + 1 : end;
        const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
        if (value) out += value; else out.append(text.substr(i, next - i));
        i = next;
    }
    return out;
}

}  // namespace fprov::base
