// SPDX-License-Identifier: Apache-2.0
// user: one account as wanted, through the host's own programs (useradd, usermod, userdel, chage, ssh-keygen).
#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/expand.hpp"

namespace fprov::modules {
extern const Module user_module;
namespace {

using machine::User;
using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "Name of the account", .required = true, .aliases = "user"},
    {.name = "state", .help = "Whether the account exists", .fallback = "present", .choices = "absent|present"},
    {.name = "uid", .type = Type::integer, .help = "Its number"},
    {.name = "non_unique", .type = Type::boolean, .help = "Allow a number that another account has", .fallback = "no"},
    {.name = "group", .help = "Its primary group (name or number)"},
    {.name = "groups", .type = Type::list, .help = "Further groups; an empty list takes it out of all", .elements = Type::text},
    {.name = "append", .type = Type::boolean, .help = "Add to groups without taking it out of others", .fallback = "no"},
    {.name = "comment", .help = "Full name and the like"},
    {.name = "home", .type = Type::path, .help = "Its home folder"},
    {.name = "create_home", .type = Type::boolean, .help = "Make the home folder", .fallback = "yes", .aliases = "createhome"},
    {.name = "move_home", .type = Type::boolean, .help = "Move the old home folder's content when home changes", .fallback = "no"},
    {.name = "shell", .help = "Its login shell"},
    {.name = "skeleton", .help = "Folder whose content a new home starts with"},
    {.name = "umask", .help = "File mode mask for a new home"},
    {.name = "password", .help = "Hash of the password, as in /etc/shadow", .secret = true},
    {.name = "update_password", .help = "Set the password always, or for a new account only", .fallback = "always", .choices = "always|on_create"},
    {.name = "password_lock", .type = Type::boolean, .help = "Lock the password, or unlock it"},
    {.name = "password_expire_max", .type = Type::integer, .help = "Days after which the password must be changed"},
    {.name = "password_expire_min", .type = Type::integer, .help = "Days before which it must not be changed"},
    {.name = "expires", .type = Type::real, .help = "When the account ends, seconds since the epoch; negative for never"},
    {.name = "system", .type = Type::boolean, .help = "Make it a system account", .fallback = "no"},
    {.name = "remove", .type = Type::boolean, .help = "Remove the home folder together with the account", .fallback = "no"},
    {.name = "force", .type = Type::boolean, .help = "Remove although in use; make ssh keys anew", .fallback = "no"},
    {.name = "local", .type = Type::boolean, .help = "Use the libuser programs (luseradd ...), which look at local files only", .fallback = "no"},
    {.name = "seuser", .help = "SELinux user of the login"},
    {.name = "generate_ssh_key", .type = Type::boolean, .help = "Make an ssh key pair for the account", .fallback = "no"},
    {.name = "ssh_key_bits", .type = Type::integer, .help = "Size of the key; the default of ssh-keygen otherwise"},
    {.name = "ssh_key_type", .help = "Kind of key", .fallback = "rsa"},
    {.name = "ssh_key_file", .type = Type::path, .help = "Path of the private key, relative to the home folder; .ssh/id_TYPE otherwise"},
    {.name = "ssh_key_comment", .help = "Comment in the public key", .fallback = "ansible-generated on $HOSTNAME"},
    {.name = "ssh_key_passphrase", .help = "Passphrase of the private key", .secret = true},
    {.name = "login_class", .help = "Login class, on BSD"},
    {.name = "hidden", .type = Type::boolean, .help = "Hide from the login window, on macOS"},
    {.name = "authorization", .help = "Authorizations, on Solaris"},
    {.name = "profile", .help = "Profiles, on Solaris"},
    {.name = "role", .help = "Roles, on Solaris"},
};

constexpr const char* not_local = "' was not found in /etc/passwd. The local user account may already exist if the local account database "
                                  "exists somewhere other than /etc/passwd.";

std::string day(double seconds) {
    const auto whole = static_cast<std::time_t>(seconds);
    std::tm utc{};
    gmtime_r(&whole, &utc);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
    return text;
}

