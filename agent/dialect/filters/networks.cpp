// SPDX-License-Identifier: Apache-2.0
// ansible.utils: ipaddr and its family. Every query of ipaddr is a row; a query answers a value, none ("no answer", dropped from
// lists) or false ("no such thing").
#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/ip_address.hpp"
#include "dialect/tables.hpp"
#include "values/big_integer.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value number(Bits128 value) {
    return values::whole_number(decimal(value));
}
std::string size_text(const IpAddress& ip) { return ip.size() ? decimal(ip.size()) : "340282366920938463463374607431768211456"; }

// Does the address stand for a host rather than for its network? (Both addresses of a /31 do.)
bool is_host(const IpAddress& ip) { return !ip.is_network() || ip.size() == 2; }

struct Asked {
    const Call& call;
    const IpAddress& ip;
    void need_network() const {
        if (!ip.has_prefix) fail(call, "Not a network address");
    }
    bool single() const { return ip.prefix == ip.width(); }
};

Value value_if(const Asked& a, bool holds) { return holds ? Value(a.ip.as_written()) : Value(); }

Value address(const Asked& a) { return is_host(a.ip) || a.ip.v6 ? Value(a.ip.ip()) : Value(); }
Value address_prefix(const Asked& a) { return is_host(a.ip) ? Value(a.ip.cidr()) : Value(false); }
Value host(const Asked& a) { return is_host(a.ip) ? Value(a.ip.cidr()) : Value(); }
Value truth(const Asked&) { return Value(true); }
Value broadcast(const Asked& a) { return a.ip.prefix >= a.ip.width() - 1 ? Value() : Value(a.ip.text(a.ip.broadcast())); }
Value cidr(const Asked& a) { return Value(a.ip.cidr()); }
Value hostmask(const Asked& a) { return Value(a.ip.text(a.ip.hostmask())); }
Value netmask(const Asked& a) { return Value(a.ip.text(a.ip.netmask())); }
Value network(const Asked& a) { return Value(a.ip.text(a.ip.network())); }
Value subnet(const Asked& a) { return Value(a.ip.text(a.ip.network()) + "/" + std::to_string(a.ip.prefix)); }
Value network_netmask(const Asked& a) { return Value(a.ip.text(a.ip.network()) + " " + a.ip.text(a.ip.netmask())); }
Value network_wildcard(const Asked& a) { return Value(a.ip.text(a.ip.network()) + " " + a.ip.text(a.ip.hostmask())); }
Value integer(const Asked& a) { return a.ip.has_prefix ? Value(decimal(a.ip.bits) + "/" + std::to_string(a.ip.prefix)) : number(a.ip.bits); }
Value ip_prefix(const Asked& a) { return !a.single() && is_host(a.ip) ? Value(a.ip.cidr()) : Value(); }
Value ip_netmask(const Asked& a) { return !a.single() && is_host(a.ip) ? Value(a.ip.ip() + " " + a.ip.text(a.ip.netmask())) : Value(); }
Value loopback(const Asked& a) { return value_if(a, a.ip.is_loopback()); }
Value link_local(const Asked& a) { return value_if(a, a.ip.is_link_local()); }
Value multicast(const Asked& a) { return value_if(a, a.ip.is_multicast()); }
Value unicast(const Asked& a) { return value_if(a, !a.ip.is_multicast()); }
Value net(const Asked& a) { return value_if(a, a.ip.is_network()); }
Value prefix(const Asked& a) { return Value(a.ip.prefix); }
Value is_private(const Asked& a) { return value_if(a, a.ip.is_private()); }
Value is_public(const Asked& a) {
    const auto& ip = a.ip;
    const bool reserved = !ip.v6 && (ip.in("0.0.0.0/8") || ip.in("240.0.0.0/4") || ip.in("192.0.2.0/24"));
    return value_if(a, !ip.is_multicast() && !ip.is_private() && !ip.is_loopback() && !reserved && ip.bits != 0);
}
Value type(const Asked& a) { return Value(a.ip.is_network() ? "network" : "address"); }
Value version(const Asked& a) { return Value(a.ip.v6 ? 6 : 4); }
Value size(const Asked& a) {
    return values::whole_number(size_text(a.ip));
}
Value size_usable(const Asked& a) {
    if (a.single()) return Value(0);
    if (a.ip.prefix == a.ip.width() - 1) return Value(2);
    return number(a.ip.size() - 2);
}
Value first_usable(const Asked& a) {
    a.need_network();
    return a.single() ? Value() : Value(a.ip.text(a.ip.first_usable()));
}
Value last_usable(const Asked& a) {
    a.need_network();
    return a.single() ? Value() : Value(a.ip.text(a.ip.last_usable()));
}
Value range_usable(const Asked& a) {
    a.need_network();
    return a.single() ? Value() : Value(a.ip.text(a.ip.first_usable()) + "-" + a.ip.text(a.ip.last_usable()));
}
Value usable(const Asked& a, Bits128 candidate) {
    return candidate >= a.ip.first_usable() && candidate <= a.ip.last_usable() ? Value(a.ip.text(candidate)) : Value();
}
Value next_usable(const Asked& a) {
    a.need_network();
    return a.single() ? Value() : usable(a, a.ip.bits + 1);
}
Value previous_usable(const Asked& a) {
    a.need_network();
    return a.single() || a.ip.bits == 0 ? Value() : usable(a, a.ip.bits - 1);
}
Value peer(const Asked& a) {
    a.need_network();
    if (a.ip.prefix == a.ip.width() - 1) return Value(a.ip.text(a.ip.bits ^ 1));
    if (a.ip.prefix == a.ip.width() - 2) {
        if (a.ip.bits == a.ip.network()) fail(a.call, "Network address of /30 has no peer");
        if (a.ip.bits == a.ip.broadcast()) fail(a.call, "Broadcast address of /30 has no peer");
        return Value(a.ip.text(a.ip.bits ^ 3));
    }
    fail(a.call, "Not a point-to-point network");
}
Value revdns(const Asked& a) {
    std::string out;
    if (a.ip.v6)
        for (int i = 0; i < 32; ++i) out += std::string(1, "0123456789abcdef"[static_cast<int>(a.ip.bits >> (4 * i) & 0xf)]) + ".";
    else
        for (int i = 0; i < 4; ++i) out += decimal(a.ip.bits >> (8 * i) & 0xff) + ".";
    return Value(out + (a.ip.v6 ? "ip6.arpa." : "in-addr.arpa."));
}
Value wrap(const Asked& a) {
    return Value(a.ip.v6 ? "[" + a.ip.ip() + "]" + (a.ip.has_prefix ? "/" + std::to_string(a.ip.prefix) : "") : a.ip.as_written());
}
Value to_ipv4(const Asked& a) {
    if (!a.ip.v6) return Value(a.ip.as_written());
    const auto high = a.ip.bits >> 32;
    if (high != 0 && high != 0xffff) return Value(false);
    IpAddress ip{.bits = a.ip.bits & 0xffffffffu, .prefix = std::max(0, a.ip.prefix - 96)};
    return Value(ip.cidr());
}
Value to_ipv6(const Asked& a) {
    if (a.ip.v6) return Value(a.ip.str());
    IpAddress ip{.v6 = true, .bits = a.ip.bits | Bits128{0xffff} << 32, .prefix = a.ip.prefix + 96};
    return Value(ip.cidr());
}
Value six_to_four(const Asked& a) {
    if (a.ip.v6) return a.ip.in("2002::/16") ? Value(a.ip.str()) : Value(false);
    if (a.ip.is_network() || a.ip.is_multicast() || a.ip.is_loopback()) return Value(false);
    char text[64];
    const auto bits = static_cast<unsigned>(a.ip.bits);
    std::snprintf(text, sizeof text, "2002:%04x:%04x::1/48", bits >> 16, bits & 0xffff);
    return Value(std::string(text));
}

