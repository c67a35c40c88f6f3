// SPDX-License-Identifier: Apache-2.0
// yum and dnf: rpm packages. What is installed is asked of rpm in one call; only a difference starts yum or dnf, and what that
// did is read from the rpm database afterwards, not from the program's words.
#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/rpm.hpp"

namespace fprov::modules {
extern const Module yum_module, dnf_module;
namespace {

using spec::Type;

// dnf's own, those of both, yum's own: each module takes its stretch.
constexpr Arg args[] = {
    {.name = "state", .help = "installed, present, latest, absent or removed; present unless autoremove is set", .choices = "absent|installed|latest|present|removed"},
    {.name = "allowerasing", .type = Type::boolean, .help = "Allow removing packages that stand in the way", .fallback = "no"},
    {.name = "nobest", .type = Type::boolean, .help = "Allow versions that are not the best ones", .fallback = "no"},
    {.name = "use_backend", .help = "Program to use", .fallback = "auto", .choices = "auto|dnf|dnf4|dnf5"},

    {.name = "name", .type = Type::list, .help = "Packages: names, names with a version or comparison, patterns, @groups, files, URLs; * for all", .aliases = "pkg", .elements = Type::text},
    {.name = "list", .help = "Only tell: a package name, installed, updates, available or repos"},
    {.name = "enablerepo", .type = Type::list, .help = "Repositories to use for this task only", .elements = Type::text},
    {.name = "disablerepo", .type = Type::list, .help = "Repositories not to use for this task", .elements = Type::text},
    {.name = "exclude", .type = Type::list, .help = "Packages to leave out", .elements = Type::text},
    {.name = "update_cache", .type = Type::boolean, .help = "Fetch the lists of packages first", .fallback = "no", .aliases = "expire-cache"},
    {.name = "update_only", .type = Type::boolean, .help = "With latest, update what is installed and install nothing new", .fallback = "no"},
    {.name = "security", .type = Type::boolean, .help = "With latest, only security updates", .fallback = "no"},
    {.name = "bugfix", .type = Type::boolean, .help = "With latest, only bug-fix updates", .fallback = "no"},
    {.name = "allow_downgrade", .type = Type::boolean, .help = "Allow an older version than the one installed", .fallback = "no"},
    {.name = "autoremove", .type = Type::boolean, .help = "Remove what was installed as a dependency and is not needed any more", .fallback = "no"},
    {.name = "skip_broken", .type = Type::boolean, .help = "Leave out packages that cannot be installed", .fallback = "no"},
    {.name = "disable_gpg_check", .type = Type::boolean, .help = "Do not check signatures", .fallback = "no"},
    {.name = "validate_certs", .type = Type::boolean, .help = "Check certificates of https URLs", .fallback = "yes"},
    {.name = "sslverify", .type = Type::boolean, .help = "Check certificates of repositories", .fallback = "yes"},
    {.name = "conf_file", .help = "Configuration file to use"},
    {.name = "installroot", .help = "Root folder to install into", .fallback = "/"},
    {.name = "releasever", .help = "Release to install from"},
    {.name = "cacheonly", .type = Type::boolean, .help = "Use cached lists only", .fallback = "no"},
    {.name = "download_only", .type = Type::boolean, .help = "Fetch the packages without installing them", .fallback = "no"},
    {.name = "download_dir", .help = "Folder for fetched packages"},
    {.name = "disable_plugin", .type = Type::list, .help = "Plugins not to use", .elements = Type::text},
    {.name = "enable_plugin", .type = Type::list, .help = "Plugins to use", .elements = Type::text},
    {.name = "disable_excludes", .help = "Whose excludes not to heed: all, main or a repository"},
    {.name = "install_weak_deps", .type = Type::boolean, .help = "Install weak dependencies, too (dnf)", .fallback = "yes"},
    {.name = "install_repoquery", .type = Type::boolean, .help = "Accepted and not needed", .fallback = "yes"},
    {.name = "lock_timeout", .type = Type::integer, .help = "How many seconds to wait for another run of the program", .fallback = "30"},

    {.name = "state", .help = "installed, present, latest, absent or removed; present unless autoremove is set", .choices = "absent|installed|latest|present|removed"},
    {.name = "use_backend", .help = "Program to use", .fallback = "auto", .choices = "auto|yum|yum4|dnf"},
};
constexpr size_t dnf_only = 4, yum_only = 2;
constexpr auto dnf_args = std::span(args).first<std::size(args) - yum_only>();
constexpr auto yum_args = std::span(args).subspan<dnf_only>();

constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "name,list"}, {Rule::Kind::required_one_of, "name,list,update_cache,autoremove"}};

