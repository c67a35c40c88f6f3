// SPDX-License-Identifier: Apache-2.0
// slurp: a file's content in the result.
#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "src", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "path"},
};

Outcome run(const Args& args, Context& context) {
    std::string path = args.text("src");
    if (context.machine.is_directory(path)) fail("source is a directory and must be a file: " + path);
    auto content = context.machine.read_file(path, 256u << 20);
    if (!content) {
        if (content.error().kind == base::Kind::not_found) fail("file not found: " + path);
        if (content.error().kind == base::Kind::permission) fail("file is not readable: " + path);
        fail("unable to slurp file: " + content.error().what);
    }
    Outcome outcome;
    return outcome.set("content", base::base64_encode(*content)).set("source", path).set("encoding", "base64");
}

}  // namespace

extern const Module slurp_module{
    .name = "slurp",
    .collection = "ansible.builtin",
    .summary = "Read a file of the host",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "content: the bytes in base64\nencoding: base64\nsource: the file",
    .example = "- slurp: {src: /etc/machine-id}\n  register: id",
};

}  // namespace fprov::modules
