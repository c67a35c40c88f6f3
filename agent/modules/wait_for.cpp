// SPDX-License-Identifier: Apache-2.0
// wait_for: until a port opens, closes or drains, a file is there or gone, or a text shows up.
#include <cmath>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/listeners.hpp"
#include "regex/regex.hpp"

namespace fprov::modules {
extern const Module wait_for_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "host", .help = "Name or address to connect to", .fallback = "127.0.0.1"},
    {.name = "port", .type = Type::integer, .help = "Port to look at"},
    {.name = "path", .type = Type::path, .help = "File to look at"},
    {.name = "state", .help = "What to wait for: a port or file that is there (started, present), gone (stopped, absent), or without connections (drained)", .fallback = "started", .choices = "absent|drained|present|started|stopped"},
    {.name = "search_regex", .help = "Regular expression to wait for, in the file or in what the port sends"},
    {.name = "timeout", .type = Type::integer, .help = "Seconds after which the task fails", .fallback = "300"},
    {.name = "connect_timeout", .type = Type::integer, .help = "Seconds for one attempt to connect", .fallback = "5"},
    {.name = "delay", .type = Type::integer, .help = "Seconds before the first look", .fallback = "0"},
    {.name = "sleep", .type = Type::integer, .help = "Seconds between two looks", .fallback = "1"},
    {.name = "msg", .help = "Text for the failure instead of the usual one"},
    {.name = "exclude_hosts", .type = Type::list, .help = "Hosts whose connections do not count, with drained", .elements = Type::text},
    {.name = "active_connection_states", .type = Type::list, .help = "Which states count as a connection, with drained", .fallback = "[\"ESTABLISHED\", \"FIN_WAIT1\", \"FIN_WAIT2\", \"SYN_RECV\", \"SYN_SENT\", \"TIME_WAIT\"]", .elements = Type::text},
};

class WaitTask {
public:
    WaitTask(const Args& args, Context& context)
        : args_(args), machine_(context.machine), context_(context), state_(args.text("state")), host_(args.text("host", "127.0.0.1")), path_(args.text("path")),
          port_(args.given("port") ? static_cast<int>(args.integer("port")) : 0), begin_(machine_.monotonic()) {}

    Outcome run() {
        check_arguments();
        if (!args_.text("search_regex").empty()) {
            auto compiled = regex::Regex::compile(args_.text("search_regex"), {.multiline = true, .bytes = true});
            if (!compiled) fail("Invalid regular expression: " + compiled.error().what, Map{{"elapsed", elapsed()}});
            pattern_ = *compiled;
        }
        if (args_.integer("delay") > 0) machine_.sleep(static_cast<double>(args_.integer("delay")));
        if (!port_ && path_.empty() && state_ != "drained") machine_.sleep(static_cast<double>(timeout()));
        else if (state_ == "absent" || state_ == "stopped") until([&] { return gone(); }, gone_sentence());
        else if (state_ == "drained") drain();
        else until([&] { return there(); }, there_sentence());

        Outcome out;
        Map names;
        List groups;
        if (match_ && !path_.empty()) {
            for (std::size_t i = 1; i < match_->groups.size(); ++i) groups.push_back(match_->groups[i].matched() ? Value(std::string(match_->groups[i].of(text_))) : Value());
            for (const auto& [name, number] : pattern_->group_names())
                names.set(name, match_->groups[number].matched() ? Value(std::string(match_->groups[number].of(text_))) : Value());
        }
        out.set("state", state_).set("port", args_["port"]).set("search_regex", args_["search_regex"]).set("match_groups", std::move(groups));
        out.set("match_groupdict", std::move(names)).set("path", args_["path"]).set("elapsed", elapsed());
        return out;
    }

private:
    std::int64_t timeout() const { return args_.integer("timeout", 300); }
    std::int64_t elapsed() { return static_cast<std::int64_t>(std::floor(machine_.monotonic() - begin_ + 1e-4)); }
    std::string place() const { return host_ + ":" + std::to_string(port_); }

    void check_arguments() {
        auto refuse = [&](const std::string& text) { fail(text, Map{{"elapsed", 0}}); };
        if (port_ && !path_.empty()) refuse("port and path parameter can not both be passed to wait_for");
        if (!path_.empty() && state_ == "stopped") refuse("state=stopped should only be used for checking a port in the wait_for module");
        if (!path_.empty() && state_ == "drained") refuse("state=drained should only be used for checking a port in the wait_for module");
        if (args_.given("exclude_hosts") && state_ != "drained") refuse("exclude_hosts should only be with state=drained");
        for (const auto& state : args_.texts("active_connection_states"))
            if (!tcp_state(state)) refuse("unknown active_connection_state (" + state + ") defined");
        if (state_ == "drained" && !port_) refuse("state=drained needs a port");
    }

