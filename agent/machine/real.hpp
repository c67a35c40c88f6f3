// SPDX-License-Identifier: Apache-2.0
// The machine that this process runs on; split by subject over real_*.cpp.
#pragma once
#include <map>
#include <string>

#include "machine/machine.hpp"

namespace fprov::machine {

/// "[Errno 13] Permission denied: '/x'" with the kind that belongs to the number.
base::Error errno_error(int code, const std::string& path);

class RealMachine final : public Machine {
public:
    ~RealMachine() override;

    Result<Stat> stat(const std::string& path) override;
    Result<Stat> lstat(const std::string& path) override;
    Result<std::string> read_file(const std::string& path, std::size_t limit) override;
    Result<std::unique_ptr<Reader>> open_file(const std::string& path) override;
    Result<Done> write_file(const std::string& path, std::string_view content, const WriteOptions& options) override;
    Result<Done> install_file(const std::string& from, const std::string& path, const WriteOptions& options) override;
    Result<Done> append_file(const std::string& path, std::string_view content) override;
    Result<Done> make_directory(const std::string& path, unsigned mode) override;
    Result<Done> remove_file(const std::string& path) override;
    Result<Done> remove_tree(const std::string& path) override;
    Result<Done> rename(const std::string& from, const std::string& to) override;
    Result<Done> symlink(const std::string& target, const std::string& path) override;
    Result<Done> hardlink(const std::string& target, const std::string& path) override;
    Result<std::string> read_link(const std::string& path) override;
    Result<Done> chmod(const std::string& path, unsigned mode) override;
    Result<Done> chown(const std::string& path, std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid, bool follow) override;
    Result<Done> set_times(const std::string& path, std::optional<double> atime, std::optional<double> mtime) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<std::string> real_path(const std::string& path) override;
    Result<std::string> digest_file(const std::string& path, std::string_view algorithm) override;
    bool access(const std::string& path, int mode) override;
    Result<std::string> temp_directory() override;
    Result<std::string> temp_file(const std::string& prefix, const std::string& directory) override;

    std::vector<User> users() override;
    std::vector<Group> groups() override;
    std::optional<User> user(std::string_view name) override;
    std::optional<User> user_by_id(std::uint32_t uid) override;
    std::optional<Group> group(std::string_view name) override;
    std::optional<Group> group_by_id(std::uint32_t gid) override;
    std::uint32_t uid() override;
    std::uint32_t gid() override;
    unsigned umask() override;

    Result<Finished> run(const Command& command) override;
    std::optional<std::string> which(const std::string& program, const std::vector<std::string>& extra) override;
    std::string variable(std::string_view name) override;
    Result<Done> connect(const std::string& host, int port, double timeout_seconds, std::string_view send, std::string* received) override;
    Result<Done> exchange(const std::string& host, int port, double timeout_seconds, std::string_view request,
                          const std::function<bool(std::string_view)>& on_data) override;
    double now() override;
    double monotonic() override;
    void sleep(double seconds) override;

private:
    std::optional<std::string> getent(const char* database, const std::string& key);
    Result<int> open_connection(const std::string& host, int port, double timeout_seconds);

    std::string temp_directory_;
    std::map<std::string, std::optional<std::string>> getent_answers_;   // directory services are slow: asked once a key
};

}  // namespace fprov::machine
