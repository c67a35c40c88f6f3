// SPDX-License-Identifier: Apache-2.0
// git: working copies and bare repositories, by the host's own git.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "repo", .help = "Where it comes from: git, ssh or http URL, or a path", .required = true, .aliases = "name"},
    {.name = "dest", .type = Type::path, .help = "Where it goes; not needed with clone: no"},
    {.name = "version", .help = "Branch, tag, commit, or HEAD for the remote's default branch", .fallback = "HEAD"},
    {.name = "remote", .help = "Name of the remote", .fallback = "origin"},
    {.name = "refspec", .help = "What to fetch besides"},
    {.name = "reference", .help = "A repository near by that has many of the objects"},
    {.name = "force", .type = Type::boolean, .help = "Throw local changes away", .fallback = "no"},
    {.name = "depth", .type = Type::integer, .help = "Fetch only this many commits of history"},
    {.name = "clone", .type = Type::boolean, .help = "Clone when it is not there", .fallback = "yes"},
    {.name = "update", .type = Type::boolean, .help = "Fetch what is new", .fallback = "yes"},
    {.name = "verify_commit", .type = Type::boolean, .help = "Check the GPG signature of what is checked out", .fallback = "no"},
    {.name = "gpg_whitelist", .type = Type::list, .help = "Fingerprints to trust with verify_commit", .fallback = "[]", .elements = Type::text},
    {.name = "accept_hostkey", .type = Type::boolean, .help = "Do not check ssh host keys", .fallback = "no"},
    {.name = "accept_newhostkey", .type = Type::boolean, .help = "Accept ssh host keys of unknown hosts", .fallback = "no"},
    {.name = "key_file", .type = Type::path, .help = "Key for ssh"},
    {.name = "ssh_opts", .help = "Options for ssh"},
    {.name = "executable", .type = Type::path, .help = "The git program"},
    {.name = "bare", .type = Type::boolean, .help = "A bare repository", .fallback = "no"},
    {.name = "recursive", .type = Type::boolean, .help = "With submodules", .fallback = "yes"},
    {.name = "single_branch", .type = Type::boolean, .help = "Clone only the branch or tag", .fallback = "no"},
    {.name = "track_submodules", .type = Type::boolean, .help = "Bring submodules to the tip of their branch", .fallback = "no"},
    {.name = "umask", .type = Type::raw, .help = "umask while files are written"},
    {.name = "archive", .type = Type::path, .help = "Also write an archive: .zip, .tar, .tar.gz, .tgz"},
    {.name = "archive_prefix", .help = "Folder in front of the archive's names"},
    {.name = "separate_git_dir", .type = Type::path, .help = "Where the repository itself lies"},
};

constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "separate_git_dir,bare"}, {Rule::Kind::mutually_exclusive, "accept_hostkey,accept_newhostkey"},
                          {Rule::Kind::required_by, "archive", "archive_prefix"}};

bool is_commit(const std::string& text) {
    return text.size() == 40 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}
/// "http://user:word@host" → "http://user:********@host" in any text; a word alone is taken for a token.
std::string without_passwords(std::string text) {
    for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1)) {
        const auto end = std::min(text.find_first_of("/ '\"\n", at + 3), text.size());
        const auto host = end == 0 ? std::string::npos : text.rfind('@', end - 1);
        if (host == std::string::npos || host < at + 3) continue;
        const auto colon = text.find(':', at + 3);
        const auto begin = colon < host ? colon + 1 : at + 1;
        text.replace(begin, host - begin, "********");
    }
    return text;
}

std::string last_lines(const Ran& ran) { return std::string(base::trim(ran.error_output.empty() ? ran.output : ran.error_output)); }

class GitTask {
public:
    GitTask(const Args& args, Context& context)
        : args_(args), context_(context), repo_(args.text("repo")), dest_(args.text("dest")), version_(args.text("version")), remote_(args.text("remote")), bare_(args.flag("bare")),
          depth_(args.given("depth") && args.integer("depth") != 0) {}