struct Query { std::string_view name; Value (*answer)(const Asked&); };
constexpr Query queries[] = {
    {"", [](const Asked& a) { return Value(a.ip.str()); }},
    {"6to4", six_to_four}, {"address", address}, {"address/prefix", address_prefix}, {"bool", truth}, {"broadcast", broadcast},
    {"cidr", cidr}, {"first_usable", first_usable}, {"gateway", address_prefix}, {"gw", address_prefix}, {"host", host},
    {"host/prefix", address_prefix}, {"hostmask", hostmask}, {"hostnet", address_prefix}, {"int", integer}, {"ip", address},
    {"ip/prefix", ip_prefix}, {"ip_netmask", ip_netmask}, {"ipv4", to_ipv4}, {"ipv6", to_ipv6}, {"last_usable", last_usable},
    {"link-local", link_local}, {"lo", loopback}, {"loopback", loopback}, {"multicast", multicast}, {"net", net},
    {"netmask", netmask}, {"network", network}, {"network/prefix", subnet}, {"network_id", network},
    {"network_netmask", network_netmask}, {"network_wildcard", network_wildcard}, {"next_usable", next_usable}, {"peer", peer},
    {"prefix", prefix}, {"previous_usable", previous_usable}, {"private", is_private}, {"public", is_public},
    {"range_usable", range_usable}, {"revdns", revdns}, {"router", address_prefix}, {"size", size}, {"size_usable", size_usable},
    {"subnet", subnet}, {"type", type}, {"unicast", unicast}, {"version", version}, {"wildcard", hostmask}, {"wrap", wrap},
};

