// SPDX-License-Identifier: Apache-2.0
// The one door to a host's files, users, processes and clock. Modules and facts use nothing else (no direct system calls),
// so that tests can put a scratch root or a scripted machine behind it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"

namespace fprov::machine {

using base::Command;
using base::Done;
using base::Finished;
using base::Result;

enum class Kind : std::uint8_t { file, directory, link, fifo, socket, character, block, unknown };

struct Stat {
    Kind kind = Kind::unknown;
    unsigned mode = 0;                 // permission bits with setuid, setgid, sticky (07777)
    std::uint32_t uid = 0, gid = 0;
    std::uint64_t size = 0, inode = 0, device = 0, links = 0, rdev = 0;
    std::uint64_t blocks = 0, block_size = 0;
    double atime = 0, mtime = 0, ctime = 0;   // seconds since the epoch
    std::int64_t mtime_ns = 0;                // full nanoseconds since the epoch
    bool is_dir() const { return kind == Kind::directory; }
    bool is_file() const { return kind == Kind::file; }
    bool is_link() const { return kind == Kind::link; }
};

struct User { std::string name, password, gecos, home, shell; std::uint32_t uid = 0, gid = 0; };
struct Group { std::string name, password; std::uint32_t gid = 0; std::vector<std::string> members; };

struct SystemName { std::string system, node, release, version, machine; };                             // uname
struct FileSystem { std::uint64_t block_size = 0, blocks = 0, blocks_available = 0, inodes = 0, inodes_available = 0; };   // statvfs
struct InterfaceAddress { std::string label, address, netmask, broadcast; };                            // one IPv4 address

struct WriteOptions {
    std::optional<unsigned> mode;      // of a new file 0666 & ~umask otherwise; an existing file keeps its own
    std::optional<std::uint32_t> uid, gid;
    bool unsafe_writes = false;        // write in place where rename is refused (bind mounts, hard links wanted)
    bool follow = true;                // a symlink at the path stays and its target is replaced
    std::string validate{};            // command with %s run on the temporary file before it counts; empty = none
};

/// Streaming access for big files: read() returns an empty string at the end.
class Reader { public: virtual ~Reader() = default; virtual Result<std::string> read(std::size_t at_most) = 0; };

class Machine {
public:
    virtual ~Machine() = default;

    // files; errors carry the errno text ("[Errno 13] Permission denied: '/x'") and kind not_found/permission/io
    virtual Result<Stat> stat(const std::string& path) = 0;          // follows links
    virtual Result<Stat> lstat(const std::string& path) = 0;
    bool exists(const std::string& path) { return stat(path).ok(); }
    bool lexists(const std::string& path) { return lstat(path).ok(); }
    bool is_directory(const std::string& path) { auto s = stat(path); return s && s->is_dir(); }
    bool is_file(const std::string& path) { auto s = stat(path); return s && s->is_file(); }
    virtual Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t(1) << 31) = 0;
    virtual Result<std::unique_ptr<Reader>> open_file(const std::string& path) = 0;
    /// Temporary file in the same folder (or in place), mode and owner before content, fsync, rename; keeps mode, owner,
    /// SELinux context and ACLs of a file that it replaces.
    virtual Result<Done> write_file(const std::string& path, std::string_view content, const WriteOptions& options = {}) = 0;
    /// Moves an existing local file (on any file system) into place, with the same promises.
    virtual Result<Done> install_file(const std::string& from, const std::string& path, const WriteOptions& options = {}) = 0;
    virtual Result<Done> append_file(const std::string& path, std::string_view content) = 0;
    virtual Result<Done> make_directory(const std::string& path, unsigned mode) = 0;   // one level
    virtual Result<Done> remove_file(const std::string& path) = 0;                     // unlink
    virtual Result<Done> remove_tree(const std::string& path) = 0;                     // never follows links
    virtual Result<Done> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<Done> symlink(const std::string& target, const std::string& path) = 0;   // replaces atomically a link/file
    virtual Result<Done> hardlink(const std::string& target, const std::string& path) = 0;
    virtual Result<std::string> read_link(const std::string& path) = 0;
    virtual Result<Done> chmod(const std::string& path, unsigned mode) = 0;            // the link's target
    virtual Result<Done> chown(const std::string& path, std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid,
                               bool follow = true) = 0;
    virtual Result<Done> set_times(const std::string& path, std::optional<double> atime, std::optional<double> mtime) = 0;
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;        // names, sorted bytewise
    virtual Result<std::string> real_path(const std::string& path) = 0;
    virtual Result<std::string> digest_file(const std::string& path, std::string_view algorithm) = 0;   // hex
    virtual bool access(const std::string& path, int mode) = 0;                        // R_OK | W_OK | X_OK
    virtual Result<std::string> temp_directory() = 0;    // a private 0700 folder of this agent, removed when it ends
    virtual Result<std::string> temp_file(const std::string& prefix, const std::string& directory = "") = 0;   // created 0600

    // accounts: read from /etc/passwd, /etc/group; `getent` where they are not there (LDAP …)
    virtual std::vector<User> users() = 0;
    virtual std::vector<Group> groups() = 0;
    virtual std::optional<User> user(std::string_view name) = 0;
    virtual std::optional<User> user_by_id(std::uint32_t uid) = 0;
    virtual std::optional<Group> group(std::string_view name) = 0;
    virtual std::optional<Group> group_by_id(std::uint32_t gid) = 0;
    virtual std::uint32_t uid() = 0;      // effective
    virtual std::uint32_t gid() = 0;
    virtual unsigned umask() = 0;

    // processes
    virtual Result<Finished> run(const Command& command) = 0;   // the task's environment is added by the caller's Context
    /// On a terminal of its own (24 by 80, echo on or off), whose output is all there is. `answer` sees what nobody has reacted to yet, takes away
    /// what it reacts to and says what to type (nothing: the program is given up). command.timeout counts from the last answer.
    virtual Result<Finished> converse(const Command& command, bool echo, const std::function<std::optional<std::string>(std::string&)>& answer);
    virtual std::optional<std::string> which(const std::string& program, const std::vector<std::string>& extra = {}) = 0;
    virtual std::string variable(std::string_view name) = 0;    // environment of the agent; empty when unset

    // network: connects within the time-out; the error names the errno
    virtual Result<Done> connect(const std::string& host, int port, double timeout_seconds,
                                 std::string_view send = {}, std::string* received = nullptr) = 0;
    /// Sends `request` and hands every piece of the answer to `on_data` until that returns false, the peer closes, or nothing came
    /// for `timeout_seconds` (an error then).
    virtual Result<Done> exchange(const std::string& host, int port, double timeout_seconds, std::string_view request,
                                  const std::function<bool(std::string_view)>& on_data);

    // the system as such; here the real ones stand as defaults (host.cpp), a scripted machine overrides what it needs
    virtual SystemName system_name();
    virtual Result<FileSystem> file_system(const std::string& path);
    virtual std::vector<InterfaceAddress> ipv4_addresses();
    virtual std::vector<InterfaceAddress> ipv6_addresses();      // label and address, in the kernel's order
    virtual std::string source_address(const std::string& to);   // our address on the way to that one; nothing is sent
    virtual std::map<std::string, std::string> environment();    // of the agent
    virtual std::uint32_t real_uid();
    virtual std::uint32_t real_gid();
    virtual int usable_processors();

    // clock
    virtual double now() = 0;             // seconds since the epoch
    virtual double monotonic() = 0;
    virtual void sleep(double seconds) = 0;
};

/// The machine that this process runs on.
std::unique_ptr<Machine> real_machine();

}  // namespace fprov::machine