bool is_pattern(const std::string& spec) { return spec.find_first_of("*?[") != std::string::npos; }
bool is_url(const std::string& spec) { return spec.find("://") != std::string::npos; }

class RpmTask {
public:
    RpmTask(const Args& args, Context& context) : args_(args), context_(context), database_(context, args.text("installroot", "/")) {}

    Outcome run() {
        choose_program();
        if (args_.given("list")) return list();
        names_ = split_names();
        auto state = args_.text("state");
        if (state.empty()) state = args_.flag("autoremove") ? "absent" : "present";
        if (args_.flag("autoremove") && state != "absent" && state != "removed") fail("Autoremove should be used alone or with state=absent", Map{{"results", List{}}});
        if (args_.flag("update_cache") && !context_.check) {
            auto ran = program({"makecache"}, false);
            if (ran.code != 0) fail("Failed to update the package lists: " + last_words(ran), Map{{"rc", ran.code}, {"results", List{}}});
        }
        if (names_.empty() && !args_.flag("autoremove")) return result(false, classic_ ? "" : args_.flag("update_cache") ? "Cache updated" : "Nothing to do");
        if (state == "absent" || state == "removed") return absent();
        return present(state == "latest");
    }

private:
    /// yum of CentOS 7 is a program of its own ("classic"); elsewhere yum is a name of dnf.
    void choose_program() {
        auto& machine = context_.machine;
        const auto wanted = args_.text("use_backend", "auto");
        const bool asked_yum = wanted == "yum" || (context_.module_name.find("dnf") == std::string::npos && wanted == "auto");
        const auto yum = machine.which("yum"), dnf = machine.which("dnf");
        if (!yum && !dnf) fail("Neither yum nor dnf is installed on this host: the modules yum and dnf need one of them.");
        if (yum && (asked_yum || !dnf)) {
            program_ = *yum;
            auto real = machine.real_path(*yum);
            classic_ = !base::basename(real ? *real : *yum).starts_with("dnf") && !machine.exists("/usr/bin/dnf-3") && !machine.exists("/usr/bin/dnf5");
        } else {
            program_ = *dnf;
        }
    }

    std::vector<std::string> split_names() {
        std::vector<std::string> names;
        for (const auto& given : args_.texts("name"))
            for (const auto& part : is_comparison(given) ? std::vector<std::string>{given} : base::split(given, ','))
                if (const auto name = std::string(base::trim(part)); !name.empty()) names.push_back(name);
        return names;
    }
    static bool is_comparison(const std::string& text) { return text.find_first_of("<>=") != std::string::npos && !is_url(text); }

    std::vector<std::string> options() {
        std::vector<std::string> out;
        auto joined = [&](const char* key, const char* option) {
            std::vector<std::string> all;
            for (const auto& text : args_.texts(key))
                for (const auto& part : base::split(text, ',')) if (!base::trim(part).empty()) all.emplace_back(base::trim(part));
            if (!all.empty()) out.push_back(option + base::join(all, ","));
        };
        joined("disablerepo", "--disablerepo=");
        std::vector<std::string> repositories;
        for (const auto& text : args_.texts("enablerepo"))
            for (const auto& part : base::split(text, ','))
                if (const std::string name(base::trim(part)); !name.empty() && !unknown_.contains(name)) repositories.push_back(name);
        if (!repositories.empty()) out.push_back("--enablerepo=" + base::join(repositories, ","));
        joined("exclude", "--exclude=");
        joined("disable_plugin", "--disableplugin=");
        joined("enable_plugin", "--enableplugin=");
        if (args_.given("disable_excludes")) out.push_back("--disableexcludes=" + args_.text("disable_excludes"));
        if (args_.given("conf_file")) out.insert(out.end(), {"-c", args_.text("conf_file")});
        if (args_.given("releasever")) out.push_back("--releasever=" + args_.text("releasever"));
        if (const auto root = args_.text("installroot", "/"); root != "/") out.push_back("--installroot=" + root);
        if (args_.flag("disable_gpg_check")) out.push_back("--nogpgcheck");
        if (!args_.flag("sslverify", true)) out.push_back("--setopt=sslverify=0");
        if (!args_.flag("install_weak_deps", true) && !classic_) out.push_back("--setopt=install_weak_deps=0");
        if (args_.flag("nobest") && !classic_) out.push_back("--nobest");
        if (args_.flag("allowerasing") && !classic_) out.push_back("--allowerasing");
        if (args_.flag("cacheonly")) out.push_back("-C");
        if (args_.flag("skip_broken")) out.push_back("--skip-broken");
        if (classic_) out.push_back("--setopt=skip_missing_names_on_install=0");
        return out;
    }

