// SPDX-License-Identifier: Apache-2.0
// supervisorctl: programs and groups that supervisord runs.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module supervisorctl_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "Program, group:program, group with a colon at the end, or all", .required = true},
    {.name = "state", .help = "What shall be: present and absent change what supervisord knows, the others what runs", .required = true, .choices = "present|started|stopped|restarted|absent|signalled"},
    {.name = "config", .type = Type::path, .help = "Configuration file of supervisord"},
    {.name = "server_url", .help = "URL on which supervisord listens"},
    {.name = "username", .help = "Name for supervisord"},
    {.name = "password", .help = "Password for supervisord", .secret = true},
    {.name = "supervisorctl_path", .type = Type::path, .help = "Path of the supervisorctl program"},
    {.name = "signal", .help = "Signal to send, with signalled"},
};

constexpr Rule rules[] = {{Rule::Kind::required_if, "signal", "state", "signalled"}};

struct Process { std::string name, status; };

class SupervisorTask {
public:
    SupervisorTask(const Args& args, Context& context) : args_(args), context_(context), name_(args.text("name")), state_(args.text("state")) {
        if (name_.ends_with(":")) { group_ = true; name_.pop_back(); }
        find_program();
    }

    Outcome run() {
        out_.set("name", name_);
        struct Row { std::string_view state; Outcome (SupervisorTask::*run)(); };
        static constexpr Row rows[] = {{"present", &SupervisorTask::present}, {"absent", &SupervisorTask::absent}, {"started", &SupervisorTask::started},
            {"stopped", &SupervisorTask::stopped}, {"restarted", &SupervisorTask::restarted}, {"signalled", &SupervisorTask::signalled}};
        for (const auto& row : rows)
            if (row.state == state_) return (this->*row.run)();
        fail("unknown state " + state_);
    }

private:
    void find_program() {
        auto& machine = context_.machine;
        if (args_.given("supervisorctl_path")) {
            const auto path = args_.text("supervisorctl_path");
            if (!machine.exists(path) || !machine.access(path, 1)) fail("Provided path to supervisorctl does not exist or isn't executable: " + path);
            base_ = {path};
        } else {
            base_ = {required_program(context_, "supervisorctl")};
        }
        if (args_.given("password") || args_.given("username")) {   // never in a process list: a private configuration file instead
            auto file = machine.temp_file("supervisorctl");
            if (!file) fail(file.error());
            auto url = args_.text("server_url");
            if (url.empty()) url = configured("serverurl");
            std::string text = "[supervisorctl]\n" + (url.empty() ? "" : "serverurl=" + url + "\n");
            if (args_.given("username")) text += "username=" + base::replace_all(args_.text("username"), "%", "%%") + "\n";
            if (args_.given("password")) text += "password=" + base::replace_all(args_.text("password"), "%", "%%") + "\n";
            if (auto done = machine.write_file(*file, text, {.mode = 0600}); !done) fail(done.error());
            base_.insert(base_.end(), {"-c", *file});
            return;
        }
        if (args_.given("config")) base_.insert(base_.end(), {"-c", args_.text("config")});
        if (args_.given("server_url")) base_.insert(base_.end(), {"-s", args_.text("server_url")});
    }

    std::string configured(const std::string& key) {
        std::vector<std::string> files{args_.text("config"), "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf", "/etc/supervisor.conf"};
        for (const auto& file : files) {
            if (file.empty()) continue;
            auto text = context_.machine.read_file(file);
            if (!text) continue;
            bool here = false;
            for (const auto& raw : base::split_lines(*text)) {
                const auto line = base::trim(raw);
                if (line.starts_with("[")) here = line == "[supervisorctl]";
                const auto equals = line.find('=');
                if (here && equals != std::string_view::npos && base::trim(line.substr(0, equals)) == key) {
                    auto value = base::trim(line.substr(equals + 1));
                    return std::string(base::trim(value.substr(0, value.find(" ;"))));
                }
            }
            return {};
        }
        return {};
    }

    Ran call(std::vector<std::string> words) {
        auto argv = base_;
        argv.insert(argv.end(), words.begin(), words.end());
        auto ran = run_program(context_, argv);
        for (const auto* text : {&ran.output, &ran.error_output})
            for (const auto& line : base::split_lines(*text))
                if (line.find("refused connection") != std::string::npos || line.find("no such file") != std::string::npos ||
                    line.find("Server requires authentication") != std::string::npos || line.find("could not find config file") != std::string::npos ||
                    line.find("getaddrinfo") != std::string::npos || line.find("ConnectionRefusedError") != std::string::npos ||
                    line.find("Connection refused") != std::string::npos || line.find("invalid username/password") != std::string::npos ||
                    line.find("SHUTDOWN_STATE") != std::string::npos)
                    fail("supervisorctl cannot reach supervisord: " + line, Map{{"name", name_}, {"rc", ran.code}});
        return ran;
    }

