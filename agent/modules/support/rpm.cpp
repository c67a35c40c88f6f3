// SPDX-License-Identifier: Apache-2.0
#include "modules/support/rpm.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
namespace {

constexpr const char* format = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";

std::optional<RpmPackage> parse(const std::string& line) {
    auto field = base::split(line, '\t');
    if (field.size() != 5) return std::nullopt;
    return RpmPackage{field[0], field[1] == "(none)" ? "0" : field[1], field[2], field[3], field[4]};
}

bool is_comparison(const std::string& spec) { return spec.find_first_of("<>=") != std::string::npos && !spec.starts_with("/"); }

struct Comparison { std::string name, op, version; };
Comparison split_comparison(const std::string& spec) {
    const auto at = spec.find_first_of("<>=");
    auto end = at;
    while (end < spec.size() && std::string_view("<>=").find(spec[end]) != std::string_view::npos) ++end;
    return {std::string(base::trim(spec.substr(0, at))), spec.substr(at, end - at), std::string(base::trim(spec.substr(end)))};
}

bool holds(const RpmPackage& package, const Comparison& wanted) {
    auto version = wanted.version;
    if (const auto colon = version.find(':'); colon != std::string::npos) {
        if (const int epochs = compare_rpm_versions(package.epoch, version.substr(0, colon)); epochs != 0)
            return epochs > 0 ? wanted.op.find('>') != std::string::npos : wanted.op.find('<') != std::string::npos;
        version.erase(0, colon + 1);
    }
    const auto dash = version.find('-');
    int order = compare_rpm_versions(package.version, version.substr(0, dash));
    if (order == 0 && dash != std::string::npos) order = compare_rpm_versions(package.release, version.substr(dash + 1));
    if (order == 0) return wanted.op.find('=') != std::string::npos;
    return wanted.op.find(order > 0 ? '>' : '<') != std::string::npos;
}

}  // namespace

std::string RpmPackage::nevra() const {
    return (epoch.empty() || epoch == "0" ? "" : epoch + ":") + name + "-" + version + "-" + release + "." + arch;
}

int compare_rpm_versions(std::string_view a, std::string_view b) {
    auto skip = [](std::string_view& text) {
        while (!text.empty() && !std::isalnum(static_cast<unsigned char>(text[0])) && text[0] != '~' && text[0] != '^') text.remove_prefix(1);
    };
    auto take = [](std::string_view& text, bool digits) {
        std::size_t n = 0;
        while (n < text.size() && (digits ? std::isdigit(static_cast<unsigned char>(text[n])) : std::isalpha(static_cast<unsigned char>(text[n])))) ++n;
        auto part = text.substr(0, n);
        text.remove_prefix(n);
        return part;
    };
    while (!a.empty() || !b.empty()) {
        skip(a);
        skip(b);
        const bool tilde_a = a.starts_with('~'), tilde_b = b.starts_with('~');
        if (tilde_a || tilde_b) {   // a pre-release sorts before everything, even the end
            if (!tilde_a) return 1;
            if (!tilde_b) return -1;
            a.remove_prefix(1);
            b.remove_prefix(1);
            continue;
        }
        const bool caret_a = a.starts_with('^'), caret_b = b.starts_with('^');
        if (caret_a || caret_b) {
            if (a.empty()) return -1;
            if (b.empty()) return 1;
            if (!caret_a) return 1;
            if (!caret_b) return -1;
            a.remove_prefix(1);
            b.remove_prefix(1);
            continue;
        }
        if (a.empty() || b.empty()) break;
        const bool digits = std::isdigit(static_cast<unsigned char>(a[0])) != 0;
        auto one = take(a, digits), two = take(b, digits);
        if (two.empty()) return digits ? 1 : -1;
        if (digits) {
            while (one.size() > 1 && one[0] == '0') one.remove_prefix(1);
            while (two.size() > 1 && two[0] == '0') two.remove_prefix(1);
            if (one.size() != two.size()) return one.size() > two.size() ? 1 : -1;
        }
        if (const int order = one.compare(two)) return order > 0 ? 1 : -1;
    }
    return a.empty() == b.empty() ? 0 : a.empty() ? -1 : 1;
}

