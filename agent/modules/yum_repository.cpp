// SPDX-License-Identifier: Apache-2.0
// yum_repository: a section of a .repo file.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "The repository's id", .required = true},
    {.name = "state", .help = "Whether it is there", .fallback = "present", .choices = "present|absent"},
    {.name = "file", .help = "File without .repo; the id otherwise"},
    {.name = "reposdir", .type = Type::path, .help = "Folder of the files", .fallback = "/etc/yum.repos.d"},
    {.name = "description", .help = "The repository's name for people"},
    {.name = "async", .type = Type::boolean, .help = "Fetch packages in parallel"},
    {.name = "bandwidth", .help = "Most bytes a second"},
    {.name = "baseurl", .type = Type::list, .help = "Where repodata lies", .elements = Type::text},
    {.name = "cost", .help = "How dear it is against others"},
    {.name = "deltarpm_metadata_percentage", .help = "Largest part of deltarpm's lists"},
    {.name = "deltarpm_percentage", .help = "Largest part of deltas"},
    {.name = "enabled", .type = Type::boolean, .help = "Whether it is used"},
    {.name = "enablegroups", .type = Type::boolean, .help = "Whether its groups are used"},
    {.name = "exclude", .type = Type::list, .help = "Packages to leave out", .elements = Type::text},
    {.name = "failovermethod", .help = "Order of its URLs", .choices = "roundrobin|priority"},
    {.name = "gpgcakey", .help = "Key that signed the keys"},
    {.name = "gpgcheck", .type = Type::boolean, .help = "Check signatures of packages"},
    {.name = "gpgkey", .type = Type::list, .help = "Keys", .elements = Type::text},
    {.name = "http_caching", .help = "What proxies may keep", .choices = "all|packages|none"},
    {.name = "include", .help = "Further configuration"},
    {.name = "includepkgs", .type = Type::list, .help = "Only these packages", .elements = Type::text},
    {.name = "ip_resolve", .help = "Kind of addresses", .choices = "4|6|IPv4|IPv6|whatever"},
    {.name = "keepalive", .type = Type::boolean, .help = "Keep connections"},
    {.name = "keepcache", .help = "Keep fetched packages", .choices = "0|1"},
    {.name = "metadata_expire", .help = "How long lists are good"},
    {.name = "metadata_expire_filter", .help = "For which commands lists must be fresh", .choices = "never|read-only:past|read-only:present|read-only:future"},
    {.name = "metalink", .help = "URL of a metalink file"},
    {.name = "mirrorlist", .help = "URL of a list of URLs"},
    {.name = "mirrorlist_expire", .help = "How long that list is good"},
    {.name = "module_hotfixes", .type = Type::boolean, .help = "Packages stand above modules"},
    {.name = "password", .help = "Password of the user", .secret = true},
    {.name = "priority", .help = "Lower ones come first"},
    {.name = "protect", .type = Type::boolean, .help = "Protect from updates of others"},
    {.name = "proxy", .help = "URL of a proxy"},
    {.name = "proxy_password", .help = "Password for the proxy", .secret = true},
    {.name = "proxy_username", .help = "User for the proxy"},
    {.name = "repo_gpgcheck", .type = Type::boolean, .help = "Check the signature of repodata"},
    {.name = "retries", .help = "How often to try a file"},
    {.name = "s3_enabled", .type = Type::boolean, .help = "Lies on Amazon S3"},
    {.name = "skip_if_unavailable", .type = Type::boolean, .help = "Go on without it"},
    {.name = "ssl_check_cert_permissions", .type = Type::boolean, .help = "Check who can read certificates"},
    {.name = "sslcacert", .help = "Certificates of authorities", .aliases = "ca_cert"},
    {.name = "sslclientcert", .help = "Own certificate", .aliases = "client_cert"},
    {.name = "sslclientkey", .help = "Own key", .aliases = "client_key"},
    {.name = "sslverify", .type = Type::boolean, .help = "Check certificates", .aliases = "validate_certs"},
    {.name = "throttle", .help = "Part of the bandwidth"},
    {.name = "timeout", .help = "Seconds to wait for a connection"},
    {.name = "ui_repoid_vars", .help = "Variables shown with the id"},
    {.name = "username", .help = "User for the repository"},
};

struct Section { std::string name; std::vector<std::pair<std::string, std::string>> rows; };

