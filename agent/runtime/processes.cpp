// SPDX-License-Identifier: Apache-2.0
#include "runtime/processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace fprov::runtime {
namespace {

struct Relation { pid_t pid, parent; };
constexpr int most = 32768;
Relation relations[most];   // static: a signal handler may have little stack and no heap
pid_t members[4096];

struct Entry {   // linux_dirent64; the C library gives no name to it
    std::uint64_t inode;
    std::int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[1];
};

// Parent of a process from /proc/PID/stat: the second field behind the last ')'. -1 when it is gone or a zombie.
pid_t parent_of(const char* name) {
    char path[64] = "/proc/", text[512];
    std::size_t length = std::strlen(name);
    if (length > 16) return -1;
    std::memcpy(path + 6, name, length);
    std::memcpy(path + 6 + length, "/stat", 6);
    int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t got = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    if (got <= 0) return -1;
    text[got] = 0;
    const char* close = std::strrchr(text, ')');
    if (!close || close[1] != ' ' || close[2] == 'Z') return -1;
    pid_t parent = 0;
    for (const char* at = close + 4; *at >= '0' && *at <= '9'; ++at) parent = parent * 10 + (*at - '0');
    return parent;
}

int read_relations() {
    int folder = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
    if (folder < 0) return 0;
    alignas(Entry) char buffer[8192];
    for (;;) {
        long got = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        if (got <= 0) break;
        for (long at = 0; at < got;) {
            auto* entry = reinterpret_cast<Entry*>(buffer + at);
            at += entry->length;
            if (entry->name[0] < '1' || entry->name[0] > '9') continue;
            pid_t pid = 0;
            for (const char* digit = entry->name; *digit >= '0' && *digit <= '9'; ++digit) pid = pid * 10 + (*digit - '0');
            pid_t parent = parent_of(entry->name);
            if (parent > 0 && count < most) relations[count++] = {pid, parent};
        }
    }
    ::close(folder);
    return count;
}

// Descendants of root into members[]; their number.
int find_members(pid_t root) {
    int relation_count = read_relations(), count = 0;
    members[count++] = root;
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < relation_count && count < 4096; ++j)
            if (relations[j].parent == members[i] && relations[j].pid != ::getpid()) members[count++] = relations[j].pid;
    return count;
}

void pause_for(double seconds) {
    timespec time{static_cast<time_t>(seconds), static_cast<long>((seconds - static_cast<double>(static_cast<time_t>(seconds))) * 1e9)};
    ::nanosleep(&time, nullptr);
}

void remove_at(int folder, const char* name, int depth) {
    if (::unlinkat(folder, name, 0) == 0 || depth > 200) return;
    int fd = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    if (DIR* entries = ::fdopendir(fd)) {
        while (dirent* entry = ::readdir(entries))
            if (std::strcmp(entry->d_name, ".") && std::strcmp(entry->d_name, "..")) remove_at(fd, entry->d_name, depth + 1);
        ::closedir(entries);
    }
    ::unlinkat(folder, name, AT_REMOVEDIR);
}

}  // namespace

void kill_family(pid_t root, bool with_root) {
    // What is started between two looks is caught by the next one; the root is stopped first so that it starts nothing more.
    if (with_root) ::kill(root, SIGSTOP);
    for (int round = 0; round < 5; ++round) {
        int count = find_members(root);
        for (int i = 1; i < count; ++i) ::kill(members[i], SIGKILL);
        if (count <= 1) break;
    }
    if (with_root) ::kill(root, SIGKILL);
}

void end_family(pid_t root, bool with_root, double grace) {
    int count = find_members(root);
    if (count > 1) {
        for (int i = 1; i < count; ++i) { ::kill(members[i], SIGTERM); ::kill(members[i], SIGCONT); }
        for (double waited = 0; waited < grace && find_members(root) > 1; waited += 0.02) pause_for(0.02);
    }
    kill_family(root, with_root);
}

void remove_folder(const std::string& path) {
    if (path.size() > 1) remove_at(AT_FDCWD, path.c_str(), 0);
}

}  // namespace fprov::runtime
