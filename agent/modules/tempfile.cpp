// SPDX-License-Identifier: Apache-2.0
// tempfile: a fresh private file or folder that stays.
#include "base/files.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "Where to make it; the system's temporary folder otherwise"},
    {.name = "state", .help = "What to make", .fallback = "file", .choices = "file|directory"},
    {.name = "prefix", .help = "Begin of its name", .fallback = "ansible."},
    {.name = "suffix", .help = "End of its name", .fallback = "''"},
};

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string folder = args.text("path");
    if (folder.empty()) folder = machine.variable("TMPDIR");
    if (folder.empty()) folder = "/tmp";
    if (auto stat = machine.stat(folder); !stat) fail(stat.error());
    bool directory = args.text("state") == "directory";
    for (int attempt = 0; attempt < 100; ++attempt) {
        // The machine picks the random part; the suffix comes by renaming, which must not hit anything that is there.
        auto made = machine.temp_file(args.text("prefix"), folder);
        if (!made) fail(made.error());
        std::string name = *made + args.text("suffix");
        if (directory) {
            (void)machine.remove_file(*made);
            if (!machine.make_directory(name, 0700)) continue;
        } else if (name != *made) {
            if (machine.lexists(name)) { (void)machine.remove_file(*made); continue; }
            if (auto moved = machine.rename(*made, name); !moved) fail(moved.error());
        }
        Outcome outcome;
        outcome.changed = true;
        return outcome.set("path", name);
    }
    fail("could not find a free name in " + folder);
}

}  // namespace

extern const Module tempfile_module{
    .name = "tempfile",
    .collection = "ansible.builtin",
    .summary = "Make a temporary file or folder",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::none,
    .file_common = false,
    .free_form = false,
    .lookahead = false,
    .run = run,
    .notes = "It stays until a task removes it.",
    .returns = "path: what was made",
    .example = "- tempfile: {state: directory, suffix: build}\n  register: work",
};

}  // namespace fprov::modules