    /// Waits while another run holds the lock; dnf waits on its own, yum would wait for ever.
    void wait_for_lock() {
        const auto timeout = args_.integer("lock_timeout", 30);
        const double begin = context_.machine.monotonic();
        while (lock_held()) {
            if (timeout >= 0 && context_.machine.monotonic() - begin >= static_cast<double>(timeout))
                fail("yum lockfile is held by another process", Map{{"results", List{}}});
            context_.machine.sleep(1);
        }
    }
    bool lock_held() {
        for (const char* path : {"/var/run/yum.pid"}) {
            auto text = context_.machine.read_file(path, 64);
            if (!text) continue;
            const auto pid = base::parse_int(base::trim(*text));
            if (pid && context_.machine.exists("/proc/" + std::to_string(*pid))) return true;
        }
        return false;
    }

    Ran program(std::vector<std::string> words, bool transaction) {
        wait_for_lock();
        std::vector<std::string> argv{program_};
        if (transaction) argv.push_back(context_.check ? "--assumeno" : "-y");
        else argv.push_back("-q");
        const auto more = options();
        argv.insert(argv.end(), more.begin(), more.end());
        if (transaction && args_.flag("download_only")) {
            argv.push_back("--downloadonly");
            if (args_.given("download_dir")) argv.push_back("--downloaddir=" + args_.text("download_dir"));
        }
        argv.insert(argv.end(), words.begin(), words.end());
        auto ran = run_program(context_, argv);
        // Ansible passes over repositories that are not there; dnf as a program does not.
        static constexpr std::string_view unknown = "Unknown repo: '";
        if (const auto at = ran.error_output.find(unknown); ran.code != 0 && at != std::string::npos) {
            const auto begin = at + unknown.size();
            const auto name = ran.error_output.substr(begin, ran.error_output.find('\'', begin) - begin);
            if (unknown_.insert(name).second && !args_.texts("enablerepo").empty()) return program(std::move(words), transaction);
        }
        return ran;
    }

    static std::string last_words(const Ran& ran) {
        for (const auto* text : {&ran.error_output, &ran.output}) {
            auto lines = base::split_lines(*text);
            while (!lines.empty() && base::trim(lines.back()).empty()) lines.pop_back();
            for (const auto& line : lines)
                if (line.starts_with("Error: ")) return line.substr(7);
            if (!lines.empty()) return lines.back();
        }
        return "it ended with code " + std::to_string(ran.code);
    }

    Outcome result(bool changed, std::string msg, List results = {}) {
        Outcome out;
        out.changed = changed;
        out.set("msg", std::move(msg)).set("rc", 0).set("results", std::move(results));
        return out;
    }

    // ---- state present, latest

