// SPDX-License-Identifier: Apache-2.0
// pam_limits: one line of limits.conf.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "domain", .help = "User, @group, * or a range of ids", .required = true},
    {.name = "limit_type", .help = "Kind of limit", .required = true, .choices = "soft|hard|-"},
    {.name = "limit_item", .help = "What is limited", .required = true,
     .choices = "core|data|fsize|memlock|nofile|rss|stack|cpu|nproc|as|maxlogins|maxsyslogins|priority|locks|sigpending|msgqueue|nice|rtprio|chroot"},
    {.name = "value", .help = "The limit: a number, unlimited, infinity or -1", .required = true},
    {.name = "use_max", .type = spec::Type::boolean, .help = "Keep a value that is higher already", .fallback = "no"},
    {.name = "use_min", .type = spec::Type::boolean, .help = "Keep a value that is lower already", .fallback = "no"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "dest", .help = "The file", .fallback = "/etc/security/limits.conf"},
    {.name = "comment", .help = "Comment at the line's end", .fallback = "''"},
};

constexpr std::string_view endless[] = {"unlimited", "infinity", "-1"};
bool is_endless(std::string_view value) {
    for (auto word : endless)
        if (value == word) return true;
    return false;
}

void check_value(const std::string& item, const std::string& value, const std::string& prefix) {
    auto number = base::parse_int(value);
    if (item == "nice" || item == "priority") {
        if (!number || *number < -20 || *number > 19)
            fail(prefix + " Value of '" + value + "' for item '" + item + "' is invalid. Value must be a number in the range -20 to 19 inclusive. "
                 "Refer to the limits.conf(5) manual pages for more details.");
        return;
    }
    if (!is_endless(value) && (!number || *number < 0))
        fail(prefix + " Value of '" + value + "' for item '" + item + "' is invalid. Value must either be 'unlimited', 'infinity' or -1, all of "
             "which indicate no limit, or a limit of 0 or larger. Refer to the limits.conf(5) manual pages for more details.");
}

/// The larger (or smaller) of two limits; endless is the largest but for nice and priority, where it does not occur.
std::string pick(const std::string& a, const std::string& b, bool larger) {
    if (is_endless(a) || is_endless(b)) return larger ? (is_endless(a) ? a : b) : (is_endless(a) ? b : a);
    bool first = *base::parse_int(a) >= *base::parse_int(b);
    return first == larger ? a : b;
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string domain = args.text("domain"), type = args.text("limit_type"), item = args.text("limit_item"), value = args.text("value");
    std::string comment = args.text("comment");
    bool use_max = args.flag("use_max"), use_min = args.flag("use_min");
    if (use_max && use_min) fail("Cannot use use_min and use_max at the same time.");
    Edited edited;
    edited.path = args.text("dest");
    edited.existed = machine.exists(edited.path);
    std::string folder = base::dirname(edited.path);
    if (edited.existed) {
        if (!machine.access(edited.path, 2)) fail(edited.path + " is not writable. Use sudo");
        edited.before = machine.read_file(edited.path).value();
    } else if (!machine.is_directory(folder) || !machine.access(folder, 2)) {
        fail("directory " + folder + " is not writable (check presence, access rights, use sudo)");
    }
    check_value(item, value, "");

    auto lines = keep_lines(edited.before);
    std::vector<std::string> kept;
    std::string told;
    bool found = false;
    auto make_line = [&](const std::string& limit, const std::string& note) {
        return domain + "\t" + type + "\t" + item + "\t" + limit + (note.empty() ? "" : "\t#" + note) + "\n";
    };
    for (const auto& line : lines) {
        std::string plain(bare(line)), old_comment;
        if (auto hash = plain.find('#'); hash != std::string::npos) {
            old_comment = plain.substr(hash + 1);
            plain.resize(hash);
        }
        for (auto& c : plain)
            if (c == '\t') c = ' ';
        std::vector<std::string> words;
        for (auto& word : base::split(plain, ' '))
            if (!word.empty()) words.push_back(std::move(word));
        if (words.size() != 4 || words[0] != domain || words[1] != type || words[2] != item) {
            kept.push_back(line);
            continue;
        }
        if (found) continue;   // a second line for the same limit is dropped
        found = true;
        std::string limit = value;
        if (use_max || use_min) {
            check_value(item, words[3], "Invalid configuration of '" + edited.path + "'.");
            limit = pick(value, words[3], use_max);
        }
        std::string note = comment.empty() ? old_comment : comment;
        bool same = words[3] == limit && (use_max || use_min || comment.empty() || old_comment == comment);
        told = same ? (line.ends_with('\n') ? line : line + "\n") : make_line(limit, note);
        kept.push_back(told);
    }
    if (!found) {
        if (!kept.empty() && !kept.back().ends_with('\n')) kept.back() += '\n';
        told = make_line(value, comment);
        kept.push_back(told);
    }
    edited.after = join_lines(kept);
    Outcome outcome;
    outcome.changed = edited.after != edited.before;
    outcome.set("msg", told);
    outcome.diff.push_back(Value(Map{{"before", edited.before}, {"after", edited.after}}));
    if (outcome.changed)
        if (std::string backup = write_edited(context, args, edited); !backup.empty()) outcome.set("backup_file", backup);
    return outcome;
}

}  // namespace

extern const Module pam_limits_module{
    .name = "pam_limits",
    .collection = "community.general",
    .summary = "Keep a line of limits.conf",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "msg: the line as it is now\nbackup_file: name of the copy | changed and backup",
    .example = "- pam_limits: {domain: '*', limit_type: soft, limit_item: nofile, value: 65536}",
    .unasked_diff = UnaskedDiff::all,
};

}  // namespace fprov::modules
