// SPDX-License-Identifier: Apache-2.0
// replace: all matches of a regular expression in a text file become another text.
#include "base/text.hpp"
#include "modules/support/diff.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "dest|destfile|name"},
    {.name = "regexp", .help = "What to look for; ^ and $ match at every line", .required = true},
    {.name = "replace", .help = "What takes its place; may refer to groups", .fallback = "''"},
    {.name = "after", .help = "Only behind the first match of this expression"},
    {.name = "before", .help = "Only in front of the first match of this expression"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
    {.name = "encoding", .help = "Encoding of the file: utf-8 (and its subsets) or latin-1", .fallback = "utf-8"},
};

Outcome run(const Args& args, Context& context) {
    Edited edited;
    edited.path = args.text("path");
    if (context.machine.is_directory(edited.path)) fail("Path " + edited.path + " is a directory !", Map{{"rc", 256}});
    if (!context.machine.exists(edited.path)) fail("Path " + edited.path + " does not exist !", Map{{"rc", 257}});
    edited.before = context.machine.read_file(edited.path).value();
    Outcome outcome;
    outcome.set("rc", 0);

    const bool latin = is_latin(args.text("encoding"));
    if (latin) edited.before = from_latin(edited.before);
    std::string after = args.text("after"), before = args.text("before");
    std::size_t begin = 0, end = edited.before.size();
    if (!after.empty() || !before.empty()) {
        std::string pattern = !after.empty() && !before.empty() ? after + "(?P<subsection>.*?)" + before
                              : !after.empty()                  ? after + "(?P<subsection>.*)"
                                                                : "(?P<subsection>.*)" + before;
        regex::Flags flags{.dotall = true, .bytes = !base::is_utf8(edited.before)};   // a dot matches no broken UTF-8
        auto section = compile_pattern(pattern, "after/before", flags);
        auto match = section.search(edited.before);
        if (!match) {
            outcome.set("msg", "Pattern for before/after params did not match the given file: " + pattern);
            return outcome;
        }
        const auto& group = match->groups[*section.group_number("subsection")];
        begin = group.begin;
        end = group.end;
    }
    regex::Flags flags{.multiline = true, .bytes = !base::is_utf8(edited.before)};
    auto pattern = compile_pattern(args.text("regexp"), "regexp", flags);
    std::size_t made = 0;
    auto replaced = pattern.replace(std::string_view(edited.before).substr(begin, end - begin), args.text("replace"), 0, &made);
    if (!replaced) fail(replaced.error());
    edited.after = edited.before.substr(0, begin) + *replaced + edited.before.substr(end);

    std::string message;
    if (made > 0 && edited.after != edited.before) {
        message = std::to_string(made) + " replacements made";
        outcome.changed = true;
        outcome.diff.push_back(Value(text_diff(edited.before, edited.after, edited.path, edited.path)));
        if (latin) edited.after = to_latin(edited.after);
        if (std::string backup = write_edited(context, args, edited); !backup.empty()) outcome.set("backup_file", backup);
    }
    FileWishes wishes = file_wishes(args);
    wishes.follow = true;
    bool ownership = apply_wishes(context, edited.path, wishes);
    outcome.changed = outcome.changed || ownership;
    outcome.set("msg", with_ownership(std::move(message), ownership));
    return outcome;
}

}  // namespace

extern const Module replace_module{
    .name = "replace",
    .collection = "ansible.builtin",
    .summary = "Replace all matches of an expression in a text file",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "msg: what was done\nrc: 0\nbackup_file: name of the copy | changed and backup",
    .example = "- name: No tabs\n  replace: {path: /etc/app.conf, regexp: '\\t', replace: ' '}",
};

}  // namespace fprov::modules
