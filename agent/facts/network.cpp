// SPDX-License-Identifier: Apache-2.0
// Interfaces from /sys/class/net, addresses, default routes.
#include <algorithm>
#include <cstdint>

#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

using Interfaces = std::vector<std::pair<std::string, Map>>;   // in the order in which they are found

Map& named(Interfaces& all, const std::string& name) {
    for (auto& [known, map] : all)
        if (known == name) return map;
    all.emplace_back(name, Map{});
    return all.back().second;
}

std::string fact_name(std::string label) { return base::replace_all(std::move(label), ":", "_"); }

struct Kind { int number; const char* name; };
constexpr Kind kinds[] = {{1, "ether"}, {32, "infiniband"}, {512, "ppp"}, {772, "loopback"}, {65534, "tunnel"}};

std::string text_of(std::uint32_t address) {
    return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." + std::to_string(address >> 8 & 255) + "." +
           std::to_string(address & 255);
}

std::uint32_t number_of(const std::string& address) {
    std::uint32_t number = 0;
    for (const auto& part : base::split(address, '.')) number = number << 8 | static_cast<std::uint32_t>(base::parse_int(part).value_or(0));
    return number;
}

Map describe_link(Machine& machine, const std::string& name) {
    const std::string folder = "/sys/class/net/" + name;
    Map out{{"device", name}};
    if (const auto address = file_word(machine, folder + "/address"); !address.empty() && address != "00:00:00:00:00:00") out.set("macaddress", address);
    if (const auto mtu = base::parse_int(file_word(machine, folder + "/mtu"))) out.set("mtu", *mtu);
    if (const auto state = machine.read_file(folder + "/operstate", 64)) out.set("active", base::trim(*state) != "down");
    if (auto module = machine.real_path(folder + "/device/driver/module"); module && machine.exists(folder + "/device/driver/module"))
        out.set("module", base::basename(*module));
    if (const auto type = base::parse_int(file_word(machine, folder + "/type"))) {
        std::string kind = "unknown";
        for (const auto& row : kinds)
            if (row.number == *type) kind = row.name;
        if (*type == 768 || *type == 776 || *type == 778) kind = "tunnel";
        out.set("type", kind);
    }
    if (machine.exists(folder + "/bridge")) {
        out.set("type", "bridge");
        List ports;
        if (auto names = machine.list(folder + "/brif"))
            for (const auto& port : *names) ports.emplace_back(port);
        out.set("interfaces", std::move(ports));
        if (const auto id = file_word(machine, folder + "/bridge/bridge_id"); !id.empty()) out.set("id", id);
        if (const auto stp = file_word(machine, folder + "/bridge/stp_state"); !stp.empty()) out.set("stp", stp == "1");
    }
    if (machine.exists(folder + "/bonding")) {
        out.set("type", "bonding");
        out.set("slaves", Value::strings(words(file_text(machine, folder + "/bonding/slaves"))));
        const auto mode = words(file_text(machine, folder + "/bonding/mode"));
        out.set("mode", mode.empty() ? "" : mode[0]);
        out.set("miimon", file_word(machine, folder + "/bonding/miimon"));
        const auto rate = words(file_text(machine, folder + "/bonding/lacp_rate"));
        out.set("lacp_rate", rate.empty() ? "" : rate[0]);
        if (const auto primary = file_word(machine, folder + "/bonding/primary"); !primary.empty()) {
            out.set("primary", primary);
            out.set("all_slaves_active", file_word(machine, folder + "/bonding/all_slaves_active") == "1");
        }
    }
    if (machine.exists(folder + "/bonding_slave")) {
        out.set("type", "bonding_slave");
        out.set("perm_macaddress", file_word(machine, folder + "/bonding_slave/perm_hwaddr"));
    }
    if (machine.exists(folder + "/device"))
        if (auto device = machine.real_path(folder + "/device")) out.set("pciid", base::basename(*device));
    if (const auto speed = base::parse_int(file_word(machine, folder + "/speed"))) out.set("speed", *speed);
    if (const auto flags = file_word(machine, folder + "/flags"); flags.starts_with("0x"))
        out.set("promisc", (base::parse_int(flags.substr(2), 16).value_or(0) & 0x100) != 0);
    return out;
}

