// SPDX-License-Identifier: Apache-2.0
// find: files below folders by name, age, size and content.
#include <cmath>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/stat_fields.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "paths", .type = spec::Type::list, .help = "Folders to look in", .required = true, .aliases = "name|path", .elements = spec::Type::path},
    {.name = "patterns", .type = spec::Type::list, .help = "Shell patterns (or expressions with use_regex) of names", .fallback = "[]", .aliases = "pattern",
     .elements = spec::Type::text},
    {.name = "excludes", .type = spec::Type::list, .help = "Patterns of names to leave out", .aliases = "exclude", .elements = spec::Type::text},
    {.name = "contains", .help = "Expression that a line of the file must match"},
    {.name = "read_whole_file", .type = spec::Type::boolean, .help = "Match contains with the whole text", .fallback = "no"},
    {.name = "file_type", .help = "What to look for", .fallback = "file", .choices = "any|directory|file|link"},
    {.name = "age", .help = "Older than (3d), or younger than with a minus sign (-3d)"},
    {.name = "age_stamp", .help = "Which time age means", .fallback = "mtime", .choices = "atime|ctime|mtime"},
    {.name = "size", .help = "Larger than (1m), or smaller than with a minus sign"},
    {.name = "recurse", .type = spec::Type::boolean, .help = "Look in folders below", .fallback = "no"},
    {.name = "hidden", .type = spec::Type::boolean, .help = "Names that begin with a dot, too", .fallback = "no"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Follow links to folders", .fallback = "no"},
    {.name = "get_checksum", .type = spec::Type::boolean, .help = "SHA-1 of every file", .fallback = "no"},
    {.name = "use_regex", .type = spec::Type::boolean, .help = "patterns and excludes are Python's expressions", .fallback = "no"},
    {.name = "depth", .type = spec::Type::integer, .help = "How deep to go with recurse"},
};

class Finder {
public:
    Finder(const Args& args, Context& context)
        : args_(args), context_(context), machine_(context.machine), now_(context.machine.now()), type_(args.text("file_type")),
          patterns_(args.texts("patterns")), excludes_(args.texts("excludes")) {
        if (patterns_.empty()) patterns_ = {args.flag("use_regex") ? ".*" : "*"};
        if (args.flag("use_regex")) {
            for (const auto& text : patterns_) wanted_.push_back(compile_pattern(text, "patterns", {}));
            for (const auto& text : excludes_) unwanted_.push_back(compile_pattern(text, "excludes", {}));
        }
        if (args.given("contains")) contains_ = compile_pattern(args.text("contains"), "contains", args.flag("read_whole_file") ? regex::Flags{.multiline = true} : regex::Flags{});
        age_ = number("age", {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}});
        size_ = number("size", {{'b', 1}, {'k', 1024}, {'m', 1048576}, {'g', 1073741824}, {'t', 1099511627776.0}});
    }

    Outcome run() {
        Outcome outcome;
        Map skipped;
        for (const auto& given : args_.texts("paths")) {
            std::string root = given;
            if (!machine_.is_directory(root)) {
                std::string reason = "'" + root + "' is not a directory";
                skipped.set(std::string_view(root), reason);
                outcome.warnings.push_back("Skipped '" + root + "' path due to this access issue: " + reason + "\n");
                continue;
            }
            walk(root, 1, skipped, outcome);
        }
        outcome.set("files", Value(std::move(files_)));
        outcome.set("msg", skipped.empty() ? "All paths examined" : "Not all paths examined, check warnings for details");
        outcome.set("matched", matched_);
        outcome.set("examined", examined_);
        outcome.set("skipped_paths", Value(std::move(skipped)));
        return outcome;
    }

