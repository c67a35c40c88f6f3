// SPDX-License-Identifier: Apache-2.0
// pip: Python packages, by the host's own pip.
#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .type = Type::list, .help = "Packages: names with or without version specifiers, URLs, paths", .elements = Type::text},
    {.name = "version", .help = "Version of the one package"},
    {.name = "requirements", .help = "A file of requirements"},
    {.name = "virtualenv", .type = Type::path, .help = "Environment to install into; it is made when missing"},
    {.name = "virtualenv_site_packages", .type = Type::boolean, .help = "A new environment sees the system's packages", .fallback = "no"},
    {.name = "virtualenv_command", .type = Type::path, .help = "Command that makes environments", .fallback = "virtualenv"},
    {.name = "virtualenv_python", .help = "Python for a new environment"},
    {.name = "state", .help = "What is wanted", .fallback = "present", .choices = "absent|forcereinstall|latest|present"},
    {.name = "extra_args", .help = "Further arguments for pip"},
    {.name = "editable", .type = Type::boolean, .help = "Install in development mode", .fallback = "no"},
    {.name = "chdir", .type = Type::path, .help = "Folder to work in"},
    {.name = "executable", .type = Type::path, .help = "The pip program"},
    {.name = "umask", .help = "umask while files are written"},
};
constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "name,requirements"}, {Rule::Kind::mutually_exclusive, "executable,virtualenv"},
                          {Rule::Kind::required_one_of, "name,requirements"}};

/// A version as PEP 440 orders them: epoch, release, then what stands before and after a release.
struct Version {
    std::int64_t epoch = 0;
    std::vector<std::int64_t> release;
    std::array<std::int64_t, 4> rest{3, 0, -1, INT64_MAX};   // kind of pre-release (3: none), its number, post, dev

    explicit Version(std::string text) {
        text = base::lower(base::trim(text));
        text.resize(std::min(text.find('+'), text.size()));
        if (text.starts_with('v')) text.erase(0, 1);
        if (const auto bang = text.find('!'); bang != std::string::npos) { epoch = base::parse_int(text.substr(0, bang)).value_or(0); text.erase(0, bang + 1); }
        std::size_t at = 0;
        auto number = [&] {
            std::int64_t value = 0;
            while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
                const int digit = text[at++] - '0';
                value = value > (INT64_MAX - 10) / 10 ? INT64_MAX - 1 : value * 10 + digit;
            }
            return value;
        };
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            release.push_back(number());
            if (at + 1 < text.size() && text[at] == '.' && text[at + 1] >= '0' && text[at + 1] <= '9') ++at;
            else break;
        }
        while (at < text.size()) {
            while (at < text.size() && (text[at] == '.' || text[at] == '-' || text[at] == '_')) ++at;
            std::string word;
            while (at < text.size() && text[at] >= 'a' && text[at] <= 'z') word += text[at++];
            while (at < text.size() && (text[at] == '.' || text[at] == '-' || text[at] == '_')) ++at;
            const auto start = at;
            const auto value = number();
            if (word.empty() && start == at) break;
            if (word == "a" || word == "alpha") { rest[0] = 0; rest[1] = value; }
            else if (word == "b" || word == "beta") { rest[0] = 1; rest[1] = value; }
            else if (word == "rc" || word == "c" || word == "pre" || word == "preview") { rest[0] = 2; rest[1] = value; }
            else if (word == "dev") rest[3] = value;
            else rest[2] = value;   // post, rev, r, or -N
        }
        if (rest[0] == 3 && rest[2] < 0 && rest[3] != INT64_MAX) rest[0] = -1;   // 1.0.dev1 comes before 1.0a1
    }
    int compare(const Version& other) const {
        if (epoch != other.epoch) return epoch < other.epoch ? -1 : 1;
        for (std::size_t i = 0; i < std::max(release.size(), other.release.size()); ++i) {
            const auto a = i < release.size() ? release[i] : 0, b = i < other.release.size() ? other.release[i] : 0;
            if (a != b) return a < b ? -1 : 1;
        }
        return rest == other.rest ? 0 : rest < other.rest ? -1 : 1;
    }
    bool starts_with(const std::vector<std::int64_t>& head) const {
        for (std::size_t i = 0; i < head.size(); ++i)
            if ((i < release.size() ? release[i] : 0) != head[i]) return false;
        return true;
    }
};

