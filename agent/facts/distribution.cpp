// SPDX-License-Identifier: Apache-2.0
// Which distribution this is, from the release files that distributions leave in /etc.
#include <optional>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

struct Found {
    std::string distribution, version, release, path, variety, minor;
    bool parsed = true;
};

struct Surroundings {
    std::map<std::string, std::string> os_release;   // /etc/os-release or /usr/lib/os-release
    std::string id, version_id, codename;
};

std::string first_number(std::string_view text) {   // "CentOS Linux release 7.9.2009 (Core)" → "7.9.2009"
    const auto digit = text.find_first_of("0123456789");
    if (digit == std::string_view::npos) return {};
    auto end = text.find_first_not_of("0123456789.", digit);
    auto number = text.substr(digit, end == std::string_view::npos ? end : end - digit);
    while (!number.empty() && number.back() == '.') number.remove_suffix(1);
    return std::string(number);
}

std::string in_parentheses(std::string_view text) {
    const auto open = text.find('('), close = text.find(')', open == std::string_view::npos ? 0 : open);
    return open == std::string_view::npos || close == std::string_view::npos ? "" : std::string(text.substr(open + 1, close - open - 1));
}

std::string major_minor(const std::string& version) {   // "7.9.2009" → "7.9"
    const auto parts = base::split(version, '.');
    return parts.size() > 2 ? parts[0] + "." + parts[1] : version;
}

// Names that os-release IDs or release files carry, and what Ansible calls them.
struct Spelling { std::string_view id, name; };
constexpr Spelling spellings[] = {
    {"centos", "CentOS"}, {"rhel", "RedHat"}, {"redhat", "RedHat"}, {"fedora", "Fedora"}, {"debian", "Debian"}, {"ubuntu", "Ubuntu"},
    {"rocky", "Rocky"}, {"almalinux", "AlmaLinux"}, {"ol", "OracleLinux"}, {"amzn", "Amazon"}, {"alpine", "Alpine"},
    {"arch", "Archlinux"}, {"linuxmint", "Linux Mint"}, {"raspbian", "Debian"}, {"kali", "Kali"}, {"devuan", "Devuan"}, {"pop", "Pop!_OS"},
    {"opensuse", "openSUSE"}, {"opensuse-leap", "openSUSE Leap"}, {"opensuse-tumbleweed", "openSUSE Tumbleweed"},
    {"sles", "SLES"}, {"sled", "SLED"}, {"sles_sap", "SLES_SAP"}, {"openEuler", "openEuler"}, {"kylin", "Kylin Linux Advanced Server"},
    {"uos", "UOS"}, {"UOS", "UOS"}, {"anolis", "Anolis OS"}, {"tencentos", "TencentOS"}, {"opencloudos", "OpenCloudOS"}, {"gentoo", "Gentoo"},
    {"scientific", "Scientific"}, {"virtuozzo", "Virtuozzo"}, {"cloudlinux", "CloudLinux"}, {"eurolinux", "EuroLinux"},
    {"clear-linux-os", "Clear Linux OS"}, {"flatcar", "Flatcar"}, {"coreos", "Coreos"}, {"neon", "KDE neon"}, {"altlinux", "Altlinux"},
    {"mageia", "Mageia"}, {"void", "Void"}, {"nixos", "NixOS"}, {"parrot", "Parrot"}, {"manjaro", "Manjaro"}, {"photon", "VMware Photon OS"},
};

std::string spelled(std::string_view id) {
    for (const auto& row : spellings)
        if (row.id == id) return std::string(row.name);
    std::string name(id);
    if (!name.empty()) name[0] = base::upper(name.substr(0, 1))[0];
    return name;
}

// Families, as Ansible groups them.
struct Family { std::string_view name, members; };
constexpr Family families[] = {
    {"RedHat", "RedHat|RHEL|Fedora|CentOS|Scientific|SLC|Ascendos|CloudLinux|PSBM|OracleLinux|OVS|OEL|Amazon|Amzn|Virtuozzo|XenServer|"
               "Alibaba|EulerOS|openEuler|AlmaLinux|Rocky|TencentOS|EuroLinux|Kylin Linux Advanced Server"},
    {"Debian", "Debian|Ubuntu|Raspbian|Neon|KDE neon|Linux Mint|SteamOS|Devuan|Kali|Cumulus Linux|Pop!_OS|Parrot|Pardus GNU/Linux|"
               "Uos|Deepin|OSMC"},
    {"Suse", "SuSE|SLES|SLED|openSUSE|openSUSE Tumbleweed|SLES_SAP|SUSE_LINUX|openSUSE Leap"},
    {"Archlinux", "Archlinux|Antergos|Manjaro"},
    {"Mandrake", "Mandrake|Mandriva"},
    {"Alpine", "Alpine"},
    {"Gentoo", "Gentoo|Funtoo"},
    {"Altlinux", "Altlinux"},
    {"ClearLinux", "Clear Linux OS|Clear Linux Mix"},
};