    Outcome run() {
        auto& machine = context_.machine;
        if (dest_.empty() && args_.flag("clone", true)) fail("the destination directory must be specified unless clone=no");
        if (!dest_.empty()) dest_ = base::absolute_path(dest_);
        if (!repo_.starts_with("file://") && repo_.find("://") == std::string::npos && (repo_.starts_with('/') || machine.exists(repo_)) && repo_.find(':') == std::string::npos)
            repo_ = "file://" + base::absolute_path(repo_);
        if (auto archive = args_.text("archive"); !archive.empty()) {
            for (const char* ending : {".zip", ".tar.gz", ".tgz", ".tar"})
                if (archive_format_.empty() && archive.ends_with(ending)) archive_format_ = ending + 1;
            if (archive_format_.empty() && !context_.check)
                fail("Unable to get file extension from archive file name : " + archive,
                     Map{{"details", "Please specify archive as filename with extension. File extension can be one of ['tar', 'tar.gz', 'zip', 'tgz']"}});
        }
        git_ = args_.given("executable") ? args_.text("executable") : required_program(context_, "git");
        if (!machine.access(git_, 1)) fail("[Errno 2] No such file or directory: b'" + git_ + "'", Map{{"rc", 2}, {"stdout", ""}, {"stderr", ""}, {"cmd", git_ + " --version"}});
        set_ssh();
        const auto umask = args_["umask"];
        if (!umask.is_none()) {
            if (umask.is_int()) fail("umask must be defined as a quoted octal integer");
            umask_ = static_cast<unsigned>(base::parse_int(args_.text("umask"), 8).value_or(-1));
            if (*umask_ > 0777) fail("umask must be an octal integer", Map{{"details", "invalid literal for int() with base 8: '" + args_.text("umask") + "'"}});
        }
        folder_ = bare_ ? dest_ : base::join_path(dest_, ".git");
        const bool there = !dest_.empty() && machine.exists(bare_ ? base::join_path(dest_, "HEAD") : folder_);
        if (there && args_.given("separate_git_dir")) relocate();

        out_.set("before", Value());
        if (!there) {
            const bool clone = args_.flag("clone", true);
            if (context_.check || !clone) {
                const auto head = remote_head();
                out_.changed = true;
                out_.set("after", head);
                say_new(head);
                return out_;
            }
            this->clone();
        } else if (!args_.flag("update", true)) {
            before_ = head();
            out_.set("before", before_).set("after", before_);
            make_archive(before_);
            return out_;
        } else {
            bool dirty = false;
            if (!bare_) dirty = !base::trim(must({"status", "--porcelain", "-uno"}, "Failed to query the state of the working copy").output).empty();
            if (auto ran = git({"rev-parse", "HEAD"}); ran.code == 0) out_.set("before", before_ = base::trim(ran.output));   // nothing yet in a clone of nothing
            if (dirty && !args_.flag("force")) fail("Local modifications exist in the destination: " + dest_ + " (force=no).", Map{{"before", before_}});
            set_remote();
            if (context_.check) {
                const auto after = remote_head();
                out_.changed = before_ != after || dirty || moved_ || url_changed_;
                out_.set("after", after);
                if (before_ != after && context_.diff && !url_changed_) {
                    // In a bare repository a fetch moves the branches: there only the commits come, and a diff is shown if they do.
                    if (bare_) git({"fetch", "--no-tags", "--refmap=", remote_, version_});
                    else fetch();
                    say_diff(after);
                }
                return out_;
            }
            if (dirty) {
                must({"reset", "--hard", "HEAD"}, "Failed to throw local changes away");
                out_.set("msg", "Local modifications exist in the destination: " + dest_);
                dirty_ = true;
            }
            fetch();
        }
        if (!bare_) switch_version();
        bool submodules = false;
        if (!bare_ && args_.flag("recursive", true)) submodules = update_submodules();
        if (submodules) out_.set("submodules_changed", true);
        const auto after = head();
        out_.set("after", after);
        if (!there) { out_.changed = true; say_new(after); }
        else if (before_ != after || dirty_ || submodules || moved_ || url_changed_) {
            out_.changed = true;
            if (before_ != after) say_diff(after);
        }
        make_archive(after);
        return out_;
    }

private:
    void set_ssh() {
        auto& environment = context_.environment;
        environment["GIT_TERMINAL_PROMPT"] = "0";
        std::string options = args_.text("ssh_opts");
        if (args_.given("key_file")) {
            options += " -i " + base::shell_quote(args_.text("key_file")) + " -o IdentitiesOnly=yes";
        }
        if (args_.flag("accept_hostkey")) options += " -o StrictHostKeyChecking=no";
        if (args_.flag("accept_newhostkey")) options += " -o StrictHostKeyChecking=accept-new";
        if (!environment.contains("GIT_SSH_COMMAND") && !environment.contains("GIT_SSH")) environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes " + options;
    }

