// SPDX-License-Identifier: Apache-2.0
// package_facts: what is installed, as facts.
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "manager", .type = Type::list, .help = "Package managers to ask; auto for what is there: apk, apt, pacman, pkg, pkg_info, portage, rpm", .fallback = "auto", .elements = Type::text},
    {.name = "strategy", .help = "Ask the first one that is there, or all of them", .fallback = "first", .choices = "first|all"},
};

void add(Map& packages, Map package) {
    const auto name = package.find("name")->text_or("");
    if (Value* list = packages.find(name)) list->mutable_list().push_back(std::move(package));
    else packages.set(name, List{std::move(package)});
}

std::vector<std::string> lines_of(Context& context, std::vector<std::string> argv) {
    auto ran = run_program(context, std::move(argv));
    return ran.code == 0 ? base::split_lines(ran.output) : std::vector<std::string>();
}

bool from_rpm(Context& context, Map& packages) {
    if (!context.machine.which("rpm")) return false;
    for (const auto& line : lines_of(context, {"rpm", "-qa", "--qf", "%{NAME}|%{VERSION}|%{RELEASE}|%|EPOCH?{%{EPOCH}}:{}||%|ARCH?{%{ARCH}}:{}|\\n"})) {
        const auto fields = base::split(line, '|');
        if (fields.size() < 5) continue;
        const auto epoch = base::parse_int(fields[3]);
        add(packages, Map{{"name", fields[0]}, {"version", fields[1]}, {"release", fields[2]}, {"epoch", epoch ? Value(*epoch) : Value()},
                          {"arch", fields[4].empty() ? Value() : Value(fields[4])}, {"source", "rpm"}});
    }
    return !packages.empty();
}

bool from_apt(Context& context, Map& packages) {
    if (!context.machine.which("dpkg-query") || !context.machine.which("apt-get")) return false;
    struct Row { std::string name, version, arch, section; };
    std::vector<Row> rows;
    std::vector<std::string> ask{"apt-cache", "policy"};
    for (const auto& line : lines_of(context, {"dpkg-query", "-W", "-f", "${Package}|${Version}|${Architecture}|${Section}|${db:Status-Status}\\n"})) {
        const auto fields = base::split(line, '|');
        if (fields.size() < 5 || fields[4] != "installed") continue;
        rows.push_back({fields[0], fields[1], fields[2], fields[3]});
        ask.push_back(fields[0]);
    }
    // Whose packages they are: the Origin of the list that an installed version stands in.
    std::map<std::string, std::string> origin_of_list, origin_of_package, section;
    std::string list, package;
    for (const auto& line : lines_of(context, {"apt-cache", "policy"})) {
        const std::string plain(base::trim(line));
        if (plain.starts_with("release ")) {
            for (const auto& part : base::split(plain.substr(8), ','))
                if (part.starts_with("o=")) origin_of_list[list] = part.substr(2);
        } else if (const auto blank = plain.find(' '); blank != std::string::npos) {
            list = plain.substr(blank + 1);
        }
    }
    bool installed = false;
    if (!origin_of_list.empty()) {
        for (const auto& line : lines_of(context, ask)) {
            if (!line.starts_with(' ')) package = line.substr(0, line.rfind(':'));
            else if (line.starts_with(" *** ")) installed = true;
            else if (line.size() > 5 && line[5] != ' ') installed = false;
            else if (const std::string plain(base::trim(line)); installed && plain.find(' ') != std::string::npos)
                if (auto at = origin_of_list.find(plain.substr(plain.find(' ') + 1)); at != origin_of_list.end()) origin_of_package.try_emplace(package, at->second);
        }
        // The archive's word on the section counts more than the package's own.
        ask[1] = "show";
        ask.insert(ask.begin() + 2, "--no-all-versions");
        for (const auto& line : lines_of(context, ask)) {
            if (line.starts_with("Package: ")) package = line.substr(9);
            else if (line.starts_with("Section: ")) section.try_emplace(package, line.substr(9));
        }
    }
    for (const auto& row : rows) {
        auto known = section.find(row.name);
        add(packages, Map{{"name", row.name}, {"version", row.version}, {"arch", row.arch}, {"category", known == section.end() ? row.section : known->second},
                          {"origin", origin_of_package[row.name]}, {"source", "apt"}});
    }
    return !packages.empty();
}

bool from_pacman(Context& context, Map& packages) {
    if (!context.machine.which("pacman")) return false;
    Map package;
    auto done = [&] { if (package.contains("name")) { package.set("source", "pacman"); add(packages, std::move(package)); } package = Map(); };
    for (const auto& line : lines_of(context, {"pacman", "-Qi"})) {
        const auto at = line.find(" : ");
        if (line.empty()) { done(); continue; }
        if (at == std::string::npos) continue;
        const auto key = base::trim(std::string_view(line).substr(0, at));
        const std::string value(base::trim(line.substr(at + 3)));
        if (key == "Name") package.set("name", value);
        else if (key == "Version") package.set("version", value);
        else if (key == "Architecture") package.set("arch", value);
    }
    done();
    return !packages.empty();
}

bool from_apk(Context& context, Map& packages) {
    if (!context.machine.which("apk")) return false;
    for (const auto& line : lines_of(context, {"apk", "info", "-v"})) {
        const auto release = line.rfind('-'), version = release == std::string::npos ? release : line.rfind('-', release - 1);
        if (version == std::string::npos || version == 0) continue;
        add(packages, Map{{"name", line.substr(0, version)}, {"version", line.substr(version + 1)}, {"release", line.substr(release + 1)}, {"source", "apk"}});
    }
    return !packages.empty();
}

struct Manager { std::string_view name; bool (*read)(Context&, Map&); };
constexpr Manager managers[] = {{"apk", from_apk}, {"apt", from_apt}, {"pacman", from_pacman}, {"pkg", nullptr}, {"pkg_info", nullptr}, {"portage", nullptr}, {"rpm", from_rpm}};

Outcome run(const Args& args, Context& context) {
    auto asked = args.texts("manager");
    if (asked.size() == 1 && asked[0] == "auto") {
        asked.clear();
        for (const auto& manager : managers) asked.emplace_back(manager.name);
    }
    std::erase(asked, "auto");
    std::vector<std::string> unknown;
    for (const auto& name : asked)
        if (std::none_of(std::begin(managers), std::end(managers), [&](const Manager& m) { return m.name == name; })) unknown.push_back(name);
    if (!unknown.empty()) fail("Unsupported package managers requested: " + base::join(unknown, ", "));
    Map packages;
    bool found = false;
    for (const auto& name : asked)
        for (const auto& manager : managers) {
            if (manager.name != name || !manager.read || (found && args.text("strategy") == "first")) continue;
            Map some;
            if (!manager.read(context, some)) continue;
            found = true;
            for (auto& [key, list] : some)
                for (const auto& package : list.list()) add(packages, package.map());
        }
    if (!found)
        fail("Could not detect a supported package manager from the following list: " + values::repr(Value::strings(asked)) +
             ", or the required Python library is not installed. Check warnings for details.");
    Outcome out;
    out.facts.set("packages", std::move(packages));
    return out;
}

}  // namespace

extern const Module package_facts_module{
    .name = "package_facts", .collection = "ansible.builtin", .summary = "Installed packages as facts", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "Asks the managers' own programs; Python libraries are not needed.",
    .returns = "ansible_facts: packages, for each name a list of name, version, source and what the manager knows besides | always",
    .example = "- package_facts:\n    manager: auto\n"};

}  // namespace fprov::modules