/// The n-th address of a network, from the end when negative.
Value nth(const IpAddress& ip, std::int64_t index, bool with_prefix) {
    const auto last = ip.broadcast() - ip.network();
    const auto offset = index >= 0 ? static_cast<Bits128>(index) : last + 1 - static_cast<Bits128>(-index);
    if (index < 0 ? static_cast<Bits128>(-index) > last + 1 && last + 1 != 0 : offset > last) return Value(false);
    const auto text = ip.text(ip.network() + offset);
    return Value(with_prefix ? text + "/" + std::to_string(ip.prefix) : text);
}

std::optional<IpAddress> ip_of(const Value& value) {
    auto numbered = [](Bits128 bits) {
        IpAddress ip{.bits = bits};
        ip.v6 = bits > 0xffffffffULL;
        ip.prefix = ip.width();
        return ip;
    };
    if (value.is_int() && !value.is_bool() && value.integer() > 0) return numbered(static_cast<Bits128>(value.integer()));
    if (!value.is_string()) return std::nullopt;
    const auto text = std::string(base::trim(value.string()));
    if (auto ip = parse_ip(text); ip || text.empty() || text.find_first_not_of("0123456789./") != std::string::npos) return ip;
    if (text.find_first_of("./") == std::string::npos) {   // a number as text
        Bits128 bits = 0;
        for (char c : text) {
            const Bits128 next = bits * 10 + static_cast<unsigned>(c - '0');
            if (next / 10 != bits) return std::nullopt;
            bits = next;
        }
        return numbered(bits);
    }
    // "10.1", "192.168/24": the numbers that are missing are zeros, those in front may have zeros before them.
    const auto slash = text.find('/');
    auto parts = base::split(text.substr(0, slash), '.');
    for (auto& part : parts) {
        const auto number = base::parse_int(part);
        if (!number || *number > 255) return std::nullopt;
        part = std::to_string(*number);
    }
    parts.resize(std::max<std::size_t>(parts.size(), 4), "0");
    return parse_ip(base::join(parts, ".") + (slash == std::string::npos ? "" : text.substr(slash)));
}

