// SPDX-License-Identifier: Apache-2.0
#include "dialect/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>

#include "base/text.hpp"

namespace fprov::dialect {
namespace {

std::optional<Bits128> parse_bits(const std::string& text, bool v6) {
    unsigned char bytes[16];
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes) != 1) return std::nullopt;
    Bits128 bits = 0;
    for (int i = 0; i < (v6 ? 16 : 4); ++i) bits = bits << 8 | bytes[i];
    return bits;
}

}  // namespace

std::string decimal(Bits128 number) {
    std::string text;
    do {
        text += static_cast<char>('0' + static_cast<int>(number % 10));
        number /= 10;
    } while (number);
    std::reverse(text.begin(), text.end());
    return text;
}

std::string IpAddress::text(Bits128 address) const {
    unsigned char bytes[16];
    const int count = width() / 8;
    for (int i = count - 1; i >= 0; --i, address >>= 8) bytes[i] = static_cast<unsigned char>(address & 0xff);
    char out[INET6_ADDRSTRLEN];
    return ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, out, sizeof out) ? out : "";
}

bool IpAddress::contains(const IpAddress& other) const {
    return v6 == other.v6 && other.prefix >= prefix && (other.bits & netmask()) == network();
}

bool IpAddress::in(std::string_view range) const {
    const auto net = parse_ip(range);
    return net && net->v6 == v6 && (bits & net->netmask()) == net->network();
}

bool IpAddress::is_private() const {
    static constexpr std::string_view six[] = {"fc00::/7", "fec0::/10"}, four[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"};
    auto inside = [&](std::string_view range) { return in(range); };
    return is_link_local() || (v6 ? std::any_of(std::begin(six), std::end(six), inside) : std::any_of(std::begin(four), std::end(four), inside));
}

std::optional<IpAddress> parse_ip(std::string_view text) {
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    IpAddress out;
    out.v6 = host.find(':') != std::string::npos;
    auto bits = parse_bits(host, out.v6);
    if (!bits && !host.empty() && host.size() < 40 && slash != std::string_view::npos && host.find_first_not_of("0123456789") == std::string::npos) {
        Bits128 number = 0;   // an IPv6 address as one number
        for (char c : host) number = number * 10 + static_cast<unsigned>(c - '0');
        if (number >> 32) { bits = number; out.v6 = true; }
    }
    if (!bits) return std::nullopt;
    out.bits = *bits;
    out.prefix = out.width();
    if (slash == std::string_view::npos) return out;
    const std::string mask(text.substr(slash + 1));
    out.has_prefix = true;
    if (auto length = base::parse_int(mask)) {
        if (*length < 0 || *length > out.width()) return std::nullopt;
        out.prefix = static_cast<int>(*length);
        return out;
    }
    auto mask_bits = parse_bits(mask, out.v6);
    if (!mask_bits) return std::nullopt;
    out.written = text;
    for (int length = 0; length <= out.width(); ++length) {
        out.prefix = length;
        if (out.netmask() == *mask_bits || (length && length < out.width() && out.hostmask() == *mask_bits)) return out;
    }
    return std::nullopt;
}

}  // namespace fprov::dialect