std::vector<std::string> RpmDatabase::rpm(std::vector<std::string> options, const std::vector<std::string>& names) {
    std::vector<std::string> argv{"rpm"};
    if (root_ != "/" && !root_.empty()) argv.insert(argv.end(), {"--root", root_});
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"--qf", format, "--"});
    argv.insert(argv.end(), names.begin(), names.end());
    auto ran = run_program(context_, argv);
    const bool broken = ran.error_output.find("rpmdb") != std::string::npos || ran.error_output.find("database") != std::string::npos ||
                        ran.error_output.find("cannot open") != std::string::npos;
    if (ran.output.empty() && ran.code != 0 && broken)
        fail("rpm cannot read its database: " + std::string(base::trim(ran.error_output)), Map{{"rc", ran.code}});
    return base::split_lines(ran.output);
}

std::map<std::string, std::vector<RpmPackage>> RpmDatabase::installed(const std::vector<std::string>& specs) {
    std::map<std::string, std::vector<RpmPackage>> found;
    std::vector<std::string> names, capabilities;
    for (const auto& spec : specs) {
        found[spec];
        if (is_comparison(spec)) names.push_back(split_comparison(spec).name);
        else if (spec.starts_with("/") || spec.find('(') != std::string::npos) capabilities.push_back(spec);
        else names.push_back(spec);
    }
    auto matches = [](const RpmPackage& p, const std::string& spec) {
        if (spec == p.name || spec == p.name + "." + p.arch) return true;
        if (!spec.starts_with(p.name + "-") && spec.find(':') == std::string::npos) return false;
        auto plain = spec;
        if (const auto colon = plain.find(':'); colon != std::string::npos) {   // 1:name-1.0 and name-1:1.0
            const auto dash = plain.rfind('-', colon);
            const auto begin = dash == std::string::npos ? 0 : dash + 1;
            if (plain.substr(begin, colon - begin) != p.epoch) return false;
            plain.erase(begin, colon + 1 - begin);
        }
        const auto version = p.name + "-" + p.version;
        return plain == version || plain == version + "-" + p.release || plain == version + "-" + p.release + "." + p.arch || plain == version + "." + p.arch;
    };
    auto collect = [&](const std::vector<std::string>& lines, const std::vector<std::string>& wanted, bool by_name) {
        std::vector<RpmPackage> packages;
        for (const auto& line : lines)
            if (auto package = parse(line)) packages.push_back(*package);
        for (const auto& spec : wanted) {
            const bool comparison = is_comparison(spec);
            for (const auto& package : packages)
                if (comparison ? package.name == split_comparison(spec).name && holds(package, split_comparison(spec)) : !by_name || matches(package, spec))
                    found[spec].push_back(package);
        }
    };
    if (!names.empty()) {
        std::vector<std::string> plain;
        for (const auto& spec : specs)
            if (std::find(capabilities.begin(), capabilities.end(), spec) == capabilities.end()) plain.push_back(spec);
        collect(rpm({"-q"}, names), plain, true);
        for (const auto& spec : plain)   // a name that no package has may be something that one provides
            if (found[spec].empty() && !is_comparison(spec)) capabilities.push_back(spec);
    }
    // One call each: the answers do not say which question they belong to.
    for (const auto& spec : capabilities) collect(rpm({"-q", "--whatprovides"}, {spec}), {spec}, false);
    return found;
}

std::vector<RpmPackage> RpmDatabase::all() {
    std::vector<RpmPackage> found;
    for (const auto& line : rpm({"-qa"}, {}))
        if (auto package = parse(line)) found.push_back(std::move(*package));
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.nevra() < b.nevra(); });
    return found;
}

std::optional<RpmPackage> RpmDatabase::in_file(const std::string& path) {
    for (const auto& line : rpm({"-qp", "--nosignature"}, {path}))
        if (auto package = parse(line)) return package;
    return std::nullopt;
}

}  // namespace fprov::modules