Value ask(const Call& call, const Value& value, const std::string& query, int version, const std::string& alias) {
    if (value.is_sequence()) {
        List out;
        for (const auto& element : value.list())
            if (element.is_none()) continue;
            else if (auto answer = ask(call, element, query, version, alias); answer.truthy()) out.push_back(std::move(answer));
        return Value(std::move(out));
    }
    require_defined(value, call.place);
    if (value.is_none()) fail(call, "Unrecognized type <<class 'NoneType'>> for " + alias + " filter <value>");
    const auto ip = ip_of(value);
    if (!ip || (version && version != (ip->v6 ? 6 : 4))) return Value(false);
    for (const auto& row : queries)
        if (row.name == query) return row.answer({call, *ip});
    if (auto index = base::parse_int(query)) return ip->prefix == ip->width() ? Value(ip->str()) : nth(*ip, *index, true);
    if (auto range = parse_ip(query)) return range->contains(*ip) ? Value(ip->as_written()) : Value();
    fail(call, alias + ": unknown filter type: " + query);
}

std::string query_of(Call& call, std::size_t i) { return call[i].is_bool() || call[i].is_none() ? std::string() : text_of(call, i); }

Value ipaddr(Call& call) {
    const int version = call[2].is_bool() || call[2].is_none() ? 0 : static_cast<int>(integer_of(call, 2));
    return ask(call, call[0], query_of(call, 1), version, "ipaddr");
}
Value ipv4(Call& call) { return ask(call, call[0], query_of(call, 1), 4, "ipv4"); }
Value ipv6(Call& call) { return ask(call, call[0], query_of(call, 1), 6, "ipv6"); }

Value ipwrap(Call& call) {
    auto wrapped = [&](const Value& value) {
        const auto ip = ip_of(value);
        return ip && ip->v6 ? wrap({call, *ip}) : value;
    };
    if (!call[0].is_sequence()) return wrapped(call[0]);
    List out;
    for (const auto& element : call[0].list()) out.push_back(wrapped(element));
    return Value(std::move(out));
}

IpAddress needed(Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    auto ip = ip_of(call[i]);
    if (!ip) fail(call, "'" + values::str(call[i]) + "' is no IP address or network");
    return *ip;
}

// ipsubnet: without a query the subnet; with a prefix the number of subnets (or the supernet of an address), with an index one of them;
// with a network the position in it.
Value ipsubnet(Call& call) {
    const auto given = ip_of(call[0]);
    if (!given) return Value(false);
    IpAddress ip = *given;
    ip.has_prefix = true;
    const auto query = query_of(call, 1);
    if (query.empty()) return subnet({call, ip});
    if (auto wanted = base::parse_int(query)) {
        const int length = static_cast<int>(*wanted);
        if (length < 0 || length > ip.width()) return Value(false);
        std::optional<std::int64_t> index;
        if (call[2].is_int()) index = call[2].integer();
        else if (call[2].is_string() && call[2].string() != "x") index = integer_of(call, 2);
        auto net_of = [&](Bits128 bits, int prefix) {
            IpAddress out{.v6 = ip.v6, .bits = bits, .prefix = prefix};
            return Value(out.text(out.network()) + "/" + std::to_string(prefix));
        };
        if (ip.prefix == ip.width()) {   // an address: its supernets, the widest first
            if (!index) return net_of(ip.bits, length);
            const auto count = static_cast<std::int64_t>(ip.prefix - length);
            const auto at = *index < 0 ? *index + count : *index;
            return at >= 0 && at < count ? net_of(ip.bits, length + static_cast<int>(at)) : Value(false);
        }
        if (length < ip.prefix) fail(call, "Requested subnet size of " + std::to_string(length) + " is invalid");
        const auto count = length - ip.prefix < 127 ? Bits128{1} << (length - ip.prefix) : Bits128{0};
        if (!index) return number(count);
        const auto at = *index < 0 ? count - static_cast<Bits128>(-*index) : static_cast<Bits128>(*index);
        if (at >= count) return Value(false);
        return net_of(ip.network() + (length == ip.width() ? at : at << (ip.width() - length)), length);
    }
    const auto range = parse_ip(query);
    if (!range) return Value(false);
    if (!range->contains(ip)) return Value(false);
    const auto step = ip.prefix == ip.width() ? Bits128{1} : Bits128{1} << (ip.width() - ip.prefix);
    return Value(decimal((ip.network() - range->network()) / step + 1));
}