    Ran git(std::vector<std::string> words, const std::string& directory) {
        words.insert(words.begin(), git_);
        machine::Command command{.argv = words, .directory = directory, .umask = umask_};
        auto done = context_.run(std::move(command));
        last_.clear();
        for (const auto& word : words) last_ += (last_.empty() ? "" : " ") + base::shell_quote(without_passwords(word));
        if (!done) fail(done.error().what, Map{{"cmd", last_}});
        return {done->code, std::move(done->output), std::move(done->error_output)};
    }
    Ran git(std::vector<std::string> words) { return git(std::move(words), dest_); }
    Ran must(std::vector<std::string> words, const std::string& sentence) { return need(git(std::move(words)), sentence); }
    /// An empty sentence stands for git's own words.
    Ran need(Ran ran, const std::string& sentence) {
        if (ran.code != 0)
            fail(sentence.empty() ? last_lines(ran) : sentence, Map{{"rc", ran.code}, {"stdout", ran.output}, {"stderr", ran.error_output}, {"cmd", last_}});
        return ran;
    }

    /// The remote as git is to be told it: in check mode it still has its old URL.
    std::string where() const { return !here() || (context_.check && url_changed_) ? repo_ : remote_; }
    bool here() const { return !dest_.empty() && context_.machine.exists(folder_); }

    std::string head() { return std::string(base::trim(must({"rev-parse", "HEAD"}, "").output)); }

    bool remote_has(const std::string& kind, const std::string& name) {
        auto ran = need(git({"ls-remote", where(), kind, "refs/" + std::string(kind == "-h" ? "heads/" : "tags/") + name}, here() ? dest_ : ""), "");
        return ran.output.find("refs/") != std::string::npos;
    }

    /// The commit that the version stands for at the remote.
    std::string remote_head() {
        if (is_commit(version_)) return version_;
        auto look = [&](std::vector<std::string> words) { return need(git(std::move(words), here() ? dest_ : ""), ""); };
        if (version_ == "HEAD") {
            auto ran = look({"ls-remote", where(), "-h", here() && !bare_ ? "refs/heads/" + head_branch() : "HEAD"});
            if (ran.output.empty()) ran = look({"ls-remote", where(), "HEAD"});
            if (ran.output.empty()) fail("Could not determine remote revision for HEAD", Map{{"rc", 0}, {"stdout", ""}, {"stderr", ""}});
            return ran.output.substr(0, ran.output.find_first_of("\t\n"));
        }
        const auto text = look({"ls-remote", where(), "refs/heads/" + version_, "refs/tags/" + version_, "refs/tags/" + version_ + "^{}"}).output;
        std::string found;
        for (const auto& line : base::split_lines(text)) {
            const auto tab = line.find('\t');
            if (tab == std::string::npos) continue;
            if (found.empty() || line.ends_with("^{}")) found = line.substr(0, tab);
            if (line.substr(tab + 1) == "refs/heads/" + version_) { found = line.substr(0, tab); break; }
        }
        if (found.empty() && context_.check) return version_;   // as Ansible predicts it
        if (found.empty()) fail("Could not determine remote revision for " + version_);
        return found;
    }

