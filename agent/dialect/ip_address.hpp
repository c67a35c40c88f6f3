// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses with a prefix length, for the ipaddr family of filters.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fprov::dialect {

__extension__ typedef unsigned __int128 Bits128;

std::string decimal(Bits128 number);

struct IpAddress {
    bool v6 = false;
    Bits128 bits = 0;
    int prefix = 32;
    bool has_prefix = false;   // was a prefix written?
    std::string written{};     // the text, when a netmask stood there instead of a length

    int width() const { return v6 ? 128 : 32; }
    Bits128 all() const { return v6 ? ~Bits128{0} : Bits128{0xffffffffu}; }
    Bits128 hostmask() const { return prefix == 0 ? all() : prefix == width() ? Bits128{0} : all() >> prefix; }
    Bits128 netmask() const { return all() & ~hostmask(); }
    Bits128 network() const { return bits & netmask(); }
    Bits128 broadcast() const { return bits | hostmask(); }
    /// Number of addresses; 0 stands for 2^128.
    Bits128 size() const { return hostmask() + 1; }
    bool is_network() const { return prefix < width() && bits == network(); }
    Bits128 first_usable() const { return prefix >= width() - 1 ? network() : network() + 1; }
    Bits128 last_usable() const { return prefix >= width() - 1 ? broadcast() : broadcast() - 1; }

    std::string text(Bits128 address) const;                       // without a prefix
    std::string ip() const { return text(bits); }
    std::string cidr() const { return ip() + "/" + std::to_string(prefix); }
    std::string str() const { return has_prefix ? cidr() : ip(); }
    std::string as_written() const { return written.empty() ? str() : written; }
    bool contains(const IpAddress& other) const;

    bool in(std::string_view range) const;                          // "10.0.0.0/8"
    bool is_loopback() const { return in(v6 ? "::1/128" : "127.0.0.0/8"); }
    bool is_link_local() const { return in(v6 ? "fe80::/10" : "169.254.0.0/16"); }
    bool is_multicast() const { return in(v6 ? "ff00::/8" : "224.0.0.0/4"); }
    bool is_private() const;
};

/// "10.0.0.1", "10.0.0.1/24", "10.0.0.1/255.255.255.0", "fe80::1/64"; nothing for other text.
std::optional<IpAddress> parse_ip(std::string_view text);

}  // namespace fprov::dialect