/// As Python's configparser reads: comments go, keys become small, lines that begin with blanks belong to the value above.
std::vector<Section> parse(const std::string& text) {
    std::vector<Section> out;
    for (const auto& line : base::split_lines(text)) {
        const std::string plain(base::trim(line));
        if (plain.empty() || plain[0] == '#' || plain[0] == ';') continue;
        if ((line[0] == ' ' || line[0] == '\t') && !out.empty() && !out.back().rows.empty()) {
            out.back().rows.back().second += "\n" + plain;
            continue;
        }
        if (plain.front() == '[' && plain.find(']') != std::string::npos) {
            const auto name = plain.substr(1, plain.rfind(']') - 1);
            out.push_back({name, {}});
            continue;
        }
        const auto at = plain.find_first_of("=:");
        if (out.empty()) fail("The file holds '" + plain + "' before its first section.");
        out.back().rows.emplace_back(base::lower(base::trim(plain.substr(0, at))), at == std::string::npos ? "" : std::string(base::trim(plain.substr(at + 1))));
    }
    return out;
}

std::string dump(std::vector<Section> sections, bool sorted) {
    if (sorted) {
        std::sort(sections.begin(), sections.end(), [](const Section& a, const Section& b) { return a.name < b.name; });
        for (auto& section : sections) std::sort(section.rows.begin(), section.rows.end());
    }
    std::string out;
    for (const auto& section : sections) {
        out += "[" + section.name + "]\n";
        for (const auto& [key, value] : section.rows) out += key + " = " + (sorted ? value : base::replace_all(value, "\n", "\n\t")) + "\n";
        out += "\n";
    }
    return out;
}

/// For the diff: no section's passwords, old or new.
std::string shown(std::vector<Section> sections) {
    for (auto& section : sections)
        for (auto& [key, value] : section.rows)
            if (key == "password" || key == "proxy_password") value = "********";
    return dump(std::move(sections), true);
}

Outcome run(const Args& given, Context& context) {
    auto& machine = context.machine;
    const auto name = given.text("name"), state = given.text("state"), folder = given.text("reposdir");
    const bool present = state == "present";
    if (present && !given.given("baseurl") && !given.given("metalink") && !given.given("mirrorlist")) fail("Parameter 'baseurl', 'metalink' or 'mirrorlist' is required.");
    if (present && !given.given("description")) fail("Parameter 'description' is required.");
    if (!machine.is_directory(folder)) fail("Repo directory '" + folder + "' does not exist.");
    const auto path = base::join_path(folder, given.text("file", name) + ".repo");
    auto sections = parse(current_text(context, path));
    const auto before = dump(sections, true), shown_before = shown(sections);
    auto same = [&](const Section& section) { return section.name == name; };
    if (present) {
        Section fresh{name, {{"name", given.text("description")}}};
        for (const auto& arg : args) {
            static constexpr std::string_view own[] = {"name", "state", "file", "reposdir", "description"};
            const Value& value = given[arg.name];
            if (value.is_none() || std::find(std::begin(own), std::end(own), arg.name) != std::end(own)) continue;
            const bool lines = arg.name == "baseurl" || arg.name == "gpgkey";
            fresh.rows.emplace_back(arg.name, arg.type == Type::boolean ? (value.truthy() ? "1" : "0")
                                              : arg.type == Type::list  ? base::join(given.texts(arg.name), lines ? "\n" : " ")
                                                                        : given.text(arg.name));
        }
        std::sort(fresh.rows.begin(), fresh.rows.end());
        auto at = std::find_if(sections.begin(), sections.end(), same);
        auto old = at == sections.end() ? fresh.rows : at->rows;
        std::sort(old.begin(), old.end());
        if (at == sections.end() || old != fresh.rows) {
            std::erase_if(sections, same);
            sections.push_back(std::move(fresh));
        }
    } else {
        std::erase_if(sections, same);
    }
    Outcome out;
    const auto after = dump(sections, true);
    out.changed = after != before;
    if (out.changed && !context.check) {
        if (sections.empty()) machine.remove_file(path).value();
        else machine.write_file(path, dump(sections, false), write_options(context, path, file_wishes(given))).value();
    }
    if (machine.exists(path) && apply_wishes(context, path, file_wishes(given))) out.changed = true;
    out.set("repo", name).set("state", state);
    out.diff.push_back(Value(Map{{"before", shown_before}, {"after", shown(sections)}, {"before_header", path}, {"after_header", path}}));
    return out;
}

}  // namespace

extern const Module yum_repository_module{
    .name = "yum_repository", .collection = "ansible.builtin", .summary = "Keep repositories of yum and dnf", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = true, .free_form = false, .lookahead = true, .run = run, .notes = "What is not given is not written: yum and dnf have their own defaults.",
    .returns = "repo: the id | always\nstate: as given | always",
    .example = "- yum_repository:\n    name: mirror\n    description: Local mirror\n    baseurl: http://mirror/centos/7/os/x86_64/\n    gpgcheck: false\n"};

}  // namespace fprov::modules
