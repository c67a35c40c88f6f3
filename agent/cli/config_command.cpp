// SPDX-License-Identifier: Apache-2.0
// fprov config dump|list|view: what is set, and where.
#include <fmt/format.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::cli {
namespace {

int dump(const Config& config, bool only_changed, const std::string& format) {
    values::List rows;
    for (const Setting& setting : settings_table()) {
        std::string origin = config.origin(setting.key);
        if (only_changed && origin == "default") continue;
        Value value = config.value(setting.key);
        if (format == "json") rows.push_back(Value(Map{{"name", Value(setting.key)}, {"origin", origin}, {"value", value}}));
        else fmt::print("{}({}) = {}\n", setting.key, origin, values::str(value));
    }
    if (format == "json") fmt::print("{}\n", values::write_json(Value(std::move(rows)), {.indent = 4}));
    return 0;
}

int list() {
    for (const Setting& setting : settings_table()) {
        static constexpr const char* types[] = {"string", "boolean", "integer", "float", "list", "path", "pathlist", "pathspec"};
        fmt::print("{}:\n  description: {}\n  type: {}\n  default: {}\n", setting.key, values::write_json(Value(setting.help), {.ensure_ascii = false}), types[static_cast<int>(setting.type)],
                   setting.fallback.empty() ? "null" : values::write_json(Value(setting.fallback)));
        if (!setting.choices.empty()) fmt::print("  choices: [{}]\n", base::join(base::split(setting.choices, '|'), ", "));
        if (!setting.environment.empty()) {
            fmt::print("  env:\n");
            for (const auto& name : base::split(setting.environment, '|')) {
                fmt::print("  - name: {}\n", name);
                if (name.starts_with("ANSIBLE_")) fmt::print("  - name: FPROV_{}\n", name.substr(8));
            }
        }
        if (!setting.places.empty()) {
            fmt::print("  ini:\n");
            for (const auto& place : base::split(setting.places, '|')) {
                auto parts = base::split(place, ':');
                fmt::print("  - section: {}\n    key: {}\n", parts[0], parts[1]);
            }
        }
    }
    return 0;
}

}  // namespace

int run_config(const Invocation& invocation) {
    std::string action, format = "display";
    bool only_changed = false;
    Arguments arguments(invocation.program, "Shows the configuration: dump (values and where they come from), list (all settings), view (the file).");
    arguments.flag("--only-changed,--changed-only", only_changed, "dump: without defaults");
    arguments.value("--format", format, "dump: display or json", "FORMAT");
    arguments.positional("action", action, "dump, list or view", true);
    arguments.parse(invocation.words);
    std::vector<std::string> warnings;
    Config config = Config::load(warnings);
    for (const auto& warning : warnings) fmt::print(stderr, "[WARNING]: {}\n", warning);
    if (action == "dump") return dump(config, only_changed, format);
    if (action == "list") return list();
    if (action == "view") {
        if (config.file().empty()) throw base::Failure(base::Kind::generic, "Unable to find a configuration file", {}, "it is looked for in ANSIBLE_CONFIG, ./ansible.cfg, ~/.ansible.cfg and /etc/ansible/ansible.cfg");
        fmt::print("{}", base::read_file(config.file()).value());
        return 0;
    }
    arguments.mistake("argument action: invalid choice: '" + action + "' (choose from 'dump', 'list', 'view')");
}

}  // namespace fprov::cli
