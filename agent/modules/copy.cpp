// SPDX-License-Identifier: Apache-2.0
// copy: a file (or a tree) with the wanted content, owner and mode. template's backend is the same module.
//
// Protocol with the controller's actions (copy, template; unless remote_src):
//   one file:  the action sends the module's own parameters and
//                _fprov_checksum      sha1 of the content (after vault decryption or rendering)
//                _fprov_size          its size
//                _fprov_mode          permission bits of the source, for mode: preserve
//                _original_basename   the source's name, for a dest that is a folder; absent for content:
//                _fprov_header        name of the source in diffs (optional)
//                _fprov_content       the bytes, when they are few; else
//                _fprov_source        a private temporary file that holds them (set by the runtime after need_content)
//              When dest's sha1 differs and no bytes came, the answer is need_content. In check mode nothing is asked for: a diff then
//              lacks "after" unless _fprov_content was sent; the action knows the content and may fill it in.
//   a tree:    _fprov_entries: [{path, kind: file|directory|link, checksum, size, mode, link, content}], paths relative to dest (with the
//              folder's own name in front when src had no slash at its end), folders before what they hold. `content` holds the bytes of
//              small files, so that a small tree takes one call. For the others there are two calls:
//                1. with _fprov_ask: true. When files differ whose bytes did not come, nothing is changed and the result holds
//                   _fprov_missing: [paths]; otherwise the call has done everything and its result is the task's.
//                2. with _fprov_missing as it was answered; the bytes come as content (_fprov_source after need_content): the files'
//                   contents one after the other, in that order, each `size` bytes long; every piece must have its checksum.
//              In check mode one call tells all.
#include "modules/copy.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/backup.hpp"
#include "modules/support/diff.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace copying {

void not_below_file(const std::string& path) { fail("Failed to get information on remote file (" + path + "): Not a directory"); }

std::string checksum_of(Context& context, const std::string& path) {
    if (!context.machine.is_file(path)) return {};
    return context.machine.digest_file(path, "sha1").value_or("");
}

bool make_folders(Context& context, const Args& args, const std::string& folder) {
    auto& machine = context.machine;
    if (folder.empty() || machine.is_directory(folder)) return false;
    std::string plain = folder;
    while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
    make_folders(context, args, base::dirname(plain));
    if (context.check) return true;
    if (auto made = machine.make_directory(plain, 0777 & ~machine.umask()); !made && !machine.is_directory(plain))
        fail("Could not create folder " + plain + ": " + made.error().what);
    FileWishes wishes = file_wishes(args);
    wishes.mode = args["directory_mode"];
    wishes.follow = false;
    apply_wishes(context, plain, wishes);
    return true;
}

Map file_diff(Context& context, const std::string& dest, const Content& content, const std::string& header) {
    std::string before, after;
    bool existed = context.machine.is_file(dest);
    if (existed) {
        auto stat = context.machine.stat(dest);
        before = stat && stat->size <= max_diff_size ? context.machine.read_file(dest).value_or("") : std::string(max_diff_size + 1, ' ');
    }
    if (content.bytes) after = *content.bytes;
    else if (!content.path.empty()) {
        auto stat = context.machine.stat(content.path);
        after = stat && stat->size <= max_diff_size ? context.machine.read_file(content.path).value_or("") : std::string(max_diff_size + 1, ' ');
    }
    Map diff = text_diff(before, after, dest, header);
    if (!existed || !diff.contains("before")) diff.erase("before_header");   // as Ansible's: a header goes with a text
    if (!diff.contains("after")) diff.erase("after_header");
    if (!content.there()) {
        diff.erase("after");
        if (content.size > max_diff_size) {   // not sent, but known to be too long for a difference
            diff.erase("after_header");
            diff.set("src_larger", max_diff_size);
        }
    }
    return diff;
}