std::string plain_name(std::string_view name) {
    std::string out;
    for (char c : base::lower(name)) {
        if (c == '.' || c == '_') c = '-';
        if (c != '-' || !out.ends_with('-')) out += c;
    }
    return out;
}

struct Package {
    std::string text, name;                                     // as it goes to pip; without anything else
    std::vector<std::pair<std::string, std::string>> wanted;    // operator, version
    bool plain = false;                                         // not a URL or path

    explicit Package(const std::string& given, const std::string& version = {}) : text(given) {
        const auto end = given.find_first_of("<>=!~ [;@");
        const std::string head = given.substr(0, end);
        plain = !head.empty() && head.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos && given.find("://") == std::string::npos;
        if (!plain) return;
        name = plain_name(head);
        std::string rest = end == std::string::npos ? "" : given.substr(end), extras;
        if (rest.starts_with('[')) {
            const auto close = rest.find(']');
            extras = rest.substr(0, close == std::string::npos ? close : close + 1);
            rest.erase(0, extras.size());
        }
        if (rest.find(';') != std::string::npos || rest.find('@') != std::string::npos) return;   // a marker or URL: as it is
        if (!version.empty()) {
            if (!base::trim(rest).empty())
                fail("The 'version' argument conflicts with any version specifier provided along with a package name. Please keep the version specifier, but remove the 'version' argument.");
            rest = (version.find_first_of("<>=!~") == 0 ? "" : "==") + version;
        }
        std::vector<std::string> parts;
        for (const auto& part : base::split(rest, ',')) {
            std::string one = base::replace_all(part, " ", "");
            const auto digits = one.find_first_not_of("<>=!~");
            if (digits == std::string::npos || digits == 0) continue;
            wanted.emplace_back(one.substr(0, digits), one.substr(digits));
            parts.push_back(one);
        }
        std::sort(parts.begin(), parts.end());
        text = head + extras + base::join(parts, ",");
    }

    bool satisfied_by(const std::string& installed) const {
        const Version have(installed);
        return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
            const auto& [op, text_] = one;
            if (op == "===") return installed == text_;
            if (text_.ends_with(".*")) return have.starts_with(Version(text_.substr(0, text_.size() - 2)).release) == (op != "!=");
            const Version limit(text_);
            const int order = have.compare(limit);
            if (op == "==") return order == 0;
            if (op == "!=") return order != 0;
            if (op == "<") return order < 0;
            if (op == "<=") return order <= 0;
            if (op == ">") return order > 0;
            if (op == ">=") return order >= 0;
            auto head = limit.release;   // ~= 1.4.2: at least that, and 1.4.*
            if (!head.empty()) head.pop_back();
            return order >= 0 && have.starts_with(head);
        });
    }
};

bool is_vcs(const std::string& name) {
    for (const char* kind : {"svn+", "git+", "hg+", "bzr+"})
        if (name.starts_with(kind)) return true;
    return false;
}

class PipTask {
public:
    PipTask(const Args& args, Context& context) : args_(args), context_(context), state_(args.text("state")), environment_(args.text("virtualenv")) {}