    Outcome present(bool latest) {
        std::vector<std::string> plain, fetched, missing, known, skipped;
        for (const auto& name : names_) {
            if (is_url(name) || name.ends_with(".rpm")) fetched.push_back(name);
            else if (name[0] == '@' || is_pattern(name)) missing.push_back(name);   // only the program can tell
            else plain.push_back(name);
        }
        std::vector<std::string> told;
        auto installed = plain.empty() ? std::map<std::string, std::vector<RpmPackage>>{} : database_.installed(plain);
        for (const auto& name : plain) {
            const auto& packages = installed[name];
            if (packages.empty()) missing.push_back(name);
            else {
                known.push_back(name);
                told.push_back(packages.front().nevra() + " providing " + name + " is already installed");
            }
        }
        if (args_.flag("update_only")) {
            for (const auto& name : missing)
                if (name[0] != '@' && !is_pattern(name)) skipped.push_back("Packages providing " + name + " not installed due to update_only specified");
            std::erase_if(missing, [](const auto& name) { return name[0] != '@' && !is_pattern(name); });
        }
        for (const auto& file : fetched) {
            if (!classic_ && file[0] == '/') skipped.push_back("Installed " + file);   // told of any file, also of what is there
            if (!fulfilled_by_file(file, told)) missing.push_back(file);
        }

        std::vector<std::string> outdated;
        if (latest) {
            std::vector<std::string> look = known;
            for (const auto& name : missing) if (is_pattern(name)) look.push_back(name);
            std::erase_if(missing, [&](const auto& name) { return name == "*" || (args_.flag("update_only") && is_pattern(name)); });
            if (!look.empty()) outdated = updates(look);
        }
        if (missing.empty() && outdated.empty()) return unchanged(told, skipped);

        const auto before = database_.all();
        Ran last;
        List predicted;
        auto transact = [&](std::vector<std::string> words) {
            last = program(std::move(words), true);
            complain(last, missing);
            if (context_.check) predict(last.output, before, predicted);
        };
        if (!missing.empty()) {
            std::vector<std::string> words{"install"};
            if (!classic_) add_advisories(words);   // what is new must come by an advisory, too
            words.insert(words.end(), missing.begin(), missing.end());
            transact(words);
            if (args_.flag("allow_downgrade") && classic_ && !context_.check) {
                std::vector<std::string> older{"downgrade"};
                for (const auto& [name, packages] : database_.installed(not_fetched(missing)))
                    if (packages.empty()) older.push_back(name);
                if (older.size() > 1) transact(older);
            }
        }
        if (!outdated.empty()) {
            std::vector<std::string> words{classic_ ? "update" : "upgrade"};
            add_advisories(words);
            words.insert(words.end(), outdated.begin(), outdated.end());
            transact(words);
        }
        return after(before, last, std::move(predicted), told, skipped);
    }

    void add_advisories(std::vector<std::string>& words) {
        if (args_.flag("security")) words.push_back("--security");
        if (args_.flag("bugfix")) words.push_back("--bugfix");
    }

    static std::vector<std::string> not_fetched(const std::vector<std::string>& names) {
        std::vector<std::string> out;
        for (const auto& name : names)
            if (!is_url(name) && !name.ends_with(".rpm") && name[0] != '@' && !is_pattern(name)) out.push_back(name);
        return out;
    }

    bool fulfilled_by_file(const std::string& file, std::vector<std::string>& told) {
        if (!is_url(file) && !context_.machine.exists(file))
            fail("No RPM file matching '" + file + "' found on system", Map{{"rc", 127}, {"results", List{"No RPM file matching '" + file + "' found on system"}}});
        auto package = database_.in_file(file);
        if (!package) return false;
        const auto found = database_.installed({package->name});
        for (const auto& [name, packages] : found)
            for (const auto& is : packages)
                if (is.version == package->version && is.release == package->release && is.arch == package->arch) {
                    told.push_back(is.nevra() + " providing " + file + " is already installed");
                    return true;
                }
        return false;
    }

    /// Which of these have something newer in the repositories: the names that check-update prints.
    std::vector<std::string> updates(const std::vector<std::string>& names) {
        std::vector<std::string> words{"check-update"};
        add_advisories(words);
        for (const auto& name : names) if (name != "*") words.push_back(name);
        auto ran = program(words, false);
        if (ran.code == 0) return {};
        if (ran.code != 100) fail("Failed to look for updates: " + last_words(ran), Map{{"rc", ran.code}, {"results", List{}}});
        std::vector<std::string> found;
        for (const auto& name : names)
            if (name == "*") return {"*"};
        for (const auto& line : base::split_lines(ran.output)) {
            if (line.starts_with("Obsoleting")) break;
            const auto dot = line.find('.'), space = line.find(' ');
            if (!line.empty() && line[0] != ' ' && dot != std::string::npos && dot < space) found.push_back(line.substr(0, line.rfind('.', space)));
        }
        return found;
    }

