// SPDX-License-Identifier: Apache-2.0
// Lines of /etc/fstab: read, compared and written back with everything else untouched.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

struct FstabEntry { std::string source, path, type, options = "defaults", dump = "0", pass = "0"; };

class Fstab {
public:
    /// A missing file counts as an empty one.
    Fstab(Context& context, std::string path);
    /// Entries with their line numbers; comments and broken lines are none.
    struct Row { std::size_t line; FstabEntry entry; };
    std::vector<Row> rows() const;
    void replace(std::size_t line, const FstabEntry& entry);
    void append(const FstabEntry& entry);
    void erase(std::size_t line);
    std::string text() const;
    const std::string& before() const { return before_; }
    bool changed() const { return text() != before_; }
    /// Writes when changed and not in check mode; answers the backup's name when one was asked for.
    std::string write(Context& context, bool backup);

private:
    std::string path_, before_;
    std::vector<std::string> lines_;
};

std::string fstab_escape(const std::string& text);      // blanks become \040
std::string fstab_unescape(const std::string& text);    // also of /proc/swaps and /proc/self/mountinfo

}  // namespace fprov::modules