    Outcome run() {
        if (args_.given("umask")) {
            const auto umask = base::parse_int(args_.text("umask"), 8);
            if (!umask) fail("umask must be an octal integer", Map{{"details", "invalid literal for int() with base 8: '" + args_.text("umask") + "'"}});
            umask_ = static_cast<unsigned>(*umask);
        }
        const auto version = args_.text("version");
        if (state_ == "latest" && !version.empty()) fail("version is incompatible with state=latest");
        std::string made;
        if (!environment_.empty() && !context_.machine.exists(full(base::join_path(environment_, "bin/activate")))) {
            if (context_.check) {
                Outcome out;
                out.changed = true;
                return out;
            }
            made = make_environment();
        }
        auto pip = find_pip();
        std::vector<std::string> names;
        for (const auto& given : args_.texts("name")) {   // "a>=1,<2" was split at its comma
            const auto one = std::string(base::trim(given));
            if (!names.empty() && !one.empty() && std::string_view("<>=!~").find(one[0]) != std::string_view::npos) names.back() += "," + one;
            else if (!one.empty()) names.push_back(one);
        }
        if (names.size() > 1 && !version.empty())
            fail("'version' argument is ambiguous when installing multiple package distributions. Please specify version restrictions next to each package in 'name' argument.");
        std::vector<Package> packages;
        bool vcs = false;
        for (const auto& name : names) {
            vcs |= is_vcs(name);
            packages.emplace_back(name, version);
        }
        Outcome out;
        if (context_.check) return predict(pip, packages, names);
        std::vector<std::string> argv = pip;
        if (state_ == "absent") argv.insert(argv.end(), {"uninstall", "-y"});
        else argv.emplace_back("install");
        if (state_ == "latest" || state_ == "forcereinstall") argv.emplace_back("-U");
        if (state_ == "forcereinstall") argv.emplace_back("--force-reinstall");
        auto extra = base::shell_split(args_.text("extra_args"));
        if (!extra) fail("extra_args is not closed properly: " + args_.text("extra_args"));
        argv.insert(argv.end(), extra->begin(), extra->end());
        const bool editable = args_.flag("editable") && std::find(extra->begin(), extra->end(), "-e") == extra->end();
        for (const auto& package : packages) {
            if (editable) argv.emplace_back("-e");
            argv.push_back(package.text);
        }
        if (args_.given("requirements")) argv.insert(argv.end(), {"-r", args_.text("requirements")});
        const bool compare = vcs || args_.given("requirements");
        const auto before = compare ? installed(pip).output : "";
        auto ran = call(argv);
        const bool not_there = ran.code != 0 && state_ == "absent" && (ran.error_output.find("not installed") != std::string::npos || ran.output.find("not installed") != std::string::npos);
        if (ran.code != 0 && !not_there) complain(argv, ran);
        out.changed = compare ? installed(pip).output != before
                              : ran.output.find(state_ == "absent" ? "Successfully uninstalled" : "Successfully installed") != std::string::npos;
        auto or_none = [&](const char* key) { return args_.given(key) ? Value(args_.text(key)) : Value(); };
        out.set("cmd", Value::strings(argv)).set("name", args_.given("name") ? Value::strings(names) : Value()).set("version", or_none("version")).set("state", state_);
        out.set("requirements", or_none("requirements")).set("virtualenv", or_none("virtualenv")).set("stdout", made + ran.output).set("stderr", ran.error_output);
        if (!made.empty()) out.changed = true;
        return out;
    }

private:
    /// As Ansible has it, what is not a full path lies in chdir, or in /tmp.
    std::string full(const std::string& path) const { return base::join_path(args_.text("chdir", "/tmp"), path); }

    /// Without chdir programs run in /, where nobody can put a Python module in their way; what the task names in /tmp goes by its full path.
    Ran call(const std::vector<std::string>& argv) {
        machine::Command command{.argv = argv, .directory = args_.text("chdir", "/"), .umask = umask_};
        if (!args_.given("chdir"))
            for (auto& word : command.argv)
                if (word == environment_ || word == args_.text("requirements") || word.starts_with(environment_ + "/bin/") || word.starts_with("./") || word.starts_with("../")) word = full(word);
        auto done = context_.run(std::move(command));
        if (!done) fail(done.error().what, Map{{"cmd", Value::strings(argv)}});
        return {done->code, std::move(done->output), std::move(done->error_output)};
    }

    [[noreturn]] void complain(const std::vector<std::string>& argv, const Ran& ran) {
        std::string msg;
        if (!ran.output.empty()) msg += "stdout: " + ran.output;
        if (!ran.error_output.empty()) msg += "\n:stderr: " + ran.error_output;
        fail(msg, Map{{"cmd", Value::strings(argv)}});
    }