    void clone() {
        (void)make_parents();
        std::vector<std::string> words{"clone"};
        if (bare_) words.emplace_back("--bare");
        else words.insert(words.end(), {"--origin", remote_});
        const bool named = remote_has("-h", version_) || remote_has("-t", version_);
        const bool plain = version_ == "HEAD" || named || args_.given("refspec");
        if (depth_) {
            if (plain) words.insert(words.end(), {"--depth", args_.text("depth")});
            else out_.warnings.emplace_back("Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in combination with refspec.");
        }
        if (args_.flag("single_branch")) words.emplace_back("--single-branch");
        if (named && !bare_ && (depth_ || args_.flag("single_branch"))) words.insert(words.end(), {"--branch", version_});
        if (args_.given("reference")) words.insert(words.end(), {"--reference", args_.text("reference")});
        if (args_.given("separate_git_dir")) words.push_back("--separate-git-dir=" + args_.text("separate_git_dir"));
        words.insert(words.end(), {repo_, dest_});
        need(git(words, base::dirname(dest_)), "");
        if (bare_ && remote_ != "origin") must({"remote", "add", remote_, repo_}, "");
        if (args_.given("refspec")) {
            std::vector<std::string> more{"fetch"};
            if (depth_) more.insert(more.end(), {"--depth", args_.text("depth")});
            more.insert(more.end(), {remote_, args_.text("refspec")});
            must(more, "");
        }
        verify();
    }

    bool make_parents() {
        std::string path = base::dirname(dest_);
        std::vector<std::string> missing;
        for (; path.size() > 1 && !context_.machine.exists(path); path = base::dirname(path)) missing.push_back(path);
        for (auto at = missing.rbegin(); at != missing.rend(); ++at) context_.machine.make_directory(*at, 0755).value();
        return !missing.empty();
    }

    void set_remote() {
        auto ran = git({"ls-remote", "--get-url", remote_});
        const std::string current(base::trim(ran.output));
        const bool same = ran.code == 0 && (current == repo_ || "file://" + current == repo_);
        out_.set("remote_url_changed", false);
        if (same) return;
        if (!context_.check) {
            auto set = git({"remote", "set-url", remote_, repo_});
            if (set.code != 0) fail("Failed to set a new url " + repo_ + " for " + remote_ + ":  " + set.output + set.error_output);
        }
        url_changed_ = !context_.check || current != remote_;     // a remote that is not there fails
        out_.set("remote_url_changed", true);
    }

