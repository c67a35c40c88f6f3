// SPDX-License-Identifier: Apache-2.0
// One libssh session, non-blocking: every wait is ours, with a deadline and with the bell that closes the session.
#pragma once
#include <libssh/libssh.h>

#include <memory>
#include <string>

#include "transport/link.hpp"

namespace fprov::transport {

class SshConnection {
public:
    SshConnection() = default;
    ~SshConnection();
    SshConnection(const SshConnection&) = delete;

    /// Repeats a non-blocking libssh call until it does not answer `again`. Throws Unreachable with this phase at the deadline.
    template <class Call>
    int wait(Wake& wake, double deadline, const char* phase, const char* doing, int again, Call call) {
        for (;;) {
            int code = call();
            if (code != again) return code;
            wait_for_socket(wake, deadline, phase, doing);
        }
    }
    void wait_for_socket(Wake& wake, double deadline, const char* phase, const char* doing);
    short poll_events() const;
    std::string error() const;

    ssh_session session = nullptr;
    int fd = -1;
    int proxy_pid = -1;
    std::string proxy_said;                 // stderr of the ProxyCommand
    int proxy_error_fd = -1;
    std::shared_ptr<void> via;              // keeps the jump host's connection
    bool key_unverified = false;            // changed key accepted because checking is off: no passwords may be sent
    std::string name;                       // for messages: "web1" or "jump host gw"
    std::string tried;                      // what was tried to authenticate
};

/// Steps of a connection; each throws Unreachable or Closed.
std::shared_ptr<SshConnection> connect_and_authenticate(const SshSettings& settings, Wake& wake, HostKeyGate* gate, int depth = 0);
void open_socket(SshConnection& connection, const SshSettings& settings, Wake& wake, HostKeyGate* gate, int depth);
void prefer_known_keys(SshConnection& connection, const SshSettings& settings);
/// Result: the key has to be accepted by somebody who takes time; the server may have lost patience meanwhile.
bool check_host_key(SshConnection& connection, const SshSettings& settings, HostKeyGate* gate);
void authenticate(SshConnection& connection, const SshSettings& settings, Wake& wake);
/// A stream to host:port through the jump hosts of `settings`; `keep` holds the connection to them.
int open_through_jump(const SshSettings& settings, Wake& wake, HostKeyGate* gate, std::shared_ptr<void>& keep, int depth);

}  // namespace fprov::transport
