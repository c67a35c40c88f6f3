// SPDX-License-Identifier: Apache-2.0
// unarchive: the contents of a tar or zip archive are in a folder.
//
// Archives of the controller come as for copy: _fprov_checksum (sha1), _fprov_size, _original_basename, and after need_content
// _fprov_source (or at once _fprov_content). After an extraction the agent keeps a record (see unarchive_record.cpp) of every member as it was left; the next run
// compares the tree with it by lstat alone and asks for the archive only when something differs or no record is there.
#include "modules/unarchive.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/http.hpp"
#include "modules/support/ownership.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

using namespace archives;

constexpr Arg args[] = {
    {.name = "src", .type = spec::Type::path, .help = "The archive: of the controller, or of the host with remote_src", .required = true},
    {.name = "dest", .type = spec::Type::path, .help = "The folder to extract to; must exist", .required = true},
    {.name = "remote_src", .type = spec::Type::boolean, .help = "src is on the host", .fallback = "no"},
    {.name = "creates", .type = spec::Type::path, .help = "Do nothing when this exists"},
    {.name = "list_files", .type = spec::Type::boolean, .help = "Answer the list of members", .fallback = "no"},
    {.name = "keep_newer", .type = spec::Type::boolean, .help = "Leave files that are newer than the archive's", .fallback = "no"},
    {.name = "exclude", .type = spec::Type::list, .help = "Members to leave out", .fallback = "[]", .elements = spec::Type::text},
    {.name = "include", .type = spec::Type::list, .help = "Only these members", .fallback = "[]", .elements = spec::Type::text},
    {.name = "extra_opts", .type = spec::Type::list, .help = "More options for tar or unzip, such as --strip-components=1", .fallback = "[]",
     .elements = spec::Type::text},
    {.name = "copy", .type = spec::Type::boolean, .help = "The opposite of remote_src (old)", .fallback = "yes"},
    {.name = "decrypt", .type = spec::Type::boolean, .help = "Decrypt vault files on the way", .fallback = "yes"},
    {.name = "validate_certs", .type = spec::Type::boolean, .help = "Check certificates of https sources", .fallback = "yes"},
    {.name = "io_buffer_size", .type = spec::Type::integer, .help = "Has no effect here", .fallback = "65536"},
    {.name = "_original_basename", .help = "Name of the source"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::mutually_exclusive, .names = "include,exclude"}};

/// Members that would leave dest, by themselves or through a link, are refused before anything is written.
void refuse_escapes(Context& context, const std::string& dest, const std::vector<Member>& members) {
    std::string root = context.machine.real_path(dest).value_or(dest);
    auto inside = [&](const std::string& path) { return path == root || path.starts_with(root == "/" ? root : root + "/"); };
    std::set<std::string> links_out;
    for (const auto& member : members) {
        std::string plain = base::normalize_path(member.path);
        if (member.path.starts_with('/') || plain == ".." || plain.starts_with("../"))
            fail("the archive holds '" + member.path + "', which would be written outside of " + dest);
        if (member.is_link) {
            std::string target = base::normalize_path(base::join_path(base::join_path(root, base::dirname(plain)), member.link));
            if (!inside(target)) links_out.insert(plain);
        }
    }
    std::map<std::string, bool> known;
    std::set<std::string> folders;
    for (const auto& member : members)
        if (member.is_dir) folders.insert(base::normalize_path(member.path));
    for (const auto& member : members) {
        for (std::string folder = base::dirname(base::normalize_path(member.path)); !folder.empty(); folder = base::dirname(folder)) {
            if (links_out.count(folder)) fail("the archive holds '" + member.path + "' behind its own link '" + folder + "', which leads out of " + dest);
            auto [at, fresh] = known.try_emplace(folder, false);
            if (!fresh) break;   // looked at with all above it
            std::string full = base::join_path(dest, folder);
            auto stat = context.machine.lstat(full);
            if (stat && stat->is_link() && !folders.count(folder) && !inside(context.machine.real_path(full).value_or("/")))
                fail("'" + member.path + "' would be written through the link " + full + ", which leads out of " + dest);
        }
    }
}