    Outcome unchanged(const std::vector<std::string>& told, const std::vector<std::string>& skipped) {
        List results;
        if (classic_) for (const auto& text : told) results.emplace_back(text);
        for (const auto& text : skipped) results.emplace_back(text);
        return result(false, classic_ ? "" : "Nothing to do", std::move(results));
    }

    /// Turns the program's complaints into Ansible's sentences.
    void complain(const Ran& ran, const std::vector<std::string>& asked) {
        List failures;
        std::string first, group;
        for (const auto* text : {&ran.output, &ran.error_output})
            for (const auto& line : base::split_lines(*text)) {
                std::string name;
                static constexpr std::string_view filtered = "All matches were filtered out by exclude filtering for argument: ";
                if (line.starts_with(filtered)) {
                    first = std::string(base::trim(line.substr(filtered.size())));
                    failures.emplace_back(first + " " + std::string(base::trim(line)));
                    continue;
                }
                if (line.starts_with("No match for argument: ")) name = line.substr(23);
                else if (line.starts_with("No package ") && line.ends_with(" available.")) name = line.substr(11, line.size() - 22);
                else if (line.find("Module or Group '") != std::string::npos) { const auto at = line.find("Group '") + 7; group = line.substr(at, line.find('\'', at) - at); }
                else if (line.starts_with("Warning: group ") && line.ends_with(" does not exist.")) group = line.substr(15, line.size() - 31);
                name = base::trim(name);
                if (name.empty() || std::find(asked.begin(), asked.end(), name) == asked.end()) continue;
                if (first.empty()) first = name;
                failures.emplace_back("No package " + name + " available.");
            }
        if (!group.empty()) fail("No group " + group + " available.", Map{{"results", List{}}});
        if (!first.empty() && !args_.flag("skip_broken")) {
            if (classic_) {
                const auto text = "No package matching '" + first + "' found available, installed or updated";
                fail(text, Map{{"rc", 126}, {"results", List{text}}});
            }
            fail("Failed to install some of the specified packages", Map{{"failures", std::move(failures)}, {"rc", 1}, {"results", List{}}});
        }
        const bool refused = context_.check;   // --assumeno ends with a code of its own
        if (ran.code != 0 && !refused)
            fail(base::basename(program_) + " failed: " + last_words(ran), Map{{"rc", ran.code}, {"results", List{ran.output}}, {"stderr", ran.error_output}});
        if (ran.code != 0 && ran.output.find("Operation aborted") == std::string::npos && ran.error_output.find("Operation aborted") == std::string::npos &&
            ran.output.find("Exiting on user") == std::string::npos && ran.output.find("Nothing to do") == std::string::npos && ran.error_output.find("Nothing to do") == std::string::npos)
            fail(base::basename(program_) + " failed: " + last_words(ran), Map{{"rc", ran.code}, {"results", List{ran.output}}, {"stderr", ran.error_output}});
    }

    /// The table that the program prints before it asks: what would be installed and removed.
    void predict(const std::string& output, const std::vector<RpmPackage>& before, List& results) {
        enum { none, install, replace, remove } section = none;
        std::vector<std::string> words;
        for (const auto& line : base::split_lines(output)) {
            if (line.empty() || line[0] != ' ') {
                words.clear();
                section = line.starts_with("Installing") || line.starts_with("Reinstalling") ? install
                          : line.starts_with("Upgrading") || line.starts_with("Updating") || line.starts_with("Downgrading") ? replace
                          : line.starts_with("Removing") ? remove : none;
                continue;
            }
            if (section == none) continue;
            std::string word;
            for (char c : line + " ") {
                if (c != ' ') { word += c; continue; }
                if (!word.empty()) words.push_back(word);
                word.clear();
            }
            if (words.size() < 5) continue;   // a long name stands on a line of its own
            auto version = words[2];
            if (const auto colon = version.find(':'); colon != std::string::npos) version.erase(0, colon + 1);
            const auto text = words[0] + "-" + version + "." + words[1];
            if (section == remove) results.emplace_back("Removed: " + text);
            else results.emplace_back("Installed: " + text);
            if (section == replace)
                for (const auto& package : before)
                    if (package.name == words[0] && package.arch == words[1]) results.emplace_back("Removed: " + package.name + "-" + package.version + "-" + package.release + "." + package.arch);
            words.clear();
        }
    }

