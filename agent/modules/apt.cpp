// SPDX-License-Identifier: Apache-2.0
// apt: packages of Debian and its relatives. What is installed is asked of dpkg in one call; only what is missing or to be brought up to date
// starts apt's programs.
#include <algorithm>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/apt.hpp"
#include "modules/support/http.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "package", .type = Type::list, .help = "Packages: names, name=version, name>=version; wildcards in both", .aliases = "name|pkg", .elements = Type::text},
    {.name = "state", .help = "What is wanted of them", .fallback = "present", .choices = "absent|build-dep|fixed|latest|present"},
    {.name = "update_cache", .type = Type::boolean, .help = "Fetch the lists of packages first", .aliases = "update-cache"},
    {.name = "update_cache_retries", .type = Type::integer, .help = "How often to try that again", .fallback = "5"},
    {.name = "update_cache_retry_max_delay", .type = Type::integer, .help = "Longest wait between two tries, in seconds", .fallback = "12"},
    {.name = "cache_valid_time", .type = Type::integer, .help = "Fetch the lists only when they are older, in seconds", .fallback = "0"},
    {.name = "purge", .type = Type::boolean, .help = "Remove configuration files, too", .fallback = "no"},
    {.name = "default_release", .help = "Release to prefer", .aliases = "default-release"},
    {.name = "install_recommends", .type = Type::boolean, .help = "Whether recommended packages come along; as the host is set up otherwise", .aliases = "install-recommends"},
    {.name = "force", .type = Type::boolean, .help = "Accept packages without signatures and older versions", .fallback = "no"},
    {.name = "upgrade", .help = "Bring the whole host up to date", .fallback = "no", .choices = "dist|full|no|safe|yes"},
    {.name = "dpkg_options", .help = "Options for dpkg, with commas between", .fallback = "force-confdef,force-confold"},
    {.name = "autoremove", .type = Type::boolean, .help = "Remove what was installed as a dependency and is not needed any more", .fallback = "no"},
    {.name = "autoclean", .type = Type::boolean, .help = "Remove fetched package files that cannot be fetched any more", .fallback = "no"},
    {.name = "fail_on_autoremove", .type = Type::boolean, .help = "Fail rather than remove packages", .fallback = "no"},
    {.name = "policy_rc_d", .type = Type::integer, .help = "Exit code of policy-rc.d meanwhile: 101 keeps new services from being started"},
    {.name = "only_upgrade", .type = Type::boolean, .help = "Install nothing that is not installed", .fallback = "no"},
    {.name = "force_apt_get", .type = Type::boolean, .help = "Do not use aptitude for upgrades", .fallback = "no"},
    {.name = "clean", .type = Type::boolean, .help = "Remove fetched package files", .fallback = "no"},
    {.name = "allow_unauthenticated", .type = Type::boolean, .help = "Accept packages without signatures", .fallback = "no", .aliases = "allow-unauthenticated"},
    {.name = "allow_downgrade", .type = Type::boolean, .help = "Accept older versions", .fallback = "no", .aliases = "allow-downgrade|allow_downgrades|allow-downgrades"},
    {.name = "allow_change_held_packages", .type = Type::boolean, .help = "Change packages that are on hold", .fallback = "no"},
    {.name = "lock_timeout", .type = Type::integer, .help = "How many seconds to wait for another run of apt", .fallback = "60"},
    {.name = "deb", .type = Type::path, .help = "A package file, or its URL"},
};

constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "deb,package,upgrade"},
                          {Rule::Kind::required_one_of, "autoremove,deb,package,update_cache,upgrade,autoclean,clean,state,cache_valid_time"}};

struct Known { std::string candidate; std::vector<std::string> versions; };
struct Wanted { std::string name, op, version; };   // op: "", "=", ">="

