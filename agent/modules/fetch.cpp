// SPDX-License-Identifier: Apache-2.0
// fetch, the host's part: what there is to fetch. The action of the controller reads the bytes (read_file) and writes the local file.
//   answers: file (path), checksum (sha1), size, mode; or, when it is not there, Ansible's sentence in msg.
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "src", .help = "The file on the host", .required = true},
    {.name = "dest", .help = "Folder of the controller; host name and path are added unless flat", .required = true},
    {.name = "flat", .type = spec::Type::boolean, .help = "dest is the file (or, with a slash at its end, the folder) itself", .fallback = "no"},
    {.name = "fail_on_missing", .type = spec::Type::boolean, .help = "A missing file is a failure", .fallback = "yes"},
    {.name = "validate_checksum", .type = spec::Type::boolean, .help = "Compare checksums after the transfer", .fallback = "yes"},
};

Outcome run(const Args& args, Context& context) {
    std::string path = args.text("src");
    bool strict = args.flag("fail_on_missing", true);
    auto refuse = [&](std::string text) {
        Outcome outcome;
        outcome.failed = strict;
        outcome.set("file", path);
        outcome.msg = std::move(text);
        return outcome;
    };
    auto stat = context.machine.stat(path);
    if (!stat) {
        if (stat.error().kind == base::Kind::permission)
            return refuse(strict ? "no read permission on remote file" : "no read permission on remote file, not transferring, ignored");
        return refuse("the remote file does not exist, not transferring, ignored");
    }
    if (stat->is_dir())
        return refuse(strict ? "remote file is a directory, fetch cannot work on directories"
                             : "remote file is a directory, fetch cannot work on directories, not transferring, ignored");
    auto checksum = context.machine.digest_file(path, "sha1");
    if (!checksum) return refuse(strict ? "no read permission on remote file" : "no read permission on remote file, not transferring, ignored");
    Outcome outcome;
    return outcome.set("file", path).set("checksum", *checksum).set("size", stat->size).set("mode", static_cast<int>(stat->mode));
}

}  // namespace

extern const Module fetch_module{
    .name = "fetch",
    .collection = "ansible.builtin",
    .summary = "Fetch a file from the host",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = false,
    .run = run,
    .notes = "",
    .returns = "dest: the file on the controller\nchecksum: SHA-1 of it\nremote_checksum: SHA-1 on the host",
    .example = "- fetch: {src: /var/log/app.log, dest: logs}",
};

}  // namespace fprov::modules