    /// The processes that the name means, with their states.
    std::vector<Process> matching() {
        std::vector<Process> found;
        for (const auto& line : base::split_lines(call({"status"}).output)) {
            std::vector<std::string> parts;
            std::string word;
            for (char c : line + " ") {
                if (c != ' ') { word += c; continue; }
                if (!word.empty()) parts.push_back(word);
                word.clear();
            }
            if (parts.empty()) continue;
            const auto& process = parts[0];
            const auto colon = process.find(':');
            const bool match = name_ == "all" || (group_ ? colon != std::string::npos && process.substr(0, colon) == name_ : process == name_);
            if (match) found.push_back({process, parts.size() > 1 ? parts[1] : ""});
        }
        return found;
    }

    Outcome done(bool changed) {
        out_.changed = changed;
        out_.set("state", state_);
        return std::move(out_);
    }
    Outcome would() {
        out_.fields = {};
        out_.changed = true;
        return std::move(out_);
    }

    /// Acts on every process that `wants` an action; the program's own words must say that it happened.
    template <class Wants>
    Outcome act(const std::vector<std::string>& action, std::vector<std::string_view> expected, Wants wants) {
        auto processes = matching();
        if (processes.empty()) fail("ERROR (no such process)", Map{{"name", name_}});
        std::erase_if(processes, [&](const Process& process) { return !wants(process.status); });
        if (processes.empty()) return done(false);
        if (context_.check) return would();
        List affected;
        for (const auto& process : processes) {
            auto words = action;
            words.push_back(process.name);
            auto ran = call(words);
            const auto text = std::string(base::trim(ran.output));
            const auto ends = std::any_of(expected.begin(), expected.end(), [&](auto end) { return text == process.name + ": " + std::string(end); });
            const auto last = base::split_lines(text).empty() ? std::string() : base::split_lines(text).back();
            const auto last_ends = std::any_of(expected.begin(), expected.end(), [&](auto end) { return last.ends_with(std::string(": ") + std::string(end)); });
            if (!ends && !last_ends) refused(process.name, words, ran);
            affected.emplace_back(process.name);
        }
        out_.set("affected", std::move(affected));
        return done(true);
    }

    [[noreturn]] void refused(const std::string& process, const std::vector<std::string>& words, const Ran& ran) {
        std::vector<std::string> shown{base_[0]};
        for (const auto& word : words) shown.push_back(base::shell_quote(word));
        Map fields{{"name", name_}, {"rc", ran.code}, {"stdout", ran.output}, {"stderr", ran.error_output}, {"cmd", base::join(shown, " ")}};
        // Why: the end of what the program wrote before it died.
        List log;
        for (const char* channel : {"stdout", "stderr"})
            if (auto tail = call({"tail", process, channel}); tail.code == 0)
                for (const auto& line : base::split_lines(tail.output))
                    if (!line.empty()) log.emplace_back(line);
        if (log.size() > 20) log.erase(log.begin(), log.end() - 20);
        const auto text = std::string(base::trim(ran.output.empty() ? ran.error_output : ran.output));
        std::string msg = text.empty() ? "supervisorctl ended with code " + std::to_string(ran.code) : text;
        if (!log.empty()) msg += "; the last line of its log is: " + log.back().string();
        fields.set("log", std::move(log));
        fail(msg, std::move(fields));
    }

    Outcome started() {
        return act({"start"}, {"started"}, [](const std::string& status) { return status != "RUNNING" && status != "STARTING"; });
    }
    Outcome stopped() {
        return act({"stop"}, {"stopped"}, [](const std::string& status) { return status == "RUNNING" || status == "STARTING" || status == "BACKOFF"; });
    }
    Outcome restarted() {
        if (!context_.check) call(group_ || name_ == "all" ? std::vector<std::string>{"update"} : std::vector<std::string>{"update", name_.substr(0, name_.find(':'))});
        return act({"restart"}, {"started"}, [](const std::string&) { return true; });
    }
    Outcome signalled() {
        return act({"signal", args_.text("signal")}, {"signalled"}, [](const std::string& status) { return status == "RUNNING"; });
    }

    Outcome present() {
        if (!matching().empty()) return done(false);
        if (context_.check) return would();
        call({"reread"});
        auto ran = call({"add", name_});
        if (ran.output.find(name_ + ": added process group") == std::string::npos)
            fail(ran.output.empty() ? ran.error_output : ran.output, Map{{"name", name_}, {"state", state_}});
        return done(true);
    }

    Outcome absent() {
        if (matching().empty()) return done(false);
        if (context_.check) return would();
        call({"reread"});
        auto ran = call({"remove", name_});
        if (ran.output.find(name_ + ": removed process group") == std::string::npos)
            fail(ran.output.empty() ? ran.error_output : ran.output, Map{{"name", name_}, {"state", state_}});
        return done(true);
    }

    const Args& args_;
    Context& context_;
    std::string name_, state_;
    bool group_ = false;
    std::vector<std::string> base_;
    Outcome out_;
};

}  // namespace

const Module supervisorctl_module{
    .name = "supervisorctl", .collection = "community.general", .summary = "Start, stop and restart programs of supervisord", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return SupervisorTask(args, context).run(); },
    .notes = "When a program does not start, the last lines of its log come with the result. A password goes through a private file.",
    .returns = "name: as given | always\nstate: as given | always\naffected: processes that were acted on | when changed\nlog: last lines of the program | when it did not start",
    .example = "- supervisorctl:\n    name: fate-rollsite\n    state: restarted\n    config: /data/projects/common/supervisord/supervisord.conf\n"};

}  // namespace fprov::modules
