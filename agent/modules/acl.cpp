// SPDX-License-Identifier: Apache-2.0
// acl: one entry of a file's access control list, through the host's getfacl and setfacl.
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "path", .type = spec::Type::path, .help = "The file", .required = true, .aliases = "name"},
    {.name = "state", .help = "What to do with the entry; query only tells", .fallback = "query", .choices = "absent|present|query"},
    {.name = "entry", .help = "The entry as setfacl takes it (old); excludes entity, etype and permissions"},
    {.name = "entity", .help = "User or group; empty for the owner", .fallback = "''"},
    {.name = "etype", .help = "Kind of entry", .choices = "group|mask|other|user"},
    {.name = "permissions", .help = "Permissions, such as rwX"},
    {.name = "default", .type = spec::Type::boolean, .help = "The default entry of a folder", .fallback = "no"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Act on a link's target", .fallback = "yes"},
    {.name = "recursive", .type = spec::Type::boolean, .help = "Everything below, too", .fallback = "no", .aliases = "recurse"},
    {.name = "recalculate_mask", .help = "Whether setfacl sets the mask anew", .fallback = "default", .choices = "default|mask|no_mask"},
    {.name = "use_nfsv4_acls", .type = spec::Type::boolean, .help = "Not supported", .fallback = "no"},
};

Outcome run(const Args& args, Context& context) {
    std::string path = args.text("path"), state = args.text("state"), entry = args.text("entry"), entity = args.text("entity"), etype = args.text("etype"),
                permissions = args.text("permissions");
    bool standard = args.flag("default");
    if (!context.machine.exists(path)) fail("Path not found or not accessible.");
    if (args.flag("use_nfsv4_acls")) fail("use_nfsv4_acls is not supported: only POSIX lists are");
    if (state == "query" && args.flag("recursive")) fail("'recursive' MUST NOT be set when 'state=query'.");
    if (entry.empty()) {
        if (state == "absent" && !permissions.empty()) fail("'permissions' MUST NOT be set when 'state=absent'.");
        if (state == "absent" && entity.empty() && etype.empty()) fail("'entity' MUST be set when 'state=absent'.");
        if (state == "present" && etype.empty()) fail("'etype' MUST be set when 'state=present'.");
        if (state != "query") entry = etype + ":" + entity + (state == "present" && !permissions.empty() ? ":" + permissions : "");
    } else {
        if (!etype.empty() || !entity.empty() || !permissions.empty()) fail("'entry' MUST NOT be set when 'entity', 'etype' or 'permissions' are set.");
        auto colons = std::count(entry.begin(), entry.end(), ':');
        if (state == "present" && colons < 2) fail("'entry' MUST have 3 or 4 sections divided by ':' when 'state=present'.");
        if (state == "absent" && (colons < 1 || colons > 2)) fail("'entry' MUST have 2 or 3 sections divided by ':' when 'state=absent'.");
        if (entry.starts_with("d:") || entry.starts_with("default:")) {
            standard = true;
            entry = entry.substr(entry.find(':') + 1);
        }
        for (const char* type : {"user", "group", "mask", "other"})
            if (entry[0] == *type && entry[1] == ':') entry = type + entry.substr(1);
    }
    for (const char* program : {"getfacl", "setfacl"})
        if (!context.machine.which(program)) fail(std::string("access control lists need the program ") + program + " on this host, which is not there");

    auto command = [&](bool test) {
        std::vector<std::string> argv{*context.machine.which("setfacl")};
        if (state == "present") { argv.push_back("-m"); argv.push_back(entry); }
        else { argv.push_back("-x"); argv.push_back(entry); }
        if (standard) argv.insert(argv.begin() + 1, "-d");
        if (args.flag("recursive")) argv.insert(argv.begin() + 1, "--recursive");
        if (args.text("recalculate_mask") == "mask") argv.insert(argv.begin() + 1, "--mask");
        if (args.text("recalculate_mask") == "no_mask") argv.insert(argv.begin() + 1, "--no-mask");
        if (test) argv.insert(argv.begin() + 1, "--test");
        if (!args.flag("follow")) argv.insert(argv.begin() + 1, "-P");
        if (path[0] == '-') argv.emplace_back("--");
        argv.push_back(path);
        return argv;
    };
    Outcome outcome;
    outcome.set("msg", "");
    if (state != "query") {
        // "path: *,*" says that neither the list nor the default list would change
        for (const auto& line : base::split_lines(context.must_run(command(true)).output))
            if (!line.empty() && !line.ends_with("*,*")) outcome.changed = true;
        if (outcome.changed && !context.check) context.must_run(command(false));
        outcome.set("msg", entry + " is " + state);
    } else outcome.set("msg", "current acl");
    std::vector<std::string> argv{"getfacl", "--omit-header", "--absolute-names"};
    if (!args.flag("follow")) argv.push_back("--physical");
    if (args.flag("recursive")) argv.push_back("--recursive");
    if (standard) argv.push_back("--default");
    argv.push_back("--");
    argv.push_back(path);
    // As getfacl writes it: with what a mask leaves of an entry, and empty lines between files.
    auto entries = base::split_lines(context.must_run(argv).output);
    while (!entries.empty() && entries.back().empty()) entries.pop_back();
    return outcome.set("acl", Value::strings(entries));
}

}  // namespace

extern const Module acl_module{
    .name = "acl",
    .collection = "ansible.posix",
    .summary = "Keep an entry of a file's access control list",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Needs getfacl and setfacl on the host.",
    .returns = "acl: the list afterwards\nmsg: what was asked for",
    .example = "- acl: {path: /data, entity: app, etype: user, permissions: rx, state: present}",
};

}  // namespace fprov::modules