    /// What is different in the rpm database tells what was done.
    Outcome after(const std::vector<RpmPackage>& before, const Ran& ran, List predicted, const std::vector<std::string>& told, const std::vector<std::string>& skipped) {
        auto dnf_results = [&](List done) {   // what was left out stands before what was done
            List all;
            for (const auto& line : skipped) all.emplace_back(line);
            for (auto& one : done) all.push_back(std::move(one));
            return all;
        };
        if (context_.check || args_.flag("download_only")) {
            if (predicted.empty() && !args_.flag("download_only")) return unchanged(told, skipped);
            const bool changed = !predicted.empty() || args_.flag("download_only");
            return result(changed, context_.check ? "Check mode: No changes made, but would have if not in check mode" : "", classic_ ? std::move(predicted) : dnf_results(std::move(predicted)));
        }
        auto text = [](const RpmPackage& p) { return p.name + "-" + p.version + "-" + p.release + "." + p.arch; };
        std::set<std::string> old, fresh;
        for (const auto& package : before) old.insert(text(package));
        for (const auto& package : database_.all()) fresh.insert(text(package));
        List results;
        Map changes;
        List installed, removed;
        for (const auto& name : fresh) if (!old.contains(name)) { results.emplace_back("Installed: " + name); installed.emplace_back(name); }
        for (const auto& name : old) if (!fresh.contains(name)) { results.emplace_back("Removed: " + name); removed.emplace_back(name); }
        if (results.empty()) return unchanged(told, skipped);
        if (!classic_) return result(true, "", dnf_results(std::move(results)));
        List classic;
        for (const auto& line : told) classic.emplace_back(line);
        classic.emplace_back(ran.output);
        auto out = result(true, ran.error_output, std::move(classic));
        out.set("changes", Map{{"installed", std::move(installed)}, {"removed", std::move(removed)}});
        return out;
    }

    // ---- state absent

    Outcome absent() {
        std::vector<std::string> plain, there, not_there;
        for (const auto& name : names_) {
            if (is_url(name) || name.ends_with(".rpm")) fail("Cannot remove '" + name + "': give the name of the package instead of a file or URL.", Map{{"results", List{}}});
            if (name[0] == '@' || is_pattern(name)) there.push_back(name);
            else plain.push_back(name);
        }
        if (!plain.empty()) {
            auto installed = database_.installed(plain);
            for (const auto& name : plain) (installed[name].empty() ? not_there : there).push_back(name);
        }
        const auto before = there.empty() && !args_.flag("autoremove") ? std::vector<RpmPackage>{} : database_.all();
        std::vector<std::string> unmatched;
        std::erase_if(there, [&](const std::string& name) {
            if (!is_pattern(name)) return false;
            const bool any = std::any_of(before.begin(), before.end(), [&](const RpmPackage& p) { return base::fnmatch(p.name, name) || base::fnmatch(p.name + "." + p.arch, name); });
            if (!any) unmatched.push_back(name + " is not installed");
            return !any;
        });
        if (there.empty() && !args_.flag("autoremove")) {
            std::vector<std::string> told;
            for (const auto& name : not_there) told.push_back(name + " is not installed");
            return unchanged(told, unmatched);
        }
        std::vector<std::string> words{args_.flag("autoremove") ? "autoremove" : "remove"};
        if (!args_.flag("autoremove") && !classic_) words.insert(words.begin(), "--setopt=clean_requirements_on_remove=0");
        words.insert(words.end(), there.begin(), there.end());
        auto ran = program(words, true);
        List predicted;
        if (context_.check) predict(ran.output, before, predicted);
        complain(ran, {});
        return after(before, ran, std::move(predicted), {}, unmatched);
    }