private:
    std::optional<double> number(const char* name, std::vector<std::pair<char, double>> units) {
        if (!args_.given(name)) return std::nullopt;
        std::string text(base::lower(base::trim(args_.text(name)))), digits = text;
        double unit = 1;
        if (!digits.empty() && !std::isdigit(static_cast<unsigned char>(digits.back()))) {
            for (const auto& [letter, factor] : units)
                if (letter == digits.back()) { unit = factor; digits.pop_back(); break; }
        }
        auto value = base::parse_int(digits);
        if (!value) fail(std::string("failed to process ") + name, Map{{name, args_[name]}});
        return static_cast<double>(*value) * unit;
    }

    void walk(const std::string& folder, std::int64_t depth, Map& skipped, Outcome& outcome) {
        auto names = machine_.list(folder);
        if (!names) {
            skipped.set(std::string_view(folder), names.error().what);
            outcome.warnings.push_back("Skipped '" + folder + "' path due to this access issue: " + names.error().what + "\n");
            return;
        }
        if (args_.given("depth") && depth > args_.integer("depth")) {   // one level more is counted, nothing of it is looked at
            examined_ += static_cast<std::int64_t>(names->size());
            return;
        }
        std::vector<std::string> below;
        for (const auto& name : *names) {
            ++examined_;
            std::string path = base::normalize_path(base::join_path(folder, name));
            auto stat = machine_.lstat(path);
            if (!stat) {
                skipped.set(std::string_view(path), stat.error().what);
                outcome.warnings.push_back("Skipped entry '" + path + "' due to this access issue: " + stat.error().what + "\n");
                continue;
            }
            bool hidden = name.starts_with('.') && !args_.flag("hidden");
            if (!hidden && fits(name, path, *stat)) add(path, *stat);
            // hidden folders are entered nevertheless; what is in them is judged by its own name
            bool enter = stat->is_dir() || (stat->is_link() && args_.flag("follow") && machine_.is_directory(path));
            if (enter) below.push_back(path);
        }
        if (!args_.flag("recurse")) return;
        for (const auto& path : below) {
            std::string real = args_.flag("follow") ? machine_.real_path(path).value_or(path) : path;
            if (!above_.insert(real).second) continue;   // a link to a folder that it stands in
            walk(path, depth + 1, skipped, outcome);
            above_.erase(real);
        }
    }

    bool named(const std::string& name) const {
        if (args_.flag("use_regex")) {
            for (const auto& pattern : unwanted_)
                if (pattern.match(name)) return false;
            for (const auto& pattern : wanted_)
                if (pattern.match(name)) return true;
            return false;
        }
        for (const auto& pattern : excludes_)
            if (base::fnmatch(name, pattern)) return false;
        for (const auto& pattern : patterns_)
            if (base::fnmatch(name, pattern)) return true;
        return false;
    }

    bool aged(const machine::Stat& stat) const {
        if (!age_) return true;
        double stamp = args_.text("age_stamp") == "atime" ? stat.atime : args_.text("age_stamp") == "ctime" ? stat.ctime : stat.mtime;
        double is = now_ - stamp;
        return *age_ >= 0 ? is >= std::abs(*age_) : is <= std::abs(*age_);
    }

    bool sized(const machine::Stat& stat) const {
        if (!size_) return true;
        double is = static_cast<double>(stat.size);
        return *size_ >= 0 ? is >= std::abs(*size_) : is <= std::abs(*size_);
    }

    bool holds(const std::string& path) const {
        if (!contains_) return true;
        auto text = machine_.read_file(path);
        if (!text) return false;
        if (args_.flag("read_whole_file")) return contains_->search(*text).has_value();
        for (const auto& line : keep_lines(*text))
            if (contains_->match(line)) return true;
        return false;
    }

    bool fits(const std::string& name, const std::string& path, const machine::Stat& stat) {
        bool kind = type_ == "any" || (type_ == "file" && stat.is_file()) || (type_ == "directory" && stat.is_dir()) || (type_ == "link" && stat.is_link());
        if (!kind || !named(name) || !aged(stat)) return false;
        if (type_ == "any") return stat.is_dir() || sized(stat);
        if (type_ == "file") return sized(stat) && holds(path);
        return true;
    }

    void add(const std::string& path, const machine::Stat& stat) {
        ++matched_;
        Map fields = stat_fields(context_, path, stat, false);
        if (args_.flag("get_checksum") && stat.is_file()) fields.set("checksum", machine_.digest_file(path, "sha1").value_or(""));
        files_.push_back(Value(std::move(fields)));
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    double now_;
    std::string type_;
    std::vector<std::string> patterns_, excludes_;
    std::vector<regex::Regex> wanted_, unwanted_;
    std::optional<regex::Regex> contains_;
    std::optional<double> age_, size_;
    List files_;
    std::int64_t matched_ = 0, examined_ = 0;
    std::set<std::string> above_;
};

Outcome run(const Args& args, Context& context) { return Finder(args, context).run(); }

}  // namespace

extern const Module find_module{
    .name = "find",
    .collection = "ansible.builtin",
    .summary = "Find files by name, age, size and content",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "files: list of stat dictionaries\nmatched: their number\nexamined: number of entries looked at\nskipped_paths: what could not be read, and why",
    .example = "- name: Old logs\n  find: {paths: /var/log/app, age: 30d, patterns: '*.log'}\n  register: old",
};

}  // namespace fprov::modules