/// The first folders that members stand in without being members themselves: Ansible gives owner and mode to these, not to folders between.
std::vector<Member> with_parents(std::vector<Member> members) {
    std::set<std::string> names;
    for (const auto& member : members) names.insert(member.path);
    std::vector<Member> parents;
    for (const auto& member : members)
        if (auto slash = member.path.find('/'); slash != std::string::npos && slash > 0)
            if (std::string folder = member.path.substr(0, slash); folder != "." && names.insert(folder).second) parents.push_back(Member{.path = folder, .is_dir = true});
    parents.insert(parents.end(), members.begin(), members.end());
    return parents;
}

class Unpacking {
public:
    Unpacking(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine) {
        order_.dest = args.text("dest");
        order_.include = args.texts("include");
        order_.exclude = args.texts("exclude");
        order_.extra_opts = args.texts("extra_opts");
        order_.keep_newer = args.flag("keep_newer");
        order_.owner = args.text("owner");
        order_.group = args.text("group");
        order_.owner_given = args.given("owner");
        order_.group_given = args.given("group");
        order_.mode_given = args.given("mode");
        remote_ = args.flag("remote_src") || !args.flag("copy", true) || args.text("src").find("://") != std::string::npos;
    }

    Outcome run() {
        Outcome outcome;
        if (args_.given("creates") && machine_.exists(args_.text("creates"))) {
            outcome.skipped = true;
            outcome.msg = "skipped, since " + args_.text("creates") + " exists";
            return outcome;
        }
        if (!machine_.is_directory(order_.dest)) fail("dest '" + order_.dest + "' must be an existing dir", Map{{"exception", "NoneType: None\n"}});
        std::string checksum = args_.text("_fprov_checksum");
        if (remote_) {
            order_.archive = args_.text("src");
            if (order_.archive.find("://") != std::string::npos) {
                if (context_.check) { outcome.changed = true; return finish(std::move(outcome)); }   // what is there tells nothing of what is in the web
                HttpRequest request;
                request.url = order_.archive;
                request.follow = HttpRequest::Follow::all;
                request.validate_certs = args_.flag("validate_certs", true);
                auto response = http_fetch(context_, request);
                if (response.status < 200 || response.status > 299) fail("Failed to download " + order_.archive + ": " + response.message());
                order_.archive = response.body_file;
            }
            auto stat = machine_.stat(order_.archive);
            if (!stat) fail("Source '" + order_.archive + "' does not exist");
            if (!stat->is_file() || stat->size == 0) fail("Invalid archive '" + order_.archive + "', the file is 0 bytes");
            if (!machine_.access(order_.archive, 4)) fail("Source '" + order_.archive + "' not readable");
        } else {
            order_.archive = args_.text("_fprov_source");
            bool carried = order_.archive.empty() && args_["_fprov_content"].is_string();   // small ones come with the task
            if (carried && checksum.empty()) checksum = base::sha1_hex(args_["_fprov_content"].string());
            if (checksum.empty() && order_.archive.empty()) fail("Source '" + args_.text("src") + "' does not exist");
            if (checksum.empty()) checksum = machine_.digest_file(order_.archive, "sha1").value();
            Record record(context_, key(checksum));
            if (order_.archive.empty()) {
                if (record.holds(context_, order_.dest)) {
                    if (context_.check && record.handler() != "ZipArchive") return no_check_mode();
                    outcome.set("handler", record.handler());
                    if (args_.flag("list_files")) outcome.set("files", Value::strings(record.paths()));
                    return finish(std::move(outcome));
                }
                outcome.changed = true;
                if (context_.check && !carried) {
                    const std::string name = base::lower(args_.text("src"));
                    return name.ends_with(".zip") || name.ends_with(".jar") || name.ends_with(".war") ? finish(std::move(outcome)) : no_check_mode();
                }
                if (!carried) {
                    outcome.need_content = true;
                    return outcome;
                }
                order_.archive = machine_.temp_file("archive").value();
                if (auto written = machine_.write_file(order_.archive, args_["_fprov_content"].string()); !written) fail(written.error());
            }
            outcome = unpack();
            if (!context_.check) record.write(context_, order_.dest, outcome.fields.find("handler")->text_or(""), members_);
            return finish(std::move(outcome));
        }
        return finish(unpack());
    }

private:
    std::string key(const std::string& checksum) const {
        Map parts{{"dest", machine_.real_path(order_.dest).value_or(order_.dest)}, {"sum", checksum}, {"include", Value::strings(order_.include)},
                  {"exclude", Value::strings(order_.exclude)}, {"options", Value::strings(order_.extra_opts)}, {"newer", order_.keep_newer}};
        for (const char* name : {"owner", "group", "mode", "seuser", "serole", "setype", "selevel", "attributes"}) parts.set(name, args_[name]);
        return values::write_json(Value(std::move(parts)));
    }

