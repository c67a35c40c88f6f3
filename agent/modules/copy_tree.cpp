// SPDX-License-Identifier: Apache-2.0
// A tree of the controller in one call (protocol: see copy.cpp).
#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "modules/copy.hpp"
#include "values/python.hpp"

namespace fprov::modules::copying {
namespace {

struct Entry {
    std::string path, kind, checksum, link;
    std::uint64_t size = 0;
    Value mode;
    std::optional<std::string> content{};
};

Entry read_entry(const Value& value) {
    auto text = [&](const char* key) { const Value* found = value.find(key); return found ? found->text_or("") : std::string(); };
    Entry entry{text("path"), text("kind"), text("checksum"), text("link"), 0, {}};
    if (const Value* size = value.find("size")) entry.size = static_cast<std::uint64_t>(size->int_or(0));
    if (const Value* mode = value.find("mode")) entry.mode = *mode;
    if (entry.kind.empty()) entry.kind = "file";
    if (const Value* content = value.find("content"); content && content->is_string()) {
        entry.content = content->string();
        entry.size = entry.content->size();
        if (entry.checksum.empty()) entry.checksum = base::sha1_hex(*entry.content);
    } else if (entry.kind == "file" && entry.size == 0) entry.content = "";
    std::string plain = base::normalize_path(entry.path);
    if (entry.path.empty() || entry.path[0] == '/' || plain == ".." || plain.starts_with("../")) fail("'" + entry.path + "' leaves the folder that is copied");
    return entry;
}

/// Cuts the stream of contents into one temporary file each.
class Stream {
public:
    Stream(Context& context, const std::string& path) : context_(context), reader_(std::move(context.machine.open_file(path).value())) {}

    std::string next(const Entry& entry, const std::string& folder) {
        std::string path = context_.machine.temp_file("piece", folder).value();
        base::Digest digest("sha1");
        std::uint64_t left = entry.size;
        while (left > 0) {
            if (buffer_.empty()) buffer_ = reader_->read(1 << 20).value();
            if (buffer_.empty()) fail("the contents for " + entry.path + " came short");
            std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
            std::string_view piece(buffer_.data(), take);
            digest.update(piece);
            if (auto written = context_.machine.append_file(path, piece); !written) fail(written.error());
            buffer_.erase(0, take);
            left -= take;
        }
        if (digest.hex() != entry.checksum) fail("the content for " + entry.path + " does not have the announced checksum (did the source change meanwhile?)");
        return path;
    }

private:
    Context& context_;
    std::unique_ptr<machine::Reader> reader_;
    std::string buffer_;
};

}  // namespace

Outcome copy_tree(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string root = args.text("dest");
    bool force = args.flag("force", true);
    std::vector<Entry> entries;
    std::set<std::string> with_files;   // folders that hold files: Ansible leaves existing ones of these as they are
    for (const auto& value : args["_fprov_entries"].list()) {
        entries.push_back(read_entry(value));
        if (entries.back().kind != "directory")
            for (std::string folder = base::dirname(entries.back().path); !folder.empty(); folder = base::dirname(folder)) with_files.insert(folder);
    }
    if (machine.lexists(root) && !machine.is_directory(root)) {
        auto first = std::find_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.kind == "file"; });
        not_below_file(first == entries.end() ? root : base::join_path(root, first->path));
    }

    Outcome outcome;
    FileWishes wishes = file_wishes(args);
    bool preserve = args.text("mode") == "preserve";
    if (preserve) wishes.mode = Value();
    auto wishes_for = [&](const Entry& entry) {
        FileWishes own = wishes;
        if (preserve) own.mode = entry.mode;
        return own;
    };

    // First look: what differs.
    std::vector<const Entry*> missing;
    for (const auto& entry : entries) {
        if (entry.kind != "file") continue;
        std::string path = base::join_path(root, entry.path);
        if (machine.is_directory(path)) fail("can not overwrite the folder " + path + " with a file");
        if (!force && machine.lexists(path)) continue;
        if (checksum_of(context, path) != entry.checksum) missing.push_back(&entry);
    }
    if (args.given("_fprov_missing")) {   // the contents that came are for these, whatever has happened since
        std::set<std::string> sent;
        for (const auto& path : args["_fprov_missing"].list()) sent.insert(values::str(path));
        std::vector<const Entry*> wanted;
        for (const auto& entry : entries)
            if (entry.kind == "file" && (entry.content ? std::find(missing.begin(), missing.end(), &entry) != missing.end() : sent.count(entry.path) > 0))
                wanted.push_back(&entry);
        missing = std::move(wanted);
        if (!sent.empty() && !args.given("_fprov_source") && !context.check) {
            outcome.need_content = true;
            return outcome;
        }
    } else if (!missing.empty() && !context.check) {
        List paths;
        for (const auto* entry : missing)
            if (!entry->content) paths.push_back(entry->path);
        if (!paths.empty()) {
            outcome.need_content = !args.flag("_fprov_ask");
            outcome.set("_fprov_missing", Value(std::move(paths)));
            return outcome;
        }
    }

    if (!machine.is_directory(root)) outcome.changed = true;
    if (!context.check) make_folders(context, args, root);
    std::optional<Stream> stream;
    if (args.given("_fprov_source")) stream.emplace(context, args.text("_fprov_source"));
    std::set<const Entry*> to_write(missing.begin(), missing.end());

    for (const auto& entry : entries) {
        std::string path = base::join_path(root, entry.path);
        if (entry.kind == "directory") {
            bool fresh = make_folders(context, args, path);
            outcome.changed = outcome.changed || fresh;
            if (!fresh && !with_files.count(entry.path)) {
                FileWishes own = wishes;
                own.mode = args["directory_mode"];
                outcome.changed = apply_wishes(context, path, own) || outcome.changed;
            }
        } else if (entry.kind == "link") {
            auto is = machine.lstat(path);
            if (is && is->is_link() && machine.read_link(path).value_or("") == entry.link) continue;
            if (is && is->is_dir()) fail("refusing to convert from directory to symlink for " + path);
            if (is && !force) continue;
            outcome.changed = true;
            if (context.check) continue;
            make_folders(context, args, base::dirname(path));
            if (auto made = machine.symlink(entry.link, path); !made) fail("Error while linking: " + made.error().what);
        } else {
            FileWishes own = wishes_for(entry);
            bool write = to_write.count(&entry) > 0;
            if (!write && !force && machine.lexists(path)) continue;
            if (write) {
                outcome.changed = true;
                Content content{.bytes = entry.content};
                if (context.diff && (context.check || entry.content)) outcome.diff.push_back(Value(file_diff(context, path, content, entry.path)));
                if (context.check) continue;
                make_folders(context, args, base::dirname(path));
                if (!entry.content) {
                    if (!stream) fail("the contents for " + entry.path + " did not come");
                    content.path = stream->next(entry, machine.temp_directory().value());
                    if (context.diff) outcome.diff.push_back(Value(file_diff(context, path, content, entry.path)));
                }
                install(context, args, content, path, own, args.flag("follow"));
                if (!content.path.empty()) (void)machine.remove_file(content.path);
            }
            own.follow = true;
            outcome.changed = apply_wishes(context, path, own) || outcome.changed;
        }
    }
    if (args.given("_fprov_source")) (void)machine.remove_file(args.text("_fprov_source"));
    outcome.set("dest", root.ends_with("/") ? root : root + "/");
    if (args.given("src")) outcome.set("src", args["src"]);
    return outcome;
}

}  // namespace fprov::modules::copying
