// SPDX-License-Identifier: Apache-2.0
// The parts of copy: one file, a tree from the controller, and copies on the host itself.
#pragma once
#include <optional>
#include <string>

#include "modules/module.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules::copying {

/// Where the bytes of a file are: in memory or in a file of this host (a temporary one, or the source of a local copy).
struct Content {
    std::optional<std::string> bytes{};
    std::string path{};
    std::size_t size = 0;   // as the controller told
    bool there() const { return bytes.has_value() || !path.empty(); }
};

/// Puts content at `dest` with everything that the task asked for (backup, validate, mode); answers the backup's name. Throws.
std::string install(Context& context, const Args& args, const Content& content, const std::string& dest, const FileWishes& wishes, bool follow);
/// Makes missing folders above and including `folder`; new ones get directory_mode, owner and group.
bool make_folders(Context& context, const Args& args, const std::string& folder);
[[noreturn]] void not_below_file(const std::string& path);
/// The sha1 of a regular file at `path` (links followed); empty when there is none.
std::string checksum_of(Context& context, const std::string& path);
/// {before, before_header, after?, after_header} of one file; contents left out are left to the controller.
Map file_diff(Context& context, const std::string& dest, const Content& content, const std::string& header);

Outcome copy_tree(const Args& args, Context& context);      // _fprov_entries
Outcome copy_on_host(const Args& args, Context& context);   // remote_src

}  // namespace fprov::modules::copying
