// SPDX-License-Identifier: Apache-2.0
// stat: what there is at a path.
#include <unistd.h>

#include "base/files.hpp"
#include "modules/support/stat_fields.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "dest|name"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Look at the target of a link", .fallback = "no"},
    {.name = "get_md5", .type = spec::Type::boolean, .help = "Answer the MD5 sum as well", .fallback = "no"},
    {.name = "get_checksum", .type = spec::Type::boolean, .help = "Answer a checksum of the content", .fallback = "yes"},
    {.name = "get_mime", .type = spec::Type::boolean, .help = "Ask the program file for type and encoding", .fallback = "yes", .aliases = "mime|mime_type|mime-type"},
    {.name = "get_attributes", .type = spec::Type::boolean, .help = "Ask lsattr for flags", .fallback = "yes", .aliases = "attr|attributes"},
    {.name = "checksum_algorithm", .help = "Kind of checksum", .fallback = "sha1", .choices = "md5|sha1|sha224|sha256|sha384|sha512",
     .aliases = "checksum|checksum_algo"},
};

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string path = args.text("path");
    bool follow = args.flag("follow");
    Outcome outcome;
    auto stat = follow ? machine.stat(path) : machine.lstat(path);
    if (!stat) {
        if (stat.error().kind == base::Kind::not_found) return outcome.set("stat", Value(Map{{"exists", false}}));
        std::string text = stat.error().what;   // "[Errno 20] Not a directory: '/x'": only the reason is told
        auto begin = text.find("] "), end = text.rfind(": '");
        fail(begin != std::string::npos && end != std::string::npos && begin < end ? text.substr(begin + 2, end - begin - 2) : text);
    }
    Map fields{{"exists", true}};
    for (const auto& entry : stat_fields(context, path, *stat, true)) fields.set(entry.key, entry.value);
    fields.set("readable", machine.access(path, R_OK));
    fields.set("writeable", machine.access(path, W_OK));
    fields.set("executable", machine.access(path, X_OK));
    if (stat->is_link()) {
        fields.set("lnk_source", machine.real_path(path).value_or(path));
        fields.set("lnk_target", machine.read_link(path).value_or(""));
    }
    if (stat->is_file() && machine.access(path, R_OK)) {
        if (args.flag("get_md5")) fields.set("md5", machine.digest_file(path, "md5").value_or(""));
        if (args.flag("get_checksum")) fields.set("checksum", machine.digest_file(path, args.text("checksum_algorithm")).value_or(""));
    }
    if (args.flag("get_mime")) add_mime(context, path, fields);
    if (args.flag("get_attributes")) add_attributes(context, path, fields);
    return outcome.set("stat", Value(std::move(fields)));
}

}  // namespace

extern const Module stat_module{
    .name = "stat",
    .collection = "ansible.builtin",
    .summary = "Look at a file",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "",
    .returns = "stat: exists, path, mode, isdir, isreg, islnk, size, uid, gid, pw_name, gr_name, mtime, checksum, mimetype, charset, attributes …",
    .example = "- stat: {path: /etc/my.cnf}\n  register: found",
};

}  // namespace fprov::modules