std::string family_of(const std::string& distribution) {
    for (const auto& family : families)
        for (const auto& member : base::split(family.members, '|'))
            if (member == distribution) return std::string(family.name);
    return distribution;
}

std::string value(const std::map<std::string, std::string>& map, const std::string& key) {
    auto at = map.find(key);
    return at == map.end() ? "" : at->second;
}

// ---- release files, tried in order; a reader answers whether the file speaks for this system
using Reader = bool (*)(Machine&, const Surroundings&, const std::string& text, Found&);

bool read_oracle(Machine&, const Surroundings&, const std::string& text, Found& found) {
    found.distribution = "OracleLinux";
    found.version = first_number(text);
    return true;
}

bool read_centos(Machine&, const Surroundings& around, const std::string& text, Found& found) {
    if (text.find("CentOS Stream") != std::string::npos) {
        found.distribution = "CentOS";
        found.release = "Stream";
        found.version = around.version_id;
        return true;
    }
    if (text.find("TencentOS Server") != std::string::npos) {
        found.distribution = "TencentOS";
        found.version = first_number(text);
        return true;
    }
    return false;   // plain CentOS is told by /etc/redhat-release
}

bool read_redhat(Machine&, const Surroundings& around, const std::string& text, Found& found) {
    static constexpr Spelling first_words[] = {{"Red Hat", "RedHat"}, {"CentOS", "CentOS"}, {"Rocky", "Rocky"}, {"AlmaLinux", "AlmaLinux"},
        {"Fedora", "Fedora"}, {"Scientific", "Scientific"}, {"CloudLinux", "CloudLinux"}, {"EuroLinux", "EuroLinux"},
        {"Virtuozzo", "Virtuozzo"}, {"Anolis", "Anolis"}, {"openEuler", "openEuler"}};
    for (const auto& row : first_words)
        if (text.starts_with(row.id)) found.distribution = row.name;
    if (found.distribution.empty()) found.distribution = around.id.empty() ? words(text).empty() ? "" : words(text)[0] : spelled(around.id);
    found.version = first_number(text);
    if (found.distribution == "CentOS" || found.distribution == "RedHat") found.version = major_minor(found.version);
    found.release = in_parentheses(text);
    if (found.distribution == "Fedora") found.release.clear();
    return true;
}

bool read_amazon(Machine&, const Surroundings& around, const std::string& text, Found& found) {
    if (text.find("Amazon") == std::string::npos) return false;
    found.distribution = "Amazon";
    found.version = around.version_id.empty() ? first_number(text) : around.version_id;
    found.release = in_parentheses(text).empty() ? "NA" : in_parentheses(text);
    return true;
}

bool read_alpine(Machine&, const Surroundings&, const std::string& text, Found& found) {
    found.distribution = "Alpine";
    found.version = std::string(base::trim(text));
    return true;
}

bool read_arch(Machine&, const Surroundings& around, const std::string& text, Found& found) {
    if (text.find("Arch Linux") == std::string::npos && around.id != "arch") return false;
    found.distribution = "Archlinux";
    found.version = around.version_id;
    return true;
}

bool read_suse(Machine&, const Surroundings& around, const std::string& text, Found& found) {
    if (base::lower(text).find("suse") == std::string::npos) return false;
    found.distribution = spelled(around.id);
    found.version = around.version_id;
    const auto parts = base::split(around.version_id, '.');
    found.release = around.id == "opensuse-tumbleweed" ? "" : parts.size() > 1 ? parts[1] : "";
    return true;
}

bool read_debian(Machine& machine, const Surroundings& around, const std::string& text, Found& found) {
    const bool known = text.find("Debian") != std::string::npos || text.find("Raspbian") != std::string::npos;
    if (text.find("Ubuntu") != std::string::npos && around.id == "ubuntu") {
        found.distribution = "Ubuntu";
        found.version = around.version_id;
        found.release = around.codename;
    } else if (around.id == "debian" || (known && around.id == "raspbian")) {
        found.distribution = "Debian";
        found.release = around.codename;
        found.version = around.version_id;
        const auto point = file_word(machine, "/etc/debian_version");   // "12.11", or "trixie/sid"
        if (!point.empty() && isdigit(static_cast<unsigned char>(point[0]))) {
            // Ansible asks Python's distro for the version: the package looks here, the copy that Ansible brings along does not.
            if (machine.exists("/usr/lib/python3/dist-packages/distro")) found.version = point;
            const auto parts = base::split(point, '.');
            if (parts.size() > 1) found.minor = parts[1];
        }
    } else if (known || text.find("ID_LIKE=debian") != std::string::npos || text.find("ID_LIKE=\"ubuntu") != std::string::npos ||
               around.id == "linuxmint" || around.id == "kali" || around.id == "devuan" || around.id == "pop" || around.id == "neon") {
        found.distribution = spelled(around.id);
        found.version = around.version_id;
        found.release = around.codename;
    } else {
        return false;
    }
    return true;
}

