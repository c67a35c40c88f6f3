// SPDX-License-Identifier: Apache-2.0
// cron: jobs and variables of a user's crontab or of a file for cron. A line "#Ansible: NAME" marks the job below it.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/diff.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "The job, as its marker names it; or the variable", .required = true},
    {.name = "user", .help = "Whose crontab; with cron_file, who runs the job"},
    {.name = "job", .help = "The command; the value of a variable", .aliases = "value"},
    {.name = "cron_file", .type = Type::path, .help = "A file for cron instead of a crontab; in /etc/cron.d when it is no full path"},
    {.name = "state", .help = "Whether it is there", .fallback = "present", .choices = "present|absent"},
    {.name = "backup", .type = Type::boolean, .help = "Keep a copy of what was there", .fallback = "no"},
    {.name = "minute", .help = "Minutes: 0-59, *, */2 ...", .fallback = "*"},
    {.name = "hour", .help = "Hours: 0-23, *, */2 ...", .fallback = "*"},
    {.name = "day", .help = "Days of the month: 1-31, *, */2 ...", .fallback = "*", .aliases = "dom"},
    {.name = "month", .help = "Months: 1-12, names, *, */2 ...", .fallback = "*"},
    {.name = "weekday", .help = "Days of the week: 0-6 from Sunday, names, * ...", .fallback = "*", .aliases = "dow"},
    {.name = "special_time", .help = "A name instead of a time", .choices = "reboot|yearly|annually|monthly|weekly|daily|hourly"},
    {.name = "disabled", .type = Type::boolean, .help = "Keep the job as a comment", .fallback = "no"},
    {.name = "env", .type = Type::boolean, .help = "This is a variable and no job", .fallback = "no"},
    {.name = "insertafter", .help = "Put a new variable behind this one"},
    {.name = "insertbefore", .help = "Put a new variable before this one"},
};

constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "insertafter,insertbefore"}};
constexpr std::string_view mark = "#Ansible: ";

class CronTask {
public:
    CronTask(const Args& args, Context& context) : args_(args), context_(context), name_(args.text("name")), user_(args.text("user")), job_(args.text("job")) {
        if (!args.given("cron_file")) return;
        file_ = args.text("cron_file");
        if (!file_.starts_with('/')) file_ = base::join_path("/etc/cron.d", file_);
    }

    Outcome run() {
        const bool present = args_.text("state") == "present", variable = args_.flag("env");
        if (!variable && job_.find_first_of("\r\n") < job_.find_last_not_of("\r\n")) out_.warnings.emplace_back("Job should not contain line breaks");
        while (job_.ends_with('\n') || job_.ends_with('\r')) job_.pop_back();
        if (args_.given("special_time"))
            for (const char* field : {"minute", "hour", "day", "month", "weekday"})
                if (args_.text(field) != "*") fail("You must specify time and date fields or special time.");
        if (present && args_.given("cron_file") && user_.empty()) fail("To use cron_file=... parameter you must specify user=... as well");
        if (present && !args_.given("job")) fail("You must specify 'job' to install a new cron job or variable");
        if (!variable && (args_.given("insertafter") || args_.given("insertbefore"))) fail("Insertafter and insertbefore parameters are valid only with env=yes");
        read();
        if (variable) out_.changed = present ? set_variable() : drop([&](std::size_t i) { return is_variable(i, name_) ? 1 : 0; });
        else out_.changed = present ? set_job() : drop([&](std::size_t i) { return lines_[i] == std::string(mark) + name_ ? 2 : 0; });
        // The last line of a crontab must end.
        if (!out_.changed && !before_.empty() && !before_.ends_with('\n') && !before_.ends_with('\r')) out_.changed = true;
        write();
        return out_;
    }

private:
    std::vector<std::string> crontab(std::vector<std::string> words) {
        words.insert(words.begin(), required_program(context_, "crontab"));
        auto me = context_.machine.user_by_id(context_.machine.uid());
        if (!user_.empty() && !(me && me->name == user_)) words.insert(words.begin() + 1, {"-u", user_});
        return words;
    }

    void read() {
        if (!file_.empty()) {
            before_ = current_text(context_, file_);
        } else {
            auto ran = run_program(context_, crontab({"-l"}));
            if (ran.code != 0 && ran.code != 1) fail("Unable to read crontab", Map{{"stderr", ran.error_output}, {"rc", ran.code}});
            if (ran.code == 1 && context_.check) ran.error_output.clear();    // an account that a task before this one makes
            if (ran.code == 1 && ran.error_output.find("no crontab") == std::string::npos && !ran.error_output.empty()) fail(ran.error_output);
            if (ran.code == 0) before_ = ran.output;
        }
        std::size_t number = 0;
        for (auto& line : base::split_lines(before_)) {
            // What some programs write above each crontab that they install.
            const bool header = file_.empty() && number++ < 3 &&
                                (line.starts_with("# DO NOT EDIT THIS FILE - edit the master and reinstall.") || (line.starts_with("# (") && line.find("installed on") != std::string::npos) ||
                                 (line.starts_with("# (") && line.find("version") != std::string::npos));
            if (header) before_.erase(0, before_.find('\n') == std::string::npos ? before_.size() : before_.find('\n') + 1);
            else lines_.push_back(std::move(line));
        }
    }