std::string install(Context& context, const Args& args, const Content& content, const std::string& dest, const FileWishes& wishes, bool follow) {
    auto& machine = context.machine;
    std::string backup = args.flag("backup") ? make_backup(context, dest) : "";
    auto options = write_options(context, dest, wishes);
    options.follow = follow;
    options.unsafe_writes = args.flag("unsafe_writes");
    options.validate = args.text("validate");
    if (!options.validate.empty() && options.validate.find("%s") == std::string::npos) fail("validate must contain %s: " + options.validate);
    auto written = content.bytes ? machine.write_file(dest, *content.bytes, options) : machine.install_file(content.path, dest, options);
    if (!written) {
        if (const std::string& what = written.error().what; what.starts_with("failed to validate")) {   // "failed to validate: rc:1 error:TEXT"
            auto rc = what.find("rc:"), text = what.find(" error:");
            Map fields{{"stderr", text == std::string::npos ? what : what.substr(text + 7)}, {"stdout", ""}};
            if (rc != std::string::npos) fields.set("exit_status", base::parse_int(what.substr(rc + 3, what.find(' ', rc) - rc - 3)).value_or(1));
            if (args.given("_fprov_checksum")) fields.set("checksum", args["_fprov_checksum"]);
            fail("failed to validate", std::move(fields));
        }
        if (written.error().kind == base::Kind::permission && !machine.access(base::dirname(dest), 2))
            fail("Destination " + base::dirname(dest) + " not writable", args.given("_fprov_checksum") ? Map{{"checksum", args["_fprov_checksum"]}} : Map{});
        fail("failed to copy to " + dest + ": " + written.error().what);
    }
    return backup;
}

namespace {

Content given_content(const Args& args) {
    Content content;
    if (args["_fprov_content"].is_string()) content.bytes = args["_fprov_content"].string();
    else if (args.given("_fprov_source")) content.path = args.text("_fprov_source");
    content.size = static_cast<std::size_t>(args.integer("_fprov_size"));
    return content;
}

Outcome copy_one(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string dest = args.text("dest");
    std::string name = args.given("_original_basename") ? args.text("_original_basename") : base::basename(args.text("src"));
    Content content = given_content(args);
    std::string checksum = args.text("_fprov_checksum");
    if (checksum.empty() && content.bytes) checksum = base::sha1_hex(*content.bytes);
    if (checksum.empty() && !content.path.empty()) checksum = machine.digest_file(content.path, "sha1").value();
    if (checksum.empty()) fail("src (or content) is required");
    if (args.given("checksum") && base::lower(args.text("checksum")) != checksum)
        fail("Copied file does not match the expected checksum. Transfer failed.",
             Map{{"checksum", checksum}, {"expected_checksum", args.text("checksum")}});

    FileWishes wishes = file_wishes(args);
    if (args.text("mode") == "preserve") wishes.mode = args.given("_fprov_mode") ? args["_fprov_mode"] : Value();

    Outcome outcome;
    if (dest.ends_with("/") || machine.is_directory(dest)) {
        if (name.empty()) fail("can not use content with a dir as dest");
        if (dest.ends_with("/") && machine.lexists(dest.substr(0, dest.size() - 1)) && !machine.is_directory(dest))
            not_below_file(base::join_path(dest, name));
        make_folders(context, args, dest);
        dest = base::join_path(dest, name);
        if (machine.is_directory(dest)) fail("can not overwrite the folder " + dest + " with a file");
    }
    std::string header = args.text("_fprov_header", args.text("src", dest));
    auto link = machine.lstat(dest);
    if (!link && link.error().what.starts_with("[Errno 20]")) not_below_file(dest);
    bool follow = args.flag("follow");
    std::string named = dest;
    if (link && link->is_link() && follow) dest = machine.real_path(dest).value_or(dest);
    bool exists = machine.exists(dest);

    if (!args.flag("force", true) && (exists || machine.lexists(dest))) {
        outcome.set("dest", dest);
        outcome.set("src", args.given("src") ? args["src"] : Value(header));
        return outcome;
    }
    std::string there = exists ? checksum_of(context, dest) : "";
    if (there == checksum) {
        outcome.set("checksum", checksum);
        outcome.set("dest", dest);
        outcome.set("path", dest);
        Map before{{"path", dest}}, after{{"path", dest}};
        wishes.follow = true;
        try {
            outcome.changed = apply_wishes(context, dest, wishes, &before, &after);
        } catch (ModuleFailure& failure) {
            failure.outcome.set("checksum", checksum);
            throw;
        }
        if (!content.path.empty()) (void)machine.remove_file(content.path);
        outcome.diff.push_back(Value(Map{{"before", Value(before)}, {"after", Value(after)}}));
        return outcome;
    }
    outcome.changed = true;
    if (context.diff) {
        Map diff = file_diff(context, dest, content, header);
        if (diff.contains("before_header")) diff.set("before_header", named);
        outcome.diff.push_back(Value(std::move(diff)));
    } else {
        outcome.set("diff", List{});
    }
    if (context.check) return outcome;
    if (std::string folder = base::dirname(dest); !folder.empty() && !machine.is_directory(folder))
        fail("Destination directory " + folder + " does not exist", Map{{"checksum", checksum}});
    if (!content.there()) {
        outcome.need_content = true;
        return outcome;
    }
    if (dest.find('/') == std::string::npos) dest = "./" + dest;   // as Ansible names it
    std::string backup;
    try {
        backup = install(context, args, content, dest, wishes, follow);
        if (!content.bytes && checksum_of(context, dest) != checksum) fail("Copied file does not match the expected checksum. Transfer failed.");
        wishes.follow = true;
        apply_wishes(context, dest, wishes);
    } catch (ModuleFailure& failure) {
        failure.outcome.set("checksum", checksum);
        throw;
    }
    outcome.set("dest", dest);
    outcome.set("src", args.given("src") ? args["src"] : Value(header));
    outcome.set("checksum", checksum);
    if (auto md5 = machine.digest_file(dest, "md5")) outcome.set("md5sum", *md5);
    if (!backup.empty()) outcome.set("backup_file", backup);
    return outcome;
}

}  // namespace
}  // namespace copying