    template <class Condition>
    void until(Condition condition, const std::string& sentence) {
        const double end = begin_ + static_cast<double>(timeout());   // the delay counts
        while (machine_.monotonic() < end) {
            if (condition()) return;
            if (machine_.monotonic() >= end) break;
            machine_.sleep(std::min<double>(static_cast<double>(args_.integer("sleep", 1)), std::max(0.01, end - machine_.monotonic())));
            if (machine_.monotonic() >= end) break;
        }
        give_up(sentence);
    }

    bool gone() {
        if (!path_.empty()) {
            auto text = machine_.stat(path_);
            if (!text) return true;
            if (!pattern_) return false;
            auto content = machine_.read_file(path_);
            return content && !pattern_->search(*content);
        }
        return !connects();
    }
    std::string gone_sentence() const {
        return !path_.empty() ? "Timeout when waiting for " + path_ + " to be absent." : "Timeout when waiting for " + place() + " to stop.";
    }

    bool there() {
        if (!path_.empty()) {
            if (!machine_.exists(path_)) return false;
            if (!pattern_) return true;
            auto content = machine_.read_file(path_);
            if (!content) return false;
            text_ = std::move(*content);
            match_ = pattern_->search(text_);
            return match_.has_value();
        }
        if (!pattern_) return connects();
        text_.clear();
        auto done = machine_.exchange(host_, port_, attempt(), "", [&](std::string_view data) {
            text_ += data;
            match_ = pattern_->search(text_);
            return !match_;
        });
        if (!done) last_error_ = done.error().what;
        return match_.has_value();
    }
    std::string there_sentence() const {
        if (!path_.empty()) return pattern_ ? "Timeout when waiting for search string " + args_.text("search_regex") + " in " + path_ : "Timeout when waiting for file " + path_;
        return pattern_ ? "Timeout when waiting for search string " + args_.text("search_regex") + " in " + place() : "Timeout when waiting for " + place();
    }

    double attempt() {
        const double left = begin_ + static_cast<double>(timeout()) - machine_.monotonic();
        return std::max(0.05, std::min<double>(static_cast<double>(args_.integer("connect_timeout", 5)), left));
    }
    bool connects() {
        auto done = machine_.connect(host_, port_, attempt());
        if (!done) last_error_ = done.error().what;
        return done.ok();
    }

    void drain() {
        std::vector<std::string> excluded = args_.texts("exclude_hosts");
        until([&] { return connections_at(machine_, host_, port_, excluded, args_.texts("active_connection_states")) == 0; }, "Timeout when waiting for " + place() + " to drain");
    }

    /// The usual sentence, and beside it what can be seen from here: who listens, which programs are down.
    [[noreturn]] void give_up(const std::string& sentence) {
        Map fields{{"elapsed", elapsed()}};
        std::string more;
        if (port_ && (state_ == "started" || state_ == "present")) {
            auto evidence = port_evidence(context_, host_, port_);
            if (!last_error_.empty()) evidence.fields.set("last_error", last_error_);
            more = evidence.sentence;
            if (more.empty() && !last_error_.empty()) more = "The last attempt said: " + last_error_ + ".";
            for (const auto& [key, value] : evidence.fields) fields.set(key, value);
            if (!more.empty()) fields.set("diagnosis", more);
        }
        if (args_.given("msg")) fail(args_.text("msg"), std::move(fields));
        fail(sentence, std::move(fields));
    }

    const Args& args_;
    machine::Machine& machine_;
    Context& context_;
    std::string state_, host_, path_;
    int port_;
    double begin_;
    std::optional<regex::Regex> pattern_;
    std::optional<regex::Match> match_;
    std::string text_, last_error_;
};

}  // namespace

const Module wait_for_module{
    .name = "wait_for", .collection = "ansible.builtin", .summary = "Wait for a port, a file, a text or the end of connections", .args = args, .rules = {},
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false,
    .run = [](const Args& args, Context& context) { return WaitTask(args, context).run(); },
    .notes = "When a port does not open, the failure names what listens there and which supervised programs and units are down.",
    .returns = "elapsed: seconds waited | always\nstate: as given | success\nport: as given | success\npath: as given | success\nsearch_regex: as given | success\n"
               "match_groups: groups of the match | success\nmatch_groupdict: named groups of the match | success\n"
               "diagnosis: a sentence about these | when a port did not open\nlisteners: sockets at that port | when a port did not open\nsupervisor: programs that do not run | when a port did not open\nfailed_units: failed systemd units | when a port did not open",
    .example = "- wait_for:\n    port: 9360\n    timeout: 120\n"};

}  // namespace fprov::modules
