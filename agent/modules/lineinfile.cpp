// SPDX-License-Identifier: Apache-2.0
// lineinfile: one line is in a text file, in the place of another one, or gone.
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "dest|destfile|name"},
    {.name = "state", .help = "The line is there or not", .fallback = "present", .choices = "absent|present"},
    {.name = "regexp", .help = "Looked for in every line; the last match is replaced, or all are removed", .aliases = "regex"},
    {.name = "search_string", .help = "As regexp, but a plain text"},
    {.name = "line", .help = "The line", .aliases = "value"},
    {.name = "backrefs", .type = spec::Type::boolean, .help = "line may refer to groups of regexp; without a match nothing is done", .fallback = "no"},
    {.name = "insertafter", .help = "A new line goes after the last match of this expression, or EOF"},
    {.name = "insertbefore", .help = "A new line goes before the last match of this expression, or BOF"},
    {.name = "create", .type = spec::Type::boolean, .help = "Make the file when it is missing", .fallback = "no"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "firstmatch", .type = spec::Type::boolean, .help = "The first match counts instead of the last one", .fallback = "no"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
};
constexpr Rule rules[] = {
    {.kind = Rule::Kind::mutually_exclusive, .names = "insertbefore,insertafter"},
    {.kind = Rule::Kind::mutually_exclusive, .names = "regexp,search_string"},
    {.kind = Rule::Kind::mutually_exclusive, .names = "backrefs,search_string"},
};

constexpr std::size_t none = static_cast<std::size_t>(-1);

class LineTask {
public:
    LineTask(const Args& args, Context& context) : args_(args), context_(context) {
        if (args.given("regexp")) {
            pattern_ = compile_pattern(args.text("regexp"), "regexp");
            if (args.text("regexp").empty())
                outcome_.warnings.push_back("The regular expression is an empty string, which will match every line in the file. This may have "
                                            "unintended consequences, such as replacing the last line in the file rather than appending. If this is "
                                            "desired, use '^' to match every line in the file and avoid this warning.");
        }
        if (args.given("search_string")) search_ = args.text("search_string");
    }

    Outcome run() {
        edited_.path = args_.text("path");
        if (context_.machine.is_directory(edited_.path)) fail("Path " + edited_.path + " is a directory !", Map{{"rc", 256}});
        bool present = args_.text("state") == "present";
        if (present) {
            if (args_.flag("backrefs") && !pattern_) fail("regexp is required with backrefs=true");
            if (!args_.given("line")) fail("line is required with state=present");
        } else if (!pattern_ && !search_ && !args_.given("line")) {
            fail("one of line, search_string, or regexp is required with state=absent");
        }
        edited_.existed = context_.machine.exists(edited_.path);
        if (!edited_.existed && !present) {
            outcome_.set("changed", false).set("msg", "file not present");
            outcome_.fields.erase("changed");
            return outcome_;
        }
        if (!edited_.existed && !args_.flag("create")) fail("Destination " + edited_.path + " does not exist !", Map{{"rc", 257}});
        if (edited_.existed) edited_.before = context_.machine.read_file(edited_.path).value();
        lines_ = keep_lines(edited_.before);
        std::string message = present ? put() : remove();
        edited_.after = join_lines(lines_);
        outcome_.changed = !message.empty();
        std::string backup = outcome_.changed ? write_edited(context_, args_, edited_) : "";
        finish_edit(context_, args_, edited_, outcome_, message);
        outcome_.set("backup", backup);
        return outcome_;
    }

private:
    /// Does the expression (or the plain text) find this line? Without either only the line itself counts, elsewhere.
    bool matches(const std::string& line, std::optional<regex::Match>& match) const {
        if (pattern_) {
            auto here = pattern_->search(line);
            if (here) match = here;
            return here.has_value();
        }
        return search_ && line.find(*search_) != std::string::npos;
    }

    void end_last_line() {
        if (!lines_.empty() && lines_.back().back() != '\n' && lines_.back().back() != '\r') lines_.back() += '\n';
    }

    std::string put() {
        const std::string line = args_.text("line");
        std::string after = args_.text("insertafter"), before = args_.text("insertbefore");
        bool first = args_.flag("firstmatch"), backrefs = args_.flag("backrefs");
        if (after.empty() && before.empty()) after = "EOF";
        std::optional<regex::Regex> insert;
        if (!after.empty() && after != "BOF" && after != "EOF") insert = compile_pattern(after, "insertafter");
        else if (!before.empty() && before != "BOF") insert = compile_pattern(before, "insertbefore");

        std::size_t at = none, place = none;
        std::optional<regex::Match> match;
        for (std::size_t i = 0; i < lines_.size() && !(first && at != none); ++i)
            if (matches(lines_[i], match)) at = i;
        // What stands there already in full is as good as a match; only then the place for a new line matters.
        if (at == none)
            for (std::size_t i = 0; i < lines_.size(); ++i) {
                if (bare(lines_[i]) == line) at = i;
                else if (insert && insert->search(lines_[i])) {
                    place = after.empty() ? i : i + 1;
                    if (first) break;
                }
            }

        std::string wanted = line;
        if (at != none) {
            if (backrefs && match) {
                auto expanded = pattern_->expand(*match, lines_[at], line);
                if (!expanded) fail(expanded.error());
                wanted = *expanded;
            }
            if (!wanted.ends_with('\n')) wanted += '\n';
            if (lines_[at] == wanted) return {};
            lines_[at] = wanted;
            return "line replaced";
        }
        if (backrefs) return {};
        wanted += '\n';
        if (before == "BOF" || after == "BOF") {
            lines_.insert(lines_.begin(), wanted);
            return "line added";
        }
        if (place == none || after == "EOF") {
            end_last_line();
            lines_.push_back(wanted);
            return "line added";
        }
        if (place == lines_.size()) {
            end_last_line();
            lines_.push_back(wanted);
            return "line added";
        }
        if (!after.empty() && bare(lines_[place]) == line) return {};   // firstmatch has put it here before
        lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(place), wanted);
        return "line added";
    }

    std::string remove() {
        std::vector<std::string> kept;
        std::int64_t removed = 0;
        for (auto& line : lines_) {
            std::optional<regex::Match> match;
            if (matches(line, match) || (!pattern_ && !search_ && bare(line) == args_.text("line"))) ++removed;
            else kept.push_back(std::move(line));
        }
        lines_ = std::move(kept);
        outcome_.set("found", removed);
        return removed ? std::to_string(removed) + " line(s) removed" : "";
    }

    const Args& args_;
    Context& context_;
    Outcome outcome_;
    Edited edited_;
    std::vector<std::string> lines_;
    std::optional<regex::Regex> pattern_;
    std::optional<std::string> search_;
};

Outcome run(const Args& args, Context& context) { return LineTask(args, context).run(); }

}  // namespace

extern const Module lineinfile_module{
    .name = "lineinfile",
    .collection = "ansible.builtin",
    .summary = "Keep one line in a text file",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Regular expressions are Python's and see one line with its line end.",
    .returns = "msg: what was done\nbackup: name of the copy\nfound: number of lines removed | state absent",
    .example = "- name: SELinux is permissive\n  lineinfile: {path: /etc/selinux/config, regexp: '^SELINUX=', line: SELINUX=permissive}",
    .unasked_diff = UnaskedDiff::without_contents,
};

}  // namespace fprov::modules