    // ---- list=

    Outcome list() {
        const auto what = args_.text("list");
        Outcome out;
        List results;
        if (what == "repos" || what == "repositories") {
            auto ran = program({"repolist", "enabled"}, false);
            bool header = true;
            for (const auto& line : base::split_lines(ran.output)) {
                const auto id = line.substr(0, line.find_first_of(" /"));
                if (header && line.starts_with("repo id")) { header = false; continue; }
                if (id.empty() || line.starts_with("repolist:")) continue;
                results.emplace_back(Map{{"repoid", id.starts_with("!") ? id.substr(1) : id}, {"state", "enabled"}});
            }
        } else {
            struct Row { const char* word; const char* option; };
            static constexpr Row rows[] = {{"installed", "installed"}, {"updates", "updates"}, {"upgrades", "updates"}, {"available", "available"}};
            std::vector<std::string> words{"list"};
            bool plain = true;
            for (const auto& row : rows)
                if (what == row.word) { words.emplace_back(row.option); plain = false; }
            if (plain) words = classic_ ? std::vector<std::string>{"list", "--showduplicates", what} : std::vector<std::string>{"list", "--showduplicates", what};
            auto ran = program(words, false);
            std::vector<std::string> parts;
            for (const auto& line : base::split_lines(ran.output)) {
                std::string word;
                if (!line.empty() && line[0] != ' ') parts.clear();
                for (char c : line + " ") {
                    if (c != ' ') { word += c; continue; }
                    if (!word.empty()) parts.push_back(word);
                    word.clear();
                }
                if (parts.size() < 3 || parts[0].find('.') == std::string::npos) continue;
                results.emplace_back(entry(parts[0], parts[1], parts[2], what));
                parts.clear();
            }
        }
        out.set("msg", "").set("results", std::move(results));
        return out;
    }

    Map entry(const std::string& name_arch, std::string version, std::string repo, const std::string& what) {
        const auto dot = name_arch.rfind('.');
        const auto name = name_arch.substr(0, dot), arch = name_arch.substr(dot + 1);
        std::string epoch = "0", release;
        if (const auto colon = version.find(':'); colon != std::string::npos) { epoch = version.substr(0, colon); version.erase(0, colon + 1); }
        if (const auto dash = version.rfind('-'); dash != std::string::npos) { release = version.substr(dash + 1); version.erase(dash); }
        const bool installed = repo.starts_with("@") || repo == "installed" || what == "installed";
        if (installed && !classic_) repo = "@System";
        else if (installed) repo = "installed";
        const auto nevra = epoch + ":" + name + "-" + version + "-" + release + "." + arch;
        Map out{{"name", name}, {"arch", arch}, {"epoch", epoch}, {"release", release}, {"version", version}, {"repo", repo},
                {"envra", nevra}, {"yumstate", installed ? "installed" : "available"}};
        if (!classic_) out.set("nevra", nevra);
        return out;
    }

    const Args& args_;
    Context& context_;
    RpmDatabase database_;
    std::string program_;
    bool classic_ = false;
    std::vector<std::string> names_;
    std::set<std::string> unknown_;   // repositories that this host does not have
};

constexpr std::string_view returned = "msg: what happened, empty after a change | always\nrc: code of the program | always\n"
                                      "results: packages installed and removed, or what was already there | always\n"
                                      "changes: names installed and removed | with the yum of CentOS 7";

}  // namespace

const Module yum_module{
    .name = "yum", .collection = "ansible.builtin", .summary = "Install, update and remove packages with yum", .args = yum_args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return RpmTask(args, context).run(); },
    .notes = "A host that has what is wanted is told by one call of rpm; yum itself starts only to change something.", .returns = returned,
    .example = "- yum:\n    name: [gcc, make, lsof]\n    state: present\n"};

const Module dnf_module{
    .name = "dnf", .collection = "ansible.builtin", .summary = "Install, update and remove packages with dnf", .args = dnf_args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return RpmTask(args, context).run(); },
    .notes = "As yum.", .returns = returned, .example = "- dnf:\n    name: tree\n    state: latest\n"};

}  // namespace fprov::modules
