// SPDX-License-Identifier: Apache-2.0
// fprov adhoc PATTERN -m MODULE -a ARGS (ansible): one task on many hosts.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/files.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"
#include "cli/problems.hpp"
#include "cli/workspace.hpp"
#include "inventory/names.hpp"

namespace fprov::cli {
namespace {

// They make no sense alone.
constexpr std::array not_alone{"import_playbook"};
// Nothing to do without arguments.
constexpr std::array need_arguments{"command", "raw", "script", "shell", "win_command", "win_shell"};

std::string short_name(const std::string& module) {
    auto dot = module.rfind('.');
    return dot == std::string::npos ? module : module.substr(dot + 1);
}

}  // namespace

int run_adhoc(const Invocation& invocation) {
    Flags flags;
    std::string pattern, module, text, tree, directory;
    bool one_line = false;
    std::optional<int> background, poll;
    Arguments arguments(invocation.program, "Runs one task on the hosts of a pattern.");
    arguments.value("-m,--module-name", module, "module (default: command)", "MODULE_NAME");
    arguments.value("-a,--args", text, "arguments: k=v words or JSON", "MODULE_ARGS");
    arguments.flag("-o,--one-line", one_line, "one line per host");
    arguments.value("-t,--tree", tree, "write results into files of this folder", "TREE");
    arguments.number("-B,--background", background, "run in the background, at most so many seconds", "SECONDS");
    arguments.number("-P,--poll", poll, "seconds between looks at it (default: 15)", "POLL_INTERVAL");
    arguments.value("--playbook-dir", directory, "folder that stands for the playbook's", "BASEDIR");
    add_flags(arguments, flags, {.playbook = false, .own = !invocation.as_ansible});
    arguments.positional("pattern", pattern, "hosts", true);
    arguments.parse(invocation.words, [&] { return version_text(invocation); });
    std::vector<std::string> warnings;
    Config config = Config::load(warnings);
    config.check();
    if (module.empty()) module = config.text("DEFAULT_MODULE_NAME", "command");
    if (text.empty()) text = config.text("DEFAULT_MODULE_ARGS");
    if (directory.empty()) directory = config.text("PLAYBOOK_DIR");
    WorkspaceOptions options;
    options.program = invocation.as_ansible ? "ansible" : "fprov";
    options.adhoc = true;
    options.default_output = one_line ? "oneline" : "minimal";
    options.playbook_directory = base::absolute_path(directory.empty() ? "." : directory);
    options.own_roles = own_roles_path();
    if (!tree.empty()) options.extra_reporters.push_back("tree");
    options.localhost_meant = inventory::is_local_name(pattern);
    Workspace workspace(std::move(config), std::move(flags), std::move(options));
    if (!tree.empty()) workspace.report_settings.tree_directory = tree;
    for (const auto& warning : warnings) workspace.warn(warning);
    workspace.load_inventory();

    std::vector<std::string> unmatched;
    auto hosts = workspace.limited(workspace.inventory().match(pattern, &unmatched));
    for (const auto& warning : unmatched) workspace.warn(warning);
    if (hosts.empty() && !workspace.flags.limit.empty())
        throw base::Failure(base::Kind::generic, "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.");
    if (hosts.empty()) workspace.warn("No hosts matched, nothing to do");
    if (workspace.flags.list_hosts) {
        workspace.screen->say("  hosts (" + std::to_string(hosts.size()) + "):");
        for (const auto& host : hosts) workspace.screen->say("    " + host);
        return 0;
    }
    std::string plain = short_name(module);
    if (std::find(need_arguments.begin(), need_arguments.end(), plain) != need_arguments.end() && text.empty()) {
        std::string message = "No argument passed to " + module + " module";
        if (pattern.ends_with(".yml")) message += " (did you mean to run ansible-playbook?)";
        workspace.screen->error(message);
        std::fputs(arguments.usage().c_str(), stderr);
        return 5;
    }
    if (std::find(not_alone.begin(), not_alone.end(), plain) != not_alone.end())
        throw base::Failure(base::Kind::generic, "'" + module + "' is not a valid action for ad-hoc commands");
    if (hosts.empty()) return 0;

    workspace.load_playbooks({});
    auto book = workspace.loader().ad_hoc(pattern, module, text, false);
    if (!workspace.loader().errors().empty()) throw Mistakes{workspace.loader().errors()};
    if (background && *background > 0)
        for (auto& item : book.plays.front()->tasks) {
            item.task->keywords.set("async", *background);
            item.task->keywords.set("poll", poll.value_or(workspace.config.integer("DEFAULT_POLL_INTERVAL", 15)));
        }
    workspace.books = {book};
    workspace.book_names = {"adhoc"};
    return workspace.run();
}

}  // namespace fprov::cli
