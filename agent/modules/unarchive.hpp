// SPDX-License-Identifier: Apache-2.0
// The parts of unarchive: one handler per kind of archive, and the record of what an archive left behind.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules::archives {

struct Member {
    std::string path;        // as it appears below dest, without a slash at its end
    std::string link{};      // target of a symbolic link
    bool is_dir = false, is_link = false;
};

struct Order {               // what the task wants from the archive
    std::string archive;     // a file of this host
    std::string dest;
    std::vector<std::string> include, exclude, extra_opts;
    std::string owner, group;
    bool keep_newer = false;
    bool owner_given = false, group_given = false, mode_given = false;
};

struct Extraction { List command; int code = 0; std::string output, error; };

class Handler {
public:
    virtual ~Handler() = default;
    virtual const char* name() const = 0;                       // "TgzArchive"
    virtual std::vector<Member> members() = 0;                  // fails the task when the archive cannot be read
    virtual bool differs(const std::vector<Member>& members) = 0;
    virtual Extraction extract() = 0;
};

/// By the archive's first bytes; fails the task for what is no archive or lacks its program on the host.
std::unique_ptr<Handler> open_archive(Context& context, const Order& order, const std::string& shown_name);
std::unique_ptr<Handler> tar_handler(Context& context, const Order& order, const char* name, const char* option);
std::unique_ptr<Handler> zip_handler(Context& context, const Order& order);

/// What a successful extraction left at its paths, kept beside the agent so that the next run needs no archive.
class Record {
public:
    Record(Context& context, const std::string& key);
    /// Is everything as it was recorded? false also when nothing was recorded.
    bool holds(Context& context, const std::string& dest) const;
    /// Members that the record lists.
    std::vector<std::string> paths() const;
    const std::string& handler() const { return handler_; }
    void write(Context& context, const std::string& dest, const std::string& handler, const std::vector<Member>& members) const;
    void forget(Context& context) const;

private:
    std::string file_, handler_;
    std::optional<Value> rows_;
};

}  // namespace fprov::modules::archives
