// SPDX-License-Identifier: Apache-2.0
// ~/.ssh/config and the -o/-J/-F/-i/-p words of ssh_arguments, read as OpenSSH reads them: the first value of a keyword wins,
// IdentityFile gathers.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "transport/session.hpp"

namespace fprov::transport {

/// Everything needed to reach one host.
struct SshSettings {
    std::string name{};                 // as the inventory or the user calls it
    std::string host{};                 // address to connect to
    int port = 22;
    std::string user{};
    std::string password{};
    std::vector<std::string> key_files{};          // named by somebody
    std::vector<std::string> default_key_files{};  // ~/.ssh/id_*; only looked at when nobody named one
    bool identities_only = false;
    std::string identity_agent{};       // socket; "none" = no agent; empty = SSH_AUTH_SOCK
    std::string proxy_jump{}, proxy_command{};
    std::string strict = "ask";         // yes | ask | accept-new | no
    std::vector<std::string> known_hosts{}, global_known_hosts{};
    std::string host_key_alias{};
    int connect_timeout = 10;
    int alive_interval = 10, alive_count = 3;
    bool public_key = true, password_auth = true, keyboard_interactive = true;
    std::string preferred{};            // PreferredAuthentications
    std::string kex{}, ciphers{}, macs{}, host_key_algorithms{}, accepted_keys{};
    std::string address_family{};       // inet | inet6
    std::string bind_address{};
    std::string config_file{};          // of -F; handed on to jump hosts
    std::vector<std::string> ignored{}; // words of ssh_arguments that have no meaning here
};

/// One parsed option list: keyword in lower case → values in order of appearance.
class SshOptions {
public:
    void add(const std::string& keyword, const std::string& value);
    std::optional<std::string> first(const std::string& keyword) const;
    std::vector<std::string> all(const std::string& keyword) const;

private:
    std::map<std::string, std::vector<std::string>> values_;
};

/// Reads the words of ssh_arguments; `config_file` gets the value of -F. Throws Failure (usage) for a broken list.
void read_ssh_arguments(const std::string& words, SshOptions& options, std::string& config_file, std::vector<std::string>& ignored);
/// Adds what a configuration file says about `host` (name as given); `options` may gain User and HostName for Match.
void read_ssh_config(const std::string& path, const std::string& host, const std::string& login, SshOptions& options, int depth = 0);
/// All together for an endpoint. Reads ~/.ssh/config (or -F) and /etc/ssh/ssh_config.
SshSettings resolve(const Endpoint& endpoint);
/// "user@host:port", "[::1]:22", "ssh://user@host:22".
struct JumpHop { std::string user, host; int port = 0; };
std::vector<JumpHop> parse_jump(const std::string& text);
/// %h %p %r %n %u %d %i %L %l %%
std::string expand_tokens(const std::string& text, const SshSettings& settings);

}  // namespace fprov::transport