Value nthhost(Call& call) {
    const auto ip = ip_of(call[0]);
    if (!ip || call[1].is_none()) return Value(false);
    return nth(*ip, integer_of(call, 1), false);
}
Value ipmath(Call& call) {
    const auto ip = needed(call, 0);
    const auto amount = integer_of(call, 1);
    return Value(ip.text((ip.bits + static_cast<Bits128>(amount)) & ip.all()));
}
Value network_in_network(Call& call) { return Value(needed(call, 0).contains(needed(call, 1))); }
Value network_in_usable(Call& call) {
    const auto range = needed(call, 0), tested = needed(call, 1);
    if (range.v6 != tested.v6) return Value(false);
    return Value(tested.network() >= range.first_usable() && tested.broadcast() <= range.last_usable());
}
Value nth_usable(Call& call, int sign) {
    const auto ip = needed(call, 0);
    if (ip.prefix == ip.width()) fail(call, "Not a network address");
    const auto candidate = ip.bits + static_cast<Bits128>(sign * integer_of(call, 1));
    return usable({call, ip}, candidate);
}
Value next_nth_usable(Call& call) { return nth_usable(call, 1); }
Value previous_nth_usable(Call& call) { return nth_usable(call, -1); }

Value reduce_on_network(Call& call) {
    const auto range = needed(call, 1);
    List out;
    for (const auto& element : list_of(call, 0))
        if (auto ip = ip_of(element); ip && range.contains(*ip)) out.push_back(element);
    return Value(std::move(out));
}

