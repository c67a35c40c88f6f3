// SPDX-License-Identifier: Apache-2.0
// authorized_key: public keys of an account.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "user", .help = "Account", .required = true},
    {.name = "key", .help = "Public keys, one a line, or a URL", .required = true},
    {.name = "path", .type = spec::Type::path, .help = "The file; ~/.ssh/authorized_keys of the account when not given"},
    {.name = "manage_dir", .type = spec::Type::boolean, .help = "Make the folder and set its owner and mode", .fallback = "yes"},
    {.name = "state", .help = "Should the keys be there", .fallback = "present", .choices = "absent|present"},
    {.name = "key_options", .help = "Options in front of the key"},
    {.name = "exclusive", .type = spec::Type::boolean, .help = "Take all other keys away", .fallback = "no"},
    {.name = "comment", .help = "Comment instead of the key's own"},
    {.name = "follow", .type = spec::Type::boolean, .help = "Write through a link", .fallback = "no"},
    {.name = "validate_certs", .type = spec::Type::boolean, .help = "For keys from https", .fallback = "yes"},
};

constexpr std::string_view key_types[] = {"ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-dss",
                                          "sk-ecdsa-sha2-nistp256@openssh.com", "sk-ssh-ed25519@openssh.com", "ssh-rsa-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com"};

struct Line {
    std::string options, type, key, comment, text;   // text: the line as it was; type is empty for comments and blanks
    std::size_t rank = 0;                            // where it stands in the file
    const std::string& name() const { return type.empty() ? text : key; }   // what there is only one of
};

// Words end at blanks outside of quotes (options may hold command="a b").
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false, open = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        char c = line[i];
        if (c == '\\' && i + 1 < line.size()) { word += c; word += line[++i]; open = true; continue; }
        if (c == '"') quoted = !quoted;
        if ((c == ' ' || c == '\t') && !quoted) { if (open) words.push_back(std::move(word)); word.clear(); open = false; continue; }
        word += c;
        open = true;
    }
    if (open) words.push_back(std::move(word));
    return words;
}

Line parse(const std::string& text) {
    Line line;
    line.text = text;
    std::string_view plain = base::trim(text);
    if (plain.empty() || plain[0] == '#') return line;
    auto words = words_of(plain);
    auto is_type = [](const std::string& word) { return std::find(std::begin(key_types), std::end(key_types), word) != std::end(key_types); };
    auto at = std::find_if(words.begin(), words.end(), is_type);
    if (at == words.end() || at + 1 == words.end()) return line;
    line.options = base::join({words.begin(), at}, " ");
    line.type = *at;
    line.key = *(at + 1);
    line.comment = base::join({at + 2, words.end()}, " ");
    return line;
}

std::string write(const Line& line) {
    if (line.type.empty()) return line.text;
    return (line.options.empty() ? "" : line.options + " ") + line.type + " " + line.key + " " + line.comment;
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    std::string user = args.text("user"), path = args.text("path");
    bool present = args.text("state") == "present", exclusive = args.flag("exclusive"), manage = args.flag("manage_dir");
    auto account = machine.user(user);
    if (!account && path.empty() && context.check) fail("Either user must exist or you must provide full path to key file in check mode");
    if (!account && (path.empty() || !context.check)) fail("Failed to lookup user " + user + ": \"getpwnam(): name not found: '" + user + "'\"");
    if (path.empty()) path = base::join_path(account->home, ".ssh/authorized_keys");
    std::string named = path;
    if (args.flag("follow")) if (auto real = machine.real_path(path)) path = *real;
    std::string given = args.text("key");
    if (given.starts_with("http")) {
        auto fetched = context.must_run({"curl", "-fsSL", "--", given}, false);
        if (fetched.code != 0) fail("Error getting key from: " + given);
        given = fetched.output;
    }
    std::vector<Line> wanted;
    for (const auto& text : base::split_lines(given)) {
        std::string_view plain = base::trim(text);
        if (plain.empty() || plain[0] == '#') continue;
        Line line = parse(text);
        if (line.type.empty()) fail("invalid key specified: " + text);
        if (args.given("key_options")) line.options = args.text("key_options");
        if (args.given("comment")) line.comment = args.text("comment");
        line.text.clear();   // written from its parts
        wanted.push_back(std::move(line));
    }
    // As Ansible has it: of lines that say the same the last counts, what is new or says something else goes to the end, and a file that is
    // written at all is written anew.
    std::string before = current_text(context, path);
    std::vector<Line> lines;
    auto find = [&](const Line& one) { return std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return line.name() == one.name(); }); };
    std::size_t rank = 0;
    for (const auto& text : base::split_lines(before)) {
        Line line = parse(text);
        line.rank = rank++;
        if (auto at = find(line); at != lines.end()) *at = std::move(line);
        else lines.push_back(std::move(line));
    }
    auto options = [](const Line& line) {   // their order means nothing
        auto words = base::split(line.options, ',');
        std::sort(words.begin(), words.end());
        return words;
    };
    bool changed = false;
    rank = lines.size();
    for (Line& one : wanted) {
        one.rank = rank++;
        auto at = find(one);
        if (!present) {
            if (at == lines.end()) continue;
            lines.erase(at);
        } else if (at == lines.end()) lines.push_back(one);
        else if (at->type != one.type || at->comment != one.comment || options(*at) != options(one)) *at = one;
        else continue;
        changed = true;
    }
    if (present && exclusive)
        changed = std::erase_if(lines, [&](const Line& line) {
            return std::none_of(wanted.begin(), wanted.end(), [&](const Line& one) { return line.name() == one.name(); });
        }) > 0 || changed;
    std::string after = before;
    if (changed) {
        std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.rank < b.rank; });
        after.clear();
        for (const Line& line : lines) after += write(line) + "\n";
    }
    Outcome outcome;
    outcome.changed = changed;
    if (context.diff && outcome.changed) outcome.diff.push_back(Value(Map{{"before", Value(before)}, {"after", Value(after)}, {"before_header", Value(named)}, {"after_header", Value(path)}}));
    if (outcome.changed && !context.check) {
        std::string folder = base::dirname(path);
        if (!manage && !machine.is_directory(folder)) context.must_run({"mkdir", "-p", "--", folder});
        if (manage) {
            if (!machine.is_directory(folder)) if (auto made = machine.make_directory(folder, 0700); !made) fail("Failed to create directory " + folder + " : " + made.error().what);
            if (auto owned = machine.chown(folder, account->uid, account->gid); !owned) fail(owned.error());
            if (auto closed = machine.chmod(folder, 0700); !closed) fail(closed.error());
        }
        if (auto written = machine.write_file(path, after, {.mode = 0600, .uid = account->uid, .gid = account->gid, .follow = false}); !written) fail(written.error());
    }
    outcome.set("user", user).set("path", args["path"]).set("key", args["key"]).set("state", args.text("state")).set("exclusive", exclusive).set("manage_dir", manage)
        .set("key_options", args["key_options"]).set("comment", args["comment"]).set("follow", args.flag("follow")).set("validate_certs", args.flag("validate_certs"))
        .set("keyfile", named);
    return outcome;
}

}  // namespace

extern const Module authorized_key_module{
    .name = "authorized_key",
    .collection = "ansible.posix",
    .summary = "Keep public keys of an account",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Keys from a URL are fetched with curl on the host.",
    .returns = "keyfile: the file\nuser: the account",
    .example = "- authorized_key: {user: app, key: \"{{ lookup('file', 'app.pub') }}\"}",
};

}  // namespace fprov::modules
