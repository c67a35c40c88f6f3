// SPDX-License-Identifier: Apache-2.0
// known_hosts: a host's key in a known_hosts file.
#include <algorithm>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "The host's name, as ssh looks it up ([host]:port for other ports)", .required = true, .aliases = "host"},
    {.name = "key", .help = "The line: names, kind and key"},
    {.name = "path", .type = spec::Type::path, .help = "The file", .fallback = "~/.ssh/known_hosts"},
    {.name = "hash_host", .type = spec::Type::boolean, .help = "Write the name hashed", .fallback = "no"},
    {.name = "state", .help = "There or not", .fallback = "present", .choices = "absent|present"},
};

std::string hmac_sha1(std::string key, std::string_view text) {
    if (key.size() > 64) key = *base::digest_raw("sha1", key);
    key.resize(64, '\0');
    std::string inner = key, outer = key;
    for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
    for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
    return *base::digest_raw("sha1", outer + *base::digest_raw("sha1", inner + std::string(text)));
}

/// The fields of a line: markers such as @revoked, names, kind, key.
struct Entry { std::string marker, names, kind, key; };

std::optional<Entry> parse(std::string_view line) {
    std::vector<std::string> words;
    for (auto& word : base::split(base::replace_all(std::string(bare(line)), "\t", " "), ' '))
        if (!word.empty()) words.push_back(std::move(word));
    if (words.empty() || words[0].starts_with('#')) return std::nullopt;
    Entry entry;
    if (words[0].starts_with('@')) {
        entry.marker = words[0];
        words.erase(words.begin());
    }
    if (words.size() < 3) return std::nullopt;
    entry.names = words[0];
    entry.kind = words[1];
    entry.key = words[2];
    return entry;
}

bool names_host(const std::string& names, const std::string& host) {
    for (const auto& name : base::split(names, ',')) {
        if (name.starts_with("|1|")) {
            auto bar = name.find('|', 3);
            if (bar == std::string::npos) continue;
            auto salt = base::base64_decode(name.substr(3, bar - 3));
            if (salt && base::base64_encode(hmac_sha1(*salt, host)) == name.substr(bar + 1)) return true;
        } else if (base::lower(name) == base::lower(host)) return true;
    }
    return false;
}

std::string hashed(Context& context, const std::string& host) {
    std::string salt;
    if (auto reader = context.machine.open_file("/dev/urandom"))
        if (auto bytes = (*reader)->read(20)) salt = *bytes;
    if (salt.size() != 20) fail("no random bytes from /dev/urandom");
    return "|1|" + base::base64_encode(salt) + "|" + base::base64_encode(hmac_sha1(salt, host));
}

Outcome run(const Args& args, Context& context) {
    std::string host = base::lower(args.text("name")), key = args.text("key");
    bool present = args.text("state") == "present", hash = args.flag("hash_host");
    if (host.find(',') != std::string::npos) fail("Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.");
    if (present && key.empty()) fail("No key specified when adding a host");
    struct Wanted : Entry { bool done = false; };
    std::vector<Wanted> wanted;     // ssh-keyscan tells one line for each kind
    for (const auto& line : base::split_lines(key)) {
        const auto one = base::trim(line);
        if (one.empty() || (one.starts_with('#') && one.size() < base::trim(key).size())) continue;
        auto entry = parse(one);
        if (!entry || (present && !names_host(entry->names, host))) fail(one.starts_with('#') ? "host keys must not be comments" : "Host parameter does not match hashed host field in supplied key");
        wanted.push_back({std::move(*entry)});
    }
    Edited edited;
    edited.path = args.text("path");
    edited.existed = context.machine.exists(edited.path);
    if (const auto folder = base::dirname(edited.path); present && !context.check && !context.machine.is_directory(folder))     // "the rest of the path must exist"
        fail("Failed to write to file " + edited.path + ": [Errno 2] No such file or directory: '" + folder + "'");
    if (edited.existed) edited.before = context.machine.read_file(edited.path).value();

    bool changed = false;
    std::string out;
    for (const auto& line : keep_lines(edited.before)) {
        auto entry = parse(line);
        bool mine = entry && names_host(entry->names, host) && wanted.empty(), kept = false;
        bool is_hashed = entry && entry->names.starts_with("|1|");
        for (auto& one : wanted) {
            if (!entry || !names_host(entry->names, host) || entry->kind != one.kind) continue;
            mine = true;
            const bool to_hash = hash || one.names.starts_with("|1|");
            if (!kept && !one.done && entry->key == one.key && is_hashed == to_hash && (is_hashed || base::lower(entry->names) == base::lower(one.names))) kept = one.done = true;
        }
        if (!mine) { out += line; continue; }
        if (!present) {
            changed = true;   // whatever its key is
            continue;
        }
        if (kept) {
            out += line;   // as wanted
            continue;
        }
        changed = true;   // another key or form of the same kind: replaced by the new line
    }
    for (const auto& one : wanted) {
        if (!present || one.done) continue;
        if (!out.empty() && !out.ends_with('\n')) out += '\n';
        out += (one.marker.empty() ? "" : one.marker + " ") + (hash && !one.names.starts_with("|1|") ? hashed(context, host) : one.names) + " " + one.kind + " " + one.key + "\n";
        changed = true;
    }
    edited.after = out;
    Outcome outcome;
    outcome.changed = changed;
    if (!context.check) {   // as Ansible: in check mode nothing but the difference
        for (const auto& arg : args.map()) outcome.fields.set(arg.key, arg.value);
        if (!args.given("key")) outcome.set("key", Value());
    }
    outcome.diff.push_back(Value(Map{{"before_header", edited.existed ? edited.path : "/dev/null"}, {"after_header", edited.path}, {"before", edited.before}, {"after", edited.after}}));
    if (changed && !present && wanted.empty() && !context.check) {   // Ansible leaves this to ssh-keygen, which keeps the old file
        machine::WriteOptions options;
        if (auto stat = context.machine.stat(edited.path)) { options.mode = stat->mode; options.uid = stat->uid; options.gid = stat->gid; }
        (void)context.machine.remove_file(edited.path + ".old");
        if (auto kept = context.machine.write_file(edited.path + ".old", edited.before, options); !kept) fail(kept.error());
    }
    if (changed) write_edited(context, args, edited);
    return outcome;
}

}  // namespace

extern const Module known_hosts_module{
    .name = "known_hosts",
    .collection = "ansible.builtin",
    .summary = "Keep a host's key in a known_hosts file",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Keys of other kinds of the same host stay.",
    .returns = "name, key, path, state, hash_host: as they were used",
    .example = "- known_hosts: {name: web1, key: \"{{ lookup('file', 'web1.pub') }}\"}",
    .unasked_diff = UnaskedDiff::all,
};

}  // namespace fprov::modules