bool has_wildcard(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

class AptTask {
public:
    AptTask(const Args& args, Context& context) : args_(args), context_(context) {
        context_.environment["DEBIAN_FRONTEND"] = "noninteractive";
        context_.environment["DEBIAN_PRIORITY"] = "critical";
        for (const auto& option : base::split(args.text("dpkg_options"), ','))
            if (!option.empty()) dpkg_options_.push_back("--" + option);
    }

    Outcome run() {
        const auto state = args_.text("state");
        auto names = args_.texts("package");
        apt_get_ = required_program(context_, "apt-get");
        if (args_.flag("clean") && !context_.check) must({apt_get_, "clean"}, "apt-get clean failed");
        if (args_.flag("autoclean") && only()) return tidy("autoclean", "Del ");
        update_cache();
        std::string upgrade = args_.text("upgrade", "no");
        if (names.size() == 1 && names[0] == "*" && state == "latest") { upgrade = "dist"; names.clear(); }
        if (upgrade != "no") return up(upgrade);
        if (args_.given("deb")) return deb(args_.text("deb"));
        if (names.empty()) {
            if (args_.flag("autoremove")) return tidy("autoremove", "");
            Outcome out;
            out.changed = updated_;
            return with_cache(out);
        }
        read_installed();
        auto wanted = expand(names);
        if (state == "absent") return absent(wanted);
        auto out = state == "build-dep" ? apply({"build-dep"}, quoted(names), names) : present(wanted, state);
        if (args_.flag("autoclean") && !context_.check) must({apt_get_, "-y", "autoclean"}, "'apt-get autoclean' failed");
        return with_cache(out);
    }

private:
    bool only() const { return !args_.given("package") && !args_.given("deb") && args_.text("upgrade", "no") == "no" && !args_.flag("update_cache") && !args_.integer("cache_valid_time"); }

    Ran must(std::vector<std::string> argv, const std::string& sentence) {
        auto ran = run_program(context_, std::move(argv));
        if (ran.code != 0) fail(sentence + ": " + ran.error_output, Map{{"stdout", ran.output}, {"stderr", ran.error_output}, {"rc", ran.code}});
        return ran;
    }

    // ---- what is there

    std::vector<std::string> words(std::string program) {
        std::vector<std::string> out{std::move(program)};
        if (args_.given("default_release")) out.insert(out.end(), {"-o", "APT::Default-Release=" + args_.text("default_release")});
        return out;
    }

    void read_installed() {
        auto ran = must({required_program(context_, "dpkg-query"), "-W", "-f", "${Package} ${Architecture} ${db:Status-Status} ${Version}\\n"}, "dpkg-query failed");
        std::vector<std::vector<std::string>> rows;
        for (const auto& line : base::split_lines(ran.output)) {
            const auto fields = base::split(line, ' ');
            if (fields.size() < 4) continue;
            if (fields[2] == "not-installed") continue;
            if (fields[0] == "dpkg" && fields[2] == "installed") native_ = fields[1];
            rows.push_back(fields);
        }
        for (const auto& row : rows) (row[2] == "installed" ? installed_ : left_over_)[plain(row[0] + ":" + row[1])] = row[3];
    }

    /// The name as apt-cache prints it: without the host's own architecture.
    std::string plain(const std::string& name) const {
        const auto colon = name.rfind(':');
        const auto arch = colon == std::string::npos ? std::string() : name.substr(colon + 1);
        return arch.empty() || (arch != native_ && arch != "all" && arch != "native") ? name : name.substr(0, colon);
    }
    bool here(const std::string& name) const { return installed_.contains(plain(name)); }

    /// What apt knows of packages, by one call of apt-cache for all of them.
    void look_up(const std::vector<std::string>& names) {
        std::vector<std::string> argv = words("apt-cache");
        argv.push_back("policy");
        for (const auto& name : names)
            if (!name.empty() && known_.try_emplace(plain(name)).second) argv.push_back(plain(name));
        if (argv.back() == "policy") return;
        auto ran = must(argv, "apt-cache failed");
        Known* at = nullptr;
        for (const auto& line : base::split_lines(ran.output)) {
            if (!line.starts_with(' ')) at = &known_[line.substr(0, line.rfind(':'))];
            else if (at && line.starts_with("  Candidate: ")) at->candidate = line.substr(13) == "(none)" ? "" : line.substr(13);
            else if (at && line.size() > 5 && (line.starts_with("     ") || line.starts_with(" *** ")) && line[5] != ' ') at->versions.push_back(line.substr(5, line.find(' ', 5) - 5));
        }
    }

    /// Packages that provide a name.
    std::vector<std::string> providers(const std::string& name) {
        std::vector<std::string> out;
        auto ran = run_program(context_, {"apt-cache", "showpkg", name});
        const auto begin = ran.output.find("Reverse Provides:");
        if (ran.code != 0 || begin == std::string::npos) return out;
        for (const auto& line : base::split_lines(ran.output.substr(begin + 17))) {
            const auto provider = line.substr(0, line.find(' '));
            if (!provider.empty() && std::find(out.begin(), out.end(), provider) == out.end()) out.push_back(provider);
        }
        return out;
    }

    bool at_least(const std::string& a, const std::string& b) { return run_program(context_, {"dpkg", "--compare-versions", a, "ge", b}).code == 0; }

    static Wanted parse(const std::string& text) {
        if (const auto at = text.find(">="); at != std::string::npos) return {text.substr(0, at), ">=", text.substr(at + 2)};
        if (const auto at = text.find('='); at != std::string::npos) return {text.substr(0, at), "=", text.substr(at + 1)};
        return {text, "", ""};
    }

    std::vector<Wanted> expand(const std::vector<std::string>& names) {
        std::vector<Wanted> out;
        std::vector<std::string> all;
        for (const auto& text : names) {
            auto one = parse(text);
            if (!has_wildcard(one.name)) { out.push_back(one); continue; }
            if (all.empty()) {
                all = base::split_lines(must({"apt-cache", "pkgnames"}, "apt-cache failed").output);
                std::sort(all.begin(), all.end());
            }
            // "lib*" means packages of the host's own architecture, "lib*:i386" those of another.
            const auto colon = one.name.rfind(':');
            const std::string arch = colon == std::string::npos ? "" : one.name.substr(colon);
            std::vector<std::string> matching, ask;
            for (const auto& name : all)
                if (base::fnmatch(name, one.name.substr(0, colon))) matching.push_back(name + arch);
            std::copy_if(matching.begin(), matching.end(), std::back_inserter(ask), [&](const std::string& name) { return !here(name); });
            look_up(ask);
            const auto before = out.size();
            for (const auto& name : matching)
                if (plain(name) == name && (here(name) || !known_[name].versions.empty())) out.push_back({name, one.op, one.version});
            if (out.size() == before) fail("No package(s) matching '" + one.name + "' available");
        }
        return out;
    }

    // ---- present, latest, fixed

    Outcome present(const std::vector<Wanted>& wanted, const std::string& state) {
        const bool latest = state == "latest", only_upgrade = args_.flag("only_upgrade");
        std::vector<std::string> ask;
        for (const auto& one : wanted)
            if (latest || !here(one.name) || !one.op.empty()) ask.push_back(one.name);
        look_up(ask);
        std::vector<std::string> missing;
        for (const auto& one : wanted) {
            const auto is = installed_.find(plain(one.name));
            const bool there = is != installed_.end();
            const Known& known = known_[plain(one.name)];
            if (!there && known.versions.empty()) {
                auto from = one.name.empty() ? std::vector<std::string>{} : providers(one.name);
                if (std::any_of(from.begin(), from.end(), [&](const std::string& name) { return installed_.contains(name); })) continue;
                if (from.size() != 1) fail("No package matching '" + one.name + "' is available");
                if (!only_upgrade) missing.push_back(from[0]);
                continue;
            }
            if (!there && only_upgrade) continue;
            if (one.op.empty()) {
                if (!there) missing.push_back(one.name);
                else if (latest && !known.candidate.empty() && known.candidate != is->second && at_least(known.candidate, is->second)) missing.push_back(one.name);
                continue;
            }
            auto fits = [&](const std::string& version) { return one.op == "=" ? base::fnmatch(version, one.version) : at_least(version, one.version); };
            const bool fine = there && fits(is->second);
            if (fine && !latest) continue;
            std::string best = fits(known.candidate) && !known.candidate.empty() ? known.candidate : "";
            for (const auto& version : known.versions)
                if (best.empty() && fits(version)) best = version;
            if (best.empty()) {
                if (fine) continue;
                fail("no available installation candidate for " + one.name + one.op + one.version, with_cache({}).fields);
            }
            if (!there || best != is->second) missing.push_back(one.name + "=" + best);
        }
        const bool marked = mark_manual(wanted);
        if (missing.empty()) {
            Outcome out;
            if (marked && context_.check) out.not_idle = true;
            return out;
        }
        return apply({"install"}, quoted(missing), missing);
    }

    /// What is wanted and came as a dependency is told to be wanted for its own sake. Ansible does not count that as a change.
    bool mark_manual(const std::vector<Wanted>& wanted) {
        auto states = context_.machine.read_file("/var/lib/apt/extended_states");
        if (!states) return false;
        std::vector<std::string> automatic, argv{"apt-mark", "manual"};
        std::string name;
        for (const auto& line : base::split_lines(*states)) {
            if (line.starts_with("Package: ")) name = line.substr(9);
            else if (line.starts_with("Architecture: ")) name = plain(name + ":" + line.substr(14));
            else if (line == "Auto-Installed: 1") automatic.push_back(name);
        }
        for (const auto& one : wanted)
            if (here(one.name) && std::find(automatic.begin(), automatic.end(), plain(one.name)) != automatic.end()) argv.push_back(one.name);
        const auto program = argv.size() > 2 ? context_.machine.which("apt-mark") : std::nullopt;
        if (!program) return false;
        argv[0] = *program;
        if (!context_.check) must(argv, "'" + base::join(argv, " ") + "' failed");
        return true;
    }

    static std::string quoted(const std::vector<std::string>& names) {
        std::string out;
        for (const auto& name : names) out += (out.empty() ? "'" : " '") + name + "'";
        return out;
    }

    /// `shown`: the packages as they stand in Ansible's messages.
    Outcome apply(const std::vector<std::string>& verb, std::string shown, const std::vector<std::string>& names) {
        std::vector<std::string> flags, behind;
        const bool build = verb[0] == "build-dep";
        std::string told = apt_get_ + " -y";
        for (const auto& option : dpkg_options_) told += " -o \"Dpkg::Options::=" + option + "\"";
        auto add = [&](bool when, const char* word) {   // a flag that is not set leaves its blank in Ansible's message
            if (when) flags.emplace_back(word);
            told += std::string(" ") + (when ? word : "");
        };
        add(args_.flag("only_upgrade"), "--only-upgrade");
        add(args_.text("state") == "fixed", "--fix-broken");
        add(args_.flag("force"), "--force-yes");
        if (!build) add(args_.flag("autoremove"), "--auto-remove");
        add(args_.flag("fail_on_autoremove"), "--no-remove");
        add(context_.check, "--simulate");
        told += " " + verb[0] + " " + shown;
        if (args_.given("default_release")) { behind.insert(behind.end(), {"-t", args_.text("default_release")}); told += " -t '" + args_.text("default_release") + "'"; }
        if (args_.given("install_recommends")) {
            behind.insert(behind.end(), {"-o", args_.flag("install_recommends") ? "APT::Install-Recommends=yes" : "APT::Install-Recommends=no"});
            told += " -o " + behind.back();
        }
        for (const auto& [key, option] : {std::pair{"allow_unauthenticated", "--allow-unauthenticated"}, {"allow_downgrade", "--allow-downgrades"}, {"allow_change_held_packages", "--allow-change-held-packages"}})
            if (args_.flag(key)) { behind.emplace_back(option); told += std::string(" ") + option; }
        auto out = transaction(verb, flags, names, behind, "'" + told + "' failed");
        if (build && out.fields.find("stdout")->text_or("").find("\n0 upgraded, 0 newly installed") != std::string::npos) out.changed = false;
        return out;
    }

    Outcome transaction(const std::vector<std::string>& verb, const std::vector<std::string>& flags, const std::vector<std::string>& names, const std::vector<std::string>& behind,
                        const std::string& sentence) {
        std::vector<std::string> argv{apt_get_, "-y", "-o", "DPkg::Lock::Timeout=" + std::to_string(args_.integer("lock_timeout", 60))};
        for (const auto& option : dpkg_options_) argv.insert(argv.end(), {"-o", "Dpkg::Options::=" + option});
        for (const auto* part : {&flags, &verb, &names, &behind}) argv.insert(argv.end(), part->begin(), part->end());
        Services services(*this);
        services.hold();
        auto ran = run_program(context_, argv);
        services.restore();
        Outcome out = told(ran);
        if (ran.code != 0) {
            if (updated_time_ >= 0) out = with_cache(out);
            out.fields.set("rc", ran.code);
            fail(sentence + ": " + ran.error_output, out.fields);
        }
        out.changed = true;
        out.diff.push_back(Value(Map{{"prepared", prepared(ran.output)}}));
        return out;
    }

    static Outcome told(const Ran& ran) {
        Outcome out;
        out.set("stdout", ran.output).set("stderr", ran.error_output);
        return out;
    }

    /// The part of apt's words that tells what it is about to do.
    static std::string prepared(const std::string& output) {
        auto lines = base::split_lines(output);
        auto begin = std::find(lines.begin(), lines.end(), "Reading state information...");
        begin = begin == lines.end() ? lines.begin() : begin + 1;
        auto end = std::find_if(begin, lines.end(), [](const std::string& line) { return !line.empty() && line[0] >= '0' && line[0] <= '9' && line.find(" upgraded, ") != std::string::npos; });
        if (end != lines.end()) ++end;
        return base::join({begin, end}, "\n");
    }

    /// While packages are installed, policy-rc.d can keep their services from being started.
    class Services {
    public:
        explicit Services(AptTask& task) : task_(task) {}
        ~Services() { restore(); }
        Services(const Services&) = delete;
        Services& operator=(const Services&) = delete;
        void hold() {
            if (!task_.args_.given("policy_rc_d") || task_.context_.check) return;
            auto& machine = task_.context_.machine;
            had_ = machine.lexists(kept);   // a run that was killed has left the host's own file there
            if (!had_ && machine.lexists(path)) { machine.rename(path, kept).value(); had_ = true; }
            active_ = true;
            machine.write_file(path, "#!/bin/sh\nexit " + task_.args_.text("policy_rc_d") + "\n", {.mode = 0755}).value();
        }
        void restore() {
            if (!active_) return;
            active_ = false;
            auto& machine = task_.context_.machine;
            (void)machine.remove_file(path);
            if (had_) (void)machine.rename(kept, path);
        }
    private:
        static constexpr const char* path = "/usr/sbin/policy-rc.d";
        static constexpr const char* kept = "/usr/sbin/policy-rc.d.fprov";
        AptTask& task_;
        bool active_ = false, had_ = false;
    };

    // ---- absent and the rest

    Outcome absent(const std::vector<Wanted>& wanted) {
        std::vector<std::string> gone;
        for (const auto& one : wanted)
            if (here(one.name) || (args_.flag("purge") && left_over_.contains(plain(one.name)))) gone.push_back(one.name);
        if (gone.empty()) return {};
        std::vector<std::string> flags{"-q"};
        if (args_.flag("purge")) flags.emplace_back("--purge");
        if (args_.flag("force")) flags.emplace_back("--force-yes");
        if (args_.flag("autoremove")) flags.emplace_back("--auto-remove");
        if (context_.check) flags.emplace_back("--simulate");
        if (args_.flag("allow_change_held_packages")) flags.emplace_back("--allow-change-held-packages");
        updated_time_ = -1;   // Ansible does not tell of the cache here
        return transaction({"remove"}, flags, gone, {}, "'apt-get remove " + quoted(gone) + "' failed");
    }

    /// autoremove and autoclean on their own.
    Outcome tidy(const std::string& verb, const std::string& mark) {
        std::vector<std::string> flags;
        if (args_.flag("purge") && verb == "autoremove") flags.emplace_back("--purge");
        if (args_.flag("force")) flags.emplace_back("--force-yes");
        if (context_.check) flags.emplace_back("--simulate");
        updated_time_ = -1;
        auto out = transaction({verb}, flags, {}, {}, "'apt-get " + verb + "' failed");
        const auto text = out.fields.find("stdout")->text_or("");
        out.changed = mark.empty() ? text.find("\n0 upgraded, 0 newly installed, 0 to remove") == std::string::npos : text.find("\n" + mark) != std::string::npos;
        return out;
    }

    Outcome up(const std::string& how) {
        std::vector<std::string> flags, behind, verb{how == "dist" || how == "full" ? "dist-upgrade" : "upgrade"};
        const auto aptitude = args_.flag("force_apt_get") || how == "dist" ? std::nullopt : context_.machine.which("aptitude");
        if (aptitude) { verb[0] = how == "full" ? "full-upgrade" : "safe-upgrade"; apt_get_ = *aptitude; }
        else if (verb[0] == "upgrade") behind.emplace_back("--with-new-pkgs");
        if (args_.flag("fail_on_autoremove") && !aptitude) flags.emplace_back("--no-remove");
        if (args_.flag("force")) flags.emplace_back("--force-yes");
        if (args_.flag("autoremove") && !aptitude) flags.emplace_back("--auto-remove");
        if (args_.flag("allow_unauthenticated")) flags.emplace_back(aptitude ? "--allow-untrusted" : "--allow-unauthenticated");
        if (args_.flag("allow_downgrade") && !aptitude) flags.emplace_back("--allow-downgrades");
        if (context_.check) flags.emplace_back("--simulate");
        if (args_.given("default_release")) behind.insert(behind.end(), {"-t", args_.text("default_release")});
        updated_time_ = -1;
        auto out = transaction(verb, flags, {}, behind, "'" + base::basename(apt_get_) + " " + verb[0] + "' failed");
        const auto text = out.fields.find("stdout")->text_or("");
        out.set("msg", text);
        const auto line = prepared(text);
        const auto last = line.substr(line.rfind('\n') + 1);
        if (last.starts_with("0 upgraded, 0 newly installed, 0 to remove") || last.starts_with("0 packages upgraded, 0 newly installed, 0 to remove")) {
            out.changed = false;
            out.diff.clear();
        }
        return out;
    }

    Outcome deb(std::string path) {
        const std::string given = path;
        if (path.find("://") != std::string::npos) {
            HttpRequest request;
            request.url = path;
            request.timeout = 600;
            request.validate_certs = true;
            auto response = http_fetch(context_, std::move(request));
            if (response.status != 200) fail("Failure downloading " + given + ", " + response.message());
            path = response.body_file;
        }
        if (!context_.machine.exists(path)) fail("Unable to install package: E:Could not open file " + path + " - open (2: No such file or directory)");
        auto field = [&](const char* name) { return std::string(base::trim(must({"dpkg-deb", "-f", path, name}, "Unable to install package").output)); };
        const auto name = field("Package"), version = field("Version"), arch = field("Architecture");
        read_installed();
        const auto is = installed_.find(plain(name + ":" + arch));
        const bool force = args_.flag("force");
        if (is != installed_.end() && is->second == version) return same();   // with force, too
        if (is != installed_.end() && !at_least(version, is->second) && !args_.flag("allow_downgrade") && !force) fail("A later version is already installed");
        // What it needs comes from the repositories.
        std::vector<std::string> needs;
        auto plan = run_program(context_, {apt_get_, "-s", "-y", "--allow-downgrades", "install", base::absolute_path(path)});
        for (const auto& line : base::split_lines(plan.output))
            if (line.starts_with("Inst ")) {
                const auto need = line.substr(5, line.find(' ', 5) - 5);
                if (need != name) needs.push_back(need);
            }
        Outcome before;
        if (!needs.empty()) before = apply({"install"}, quoted(needs), needs);
        std::vector<std::string> argv{required_program(context_, "dpkg")};
        argv.insert(argv.end(), dpkg_options_.begin(), dpkg_options_.end());
        if (context_.check) argv.emplace_back("--simulate");
        if (force) argv.emplace_back("--force-all");
        argv.insert(argv.end(), {"-i", path});
        Services services(*this);
        services.hold();
        auto ran = run_program(context_, argv);
        services.restore();
        std::string plans = prepared(ran.output);
        if (!before.diff.empty()) plans.insert(0, before.diff[0].find("prepared")->text_or("") + "\n\n");
        for (const char* key : {"stdout", "stderr"})
            if (const Value* text = before.fields.find(key)) (key[3] == 'o' ? ran.output : ran.error_output).insert(0, text->text_or(""));
        Outcome out = told(ran);
        if (ran.code != 0) fail("dpkg " + base::join({dpkg_options_.begin(), dpkg_options_.end()}, " ") + " -i " + given + " failed", out.fields);
        out.changed = true;
        out.diff.push_back(Value(Map{{"prepared", plans}}));
        return out;
    }
    static Outcome same() {
        Outcome out;
        out.set("stdout", "").set("stderr", "");
        return out;
    }

    // ---- the lists of packages

    std::int64_t cache_time() {
        for (const char* path : {"/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists"})
            if (auto stat = context_.machine.stat(path)) return static_cast<std::int64_t>(stat->mtime);
        return 0;
    }

    void update_cache() {
        updated_time_ = cache_time();
        const auto valid = args_.integer("cache_valid_time");
        if (!args_.flag("update_cache") && !(valid && !args_.given("update_cache"))) return;
        if (static_cast<double>(updated_time_ + valid) >= context_.machine.now() && valid) return;
        if (!context_.check) {
            if (const auto reasons = update_package_lists(args_, context_); !reasons.empty()) fail("Failed to update apt cache: " + reasons);
            updated_time_ = cache_time();
        }
        updated_ = true;
    }

    Outcome with_cache(Outcome out) {
        out.set("cache_updated", updated_).set("cache_update_time", updated_time_);
        return out;
    }

    const Args& args_;
    Context& context_;
    std::string apt_get_;
    std::vector<std::string> dpkg_options_;
    std::string native_;
    std::map<std::string, std::string> installed_, left_over_;   // versions by plain name
    std::map<std::string, Known> known_;
    bool updated_ = false;
    std::int64_t updated_time_ = -1;
};

}  // namespace

extern const Module apt_module{
    .name = "apt", .collection = "ansible.builtin", .summary = "Install, update and remove packages with apt", .args = args, .rules = rules, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return AptTask(args, context).run(); },
    .notes = "A host that has what is wanted is told by one call of dpkg-query; apt itself starts only to change something.",
    .returns = "cache_updated: whether the lists were fetched | success, in some cases\ncache_update_time: when they were fetched last | success, in some cases\n"
               "stdout: what apt wrote | when it ran\nstderr: what it complained of | when it ran",
    .example = "- apt:\n    name: [jq, lsof]\n    state: present\n    update_cache: true\n    cache_valid_time: 3600\n"};

}  // namespace fprov::modules