Value cidr_merge(Call& call) {
    std::vector<IpAddress> nets;
    for (const auto& element : list_of(call, 0)) {
        auto ip = ip_of(element);
        if (!ip) fail(call, "cidr_merge: error in netaddr:\ninvalid IPNetwork " + values::str(element));
        ip->bits = ip->network();
        nets.push_back(*ip);
    }
    const auto action = text_of(call, 1);
    if (action == "span") {
        if (nets.empty()) return Value();
        IpAddress all = nets[0];
        Bits128 low = all.network(), high = all.broadcast();
        for (const auto& one : nets) { low = std::min(low, one.network()); high = std::max(high, one.broadcast()); }
        all.bits = low;
        while (all.prefix > 0 && !(all.network() <= low && all.broadcast() >= high)) --all.prefix;
        return Value(all.text(all.network()) + "/" + std::to_string(all.prefix));
    }
    if (action != "merge") fail(call, "cidr_merge: invalid action '" + action + "'");
    bool merged = true;
    while (merged) {   // swallow what is inside, join halves
        merged = false;
        std::sort(nets.begin(), nets.end(), [](const IpAddress& a, const IpAddress& b) {
            return std::tie(a.v6, a.bits, a.prefix) < std::tie(b.v6, b.bits, b.prefix);
        });
        for (std::size_t i = 0; i + 1 < nets.size(); ++i) {
            IpAddress wider = nets[i];
            if (wider.contains(nets[i + 1])) { nets.erase(nets.begin() + static_cast<std::ptrdiff_t>(i) + 1); merged = true; break; }
            if (wider.prefix == 0 || wider.prefix != nets[i + 1].prefix || wider.v6 != nets[i + 1].v6) continue;
            --wider.prefix;
            if (wider.network() != nets[i].bits || !wider.contains(nets[i + 1])) continue;
            nets[i] = wider;
            nets.erase(nets.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            merged = true;
            break;
        }
    }
    List out;
    for (const auto& one : nets) out.push_back(Value(one.cidr()));
    return Value(std::move(out));
}

Value ip4_hex(Call& call) {
    const auto ip = needed(call, 0);
    const auto delimiter = text_of(call, 1);
    std::string out;
    for (int i = 3; i >= 0; --i) {
        const char byte = static_cast<char>(ip.bits >> (8 * i) & 0xff);
        out += base::hex(std::string_view(&byte, 1)) + (i ? delimiter : "");
    }
    return Value(out);
}

// Hardware addresses: any common spelling in, one style out.
Value hwaddr(Call& call) {
    require_defined(call[0], call.place);
    std::string digits;
    for (char c : base::lower(text_of(call, 0)))
        if (c != ':' && c != '-' && c != '.') digits += c;
    const auto bytes = digits.size() == 12 ? base::unhex(digits) : std::nullopt;
    const auto query = query_of(call, 1);
    if (!bytes) {
        if (query.empty()) return Value();
        if (query == "bool") return Value(false);
        fail(call, text_of(call, 2) + ": not a hardware address: " + text_of(call, 0));
    }
    if (query.empty()) return call[0];
    if (query == "bool") return Value(true);
    auto grouped = [&](std::size_t size, std::string_view separator, bool upper) {
        std::string out;
        for (std::size_t i = 0; i < 12; i += size) out += (i ? std::string(separator) : "") + digits.substr(i, size);
        return Value(upper ? base::upper(out) : out);
    };
    struct Style { std::string_view name; std::size_t size; std::string_view separator; bool upper; };
    static constexpr Style styles[] = {
        {"bare", 12, "", true}, {"cisco", 4, ".", false}, {"eui48", 2, "-", true}, {"linux", 2, ":", false},
        {"pgsql", 6, ":", false}, {"postgresql", 6, ":", false}, {"psql", 6, ":", false}, {"unix", 2, ":", false}, {"win", 2, "-", true},
    };
    for (const auto& style : styles)
        if (style.name == query) return grouped(style.size, style.separator, style.upper);
    if (query == "int") return number(static_cast<Bits128>(base::parse_int(digits, 16).value_or(0)));
    fail(call, text_of(call, 2) + ": unknown filter type: " + query);
}

constexpr jinja::Filter rows[] = {
    {"cidr_merge", "value, action='merge'", cidr_merge, false, "Networks joined where they touch"},
    {"hwaddr", "value, query='', alias='hwaddr'", hwaddr, false, "A hardware address tested or rewritten"},
    {"ip4_hex", "arg, delimiter=''", ip4_hex, false, "An IPv4 address in hexadecimal"},
    {"ipaddr", "value, query='', version=False, alias='ipaddr'", ipaddr, false, "An IP address tested, or a part of it"},
    {"ipmath", "value, amount", ipmath, false, "An address moved by a number"},
    {"ipsubnet", "value, query='', index='x'", ipsubnet, false, "Subnets of a network, supernets of an address"},
    {"ipv4", "value, query=''", ipv4, false, "An IPv4 address tested, or a part of it"},
    {"ipv6", "value, query=''", ipv6, false, "An IPv6 address tested, or a part of it"},
    {"ipwrap", "value, query=''", ipwrap, false, "IPv6 addresses in brackets"},
    {"macaddr", "value, query='', alias='macaddr'", hwaddr, false, "A hardware address tested or rewritten"},
    {"network_in_network", "value, test", network_in_network, false, "Is a network within another one?"},
    {"network_in_usable", "value, test", network_in_usable, false, "Is an address within the usable part of a network?"},
    {"next_nth_usable", "value, offset", next_nth_usable, false, "A later usable address"},
    {"nthhost", "value, query=''", nthhost, false, "The n-th address of a network"},
    {"previous_nth_usable", "value, offset", previous_nth_usable, false, "An earlier usable address"},
    {"reduce_on_network", "value, network", reduce_on_network, false, "Addresses that are in a network"},
};

}  // namespace

std::span<const jinja::Filter> networks() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
