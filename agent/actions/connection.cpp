// SPDX-License-Identifier: Apache-2.0
// raw, wait_for_connection, reboot.
#include <chrono>

#include "actions/support.hpp"
#include "base/text.hpp"
#include "values/python.hpp"

namespace fprov::actions {
namespace {

using Clock = std::chrono::steady_clock;
double elapsed(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

std::int64_t number(const Map& args, std::string_view name, std::int64_t other) {
    return given(args, name) ? base::parse_int(text(args, name)).value_or(other) : other;
}

}  // namespace

Plan plan_raw(const Map& args, Context&) {
    std::string command = text(args, "_raw_params", text(args, "cmd"));
    if (command.empty()) return fail("no command given");
    std::string executable = text(args, "executable");
    if (!executable.empty()) command = executable + " -c " + base::shell_quote(command);
    return Threaded{[command](Reach& reach) {
        Value result = reach.raw(command);
        Map fields = result.is_map() ? result.map() : Map{};
        const Value* rc = fields.find("rc");
        fields.set("changed", true);
        if (rc && rc->int_or(0) != 0) { fields.set("failed", true); fields.set("msg", "non-zero return code"); }
        return Value(std::move(fields));
    }};
}

Plan plan_wait_for_connection(const Map& args, Context&) {
    if (auto wrong = check_names("wait_for_connection", args)) return *wrong;
    auto delay = number(args, "delay", 0), pause = number(args, "sleep", 1), timeout = number(args, "timeout", 600), each = number(args, "connect_timeout", 5);
    return Threaded{[=](Reach& reach) {
        auto began = Clock::now();
        if (delay > 0) reach.sleep(static_cast<double>(delay));
        for (;;) {
            if (reach.connect(static_cast<double>(each) + 5)) return Value(Map{{"changed", false}, {"elapsed", Value(static_cast<std::int64_t>(elapsed(began)))}});
            if (elapsed(began) >= static_cast<double>(timeout))
                return Value(Map{{"failed", true}, {"changed", false}, {"elapsed", Value(static_cast<std::int64_t>(elapsed(began)))}, {"msg", "timed out waiting for ping module test: Failed to connect to the host"}});
            reach.reset_connection();
            reach.sleep(static_cast<double>(pause));
        }
    }};
}

Plan plan_reboot(const Map& args, Context& context) {
    if (context.works_here())   // as Ansible: never the machine of the controller
        return Immediate{Value(Map{{"failed", true}, {"changed", false}, {"elapsed", 0}, {"rebooted", false}, {"msg", "Running reboot with local connection would reboot the control node."}})};
    if (auto wrong = check_names("reboot", args)) return *wrong;
    if (context.check) return Immediate{Value(Map{{"changed", true}, {"elapsed", 0}, {"rebooted", true}})};
    auto timeout = number(args, "reboot_timeout", 600), before = number(args, "pre_reboot_delay", 0), after = number(args, "post_reboot_delay", 0);
    auto try_for = static_cast<double>(std::max<std::int64_t>(number(args, "connect_timeout", 10), 1));
    auto folders = texts(args, "search_paths");
    const bool searched = !folders.empty();
    std::string places;
    for (const auto& folder : folders) places += base::shell_quote(folder) + " ";
    if (!searched) folders = {"/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"};
    std::string path = "PATH=$PATH:" + base::shell_quote(base::join(folders, ":")) + "; ";
    std::string boot_time = text(args, "boot_time_command", "cat /proc/sys/kernel/random/boot_id"), test = text(args, "test_command", "whoami");
    std::string message = text(args, "msg", "Reboot initiated by Ansible"), command = text(args, "reboot_command");
    return Threaded{[=](Reach& reach) -> Value {
        auto began = Clock::now();
        auto shell = [&](const std::string& line) { return reach.call("shell", Map{{"_raw_params", Value(line)}}); };
        Value first = shell(boot_time);
        std::string identity = text(first.map(), "stdout");
        if (const Value* rc = first.find("rc"); !rc || rc->int_or(1) != 0)     // without it nobody would know that the host is back
            return Value(Map{{"failed", true}, {"changed", false}, {"reboot", false}, {"msg", Value("reboot: failed to get host boot time info, rc: " + text(first.map(), "rc") + ", stdout: " + identity +
                                                                                                     ", stderr: " + text(first.map(), "stderr"))}});
        if (command.empty() && searched) {
            const Value found = shell("for folder in " + places + "; do [ -x \"$folder/shutdown\" ] && exit 0; done; exit 1");
            if (const Value* rc = found.find("rc"); !rc || rc->int_or(1) != 0)
                return Value(Map{{"failed", true}, {"msg", Value("Unable to find command \"shutdown\" in search paths: " + values::repr(Value::strings(folders)))}});
        }
        std::string line = command.empty() ? path + "shutdown -r +" + std::to_string((before + 59) / 60) + " " + base::shell_quote(message) +
                                                 (before == 0 ? " || reboot" : "")
                                           : command;
        if (command.empty() && before == 0) line = "(sleep 1; " + path + "shutdown -r now " + base::shell_quote(message) + " || reboot) >/dev/null 2>&1 &";
        try {
            Value started = shell(line);
            if (const Value* wrong = started.find("failed"); wrong && wrong->truthy())
                return Value(Map{{"failed", true}, {"rebooted", false}, {"changed", false}, {"msg", Value("Reboot command failed. Error was: '" + text(started.map(), "stdout") + ", " + text(started.map(), "stderr") + "'")}});
        } catch (const Unreachable&) {
            // gone already
        }
        if (after > 0) reach.sleep(static_cast<double>(after));
        reach.sleep(2);
        for (;;) {
            if (elapsed(began) > static_cast<double>(timeout))
                return Value(Map{{"failed", true}, {"rebooted", true}, {"changed", true}, {"elapsed", Value(static_cast<std::int64_t>(elapsed(began)))},
                                 {"msg", Value("Timed out waiting for last boot time check (timeout=" + std::to_string(timeout) + ")")}});
            reach.reset_connection();
            try {
                if (reach.connect(try_for)) {
                    Value now = shell(boot_time);
                    if (text(now.map(), "stdout") != identity) {
                        Value tested = shell(test);
                        if (tested.find("rc") && tested.find("rc")->int_or(1) == 0) break;
                    }
                }
            } catch (const Unreachable&) {
            }
            reach.sleep(1);
        }
        return Value(Map{{"changed", true}, {"rebooted", true}, {"elapsed", Value(static_cast<std::int64_t>(elapsed(began)))}});
    }};
}

}  // namespace fprov::actions