    std::string render() const {
        std::string text = base::join(lines_, "\n");
        while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
        return text.empty() ? text : text + "\n";
    }

    std::string job_line() const {
        std::string time;
        if (args_.given("special_time")) time = "@" + args_.text("special_time");
        else for (const char* field : {"minute", "hour", "day", "month", "weekday"}) time += (time.empty() ? "" : " ") + args_.text(field);
        return (args_.flag("disabled") ? "#" : "") + time + (file_.empty() ? " " : " " + user_ + " ") + job_;
    }

    bool set_job() {
        const std::string wanted = job_line(), marker = std::string(mark) + name_;
        const std::string first(wanted.substr(0, wanted.find('\n')));
        bool found = false, changed = false;
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (lines_[i] != marker) continue;
            found = true;
            if (i + 1 == lines_.size()) lines_.emplace_back();
            if (lines_[++i] == wanted || lines_[i] == first) continue;
            lines_[i] = wanted;
            changed = true;
        }
        if (found) return changed;
        // A job that somebody wrote without a marker gets one.
        for (std::size_t i = 0; i < lines_.size(); ++i)
            if (lines_[i] == wanted && (i == 0 || !lines_[i - 1].starts_with(mark))) {
                lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(i), marker);
                return true;
            }
        while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
        lines_.push_back(marker);
        lines_.push_back(wanted);
        return true;
    }

    bool is_variable(std::size_t i, const std::string& name) const { return lines_[i].size() > name.size() && lines_[i].starts_with(name) && lines_[i][name.size()] == '='; }

    bool set_variable() {
        const std::string wanted = name_ + "=\"" + job_ + "\"";
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (!is_variable(i, name_)) continue;
            const bool changed = lines_[i] != wanted;
            lines_[i] = wanted;
            return changed;
        }
        std::size_t at = 0;
        for (const char* where : {"insertafter", "insertbefore"}) {
            if (!args_.given(where)) continue;
            const auto other = args_.text(where);
            while (at < lines_.size() && !is_variable(at, other)) ++at;
            if (at == lines_.size()) fail("Variable named '" + other + "' not found.");
            at += std::string_view(where) == "insertafter";
        }
        lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), wanted);
        return true;
    }

    /// `count`: how many lines go from here.
    template <class Count> bool drop(Count count) {
        std::vector<std::string> kept;
        const std::size_t before = lines_.size();
        for (std::size_t i = 0; i < before;) {
            const std::size_t gone = static_cast<std::size_t>(count(i));
            if (!gone) kept.push_back(lines_[i]);
            i += gone ? gone : 1;
        }
        lines_ = std::move(kept);
        return lines_.size() != before;
    }

    void write() {
        const std::string after = out_.changed ? render() : before_;
        const std::string where = file_.empty() ? user_.empty() ? "crontab" : "crontab for user \"" + user_ + "\"" : file_;
        const bool remove = out_.changed && !file_.empty() && after.empty() && args_.text("state") == "absent";
        if (args_.given("cron_file")) out_.set("cron_file", args_.text("cron_file"));
        if (out_.changed) out_.diff.push_back(Value(Map{{"before", before_}, {"after", after}, {"before_header", where}, {"after_header", remove ? "/dev/null" : where}}));
        if (remove) {
            if (!context_.check) context_.machine.remove_file(file_).value();
            out_.set("state", "absent");
            return;
        }
        List jobs, variables;
        for (const auto& line : lines_) {
            if (line.starts_with(mark)) jobs.emplace_back(line.substr(mark.size()));
            const auto equals = line.find('=');
            if (equals != std::string::npos && equals > 0 && line.find_first_of(" \t") > equals) variables.emplace_back(line.substr(0, equals));
        }
        out_.set("jobs", std::move(jobs)).set("envs", std::move(variables));
        if (!out_.changed || context_.check) return;
        if (args_.flag("backup")) {
            const auto copy = context_.machine.temp_file("crontab", "/tmp").value();
            context_.machine.write_file(copy, before_).value();
            out_.set("backup_file", copy);
        }
        if (!file_.empty()) {
            const bool there = context_.machine.exists(file_);
            context_.machine.write_file(file_, after, {.mode = there ? std::nullopt : std::optional<unsigned>(0644)}).value();
            return;
        }
        auto ran = run_program(context_, crontab({"-"}), after.empty() ? "\n" : after);
        if (ran.code != 0) fail(ran.error_output.empty() ? "crontab ended with code " + std::to_string(ran.code) : ran.error_output);
    }

    const Args& args_;
    Context& context_;
    std::string name_, user_, job_, file_, before_;
    std::vector<std::string> lines_;
    Outcome out_;
};

}  // namespace

extern const Module cron_module{
    .name = "cron", .collection = "ansible.builtin", .summary = "Keep jobs and variables of crontabs", .args = args, .rules = rules, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return CronTask(args, context).run(); },
    .notes = "The program crontab is needed only where a crontab is meant and no file.",
    .returns = "jobs: names of the marked jobs | always\nenvs: names of the variables | always\ncron_file: as given | with cron_file\n"
               "backup_file: where the copy is | changed and backup\nstate: absent | when the file was removed, as nothing was left in it",
    .example = "- cron:\n    name: rotate\n    job: /data/bin/rotate\n    hour: 3\n    minute: 15\n"};

}  // namespace fprov::modules