    std::string make_environment() {
        auto argv = base::shell_split(args_.text("virtualenv_command")).value_or(std::vector<std::string>{});
        if (argv.empty()) fail("virtualenv_command is empty.");
        const bool venv = base::basename(argv[0]) == "pyvenv" || base::basename(argv[0]).starts_with("pyvenv-") || std::find(argv.begin(), argv.end(), "venv") != argv.end();
        if (venv && args_.given("virtualenv_python")) fail("virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command");
        if (!argv[0].starts_with('/')) argv[0] = required_program(context_, argv[0]);
        if (args_.flag("virtualenv_site_packages")) argv.emplace_back("--system-site-packages");
        if (args_.given("virtualenv_python")) argv.push_back("-p" + args_.text("virtualenv_python"));
        argv.push_back(environment_);
        auto ran = call(argv);
        if (ran.code != 0) complain(argv, ran);
        return ran.output;
    }

    std::vector<std::string> find_pip() {
        auto& machine = context_.machine;
        const auto asked = args_.text("executable");
        if (asked.starts_with('/')) return {asked};
        std::vector<std::string> candidates{asked};
        if (asked.empty()) candidates = {"pip3", "pip"};
        for (const auto& name : candidates) {
            if (!environment_.empty()) {
                const auto path = base::join_path(environment_, "bin/" + name);
                if (machine.access(full(path), 1)) return {path};
            } else if (auto found = machine.which(name)) {
                return {*found};
            }
        }
        if (asked.empty() && environment_.empty())
            if (auto python = machine.which("python3"); python && run_program(context_, {*python, "-m", "pip", "--version"}).code == 0) return {*python, "-m", "pip"};
        fail("Unable to find any of " + base::join(candidates, ", ") + " to use.  pip needs to be installed.");
    }

    Ran installed(std::vector<std::string> pip) {
        auto list = pip;
        list.insert(list.end(), {"list", "--format=freeze"});
        auto ran = call(list);
        if (ran.code == 0) { listing_ = base::join(list, " "); return ran; }
        pip.emplace_back("freeze");   // before pip 9
        listing_ = base::join(pip, " ");
        ran = call(pip);
        if (ran.code != 0) complain(pip, ran);
        return ran;
    }

    Outcome predict(const std::vector<std::string>& pip, const std::vector<Package>& packages, const std::vector<std::string>& names) {
        Outcome out;
        out.changed = true;
        if (args_.given("extra_args") || args_.given("requirements") || state_ == "latest" || names.empty()) return out;
        auto ran = installed(pip);
        auto here = [&](const Package& package) {
            for (const auto& line : base::split_lines(ran.output)) {
                const auto equals = line.find("==");
                if (equals != std::string::npos && package.plain && plain_name(line.substr(0, equals)) == package.name) return package.satisfied_by(line.substr(equals + 2));
            }
            return false;
        };
        out.changed = state_ == "absent" ? std::any_of(packages.begin(), packages.end(), here) : !std::all_of(packages.begin(), packages.end(), here);
        out.set("cmd", listing_).set("stdout", ran.output).set("stderr", ran.error_output);
        return out;
    }

    const Args& args_;
    Context& context_;
    std::string state_, environment_, listing_;
    std::optional<unsigned> umask_;
};

}  // namespace

extern const Module pip_module{
    .name = "pip", .collection = "ansible.builtin", .summary = "Install Python packages with pip", .args = args, .rules = rules, .check_mode = CheckMode::full, .file_common = false,
    .free_form = false, .lookahead = false, .run = [](const Args& args, Context& context) { return PipTask(args, context).run(); },
    .notes = "Needs pip on the host, and virtualenv or venv where an environment is to be made.",
    .returns = "cmd: the command | success\nname: packages | success\nversion: as given | success\nrequirements: as given | success\nvirtualenv: as given | success\nstate: as given | success",
    .example = "- pip:\n    name: [pymysql, \"requests>=2,<3\"]\n    virtualenv: /opt/venv\n    virtualenv_command: python3 -m venv\n"};

}  // namespace fprov::modules