    static Outcome no_check_mode() {
        Outcome outcome;
        outcome.skipped = true;
        outcome.msg = "remote module (ansible.legacy.unarchive) does not support check mode when using gtar";
        return outcome;
    }

    Outcome finish(Outcome outcome) const {
        if (outcome.skipped) return outcome;
        outcome.set("dest", order_.dest);
        outcome.set("src", args_["src"]);
        return outcome;
    }

    Outcome unpack() {
        Outcome outcome;
        auto handler = open_archive(context_, order_, args_.text("src"));
        outcome.set("handler", handler->name());
        if (context_.check && std::string_view(handler->name()) != "ZipArchive") return no_check_mode();
        auto listed = handler->members();
        refuse_escapes(context_, order_.dest, listed);
        members_ = with_parents(listed);
        if (args_.flag("list_files")) {
            List files;
            for (const auto& member : listed) files.push_back(member.is_dir ? member.path + "/" : member.path);
            outcome.set("files", Value(std::move(files)));
        }
        if (std::string_view(handler->name()) == "ZipArchive" && context_.diff) {   // what is new, in the words of rsync's --itemize-changes
            std::string prepared;
            for (const auto& member : listed)
                if (!machine_.lexists(base::join_path(order_.dest, member.path)))
                    prepared += (member.is_dir ? ">d++++++.?? " + member.path + "/" : ">f++++++.?? " + member.path) + "\n";
            if (!prepared.empty()) outcome.diff.push_back(Value(Map{{"prepared", prepared}}));
        }
        outcome.changed = handler->differs(listed);
        if (outcome.changed && !context_.check) {
            if (!machine_.access(order_.dest, 2)) fail("dest '" + order_.dest + "' is not writable");
            auto result = handler->extract();
            Map results{{"cmd", Value(result.command)}, {"rc", result.code}, {"out", result.output}, {"err", result.error}};
            if (result.code != 0)
                fail("failed to unpack " + args_.text("src") + " to " + order_.dest + ": " + std::string(base::trim(result.error)),
                     Map{{"dest", order_.dest}, {"src", args_["src"]}, {"handler", handler->name()}, {"extract_results", Value(std::move(results))}});
            outcome.set("extract_results", Value(std::move(results)));
        }
        FileWishes wishes = file_wishes(args_);
        wishes.follow = false;
        if (wishes.any())
            for (const auto& member : members_) {
                std::string path = base::join_path(order_.dest, member.path);
                if (!machine_.lexists(path)) continue;
                outcome.changed = apply_wishes(context_, path, wishes) || outcome.changed;
            }
        return outcome;
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    Order order_;
    bool remote_ = false;
    std::vector<Member> members_;
};

Outcome run(const Args& args, Context& context) { return Unpacking(args, context).run(); }

}  // namespace

extern const Module unarchive_module{
    .name = "unarchive",
    .collection = "ansible.builtin",
    .summary = "Extract an archive",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Needs tar (with gzip, bzip2, xz, zstd as the archive asks for) or unzip on the host. As with Ansible, only zip archives are looked at in check mode. "
             "Members that would leave dest are refused. An archive of the controller travels only when the extracted tree is not as this agent "
             "left it.",
    .returns = "dest: the folder\nsrc: the archive\nhandler: kind of archive\nfiles: members | list_files\nextract_results: cmd, rc, out, err | changed",
    .example = "- unarchive: {src: app.tar.gz, dest: /opt/app, owner: app, extra_opts: ['--strip-components=1']}",
};

}  // namespace fprov::modules