    void fetch() {
        std::vector<std::string> specs;
        if (args_.given("refspec")) {
            specs.push_back(args_.text("refspec"));
        } else if (depth_ && version_ == "HEAD") {
            if (!bare_) specs.push_back(head_branch());
        } else if (depth_) {
            const bool branch = remote_has("-h", version_);
            if (branch && (bare_ || current_branch() != version_)) specs.push_back("+refs/heads/" + version_ + ":refs/heads/" + version_);    // git does not fetch into what is checked out
            if (branch) specs.push_back("+refs/heads/" + version_ + ":refs/remotes/" + remote_ + "/" + version_);
            else if (remote_has("-t", version_)) specs.push_back("+refs/tags/" + version_ + ":refs/tags/" + version_);
        }
        std::vector<std::string> words{"fetch"};
        if (depth_ && (bare_ || !specs.empty())) words.insert(words.end(), {"--depth", args_.text("depth")});
        else if (!bare_) words.emplace_back("--tags");
        if (args_.flag("force")) words.emplace_back("--force");
        words.push_back(remote_);
        if (bare_ && !depth_) words.insert(words.end(), {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
        words.insert(words.end(), specs.begin(), specs.end());
        const auto ran = git(words);
        words.insert(words.begin(), git_);
        if (ran.code != 0) fail("Failed to download remote objects and refs:  " + ran.output + ran.error_output, Map{{"cmd", Value::strings(words)}});
    }

    std::string current_branch() { return std::string(base::trim(git({"symbolic-ref", "-q", "--short", "HEAD"}).output)); }

    /// What HEAD stands for: the branch that is checked out; without one, the remote's.
    std::string head_branch() {
        if (auto branch = current_branch(); !branch.empty()) return branch;
        auto ran = git({"symbolic-ref", "refs/remotes/" + remote_ + "/HEAD"});
        std::string name(base::trim(ran.output));
        if (const auto prefix = "refs/remotes/" + remote_ + "/"; name.starts_with(prefix)) return name.substr(prefix.size());
        for (const auto& line : base::split_lines(git({"ls-remote", "--symref", remote_, "HEAD"}).output))
            if (line.starts_with("ref: refs/heads/")) return line.substr(16, line.find('\t') - 16);
        fail("Failed to find the default branch of " + remote_ + ".");
    }

    void switch_version() {
        auto check_out = [&](std::vector<std::string> words) {
            words.insert(words.begin(), "checkout");
            return git(std::move(words));
        };
        const bool head = version_ == "HEAD";
        const auto branch = head ? head_branch() : version_;
        const auto upstream = remote_ + "/" + branch;
        if (head) {
            const auto ran = check_out({"--force", branch});
            if (ran.code != 0) fail("Failed to checkout branch " + branch, Map{{"rc", ran.code}, {"stdout", ran.output}, {"stderr", ran.error_output}});
        } else if (!remote_has("-h", branch)) {
            auto ran = check_out({"--force", branch});
            if (ran.code != 0 && is_commit(branch)) {    // one that no branch has: some servers give it when asked for it
                (void)git({"fetch", remote_, branch});
                ran = check_out({"--force", branch});
            }
            need(std::move(ran), "Failed to checkout " + branch);
            verify();
            return;
        } else if (git({"show-ref", "--verify", "-q", "refs/heads/" + branch}).code != 0) {
            need(check_out({"--track", "-b", branch, upstream}), "Failed to checkout " + branch);
            verify();
            return;
        } else {
            need(check_out({"--force", branch}), "Failed to checkout " + branch);
        }
        need(git({"reset", "--hard", upstream, "--"}), "Failed to reset to " + upstream);
        verify();
    }

    void verify() {
        if (!args_.flag("verify_commit") || bare_) return;
        const bool tag = git({"show-ref", "--verify", "-q", "refs/tags/" + version_}).code == 0 && std::string(base::trim(git({"cat-file", "-t", version_}).output)) == "tag";
        const auto trusted = args_.texts("gpg_whitelist");
        std::vector<std::string> words{tag ? "verify-tag" : "verify-commit", version_};
        if (!trusted.empty()) words.insert(words.begin() + 1, "--raw");
        const std::string sentence = "Failed to verify GPG signature of commit/tag \"" + version_ + "\"";
        const auto ran = git(words);
        if (ran.code != 0) fail(sentence, Map{{"rc", ran.code}, {"stdout", ran.output}, {"stderr", ran.error_output}});
        if (trusted.empty()) return;
        for (const auto& line : base::split_lines(ran.error_output)) {
            const auto parts = base::split(line, ' ');
            if (parts.size() > 2 && parts[0] == "[GNUPG:]" && parts[1] == "VALIDSIG")
                for (const auto& one : {parts[2], parts.back()})
                    if (std::find(trusted.begin(), trusted.end(), one) != trusted.end()) return;
        }
        fail("The gpg_whitelist does not include the public key of this commit.", Map{{"stdout", ran.output}, {"stderr", ran.error_output}});
    }

    bool update_submodules() {
        if (!context_.machine.exists(base::join_path(dest_, ".gitmodules"))) return false;
        auto sum = [&] { return git({"submodule", "status", "--recursive"}).output; };
        const auto before = sum();
        auto step = [&](std::vector<std::string> words) {
            auto ran = git(std::move(words));
            if (ran.code != 0) fail("Failed to init/update submodules: " + ran.output + ran.error_output);
        };
        step({"submodule", "sync"});
        std::vector<std::string> words{"submodule", "update", "--init", "--recursive"};
        if (args_.flag("track_submodules")) words.emplace_back("--remote");
        if (args_.flag("force")) words.emplace_back("--force");
        step(words);
        return sum() != before;
    }

    /// The repository behind a working copy moves to separate_git_dir.
    void relocate() {
        auto& machine = context_.machine;
        const auto wanted = base::absolute_path(args_.text("separate_git_dir"));
        std::string now = folder_;
        if (auto file = machine.is_file(folder_) ? machine.read_file(folder_) : base::Result<std::string>(std::string()); file && file->starts_with("gitdir:"))
            now = base::normalize_path(base::join_path(dest_, base::trim(std::string_view(*file).substr(7))));
        if (now == wanted) return;
        moved_ = true;
        out_.set("git_dir_before", now).set("git_dir_now", wanted);
        if (context_.check) return;
        if (machine.exists(wanted)) fail("Separate-git-dir path " + wanted + " already exists.");
        must({"init", "--separate-git-dir=" + wanted}, "Unable to move git dir.");
    }

    void make_archive(const std::string& commit) {
        if (archive_format_.empty() || context_.check) return;
        const auto path = base::absolute_path(args_.text("archive"));
        std::vector<std::string> words{"archive", "--format", archive_format_};
        if (args_.given("archive_prefix")) words.insert(words.end(), {"--prefix", args_.text("archive_prefix")});
        auto refuse = [&](const std::string& why) {
            fail("Failed to perform archive operation", Map{{"details", "Git archive command failed to create archive " + path + " using " + dest_ + " directory.Error: " + why}});
        };
        if (!context_.machine.exists(base::dirname(path))) refuse("fatal: could not open '" + path + "' for writing: No such file or directory\n");
        const auto fresh = context_.machine.temp_file("archive").value();
        words.insert(words.end(), {"--output", fresh, version_ == "HEAD" ? commit : version_});
        if (const auto ran = git(words); ran.code != 0) refuse(ran.error_output);
        const bool same = context_.machine.exists(path) && context_.machine.digest_file(path, "sha256").value() == context_.machine.digest_file(fresh, "sha256").value();
        if (same) { (void)context_.machine.remove_file(fresh); return; }
        context_.machine.install_file(fresh, path, {.mode = context_.machine.exists(path) ? std::nullopt : std::optional<unsigned>(0666u & ~umask_.value_or(context_.machine.umask()))}).value();
        out_.changed = true;
    }

    void say_new(const std::string& commit) { out_.diff.push_back(Value(Map{{"prepared", ">> Newly checked out " + commit}})); }
    void say_diff(const std::string& after) {
        if (!context_.diff) return;
        auto ran = git({"diff", before_, after});
        if (ran.code == 0 && !ran.output.empty()) out_.diff.push_back(Value(Map{{"prepared", ran.output}}));
        else if (ran.code == 0) out_.diff.push_back(Value(Map{{"prepared", ">> No visual differences between " + before_ + " and " + after}}));
    }

    const Args& args_;
    Context& context_;
    std::string repo_, dest_, version_, remote_, git_, folder_, before_, archive_format_, last_;
    std::optional<unsigned> umask_;
    bool bare_, depth_, moved_ = false, url_changed_ = false, dirty_ = false;
    Outcome out_;
};

Outcome run(const Args& args, Context& context) {
    try {
        return GitTask(args, context).run();
    } catch (ModuleFailure& failed) {   // git may tell a URL as it was given
        failed.outcome.msg = without_passwords(std::move(failed.outcome.msg));
        for (const char* key : {"stdout", "stderr"})
            if (const Value* text = failed.outcome.fields.find(key)) failed.outcome.set(key, without_passwords(text->text_or("")));
        throw;
    }
}

}  // namespace

extern const Module git_module{
    .name = "git", .collection = "ansible.builtin", .summary = "Check out git repositories", .args = args, .rules = rules, .check_mode = CheckMode::full, .file_common = false,
    .free_form = false, .lookahead = false, .run = run,
    .notes = "Needs git on the host. Nothing is asked on a terminal: ssh runs in batch mode.",
    .returns = "before: commit before, none when it is new | always\nafter: commit now | always\nremote_url_changed: whether the remote got another URL | it was there already\n"
               "git_dir_before: where the repository lay | separate_git_dir moved it\ngit_dir_now: where it lies | separate_git_dir moved it",
    .example = "- git:\n    repo: https://git.example.com/app.git\n    dest: /opt/app\n    version: v1.2\n"};

}  // namespace fprov::modules
