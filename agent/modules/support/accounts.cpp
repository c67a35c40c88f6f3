// SPDX-License-Identifier: Apache-2.0
#include "modules/support/accounts.hpp"

#include "base/text.hpp"

namespace fprov::modules {

std::string required_program(Context& context, const std::string& name, const std::vector<std::string>& extra) {
    auto folders = extra;
    if (auto path = context.environment.find("PATH"); path != context.environment.end())
        for (auto& folder : base::split(path->second, ':')) folders.push_back(std::move(folder));
    if (auto found = context.machine.which(name, folders)) return *found;
    fail("Failed to find required executable \"" + name + "\" in paths: " + context.machine.variable("PATH"));
}

std::optional<std::vector<std::string>> colon_record(machine::Machine& machine, const std::string& path, const std::string& name) {
    auto text = machine.read_file(path, 64u << 20);
    if (!text) return std::nullopt;
    for (const auto& line : base::split_lines(*text))
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') return base::split(line, ':');
    return std::nullopt;
}

Ran run_program(Context& context, std::vector<std::string> argv, std::string input, const std::string& directory) {
    machine::Command command{.argv = std::move(argv), .input = std::move(input), .directory = directory};
    auto done = context.run(std::move(command));
    if (!done) fail(done.error().what, Map{{"rc", done.error().kind == base::Kind::not_found ? 2 : 257}});
    return {done->signal ? -done->signal : done->code, std::move(done->output), std::move(done->error_output)};
}

}  // namespace fprov::modules