void add_ipv4(Machine& machine, Interfaces& all, List& addresses, std::vector<std::pair<std::string, Map>>& by_label) {
    std::map<std::string, std::vector<std::uint32_t>> networks;   // of each device, to tell secondary addresses
    for (const auto& one : machine.ipv4_addresses()) {
        const auto device = one.label.substr(0, one.label.find(':'));
        const auto mask = number_of(one.netmask), network = number_of(one.address) & mask;
        int prefix = 0;
        for (std::uint32_t bit = mask; bit; bit <<= 1) ++prefix;
        Map entry{{"address", one.address}, {"broadcast", one.broadcast}, {"netmask", one.netmask}, {"network", text_of(network)},
                  {"prefix", std::to_string(prefix)}};
        auto& known = networks[device];
        const bool secondary = std::find(known.begin(), known.end(), network) != known.end();
        known.push_back(network);
        auto& interface = named(all, fact_name(one.label));
        if (!interface.contains("ipv4")) {
            interface.set("ipv4", entry);
        } else {
            if (!interface.contains("ipv4_secondaries")) interface.set("ipv4_secondaries", List{});
            interface["ipv4_secondaries"].mutable_list().push_back(entry);
        }
        if (secondary && device != one.label) {
            auto& main = named(all, fact_name(device));
            if (!main.contains("ipv4_secondaries")) main.set("ipv4_secondaries", List{});
            main["ipv4_secondaries"].mutable_list().push_back(entry);
        }
        if (!one.address.starts_with("127.")) addresses.emplace_back(one.address);
        by_label.emplace_back(one.label, std::move(entry));
    }
}

/// "fe8000000000…" → "fe80::…", compressed as inet_ntop does.
std::string ipv6_text(const std::string& hex) {
    std::uint16_t groups[8];
    for (int i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>(base::parse_int(hex.substr(static_cast<std::size_t>(i) * 4, 4), 16).value_or(0));
    int best = -1, best_length = 1;
    for (int i = 0; i < 8;) {
        int j = i;
        while (j < 8 && groups[j] == 0) ++j;
        if (j - i > best_length) { best = i; best_length = j - i; }
        i = j == i ? i + 1 : j;
    }
    std::string out;
    for (int i = 0; i < 8; ++i) {
        if (i == best) { out += "::"; i += best_length - 1; continue; }
        if (!out.empty() && out.back() != ':') out += ':';
        char group[8];
        std::snprintf(group, sizeof group, "%x", groups[i]);
        out += group;
    }
    return out;
}

void add_ipv6(Machine& machine, Interfaces& all, List& addresses) {
    static constexpr std::pair<const char*, const char*> scopes[] = {{"00", "global"}, {"10", "host"}, {"20", "link"}, {"40", "site"}};
    std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> details;   // device, address → prefix, scope
    for (const auto& line : file_lines(machine, "/proc/net/if_inet6")) {
        const auto parts = words(line);   // address index prefix scope flags device
        if (parts.size() < 6 || parts[0].size() != 32) continue;
        std::string scope = "global";
        for (const auto& [code, name] : scopes)
            if (parts[3] == code) scope = name;
        details[{parts[5], ipv6_text(parts[0])}] = {std::to_string(base::parse_int(parts[2], 16).value_or(0)), scope};
    }
    for (const auto& one : machine.ipv6_addresses()) {
        const auto detail = details.find({one.label, one.address});
        if (detail == details.end()) continue;
        auto& interface = named(all, fact_name(one.label));
        if (!interface.contains("ipv6")) interface.set("ipv6", List{});
        interface["ipv6"].mutable_list().emplace_back(Map{{"address", one.address}, {"prefix", detail->second.first}, {"scope", detail->second.second}});
        if (one.address != "::1") addresses.emplace_back(one.address);
    }
}

struct Route { std::string interface, gateway; };

Route default_route4(Machine& machine) {
    Route best;
    std::int64_t metric = -1;
    for (const auto& line : file_lines(machine, "/proc/net/route")) {
        const auto parts = words(line);   // Iface Destination Gateway Flags RefCnt Use Metric Mask
        if (parts.size() < 8 || parts[1] != "00000000" || parts[7] != "00000000") continue;
        const auto flags = base::parse_int(parts[3], 16).value_or(0);
        const auto cost = base::parse_int(parts[6]).value_or(0);
        if (!(flags & 1) || (flags & 0x200) || (metric >= 0 && cost >= metric)) continue;
        const auto raw = static_cast<std::uint32_t>(base::parse_int(parts[2], 16).value_or(0));   // in the machine's byte order
        metric = cost;
        best = {parts[0], raw ? text_of(__builtin_bswap32(raw)) : ""};
    }
    return best;
}

Route default_route6(Machine& machine) {
    Route best;
    std::int64_t metric = -1;
    for (const auto& line : file_lines(machine, "/proc/net/ipv6_route")) {
        const auto parts = words(line);   // dest plen src plen nexthop metric ref use flags iface
        if (parts.size() < 10 || parts[1] != "00" || parts[0].find_first_not_of('0') != std::string::npos) continue;
        const auto flags = base::parse_int(parts[8], 16).value_or(0);
        const auto cost = base::parse_int(parts[5], 16).value_or(0);
        if (!(flags & 1) || (flags & 0x200) || parts[9] == "lo" || (metric >= 0 && cost >= metric)) continue;
        metric = cost;
        const bool none = parts[4].find_first_not_of('0') == std::string::npos;
        best = {parts[9], none ? "" : ipv6_text(parts[4])};
    }
    return best;
}

void copy_link(Map& to, const Map& from) {
    for (const char* key : {"macaddress", "mtu", "type"})
        if (const Value* value = from.find(std::string_view(key))) to.set(key, *value);
}

}  // namespace

