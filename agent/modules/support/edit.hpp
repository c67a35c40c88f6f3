// SPDX-License-Identifier: Apache-2.0
// What lineinfile, blockinfile, replace and their like share: a text file is read, changed and written back with backup, validation,
// owner and mode, and its diff told in two parts.
#pragma once
#include <string>
#include <vector>

#include "modules/module.hpp"
#include "regex/regex.hpp"

namespace fprov::modules {

/// Lines with their line ends; the last one may lack its.
std::vector<std::string> keep_lines(std::string_view text);
std::string join_lines(const std::vector<std::string>& lines);
/// A line without \r and \n at its end.
std::string_view bare(std::string_view line);
/// Compiles as Python's `re` does for bytes; fails the task with the reason.
regex::Regex compile_pattern(const std::string& pattern, const char* parameter, regex::Flags flags = {.bytes = true});

/// What stands in a file; nothing where there is none. Fails where it cannot be read: such a file must not be replaced.
std::string current_text(Context& context, const std::string& path);

struct Edited {
    std::string path;
    std::string before, after;
    bool existed = true;
    bool follow = true;   // else a link gives way to a file with its target's owner and mode
};
/// Latin-1 to UTF-8 and back (characters that it lacks fail the task).
bool is_latin(std::string_view encoding);
std::string from_latin(std::string_view text);
std::string to_latin(std::string_view text);
/// Writes what changed (not in check mode): backup first, missing parents made, `validate` obeyed. Answers the backup's name.
std::string write_edited(Context& context, const Args& args, const Edited& edited);
/// "x" and "x and ownership, perms or SE linux context changed".
std::string with_ownership(std::string message, bool ownership_changed);
/// The file's attributes after the content, as lineinfile and blockinfile tell both: sets changed, msg and diff.
void finish_edit(Context& context, const Args& args, const Edited& edited, Outcome& outcome, std::string message);

}  // namespace fprov::modules