struct File { const char* path; std::string_view variety; bool may_be_empty; Reader read; };
constexpr File files[] = {
    {"/etc/altlinux-release", "Altlinux", false, [](Machine&, const Surroundings&, const std::string& text, Found& f) { f.distribution = "Altlinux"; f.version = first_number(text); return true; }},
    {"/etc/oracle-release", "OracleLinux", false, read_oracle},
    {"/etc/centos-release", "CentOS", false, read_centos},
    {"/etc/redhat-release", "RedHat", false, read_redhat},
    {"/etc/system-release", "Amazon", false, read_amazon},
    {"/etc/alpine-release", "Alpine", false, read_alpine},
    {"/etc/arch-release", "Archlinux", true, read_arch},
    {"/etc/os-release", "Archlinux", false, [](Machine& m, const Surroundings& s, const std::string& t, Found& f) { return s.id == "arch" && read_arch(m, s, t, f); }},
    {"/etc/os-release", "SUSE", false, read_suse},
    {"/etc/SuSE-release", "SUSE", false, read_suse},
    {"/etc/gentoo-release", "Gentoo", false, [](Machine&, const Surroundings&, const std::string& text, Found& f) { f.distribution = "Gentoo"; f.version = first_number(text); return true; }},
    {"/etc/os-release", "Debian", false, read_debian},
    {"/etc/os-release", "Amazon", false, read_amazon},
};

Surroundings surroundings(Machine& machine) {
    Surroundings around;
    auto text = file_text(machine, "/etc/os-release");
    if (text.empty()) text = file_text(machine, "/usr/lib/os-release");
    around.os_release = shell_assignments(text);
    around.id = value(around.os_release, "ID");
    around.version_id = value(around.os_release, "VERSION_ID");
    around.codename = value(around.os_release, "VERSION_CODENAME");
    if (around.codename.empty()) around.codename = value(around.os_release, "UBUNTU_CODENAME");
    if (around.codename.empty()) {
        const auto inside = in_parentheses(value(around.os_release, "VERSION"));
        around.codename = words(inside).empty() ? "" : base::lower(words(inside)[0]);
    }
    return around;
}

}  // namespace

void collect_distribution(Inquiry& inquiry) {
    const auto around = surroundings(inquiry.machine);
    Found found;
    for (const auto& file : files) {
        if (!inquiry.machine.is_file(file.path)) continue;
        const auto text = file_text(inquiry.machine, file.path);
        if (base::trim(text).empty() && !file.may_be_empty) continue;
        Found attempt;
        if (!file.read(inquiry.machine, around, text, attempt)) continue;
        found = attempt;
        found.path = file.path;
        found.variety = file.variety;
        break;
    }
    if (found.variety.empty()) {   // nobody knows it: os-release alone speaks
        found.distribution = around.id.empty() ? inquiry.machine.system_name().system : spelled(around.id);
        found.version = around.version_id;
        found.release = around.codename;
    }
    auto& out = inquiry.found;
    const auto or_na = [](const std::string& text) { return text.empty() ? std::string("NA") : text; };
    out.set("distribution", found.distribution);
    out.set("distribution_version", or_na(found.version));
    out.set("distribution_release", found.distribution == "Fedora" || found.distribution == "openSUSE Tumbleweed" ? found.release : or_na(found.release));
    out.set("distribution_major_version", or_na(found.version.substr(0, found.version.find('.'))));
    if (!found.minor.empty()) out.set("distribution_minor_version", found.minor);
    if (!found.variety.empty()) {
        out.set("distribution_file_path", found.path);
        out.set("distribution_file_variety", found.variety);
        out.set("distribution_file_parsed", true);
    }
    out.set("os_family", family_of(found.distribution));
}

void collect_lsb(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    Map lsb;
    const auto lsb_release = shell_assignments(file_text(machine, "/etc/lsb-release"));
    const bool program = machine.which("lsb_release").has_value();
    if (program || !lsb_release.empty()) {
        const auto around = surroundings(machine);
        auto pick = [&](const char* lsb_key, const std::string& other) {
            const auto own = value(lsb_release, lsb_key);
            return own.empty() ? other : own;
        };
        const auto release = pick("DISTRIB_RELEASE", program ? around.version_id : "");
        const auto name = value(around.os_release, "PRETTY_NAME");
        const std::pair<const char*, std::string> rows[] = {
            {"id", pick("DISTRIB_ID", program ? spelled(around.id) : "")},
            {"description", pick("DISTRIB_DESCRIPTION", program ? name : "")},
            {"release", release},
            {"codename", pick("DISTRIB_CODENAME", program ? around.codename : "")},
            {"major_release", release.substr(0, release.find('.'))}};
        for (const auto& [key, text] : rows)
            if (!text.empty()) lsb.set(key, text);
    }
    inquiry.found.set("lsb", std::move(lsb));
}

}  // namespace fprov::facts
