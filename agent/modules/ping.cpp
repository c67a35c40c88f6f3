// SPDX-License-Identifier: Apache-2.0
#include "modules/module.hpp"

namespace fprov::modules {
extern const Module ping_module;
namespace {

constexpr Arg args[] = {
    {.name = "data", .help = "What to answer; crash makes the module fail", .fallback = "pong"},
};

Outcome run(const Args& args, Context&) {
    if (args.text("data") == "crash") fail("boom");
    Outcome out;
    return out.set("ping", args.text("data"));
}

}  // namespace

const Module ping_module{
    .name = "ping", .collection = "ansible.builtin", .summary = "Answer, to show that the host can be worked on", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "ping: the text given | always", .example = "- ping:\n"};

}  // namespace fprov::modules
