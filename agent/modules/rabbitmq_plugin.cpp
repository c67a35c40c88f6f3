// SPDX-License-Identifier: Apache-2.0
// rabbitmq_plugin: plugins of a RabbitMQ broker, through rabbitmq-plugins.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module rabbitmq_plugin_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "names", .help = "The plugins, separated by commas", .required = true, .aliases = "name"},
    {.name = "new_only", .type = Type::boolean, .help = "Leave plugins on that are not named", .fallback = "no"},
    {.name = "state", .help = "On or off", .fallback = "enabled", .choices = "enabled|disabled"},
    {.name = "broker_state", .help = "Tell a running broker (online), or only write the file", .fallback = "online", .choices = "online|offline"},
    {.name = "prefix", .help = "Folder that RabbitMQ is installed in"},
};

Outcome run(const Args& args, Context& context) {
    std::string program, prefix = args.text("prefix");
    if (prefix.empty()) program = required_program(context, "rabbitmq-plugins");
    else {
        for (const char* folder : {"/bin", "/sbin"})
            if (program.empty() && context.machine.is_directory(prefix + folder)) program = prefix + folder + "/rabbitmq-plugins";
        if (program.empty()) fail("No binary folder in prefix " + prefix);
    }
    std::vector<std::string> named, now;
    for (const auto& name : base::split(args.text("names"), ',')) if (!base::trim(name).empty()) named.emplace_back(base::trim(name));
    for (const auto& line : base::split_lines(context.must_run({program, "list", "-E", "-m"}).output))
        if (!line.empty() && line.find_first_of(" \t") == std::string::npos) now.push_back(line);   // a heading has blanks
    auto has = [](const std::vector<std::string>& list, const std::string& name) { return std::find(list.begin(), list.end(), name) != list.end(); };
    const bool enable = args.text("state") == "enabled";
    std::vector<std::string> on, off;
    if (enable) for (const auto& name : named) if (!has(now, name)) on.push_back(name);
    for (const auto& name : now) if (enable ? !args.flag("new_only") && !has(named, name) : has(named, name)) off.push_back(name);
    Outcome out;
    out.changed = !on.empty() || !off.empty();
    auto act = [&](const char* verb, const std::vector<std::string>& names) {
        for (const auto& name : names)
            if (!context.check) context.must_run({program, verb, "--" + args.text("broker_state"), name});
    };
    act("disable", off);
    act("enable", on);
    return out.set("enabled", Value::strings(on)).set("disabled", Value::strings(off));
}

}  // namespace

const Module rabbitmq_plugin_module{
    .name = "rabbitmq_plugin", .collection = "community.rabbitmq", .summary = "Switch plugins of RabbitMQ", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "enabled: plugins switched on | always\ndisabled: plugins switched off | always", .example = "- rabbitmq_plugin: {names: rabbitmq_management, new_only: yes}\n"};

}  // namespace fprov::modules
