// SPDX-License-Identifier: Apache-2.0
// fprov inventory (ansible-inventory): what the inventory holds.
#include <cstdio>

#include "base/files.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/workspace.hpp"
#include "inventory/export.hpp"

namespace fprov::cli {

int run_inventory(const Invocation& invocation) {
    Flags flags;
    bool list = false, graph = false, yaml = false, toml = false, vars = false, export_form = false;
    std::string host, output, directory, target;
    Arguments arguments(invocation.program, "Shows an inventory.");
    arguments.count("-v,--verbose", flags.verbosity, "show more");
    add_inventory_flags(arguments, flags, true);
    add_vault_flags(arguments, flags);
    arguments.values("-e,--extra-vars", flags.extra_vars, "variables: k=v, YAML/JSON, or @file", "EXTRA_VARS");
    arguments.flag("--list", list, "all hosts and groups");
    arguments.value("--host", host, "variables of one host", "HOST");
    arguments.flag("--graph", graph, "groups and hosts as a tree");
    arguments.flag("-y,--yaml", yaml, "YAML instead of JSON");
    arguments.flag("--toml", toml, "TOML instead of JSON");
    arguments.flag("--vars", vars, "variables in the tree");
    arguments.flag("--export", export_form, "group variables stay with their groups");
    arguments.value("--output", output, "write to a file", "OUTPUT_FILE");
    arguments.value("--playbook-dir", directory, "folder whose group_vars and host_vars count too", "BASEDIR");
    arguments.positional("group", target, "group to begin the tree with", false);
    arguments.parse(invocation.words, [&] { return version_text(invocation); });
    auto refuse = [&](const std::string& text) -> int {
        std::fputs(("ERROR! " + text + "\n" + arguments.usage()).c_str(), stderr);
        return 5;
    };
    int chosen = (list ? 1 : 0) + (graph ? 1 : 0) + (host.empty() ? 0 : 1);
    if (chosen == 0) return refuse("No action selected, at least one of --host, --graph or --list needs to be specified.");
    if (chosen > 1) return refuse("Conflicting options used, only one of --host, --graph or --list can be used at the same time.");
    if (toml) return refuse("TOML is not supported; JSON and YAML (-y) are");
    std::vector<std::string> warnings;
    Config config = Config::load(warnings);
    config.check();
    WorkspaceOptions options;
    options.program = invocation.as_ansible ? "ansible" : "fprov";
    Workspace workspace(std::move(config), std::move(flags), std::move(options));
    for (const auto& warning : warnings) workspace.warn(warning);
    workspace.load_inventory();
    auto sources = inventory::inventory_vars(workspace.inventory(), workspace.inventory_options());
    sources.merged = [&workspace, levels = sources.merged](const inventory::Host& host) {
        Map all = levels(host);
        for (const auto& [key, value] : workspace.extra_vars) all.set(key, value);
        return all;
    };
    inventory::ExportStyle style{.yaml = yaml, .export_form = export_form || workspace.config.flag("INVENTORY_EXPORT")};
    std::string text;
    std::vector<std::string> notes;
    try {
        if (list) text = inventory::export_list(workspace.inventory(), sources, style);
        else if (graph) text = inventory::export_graph(workspace.inventory(), target.empty() ? "all" : target, vars ? &sources : nullptr);
        else text = inventory::export_host(workspace.inventory(), host, sources, style, &notes);
    } catch (const base::Failure& failure) {
        for (const auto& note : notes) workspace.warn(note);
        if (failure.error().kind != base::Kind::usage) throw;
        return refuse(failure.error().what);
    }
    for (const auto& note : notes) workspace.warn(note);
    if (output.empty()) workspace.screen->say(text);
    else base::write_file_atomic(output, text.ends_with('\n') ? text : text + "\n").value();
    return 0;
}

}  // namespace fprov::cli
