// SPDX-License-Identifier: Apache-2.0
// known_hosts: whether the host shows the key that we know. libssh reads the lines (hashed names among them); which line it was, several
// files and what to tell the user are done here.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "base/files.hpp"
#include "base/text.hpp"
#include "transport/ssh_connection.hpp"

namespace fprov::transport {
namespace {

struct KnownKey {
    std::string file;
    std::size_t line = 0;
    std::string type, fingerprint;
    ssh_key key = nullptr;
    bool revoked = false;
};

struct KnownKeys {
    std::vector<KnownKey> keys;
    KnownKeys() = default;
    KnownKeys(KnownKeys&& other) noexcept : keys(std::move(other.keys)) { other.keys.clear(); }
    ~KnownKeys() { for (auto& known : keys) ssh_key_free(known.key); }
};

std::string fingerprint_of(ssh_key key) {
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != 0) return "unknown";
    char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
    std::string out = text ? text : "unknown";
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
    return out;
}

std::string type_of(ssh_key key) {
    const char* name = ssh_key_type_to_char(ssh_key_type(key));
    return name ? name : "unknown";
}

std::string lookup_name(const SshSettings& settings) {
    if (!settings.host_key_alias.empty()) return settings.host_key_alias;
    return settings.port == 22 ? settings.host : "[" + settings.host + "]:" + std::to_string(settings.port);
}

KnownKeys find_known(const SshSettings& settings) {
    KnownKeys found;
    const std::string name = base::lower(lookup_name(settings));
    auto files = settings.known_hosts;
    files.insert(files.end(), settings.global_known_hosts.begin(), settings.global_known_hosts.end());
    for (const auto& file : files) {
        auto text = base::read_file(file, 64u << 20);
        if (!text) continue;
        std::size_t number = 0;
        for (const auto& full_line : base::split_lines(*text)) {
            ++number;
            std::string line(base::trim(full_line));
            if (line.empty() || line[0] == '#') continue;
            bool revoked = false;
            if (line[0] == '@') {
                // Host certificates are not supported by libssh: an authority's key says nothing about this one.
                if (!line.starts_with("@revoked")) continue;
                revoked = true;
                line = std::string(base::trim(std::string_view(line).substr(8)));
            }
            ssh_knownhosts_entry* entry = nullptr;
            if (ssh_known_hosts_parse_line(name.c_str(), line.c_str(), &entry) != SSH_OK || !entry) continue;
            if (entry->publickey) {
                KnownKey known{file, number, type_of(entry->publickey), fingerprint_of(entry->publickey), ssh_key_dup(entry->publickey), revoked};
                if (known.key) found.keys.push_back(known);
            }
            ssh_knownhosts_entry_free(entry);
        }
    }
    return found;
}

// Signature algorithms that show a key of this type.
std::string algorithms_of(const std::string& type) { return type == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256,ssh-rsa" : type; }

std::mutex file_mutex;   // sessions add keys at the same time

base::Result<base::Done> remember(const SshSettings& settings, ssh_key key) {
    if (settings.known_hosts.empty()) return base::Done{};
    const std::string& file = settings.known_hosts[0];
    char* encoded = nullptr;
    if (ssh_pki_export_pubkey_base64(key, &encoded) != SSH_OK) return base::Error{base::Kind::generic, "the key cannot be written"};
    std::string line = base::lower(lookup_name(settings)) + " " + type_of(key) + " " + encoded + "\n";
    ssh_string_free_char(encoded);
    std::lock_guard lock(file_mutex);
    if (auto folder = base::make_directories(base::dirname(file), 0700); !folder) return folder.error();
    int fd = ::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return base::Error{base::Kind::io, std::string(std::strerror(errno)) + ": '" + file + "'"};
    ::flock(fd, LOCK_EX);
    off_t size = ::lseek(fd, 0, SEEK_END);
    char last = '\n';
    if (size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n') line.insert(line.begin(), '\n');
    bool good = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(fd);
    if (!good) return base::Error{base::Kind::io, "'" + file + "' cannot be written: " + std::strerror(errno)};
    return base::Done{};
}

struct Key {
    ssh_key key = nullptr;
    ~Key() { ssh_key_free(key); }
};

}  // namespace

void prefer_known_keys(SshConnection& connection, const SshSettings& settings) {
    std::string order;
    std::vector<std::string> types;
    auto known = find_known(settings);
    for (const auto& key : known.keys)
        if (!key.revoked && std::find(types.begin(), types.end(), key.type) == types.end()) types.push_back(key.type);
    if (!settings.host_key_algorithms.empty() && std::string("+-^").find(settings.host_key_algorithms[0]) == std::string::npos) order = settings.host_key_algorithms;
    else {
        for (const char* type : {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"})
            if (std::find(types.begin(), types.end(), type) == types.end()) types.emplace_back(type);
        for (const auto& type : types) order += (order.empty() ? "" : ",") + algorithms_of(type);
    }
    ssh_options_set(connection.session, SSH_OPTIONS_HOSTKEYS, order.c_str());
}

bool check_host_key(SshConnection& connection, const SshSettings& settings, HostKeyGate* gate) {
    Key shown;
    if (ssh_get_server_publickey(connection.session, &shown.key) != SSH_OK) throw Unreachable{"key", connection.name + " showed no host key: " + connection.error()};
    const std::string type = type_of(shown.key), fingerprint = fingerprint_of(shown.key);
    auto known = find_known(settings);
    const KnownKey* other = nullptr;
    for (const auto& key : known.keys) {
        bool same = ssh_key_cmp(key.key, shown.key, SSH_KEY_CMP_PUBLIC) == 0;
        if (key.revoked) {
            if (same) throw Unreachable{"key", "the host key of " + connection.name + " (" + type + " " + fingerprint + ") is marked as revoked in " + key.file + ":" + std::to_string(key.line)};
            continue;
        }
        if (same) return false;
        if (!other || (key.type == type && other->type != type)) other = &key;
    }
    if (other) {
        if (settings.strict == "no") { connection.key_unverified = true; return false; }
        throw Unreachable{"key", "the host key of " + connection.name + " has changed: " + other->file + ":" + std::to_string(other->line) + " has " + other->type + " " +
                                     other->fingerprint + ", the host shows " + type + " " + fingerprint +
                                     "; either the host was set up anew, then remove the old key with: ssh-keygen -f " + base::shell_quote(other->file) + " -R " +
                                     base::shell_quote(lookup_name(settings)) + "; or somebody stands in between, then do not go on"};
    }
    if (settings.strict == "no" || settings.strict == "accept-new") {
        (void)remember(settings, shown.key);   // as ssh does: not being able to note it is no reason to stop
        return false;
    }
    const std::string what = "the host key of " + connection.name + " is not known (" + type + " " + fingerprint + ")";
    if (settings.strict == "yes") throw Unreachable{"key", what + " and StrictHostKeyChecking is yes; add it to " + (settings.known_hosts.empty() ? "known_hosts" : settings.known_hosts[0])};
    const std::string advice = "; compare it with what the host's console shows (ssh-keygen -lf /etc/ssh/ssh_host_" + std::string(type == "ssh-ed25519" ? "ed25519" : type == "ssh-rsa" ? "rsa" : "ecdsa") +
                               "_key.pub), then add it with: ssh-keyscan" + (settings.port == 22 ? "" : " -p " + std::to_string(settings.port)) + " " + settings.host + " >> " +
                               (settings.known_hosts.empty() ? "~/.ssh/known_hosts" : settings.known_hosts[0]);
    if (!gate || !gate->accept({lookup_name(settings), type, fingerprint})) throw Unreachable{"key", what + advice};
    if (auto noted = remember(settings, shown.key); !noted) throw Unreachable{"key", what + " and cannot be noted: " + noted.error().what};
    return true;
}

}  // namespace fprov::transport
