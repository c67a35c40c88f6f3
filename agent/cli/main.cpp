// SPDX-License-Identifier: Apache-2.0
// The program `fprov`: finds the command, catches what ends a run, and turns it into words and an exit code.
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/problems.hpp"
#include "cli/workspace.hpp"

namespace fprov::cli {
namespace {

std::string overview() {
    std::string text = "usage: fprov COMMAND …\n\nProvisions hosts with Ansible's playbooks, without Python on either side.\n\ncommands:\n";
    for (const Command& command : commands()) text += fmt::format("  {:<35} {}\n", std::string(command.name) + " " + std::string(command.shape), command.summary);
    return text + "\n'fprov COMMAND --help' says more. First steps: fprov init prod, edit inventory/prod, fprov check prod, fprov boot prod -D.\n";
}

void say_error(const std::string& text) {
    std::fflush(stdout);
    bool colour = false;
    try {
        std::vector<std::string> warnings;
        colour = wants_colour(Config::load(warnings));
    } catch (const base::Failure&) {
    }
    reporters::ScreenOptions options;
    options.colour = colour;
    reporters::Screen(options).error(text);
}

int guarded(const Command& command, const Invocation& invocation) {
    try {
        return command.run(invocation);
    } catch (const Exit& exit) {
        return exit.code;
    } catch (const Mistakes& mistakes) {
        for (const auto& error : mistakes.errors) say_error(explain(error));
        if (mistakes.errors.size() > 1) std::fprintf(stderr, "%zu mistakes; nothing was run.\n", mistakes.errors.size());
        return exit_code(mistakes.errors.front());
    } catch (const base::Failure& failure) {
        say_error(explain(failure.error()));
        return exit_code(failure.error());
    } catch (const executor::Interrupted&) {
        say_error("User interrupted execution");
        return 99;
    } catch (const std::system_error& error) {
        if (error.code().value() == EPIPE) return 0;   // the reader had enough
        say_error(std::string("Unexpected Exception, this is probably a bug: ") + error.what());
        return 250;
    } catch (const std::exception& error) {
        say_error(std::string("Unexpected Exception, this is probably a bug: ") + error.what());
        return 250;
    }
}

}  // namespace

int main(int count, char** words) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> given(words + (count > 0 ? 1 : 0), words + count);
    std::string name = count > 0 ? base::basename(words[0]) : "fprov";
    for (const Command& command : commands())
        if (!command.link.empty() && command.link == name) return guarded(command, {name, given, true});
    if (given.empty() || given[0] == "-h" || given[0] == "--help" || given[0] == "help") {
        std::fputs(overview().c_str(), given.empty() ? stderr : stdout);
        return given.empty() ? 2 : 0;
    }
    if (given[0] == "--version" || given[0] == "version") {
        std::fputs(version_text({"fprov", {}, false}).c_str(), stdout);
        return 0;
    }
    std::vector<std::string> names;
    for (const Command& command : commands()) {
        names.emplace_back(command.name);
        if (command.name == given[0]) return guarded(command, {"fprov " + given[0], {given.begin() + 1, given.end()}, false});
    }
    std::string hint = base::did_you_mean(given[0], names);
    std::fprintf(stderr, "fprov: error: there is no command '%s'%s\n'fprov --help' lists them.\n", given[0].c_str(), hint.empty() ? "" : (" (" + hint + ")").c_str());
    return 2;
}

}  // namespace fprov::cli

int main(int count, char** words) { return fprov::cli::main(count, words); }
