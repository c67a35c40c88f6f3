// SPDX-License-Identifier: Apache-2.0
// timezone: the system's zone and what the hardware clock shows; through timedatectl where systemd runs, else in the files themselves.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module timezone_module;
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "Time zone, such as Asia/Tokyo"},
    {.name = "hwclock", .help = "What the hardware clock shows", .choices = "local|UTC", .aliases = "rtc"},
};
constexpr Rule rules[] = {{Rule::Kind::required_one_of, "hwclock,name"}};
constexpr const char* unknown = "n/a";

class Zone {
public:
    explicit Zone(Context& context) : context_(context), machine_(context.machine) {
        if (!machine_.which("timedatectl")) return;
        auto ran = run_program(context, {"timedatectl"});
        systemd_ = ran.code == 0;
        status_ = ran.output;
    }

    std::string name() {
        if (systemd_) return std::string(base::trim(after("Time zone:", '(')));
        auto kept = machine_.read_file("/etc/timezone", 4096);
        std::string zone(base::trim(kept.value_or("")));
        if (!kept)
            if (auto link = machine_.read_link("/etc/localtime"))
                if (auto at = link->find("/zoneinfo/"); at != std::string::npos) zone = link->substr(at + 10);
        auto now = machine_.read_file("/etc/localtime", 1 << 20), wanted = machine_.read_file(file(zone), 1 << 20);
        return zone.empty() || !now || !wanted || *now != *wanted ? unknown : zone;   // a name that the clock does not follow is none
    }
    std::string clock() {
        if (systemd_) return base::trim(after("RTC in local TZ:", '\n')) == "yes" ? "local" : "UTC";
        auto lines = base::split_lines(machine_.read_file("/etc/adjtime", 4096).value_or(""));
        return lines.size() < 3 ? unknown : lines[2] == "LOCAL" ? "local" : "UTC";
    }
    void set_name(const std::string& zone) {
        if (systemd_) { timedatectl("set-timezone", zone); return; }
        if (auto linked = machine_.symlink(file(zone), "/etc/localtime"); !linked) fail(linked.error());
        if (machine_.exists("/etc/timezone") || machine_.exists("/etc/debian_version"))
            if (auto written = machine_.write_file("/etc/timezone", zone + "\n"); !written) fail(written.error());
    }
    void set_clock(const std::string& what) {
        if (systemd_) timedatectl("set-local-rtc", what == "local" ? "yes" : "no");
        else context_.must_run({required_program(context_, "hwclock"), "--systohc", what == "local" ? "--localtime" : "--utc"});
    }
    static std::string file(const std::string& zone) { return "/usr/share/zoneinfo/" + zone; }

    std::vector<std::string> told{};    // what was run
private:
    void timedatectl(const char* action, const std::string& value) {
        const auto program = *machine_.which("timedatectl");
        context_.must_run({program, action, value});
        told.push_back("executed `" + program + " " + action + " " + value + "`");
    }
    std::string after(std::string_view label, char end) const {
        auto at = status_.find(label);
        if (at == std::string::npos) return unknown;
        at += label.size();
        return status_.substr(at, status_.find(end, at) - at);
    }
    Context& context_;
    machine::Machine& machine_;
    bool systemd_ = false;
    std::string status_;
};

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name"), clock = args.text("hwclock");
    if (!name.empty() && (!context.machine.is_file(Zone::file(name)) || name.find("..") != std::string::npos))
        fail("Error message:\ngiven timezone \"" + name + "\" is not available");
    Zone zone(context);
    Map before, after;
    auto bring = [&](const char* what, const std::string& is, const std::string& wanted, void (Zone::*set)(const std::string&)) {
        if (wanted.empty()) return false;
        before.set(what, is);
        after.set(what, wanted);
        if (is != wanted && !context.check) (zone.*set)(wanted);
        return is != wanted;
    };
    Outcome out;
    const bool moved = bring("name", zone.name(), name, &Zone::set_name);
    out.changed = bring("hwclock", zone.clock(), clock, &Zone::set_clock) || moved;
    if (!zone.told.empty()) out.msg = base::join(zone.told, "\n");
    return out.set("diff", Value(Map{{"before", Value(std::move(before))}, {"after", Value(std::move(after))}}));
}

}  // namespace

const Module timezone_module{
    .name = "timezone", .collection = "community.general", .summary = "Set the time zone", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "Linux only.",
    .returns = "diff: name and hwclock before and after | success", .example = "- timezone: {name: Asia/Shanghai}\n"};

}  // namespace fprov::modules