namespace {

constexpr Arg args[] = {
    {.name = "src", .type = spec::Type::path, .help = "File or folder to copy: of the controller, or of the host with remote_src; a slash at its end copies a folder's contents"},
    {.name = "content", .help = "The file's content, instead of src; lists and dicts become JSON", .secret = true},
    {.name = "dest", .type = spec::Type::path, .help = "Where to; a folder, or a text with a slash at its end, takes the source's name", .required = true},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "force", .type = spec::Type::boolean, .help = "no: only where nothing is there yet", .fallback = "yes"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
    {.name = "directory_mode", .type = spec::Type::raw, .help = "Mode of folders that are made"},
    {.name = "remote_src", .type = spec::Type::boolean, .help = "src is on the host", .fallback = "no"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Write to the target of a link at dest instead of replacing the link", .fallback = "no"},
    {.name = "local_follow", .type = spec::Type::boolean, .help = "Follow links inside the source tree; yes when the source is on the controller"},
    {.name = "checksum", .help = "Expected SHA-1 of the content"},
    {.name = "decrypt", .type = spec::Type::boolean, .help = "Decrypt vault files on the way", .fallback = "yes"},
    {.name = "_original_basename", .help = "Name of the source"},
};
constexpr Rule rules[] = {
    {.kind = Rule::Kind::mutually_exclusive, .names = "src,content"},
};

Outcome run(const Args& args, Context& context) {
    if (args.given("_fprov_entries")) return copying::copy_tree(args, context);
    if (args.flag("remote_src")) return copying::copy_on_host(args, context);
    return copying::copy_one(args, context);
}

}  // namespace

extern const Module copy_module{
    .name = "copy",
    .collection = "ansible.builtin",
    .summary = "Copy files and folders to the host",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "A folder is compared in one step and only files that differ travel.",
    .returns = "dest: the file\nsrc: its source\nchecksum: SHA-1 of the content\nmd5sum: its MD5 | changed\nbackup_file: the copy of the old file | changed and backup\n"
               "uid, gid, owner, group, mode, size, state: what is there now",
    .example = "- name: A configuration file\n  copy: {src: app.conf, dest: /etc/app.conf, mode: '0644', backup: yes}",
    .unasked_diff = UnaskedDiff::all,
};

}  // namespace fprov::modules
