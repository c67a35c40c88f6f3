// SPDX-License-Identifier: Apache-2.0
// Mode, owner, group, SELinux context and attributes of a file: what is wanted, compared with what is, then applied.
#pragma once
#include <optional>
#include <string>

#include "modules/module.hpp"

namespace fprov::modules {

/// The file parameters as a task gave them (none = leave alone).
struct FileWishes {
    Value mode{}, owner{}, group{};
    std::string seuser{}, serole{}, setype{}, selevel{};
    std::string attributes{};
    bool unsafe_writes = false;
    bool follow = false;        // act on a link's target
    bool any() const {
        return !mode.is_none() || !owner.is_none() || !group.is_none() || !attributes.empty() || !seuser.empty() || !serole.empty() ||
               !setype.empty() || !selevel.empty();
    }
};
FileWishes file_wishes(const Args& args);

/// Octal text, a number as YAML made it (0644 = 420; 644 is 01204, as in Ansible), or symbolic ("u=rwX,g=u-w,o="), which starts
/// from `current`. Fails with Ansible's sentence when it is neither.
unsigned parse_mode(const Value& mode, const machine::Stat& current, unsigned umask);
/// "0644", "01204".
std::string mode_text(unsigned mode);

/// Ids by name or number; they fail as Ansible's chown and chgrp steps do.
std::uint32_t lookup_uid(Context& context, const Value& owner);
std::uint32_t lookup_gid(Context& context, const Value& group);

/// Brings a file to the wishes; only compares in check mode. Returns whether something changed (or would). What changed is put
/// into `before` and `after` under Ansible's diff keys (owner, group, mode, attributes, secontext) when they are given.
/// `born`: what a file just made would be without wishes; that is then compared and told.
bool apply_wishes(Context& context, const std::string& path, const FileWishes& wishes, Map* before = nullptr, Map* after = nullptr, const machine::Stat* born = nullptr);
/// Mode and owner of a file that this process makes.
machine::Stat fresh_file(Context& context);

/// uid, gid, owner, group, mode, size, state (and secontext where SELinux is on) of what stands at `path`; nothing when nothing does.
void add_file_fields(Context& context, const std::string& path, Map& fields);

/// Options for Machine::write_file that give a *new* file its mode and owner before its content; an existing one keeps its own
/// (apply_wishes changes them afterwards).
machine::WriteOptions write_options(Context& context, const std::string& path, const FileWishes& wishes);

}  // namespace fprov::modules