/// Does a text look like a hash that crypt made? (Only a warning depends on it.)
bool looks_hashed(const std::string& password) {
    if (password == "*" || password == "!" || password == "!!" || password == "*************") return true;
    if (password.find_first_of(":*!") != std::string::npos || password.find('$') == std::string::npos) return false;
    const auto fields = base::split(password, '$');
    if (fields.size() < 3) return true;
    static constexpr std::pair<const char*, std::size_t> lengths[] = {{"1", 22}, {"5", 43}, {"6", 86}};
    for (const auto& [kind, length] : lengths)
        if (fields[1] == kind && fields.back().size() != length) return false;
    return true;
}

class UserTask {
public:
    UserTask(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine), name_(args.text("name")), local_(args.flag("local")) {}

    Outcome run() {
        if (args_.given("password") && !looks_hashed(args_.text("password")))
            out_.warnings.push_back("The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to work properly.");
        if (args_.flag("append") && !args_.given("groups"))
            out_.warnings.push_back("'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.This will change to an error in Ansible 2.14.");
        try {
            auto is = find();
            out_.set("name", name_).set("state", args_.text("state"));
            return args_.text("state") == "absent" ? absent(is) : present(is);
        } catch (ModuleFailure& failed) {
            failed.outcome.warnings.insert(failed.outcome.warnings.end(), out_.warnings.begin(), out_.warnings.end());
            throw;
        }
    }

private:
    std::optional<User> find() {
        if (!local_) return machine_.user(name_);
        for (const auto& user : machine_.users())
            if (user.name == name_) return user;
        const auto text = "'local: true' specified and user '" + name_ + not_local;
        if (std::find(out_.warnings.begin(), out_.warnings.end(), text) == out_.warnings.end()) out_.warnings.push_back(text);
        return std::nullopt;
    }

    std::string program(const std::string& name) { return required_program(context_, (local_ ? "l" : "") + name); }

    Ran must(std::vector<std::string> argv, std::string input = {}) {
        auto ran = run_program(context_, std::move(argv), std::move(input));
        if (ran.code != 0) fail(ran.error_output.empty() ? ran.output : ran.error_output, Map{{"name", name_}, {"rc", ran.code}});
        output_ += ran.output;
        errors_ += ran.error_output;
        return ran;
    }

    std::optional<machine::Group> group_of(const std::string& wanted) {
        if (auto number = base::parse_int(wanted); number && *number >= 0)
            if (auto group = machine_.group_by_id(static_cast<std::uint32_t>(*number))) return group;
        return machine_.group(wanted);
    }

    void check_groups() {
        if (args_.given("group") && !group_of(args_.text("group"))) fail("Group " + args_.text("group") + " does not exist");
        for (const auto& group : wanted_groups())
            if (!group_of(group)) fail("Group " + group + " does not exist");
    }

