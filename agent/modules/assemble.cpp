// SPDX-License-Identifier: Apache-2.0
// assemble: a file from the fragments of a folder, in the order of their names. Fragments of the controller come along as
// _fprov_fragments: [{name, content}].
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/copy.hpp"
#include "modules/support/diff.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "src", .type = spec::Type::path, .help = "Folder of fragments", .required = true},
    {.name = "dest", .type = spec::Type::path, .help = "The file", .required = true},
    {.name = "delimiter", .help = "Text between two fragments; \\n and the like are understood"},
    {.name = "remote_src", .type = spec::Type::boolean, .help = "The folder is on the host", .fallback = "yes"},
    {.name = "regexp", .help = "Only fragments whose names match"},
    {.name = "ignore_hidden", .type = spec::Type::boolean, .help = "Leave out names that begin with a dot", .fallback = "no"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "validate", .help = "Command that must accept the new file (%s) before it is used"},
    {.name = "decrypt", .type = spec::Type::boolean, .help = "Decrypt vault files of the controller", .fallback = "yes"},
};

std::string unescape(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) { out += text[i]; continue; }
        char c = text[++i];
        static constexpr std::string_view letters = "ntrfvab\\'\"", meant = "\n\t\r\f\v\a\b\\'\"";
        if (auto at = letters.find(c); at != std::string_view::npos) out += meant[at];
        else { out += '\\'; out += c; }
    }
    return out;
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string src = args.text("src"), dest = args.text("dest");
    const Value& sent = args["_fprov_fragments"];
    if (!sent.is_list() && !machine.exists(src)) fail("Source (" + src + ") does not exist");
    if (!sent.is_list() && !machine.is_directory(src)) fail("Source (" + src + ") is not a directory");
    if (machine.is_directory(dest)) fail("attempted to take checksum of directory: " + dest);
    if (!machine.is_directory(base::dirname(dest).empty() ? "." : base::dirname(dest)))   // Ansible makes no folders here
        fail("Could not replace file: [Errno 2] No such file or directory: '" + dest + "'");
    std::optional<regex::Regex> wanted;
    if (args.given("regexp")) {
        auto compiled = regex::Regex::compile(args.text("regexp"));
        if (!compiled) fail("Invalid Regexp (" + compiled.error().what + ") in \"" + args.text("regexp") + "\"");
        wanted = *compiled;
    }
    std::string delimiter = unescape(args.text("delimiter"));
    Edited edited;
    edited.path = dest;
    bool newline_due = false, delimiter_due = false;
    auto skip = [&](const std::string& name) { return (wanted && !wanted->search(name)) || (args.flag("ignore_hidden") && name.starts_with('.')); };
    std::vector<std::string> fragments;
    if (sent.is_list()) {
        for (const auto& item : sent.list()) {
            const Value *name = item.find("name"), *content = item.find("content");
            if (name && content && !skip(name->text_or(""))) fragments.push_back(content->text_or(""));
        }
    } else {
        const std::vector<std::string> names = machine.list(src).value();
        for (const auto& name : names) {
            std::string path = base::join_path(src, name);
            if (!skip(name) && machine.is_file(path)) fragments.push_back(machine.read_file(path).value());
        }
    }
    for (const auto& fragment : fragments) {
        if (newline_due) edited.after += '\n';
        if (delimiter_due && !delimiter.empty()) {
            edited.after += delimiter;
            if (!delimiter.ends_with('\n')) edited.after += '\n';
        }
        edited.after += fragment;
        delimiter_due = true;
        newline_due = !fragment.ends_with('\n');
    }
    edited.existed = machine.exists(dest);
    if (edited.existed) edited.before = machine.read_file(dest).value();
    Outcome outcome;
    if (!edited.existed || edited.before != edited.after) {
        outcome.changed = true;
        if (context.diff) outcome.diff.push_back(Value(text_diff(edited.before, edited.after, dest, src)));
        // What the controller sent is told about as by copy.
        if (std::string backup = sent.is_list() ? copying::install(context, args, copying::Content{.bytes = edited.after}, dest, file_wishes(args), true) : write_edited(context, args, edited); !backup.empty()) outcome.set("backup_file", backup);
    }
    if (machine.exists(dest)) {
        FileWishes wishes = file_wishes(args);
        wishes.follow = true;
        outcome.changed = apply_wishes(context, dest, wishes) || outcome.changed;
    }
    outcome.set("src", src).set("dest", dest).set("checksum", base::sha1_hex(edited.after));
    outcome.set("md5sum", base::digest_hex("md5", edited.after).value_or(""));
    if (!sent.is_list()) outcome.set("msg", "OK");
    return outcome;
}

}  // namespace

extern const Module assemble_module{
    .name = "assemble",
    .collection = "ansible.builtin",
    .summary = "Assemble a file from fragments",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Unlike Ansible it answers in check mode, too.",
    .returns = "dest, src, checksum, md5sum\nbackup_file: name of the copy | changed and backup",
    .example = "- assemble: {src: /etc/app/conf.d, dest: /etc/app/app.conf}",
};

}  // namespace fprov::modules
