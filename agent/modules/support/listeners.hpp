// SPDX-License-Identifier: Apache-2.0
// TCP sockets of the host, and what can be told about a port that nobody answers on.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

struct Socket { std::string local, remote; int local_port = 0, remote_port = 0, state = 0; std::uint64_t inode = 0; };

/// From /proc/net/tcp and tcp6; IPv4 addresses inside IPv6 ones stand as IPv4.
std::vector<Socket> tcp_sockets(machine::Machine& machine);
/// The kernel's number of a state's name ("ESTABLISHED" …).
std::optional<int> tcp_state(std::string_view name);
std::size_t connections_at(machine::Machine& machine, const std::string& host, int port, const std::vector<std::string>& excluded,
                           const std::vector<std::string>& states);
/// Addresses of a name: itself when it is one, else from /etc/hosts, else from the resolver.
std::vector<std::string> addresses_of(Context& context, const std::string& host);

struct Evidence { std::string sentence; Map fields; };
/// Why a port of this host may not answer; empty for other hosts.
Evidence port_evidence(Context& context, const std::string& host, int port);

}  // namespace fprov::modules