    std::vector<std::string> wanted_groups() {
        std::vector<std::string> names;
        for (const auto& given : args_.texts("groups")) {
            const std::string text(base::trim(given));
            if (text.empty()) continue;
            auto group = group_of(text);
            const auto& name = group ? group->name : text;
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        return names;
    }

    /// The password's hash goes over standard input: chpasswd keeps it out of every process list.
    void set_password(const std::string& hash) { must({required_program(context_, "chpasswd"), "-e"}, name_ + ":" + hash + "\n"); }

    Outcome absent(const std::optional<User>& is) {
        if (!is) return out_;
        out_.changed = true;
        if (context_.check) { out_.fields = {}; return out_; }
        std::vector<std::string> argv{program("userdel")};
        if (args_.flag("force") && !local_) argv.push_back("-f");
        if (args_.flag("remove")) argv.push_back("-r");
        argv.push_back(name_);
        must(argv);
        out_.set("force", args_.flag("force")).set("remove", args_.flag("remove"));
        return with_output();
    }

    Outcome present(const std::optional<User>& is) {
        if (!is) {
            if (context_.check) { check_groups_in_check(); out_.changed = true; out_.fields = {}; return out_; }
            create();
            out_.changed = true;
            out_.set("system", args_.flag("system")).set("create_home", args_.flag("create_home", true));
        } else {
            out_.changed = modify(*is);
            out_.set("append", args_.flag("append")).set("move_home", args_.flag("move_home"));
        }
        if (args_.given("password")) out_.set("password", "NOT_LOGGING_PASSWORD");
        auto now = find();
        if (now) home_folder(*now);
        if (now) {
            out_.set("uid", now->uid).set("group", now->gid).set("comment", now->gecos).set("home", now->home).set("shell", now->shell);
            if (args_.given("groups")) out_.set("groups", base::join(args_.texts("groups"), ","));
            if (args_.flag("generate_ssh_key")) ssh_key(*now);
        }
        password_age();
        return with_output();
    }

    Outcome with_output() {
        if (!output_.empty()) out_.set("stdout", output_);
        if (!errors_.empty()) out_.set("stderr", errors_);
        return std::move(out_);
    }

    void check_groups_in_check() {}   // a group may be made by an earlier task of the same run

    void create() {
        check_groups();
        std::vector<std::string> argv{program("useradd")};
        auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
        if (args_.given("uid")) {
            add({"-u", std::to_string(args_.integer("uid"))});
            if (args_.flag("non_unique")) add({"-o"});
        }
        if (args_.given("seuser")) add({"-Z", args_.text("seuser")});
        if (args_.given("group")) add({"-g", args_.text("group")});
        else if (machine_.group(name_)) add(local_ ? std::initializer_list<std::string>{"-g", name_} : std::initializer_list<std::string>{"-N"});
        const auto groups = wanted_groups();
        if (!groups.empty() && !local_) add({"-G", base::join(groups, ",")});
        if (args_.given("comment")) add({"-c", args_.text("comment")});
        const bool with_home = args_.flag("create_home", true);
        if (args_.given("home")) {
            const auto home = args_.text("home");
            if (const auto parent = base::dirname(home); with_home && !parent.empty() && !machine_.exists(parent)) make_parents(parent);
            add({"-d", home});
        }
        if (args_.given("expires") && !local_) {
            const double expires = args_["expires"].is_real() ? args_["expires"].real() : static_cast<double>(args_.integer("expires"));
            add({"-e", expires < 0 ? "" : day(expires)});
        }
        if (args_.given("shell")) add({"-s", args_.text("shell")});
        if (with_home && !local_) {
            add({"-m"});
            if (args_.given("skeleton")) add({"-k", args_.text("skeleton")});
            if (args_.given("umask")) add({"-K", "UMASK=" + args_.text("umask")});
        } else if (!with_home) {
            add({"-M"});
        }
        if (args_.flag("system")) add({"-r"});
        argv.push_back(name_);
        must(argv);
        if (args_.given("password")) set_password((args_.flag("password_lock") ? "!" : "") + args_.text("password"));
        if (local_) {
            if (args_.given("expires")) change_expiry();
            for (const auto& group : groups) must({required_program(context_, "lgroupmod"), "-M", name_, group});
        }
    }

    void make_parents(const std::string& folder) {
        if (folder.empty() || folder == "/" || machine_.exists(folder)) return;
        make_parents(base::dirname(folder));
        if (auto made = machine_.make_directory(folder, 0755); !made) fail(made.error());
    }

    void change_expiry() {
        const double expires = args_["expires"].is_real() ? args_["expires"].real() : static_cast<double>(args_.integer("expires"));
        const auto days = expires < 0 ? -1 : static_cast<std::int64_t>(std::floor(expires / 86400));
        must({required_program(context_, "lchage"), "-E", std::to_string(days), name_});
    }

    /// Everything that differs goes into one call of usermod.
    bool modify(const User& is) {
        check_groups();
        std::vector<std::string> argv{""};
        auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
        std::optional<std::string> hash;
        std::vector<std::vector<std::string>> further;   // libuser: commands of their own
        if (args_.given("uid") && args_.integer("uid") != is.uid) {
            add({"-u", std::to_string(args_.integer("uid"))});
            if (args_.flag("non_unique")) add({"-o"});
        }
        if (args_.given("group"))
            if (auto group = group_of(args_.text("group")); group && group->gid != is.gid) add({"-g", local_ ? std::to_string(group->gid) : args_.text("group")});
        if (args_.given("groups")) add_groups(is, argv, further);
        if (args_.given("comment") && args_.text("comment") != is.gecos) add({"-c", args_.text("comment")});
        if (args_.given("home") && args_.text("home") != is.home) {
            add({"-d", args_.text("home")});
            if (args_.flag("move_home")) add({"-m"});
        }
        if (args_.given("shell") && args_.text("shell") != is.shell) add({"-s", args_.text("shell")});

        const auto shadow = colon_record(machine_, "/etc/shadow", name_);
        const std::string is_hash = shadow && shadow->size() > 1 ? (*shadow)[1] : is.password;
        if (args_.given("expires")) {
            const double wanted = args_["expires"].is_real() ? args_["expires"].real() : static_cast<double>(args_.integer("expires"));
            const auto is_days = shadow && shadow->size() > 7 ? base::parse_int((*shadow)[7]) : std::nullopt;
            const bool differs = wanted < 0 ? is_days && *is_days >= 0 : !is_days || *is_days != static_cast<std::int64_t>(std::floor(wanted / 86400));
            if (differs && local_) further.push_back({"lchage", "-E", wanted < 0 ? "-1" : std::to_string(static_cast<std::int64_t>(std::floor(wanted / 86400))), name_});
            else if (differs) add({"-e", wanted < 0 ? "" : day(wanted)});
        }
        auto strip = [](std::string text) { text.erase(0, std::min(text.find_first_not_of('!'), text.size())); return text; };
        if (args_.text("update_password") == "always" && args_.given("password") && strip(is_hash) != strip(args_.text("password")))
            hash = (args_.flag("password_lock") ? "!" : "") + args_.text("password");
        const bool locked = is_hash.starts_with("!");
        if (args_.given("password_lock") && !hash) {
            if (args_.flag("password_lock") && !locked) add({"-L"});
            else if (!args_.flag("password_lock") && locked) add({"-U"});
        }
        const bool changed = argv.size() > 1 || hash || !further.empty();
        if (context_.check || !changed) return changed;
        if (argv.size() > 1) {
            argv[0] = program("usermod");
            argv.push_back(name_);
            must(argv);
        }
        if (hash) set_password(*hash);
        for (auto& command : further) {
            command[0] = required_program(context_, command[0]);
            must(command);
        }
        return true;
    }

    void add_groups(const User& is, std::vector<std::string>& argv, std::vector<std::vector<std::string>>& further) {
        std::set<std::string> current, primary_member;
        for (const auto& group : machine_.groups()) {
            if (std::find(group.members.begin(), group.members.end(), name_) == group.members.end()) continue;
            (group.gid == is.gid ? primary_member : current).insert(group.name);
        }
        const auto wanted = wanted_groups();
        std::vector<std::string> missing, surplus;
        for (const auto& group : wanted)
            if (!current.contains(group) && !primary_member.contains(group)) missing.push_back(group);
        for (const auto& group : current)
            if (std::find(wanted.begin(), wanted.end(), group) == wanted.end()) surplus.push_back(group);
        const bool append = args_.flag("append");
        if (missing.empty() && (append || surplus.empty())) return;
        if (local_) {
            for (const auto& group : missing) further.push_back({"lgroupmod", "-M", name_, group});
            if (!append)
                for (const auto& group : surplus) further.push_back({"lgroupmod", "-m", name_, group});
            return;
        }
        if (append) argv.push_back("-a");
        argv.insert(argv.end(), {"-G", base::join(wanted, ",")});
    }

    /// A home folder that useradd did not make (an account that was there, libuser) is made from the skeleton.
    void home_folder(const User& is) {
        if (!args_.flag("create_home", true) || is.home.empty() || machine_.exists(is.home)) return;
        out_.changed = true;
        if (context_.check) return;
        make_parents(base::dirname(is.home));
        unsigned mode = 0777 & ~machine_.umask();
        if (args_.given("umask")) mode = 0777 & ~static_cast<unsigned>(base::parse_int(args_.text("umask"), 8).value_or(022));
        else if (auto defs = machine_.read_file("/etc/login.defs")) {
            for (const auto& line : base::split_lines(*defs))
                if (line.starts_with("UMASK"))
                    if (auto mask = base::parse_int(base::trim(std::string_view(line).substr(5)), 8)) mode = 0777 & ~static_cast<unsigned>(*mask);
            for (const auto& line : base::split_lines(*defs))
                if (line.starts_with("HOME_MODE"))
                    if (auto wanted = base::parse_int(base::trim(std::string_view(line).substr(9)), 8)) mode = static_cast<unsigned>(*wanted);
        }
        const auto skeleton = args_.given("skeleton") ? args_.text("skeleton") : "/etc/skel";
        copy_tree(skeleton, is.home, is, mode);
    }

    void copy_tree(const std::string& from, const std::string& to, const User& owner, unsigned mode) {
        if (auto made = machine_.make_directory(to, mode); !made) fail(made.error());
        (void)machine_.chmod(to, mode);
        (void)machine_.chown(to, owner.uid, owner.gid);
        auto names = machine_.list(from);
        for (const auto& name : names ? *names : std::vector<std::string>{}) {
            const auto source = from + "/" + name, target = to + "/" + name;
            auto stat = machine_.lstat(source);
            if (!stat) continue;
            if (stat->is_dir()) copy_tree(source, target, owner, stat->mode);
            else if (stat->is_link()) {
                if (auto link = machine_.read_link(source)) (void)machine_.symlink(*link, target);
                (void)machine_.chown(target, owner.uid, owner.gid, false);
            } else if (auto content = machine_.read_file(source)) {
                (void)machine_.write_file(target, *content, {.mode = stat->mode, .uid = owner.uid, .gid = owner.gid});
            }
        }
    }

    void ssh_key(const User& is) {
        auto file = args_.given("ssh_key_file") ? args_.text("ssh_key_file") : ".ssh/id_" + args_.text("ssh_key_type", "rsa");
        file = expand(machine_, context_.environment, file);
        if (!file.starts_with("/")) file = is.home + "/" + file;
        out_.set("ssh_key_file", file);
        const bool there = machine_.exists(file);
        const char* found = there ? "private file \"" : machine_.exists(file + ".pub") ? "public file \"" : nullptr;
        if (found && !args_.flag("force")) {
            out_.warnings.push_back(std::string("Found existing ssh key ") + found + file + (there ? "" : ".pub") + "\", no force, so skipping ssh-keygen generation");
        } else {
            out_.changed = true;
            if (context_.check) return;
            const auto folder = base::dirname(file);
            if (!machine_.exists(folder)) {
                if (!machine_.exists(is.home)) fail("Failed to create " + folder + ": [Errno 2] No such file or directory: '" + folder + "'", Map{{"name", name_}});
                make_parents(folder);
                (void)machine_.chmod(folder, 0700);
                (void)machine_.chown(folder, is.uid, is.gid);
            }
            // A link that leads nowhere yet goes, too: the folder is the account's own, and ssh-keygen and chown would follow it.
            for (const auto& path : {file, file + ".pub"}) (void)machine_.remove_file(path);
            generate_key(file);
            (void)machine_.chown(file, is.uid, is.gid, false);
            (void)machine_.chown(file + ".pub", is.uid, is.gid, false);
        }
        if (!machine_.exists(file))
            out_.set("ssh_fingerprint", "");
        else if (auto ran = run_program(context_, {required_program(context_, "ssh-keygen"), "-l", "-f", file}); ran.code == 0)
            out_.set("ssh_fingerprint", std::string(base::trim(ran.output)));
        else
            out_.set("ssh_fingerprint", std::string(base::trim(ran.error_output)));
        if (auto key = machine_.read_file(file + ".pub")) out_.set("ssh_public_key", std::string(base::trim(*key)));
    }

    /// A passphrase reaches ssh-keygen through an askpass program that reads a private file.
    void generate_key(const std::string& file) {
        machine::Command command;
        auto comment = base::replace_all(args_.text("ssh_key_comment", "ansible-generated on $HOSTNAME"), "$HOSTNAME", machine_.system_name().node);
        command.argv = {required_program(context_, "ssh-keygen"), "-q", "-t", args_.text("ssh_key_type", "rsa"), "-C", comment, "-f", file};
        if (args_.integer("ssh_key_bits") > 0) command.argv.insert(command.argv.end(), {"-b", std::to_string(args_.integer("ssh_key_bits"))});
        std::vector<std::string> left_over;
        if (args_.given("ssh_key_passphrase")) {
            auto secret = machine_.temp_file("passphrase"), asker = machine_.temp_file("askpass");
            if (!secret || !asker) fail("The passphrase of the ssh key cannot be handed over: no temporary file.");
            left_over = {*secret, *asker};
            if (auto done = machine_.write_file(*secret, args_.text("ssh_key_passphrase") + "\n", {.mode = 0600}); !done) fail(done.error());
            if (auto done = machine_.write_file(*asker, "#!/bin/sh\nexec cat " + base::shell_quote(*secret) + "\n", {.mode = 0700}); !done) fail(done.error());
            (void)machine_.chmod(*asker, 0700);
            command.environment = {{"SSH_ASKPASS", *asker}, {"SSH_ASKPASS_REQUIRE", "force"}, {"DISPLAY", ":0"}};
        } else {
            command.argv.insert(command.argv.end(), {"-N", ""});
        }
        auto done = context_.run(command);
        for (const auto& path : left_over) (void)machine_.remove_file(path);
        if (!done) fail(done.error());
        if (done->code != 0) fail(done->error_output.empty() ? done->output : done->error_output, Map{{"name", name_}, {"rc", done->code}});
    }

    void password_age() {
        if (!args_.given("password_expire_max") && !args_.given("password_expire_min")) return;
        const auto shadow = colon_record(machine_, "/etc/shadow", name_);
        auto differs = [&](const char* key, std::size_t field) {
            return args_.given(key) && (!shadow || shadow->size() <= field || base::parse_int((*shadow)[field]).value_or(-1) != args_.integer(key));
        };
        for (const auto& [key, flag, field] : {std::tuple{"password_expire_max", "-M", std::size_t{4}}, std::tuple{"password_expire_min", "-m", std::size_t{3}}}) {
            if (!differs(key, field)) continue;
            out_.changed = true;
            if (!context_.check) must({required_program(context_, "chage"), flag, std::to_string(args_.integer(key)), name_});
        }
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    std::string name_;
    bool local_;
    Outcome out_;
    std::string output_, errors_;
};

}  // namespace

const Module user_module{
    .name = "user", .collection = "ansible.builtin", .summary = "Have a user account as wanted, or not", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return UserTask(args, context).run(); },
    .notes = "Password hashes and passphrases never stand in a process list. Linux only.",
    .returns = "name: the account | always\nstate: present or absent | always\nuid: its number | when present\ngroup: number of its primary group | when present\n"
               "groups: further groups as given | when groups was given\nhome: home folder | when present\nshell: login shell | when present\n"
               "comment: full name | when present\nappend: whether groups were added only | when it existed\nmove_home: whether a home was to be moved | when it existed\n"
               "create_home: whether a home was made | when new\nsystem: whether it is a system account | when new\nforce: as given | when removed\nremove: as given | when removed\n"
               "password: a fixed text | when a password was given\nssh_fingerprint: of the key | with generate_ssh_key\nssh_key_file: path of the key | with generate_ssh_key\n"
               "ssh_public_key: the public key | with generate_ssh_key\nstdout: of the programs | when they wrote\nstderr: of the programs | when they wrote",
    .example = "- user:\n    name: app\n    group: apps\n    shell: /bin/bash\n"};

}  // namespace fprov::modules