void collect_network(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    Interfaces all;
    if (auto names = machine.list("/sys/class/net"))
        for (const auto& name : *names)
            if (machine.is_directory("/sys/class/net/" + name)) named(all, fact_name(name)) = describe_link(machine, name);
    List ipv4, ipv6;
    std::vector<std::pair<std::string, Map>> by_label;
    add_ipv4(machine, all, ipv4, by_label);
    add_ipv6(machine, all, ipv6);

    Map default4, default6;
    if (const auto route = default_route4(machine); !route.interface.empty()) {
        default4.set("interface", route.interface);
        auto source = machine.source_address("8.8.8.8");
        default4.set("address", source);
        if (!route.gateway.empty()) default4.set("gateway", route.gateway);
        for (const auto& [label, entry] : by_label) {
            if (entry.find("address")->text_or("") != source) continue;
            for (const auto& [key, value] : entry)
                if (key.string() != "address") default4.set(key.string(), value);
            copy_link(default4, named(all, fact_name(label.substr(0, label.find(':')))));
            default4.set("alias", label);
        }
    }
    if (const auto route = default_route6(machine); !route.interface.empty()) {
        default6.set("interface", route.interface);
        const auto source = machine.source_address("2404:6800:400a:800::1012");
        default6.set("address", source);
        if (!route.gateway.empty()) default6.set("gateway", route.gateway);
        auto& interface = named(all, fact_name(route.interface));
        if (const Value* entries = interface.find("ipv6"))
            for (const auto& entry : entries->list())
                if (entry.find("address")->text_or("") == source)
                    for (const char* key : {"prefix", "scope"}) default6.set(key, *entry.find(key));
        copy_link(default6, interface);
    }

    List names;
    for (auto& [name, map] : all) names.emplace_back(name);
    auto& found = inquiry.found;
    found.set("interfaces", std::move(names));
    found.set("default_ipv4", std::move(default4));
    found.set("default_ipv6", std::move(default6));
    found.set("all_ipv4_addresses", std::move(ipv4));
    found.set("all_ipv6_addresses", std::move(ipv6));
    for (auto& [name, map] : all) found.set(name, std::move(map));
}

}  // namespace fprov::facts
