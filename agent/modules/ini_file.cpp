// SPDX-License-Identifier: Apache-2.0
// ini_file: options of an INI file.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/diff.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "dest"},
    {.name = "section", .help = "The section; without it options in front of the first one"},
    {.name = "option", .help = "The option; without it the section as a whole"},
    {.name = "value", .help = "Its value"},
    {.name = "values", .type = spec::Type::list, .help = "Its values, a line each", .elements = spec::Type::text},
    {.name = "state", .help = "There or not", .fallback = "present", .choices = "absent|present"},
    {.name = "exclusive", .type = spec::Type::boolean, .help = "Other lines of the option go", .fallback = "yes"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "no_extra_spaces", .type = spec::Type::boolean, .help = "No blanks around the equals sign", .fallback = "no"},
    {.name = "ignore_spaces", .type = spec::Type::boolean, .help = "Lines that differ only in blanks around the equals sign stay", .fallback = "no"},
    {.name = "allow_no_value", .type = spec::Type::boolean, .help = "An option may stand without a value", .fallback = "no"},
    {.name = "modify_inactive_option", .type = spec::Type::boolean, .help = "A commented line of the option is put to use", .fallback = "yes"},
    {.name = "create", .type = spec::Type::boolean, .help = "Make the file when it is missing", .fallback = "yes"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Write to a link's target", .fallback = "no"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::mutually_exclusive, .names = "value,values"}};

class Ini {
public:
    Ini(const Args& args, Context& context) : args_(args), context_(context), option_(args.text("option")), section_(args.text("section")) {
        has_option_ = args.given("option");
        present_ = args.text("state") == "present";
        if (args.given("value")) values_.push_back(args.text("value"));
        else if (args.given("values"))
            for (auto& value : args.texts("values"))
                if (std::find(values_.begin(), values_.end(), value) == values_.end()) values_.push_back(std::move(value));
    }

    Outcome run() {
        Edited edited;
        edited.path = args_.text("path");
        if (args_.flag("follow") && context_.machine.lexists(edited.path)) edited.path = context_.machine.real_path(edited.path).value_or(edited.path);
        if (present_ && !args_.flag("allow_no_value") && values_.empty())
            fail("Parameter 'value(s)' must be defined if state=present and allow_no_value=False.");
        edited.existed = context_.machine.exists(edited.path);
        if (!edited.existed && !args_.flag("create")) fail("Destination " + edited.path + " does not exist!", Map{{"rc", 257}});
        if (edited.existed) edited.before = context_.machine.read_file(edited.path).value();
        edited.follow = false;
        if (edited.before.starts_with("\xef\xbb\xbf")) edited.before.erase(0, 3);   // Ansible writes none back
        lines_ = keep_lines(edited.before);
        end_last_line();
        std::string message = change();
        edited.after = join_lines(lines_);
        Outcome outcome;
        outcome.changed = edited.after != edited.before;
        outcome.diff.push_back(Value(text_diff(edited.before, edited.after, edited.path + " (content)", edited.path + " (content)")));
        if (outcome.changed)
            if (std::string backup = write_edited(context_, args_, edited); !backup.empty()) outcome.set("backup_file", backup);
        outcome.set("msg", message.empty() ? "OK" : message);
        if (context_.machine.exists(edited.path)) {
            FileWishes wishes = file_wishes(args_);
            outcome.changed = apply_wishes(context_, edited.path, wishes) || outcome.changed;
        }
        return outcome.set("path", args_.text("path"));
    }

private:
    struct Line { bool is = false, active = false; std::string value; bool has_value = false; };

    /// Is this a line of the option (perhaps behind a comment sign), and with which value?
    Line look(const std::string& line) const {
        Line out;
        std::string_view rest = bare(line);
        auto blanks = [&] { while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1); };
        blanks();
        out.active = true;
        if (!rest.empty() && (rest[0] == '#' || rest[0] == ';')) {
            out.active = false;
            rest.remove_prefix(1);
            blanks();
        }
        if (!rest.starts_with(option_)) return out;
        rest.remove_prefix(option_.size());
        blanks();
        if (rest.empty()) { out.is = true; return out; }
        if (rest[0] != '=') return out;
        rest.remove_prefix(1);
        blanks();
        out.is = out.has_value = true;
        out.value = rest;
        return out;
    }

    Line wanted_line(const std::string& line) const {
        Line found = look(line);
        if (!found.active && !args_.flag("modify_inactive_option")) found.is = false;
        return found;
    }

    std::string make(const std::string* value) const {
        if (!value) return option_ + "\n";
        return option_ + (args_.flag("no_extra_spaces") ? "=" : " = ") + *value + "\n";
    }

    /// [first, last) of the section's lines without its header; nothing when it is not there.
    std::optional<std::pair<std::size_t, std::size_t>> find_section() const {
        std::size_t begin = 0;
        if (!section_.empty()) {
            for (;; ++begin) {
                if (begin >= lines_.size()) return std::nullopt;
                std::string_view plain = base::trim(lines_[begin]);
                if (plain == "[" + section_ + "]") break;
            }
            ++begin;
        }
        std::size_t end = begin;
        while (end < lines_.size() && (!lines_[end].starts_with('[') || (!section_.empty() && base::trim(lines_[end]) == "[" + section_ + "]"))) ++end;
        return std::pair{begin, end};
    }

    static bool is_filler(const std::string& line) {
        std::string_view plain = base::trim(line);
        return plain.empty() || plain[0] == '#' || plain[0] == ';';
    }

    void end_last_line() {
        if (!lines_.empty() && !lines_.back().ends_with('\n')) lines_.back() += '\n';
    }

    std::string change() {
        if (lines_.empty() && present_ && (has_option_ || !section_.empty())) lines_.push_back("\n");   // an empty file is taken for an empty line, which stays
        auto found = find_section();
        if (!found) {
            if (!present_) return {};
            lines_.push_back("[" + section_ + "]\n");
            if (!has_option_) return "only section added";
            if (values_.empty()) lines_.push_back(make(nullptr));
            for (const auto& value : values_) lines_.push_back(make(&value));
            return "section and option added";
        }
        auto [begin, end] = *found;
        if (!present_) return take_out(begin, end);
        if (!has_option_) return {};
        return put(begin, end);
    }

    std::string take_out(std::size_t begin, std::size_t end) {
        std::vector<std::string> kept(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(begin));
        std::string message;
        if (!has_option_) {
            if (section_.empty()) return {};
            kept.pop_back();
            kept.insert(kept.end(), lines_.begin() + static_cast<std::ptrdiff_t>(end), lines_.end());
            lines_ = std::move(kept);
            return "section removed";
        }
        for (std::size_t i = begin; i < end; ++i) {
            Line line = look(lines_[i]);
            bool listed = args_.flag("exclusive") || std::find(values_.begin(), values_.end(), line.value) != values_.end();
            if (line.is && line.active && listed) message = "option changed";
            else kept.push_back(lines_[i]);
        }
        kept.insert(kept.end(), lines_.begin() + static_cast<std::ptrdiff_t>(end), lines_.end());
        lines_ = std::move(kept);
        return message;
    }

    /// Does the line say the same already, blanks aside where the task says so?
    bool same(const std::string& line, const std::string& fresh) const {
        if (line == fresh) return true;
        if (!args_.flag("ignore_spaces")) return false;
        Line a = look(line), b = look(fresh);
        return a.active && a.is && a.has_value == b.has_value && a.value == b.value;
    }

    std::string put(std::size_t begin, std::size_t end) {
        std::vector<std::string> section(lines_.begin() + static_cast<std::ptrdiff_t>(begin), lines_.begin() + static_cast<std::ptrdiff_t>(end));
        std::vector<std::string> left = values_;
        std::string message;
        bool changed = false;
        std::vector<bool> done(section.size(), false);
        bool exclusive = args_.flag("exclusive");
        bool bare_option = values_.empty();
        bool bare_done = false;
        // What stands there with a wanted value stays in place (or comes back from behind its comment sign).
        for (std::size_t i = 0; i < section.size(); ++i) {
            Line line = wanted_line(section[i]);
            if (!line.is) continue;
            if (bare_option) {
                if (bare_done || line.has_value) continue;
                std::string fresh = make(nullptr);
                changed = changed || section[i] != fresh;
                section[i] = fresh;
                done[i] = bare_done = true;
                continue;
            }
            auto at = std::find(left.begin(), left.end(), line.value);
            if (!line.has_value || at == left.end()) continue;
            std::string fresh = make(&*at);
            if (!same(section[i], fresh)) { section[i] = fresh; changed = true; }
            done[i] = true;
            left.erase(at);
        }
        std::vector<std::string> kept;
        if (exclusive) {
            // Other lines of the option take the values that are left over; what remains of them goes.
            std::vector<std::string> rest = left;
            for (std::size_t i = 0; i < section.size(); ++i) {
                Line line = wanted_line(section[i]);
                if (done[i] || !line.is) { kept.push_back(section[i]); continue; }
                if (bare_option && !bare_done) {
                    kept.push_back(make(nullptr));
                    bare_done = changed = true;
                } else if (!rest.empty()) {
                    kept.push_back(make(&rest.front()));
                    rest.erase(rest.begin());
                    changed = true;
                } else changed = true;   // commented ones go, too
            }
            left = std::move(rest);
            if (changed) message = "option changed";
        } else {
            kept = section;
            if (changed) message = "option changed";
        }
        if (!left.empty() || (bare_option && !bare_done)) {
            std::size_t at = kept.size();
            while (at > 0 && is_filler(kept[at - 1])) --at;   // comments at the end may belong to what follows
            std::vector<std::string> fresh;
            if (bare_option) fresh.push_back(make(nullptr));
            for (const auto& value : left) fresh.push_back(make(&value));
            kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(at), fresh.begin(), fresh.end());
            message = "option added";
        }
        std::vector<std::string> all(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(begin));
        all.insert(all.end(), kept.begin(), kept.end());
        all.insert(all.end(), lines_.begin() + static_cast<std::ptrdiff_t>(end), lines_.end());
        lines_ = std::move(all);
        return message;
    }

    const Args& args_;
    Context& context_;
    std::string option_, section_;
    bool has_option_ = false, present_ = true;
    std::vector<std::string> values_, lines_;
};

Outcome run(const Args& args, Context& context) { return Ini(args, context).run(); }

}  // namespace

extern const Module ini_file_module{
    .name = "ini_file",
    .collection = "community.general",
    .summary = "Keep options of an INI file",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "path: the file\nmsg: what was done\nbackup_file: name of the copy | changed and backup",
    .example = "- ini_file: {path: /etc/my.cnf, section: mysqld, option: max_connections, value: '500'}",
    .unasked_diff = UnaskedDiff::without_contents,
};

}  // namespace fprov::modules
