// SPDX-License-Identifier: Apache-2.0
// blockinfile: several lines between two marker lines of a text file.
#include "base/text.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "dest|destfile|name"},
    {.name = "state", .help = "The block is there or not", .fallback = "present", .choices = "absent|present"},
    {.name = "marker", .help = "The marker line; {mark} becomes marker_begin or marker_end", .fallback = "# {mark} ANSIBLE MANAGED BLOCK"},
    {.name = "block", .help = "The lines; an empty text removes the block", .fallback = "''", .aliases = "content"},
    {.name = "insertafter", .help = "A new block goes after the last match of this expression, or EOF"},
    {.name = "insertbefore", .help = "A new block goes before the last match of this expression, or BOF"},
    {.name = "create", .type = spec::Type::boolean, .help = "Make the file when it is missing", .fallback = "no"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
    {.name = "marker_begin", .help = "What {mark} becomes in the first marker line", .fallback = "BEGIN"},
    {.name = "marker_end", .help = "What {mark} becomes in the last marker line", .fallback = "END"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::mutually_exclusive, .names = "insertbefore,insertafter"}};

constexpr std::size_t none = static_cast<std::size_t>(-1);

Outcome run(const Args& args, Context& context) {
    Edited edited;
    edited.path = args.text("path");
    if (context.machine.is_directory(edited.path)) fail("Path " + edited.path + " is a directory !", Map{{"rc", 256}});
    edited.existed = context.machine.exists(edited.path);
    if (!edited.existed && !args.flag("create")) fail("Path " + edited.path + " does not exist !", Map{{"rc", 257}});
    if (edited.existed) edited.before = context.machine.read_file(edited.path).value();
    auto lines = keep_lines(edited.before);

    std::string block = args.text("block"), after = args.text("insertafter"), before = args.text("insertbefore");
    bool present = args.text("state") == "present";
    if (!present) block.clear();
    if (!edited.existed && !present) {
        Outcome outcome;
        outcome.set("msg", "File " + edited.path + " not present");
        return outcome;
    }
    if (after.empty() && before.empty()) after = "EOF";
    std::optional<regex::Regex> insert;
    if (!after.empty() && after != "EOF") insert = compile_pattern(after, "insertafter");
    else if (!before.empty() && before != "BOF") insert = compile_pattern(before, "insertbefore");
    std::string begin = base::replace_all(args.text("marker"), "{mark}", args.text("marker_begin"));
    std::string end = base::replace_all(args.text("marker"), "{mark}", args.text("marker_end"));

    // A block is what stands between the last begin marker and the last end marker; one marker alone is taken out of the way.
    std::size_t first = none, last = none;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i] == begin + "\n") first = i;
        if (lines[i] == end + "\n") last = i;
    }
    std::size_t at = none;
    if (first == none || last == none) {
        if (insert) {
            for (std::size_t i = 0; i < lines.size(); ++i)
                if (insert->search(lines[i])) at = i;
            if (at == none) at = lines.size();
            else if (!after.empty()) ++at;
        } else at = !before.empty() ? 0 : lines.size();
    } else if (first < last) {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.begin() + static_cast<std::ptrdiff_t>(last) + 1);
        at = first;
    } else {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(last), lines.begin() + static_cast<std::ptrdiff_t>(first) + 1);
        at = last;
    }
    if (at > 0 && !lines[at - 1].ends_with('\n')) lines[at - 1] += '\n';   // even where no block follows, as Ansible
    if (!block.empty()) {
        std::vector<std::string> fresh;
        fresh.push_back(begin + "\n");
        for (auto& line : keep_lines(block)) fresh.push_back(line.ends_with('\n') ? line : line + "\n");
        fresh.push_back(end + "\n");
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), fresh.begin(), fresh.end());
    }
    edited.after = join_lines(lines);
    Outcome outcome;
    std::string message;
    if (edited.before != edited.after || !edited.existed) {
        message = !edited.existed ? "File created" : block.empty() ? "Block removed" : "Block inserted";
        outcome.changed = true;
        if (std::string backup = write_edited(context, args, edited); !backup.empty()) outcome.set("backup_file", backup);
    }
    finish_edit(context, args, edited, outcome, message);
    return outcome;
}

}  // namespace

extern const Module blockinfile_module{
    .name = "blockinfile",
    .collection = "ansible.builtin",
    .summary = "Keep a block of lines between markers in a text file",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "msg: what was done\nbackup_file: name of the copy | changed and backup",
    .example = "- name: Names of the cluster\n  blockinfile:\n    path: /etc/hosts\n    block: |\n      10.0.0.1 a\n      10.0.0.2 b",
    .unasked_diff = UnaskedDiff::without_contents,
};

}  // namespace fprov::modules
