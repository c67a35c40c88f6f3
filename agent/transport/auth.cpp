// SPDX-License-Identifier: Apache-2.0
// Authentication, with as few round trips as can be: a key that was named is used at once instead of being offered first.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/files.hpp"
#include "base/text.hpp"
#include "transport/ssh_connection.hpp"

namespace fprov::transport {
namespace {

std::string short_path(const std::string& path) {
    std::string home = base::home_directory();
    return !home.empty() && path.starts_with(home + "/") ? "~" + path.substr(home.size()) : path;
}

class Authenticator {
public:
    Authenticator(SshConnection& connection, const SshSettings& settings, Wake& wake)
        : connection_(connection), settings_(settings), wake_(wake) {}

    void run() {
        // A password that the user gave is meant to be used: it goes before keys that nobody named.
        const bool named = !settings_.key_files.empty();
        if (!settings_.password.empty() && !named && wanted("password")) passwords();
        if (!done_ && settings_.public_key && wanted("publickey")) {
            files(settings_.key_files);
            if (!done_) agent();
            if (!done_) files(settings_.default_key_files);
        }
        if (!done_ && named && !settings_.password.empty()) passwords();
        if (!done_) give_up();
    }

private:
    bool wanted(const std::string& method) const {
        if (settings_.preferred.empty()) return true;
        auto list = base::split(settings_.preferred, ',');
        auto has = [&](const std::string& name) { return std::find(list.begin(), list.end(), name) != list.end(); };
        return has(method) || (method == "password" && has("keyboard-interactive"));
    }

    // The time for one request; PAM may let a wrong password wait for some seconds.
    double deadline() const { return monotonic() + std::max(settings_.connect_timeout, 10); }

    // True when the way is open or nothing more can be tried on this connection.
    bool settled(int code, const std::string& what) {
        if (code == SSH_AUTH_SUCCESS) { done_ = true; return true; }
        if (code == SSH_AUTH_PARTIAL) { tried_.push_back(what + " (accepted, but the host wants more)"); return false; }
        if (code == SSH_AUTH_ERROR) {
            if (!ssh_is_connected(connection_.session)) {
                tried_.push_back(what);
                throw Unreachable{"auth", connection_.name + " closed the connection while we authenticated as " + settings_.user + " (tried: " + base::join(tried_, ", ") +
                                              "; " + connection_.error() + "); too many keys (MaxAuthTries) or a full login queue (MaxStartups, LoginGraceTime) do that: name the right key, or look at the host's sshd log"};
            }
            tried_.push_back(what + " (" + connection_.error() + ")");
            return false;
        }
        tried_.push_back(what);
        return false;
    }

    template <class Call> int request(const char* doing, Call call) {
        const double until = deadline();
        return connection_.wait(wake_, until, "auth", doing, SSH_AUTH_AGAIN, call);
    }

    bool refused_method(int method) {
        int list = ssh_userauth_list(connection_.session, nullptr);   // known after the first refusal; 0 before
        return list != 0 && !(list & method);
    }

    void files(const std::vector<std::string>& paths) {
        for (const auto& path : paths) {
            if (done_ || refused_method(SSH_AUTH_METHOD_PUBLICKEY)) return;
            if (!base::is_file(path)) {
                if (&paths == &settings_.key_files) tried_.push_back("key " + short_path(path) + " (no such file)");
                continue;
            }
            ssh_key key = nullptr;
            // An empty passphrase, and no question: a key with one is for ssh-agent.
            int code = ssh_pki_import_privkey_file(path.c_str(), "", nullptr, nullptr, &key);
            if (code != SSH_OK || !key) {
                auto text = base::read_file(path, 1u << 20);
                bool unreadable = !text.ok(), locked = !unreadable && encrypted(*text);
                locked_ |= locked;
                std::string why = unreadable ? "cannot be read: " + text.error().what
                                  : locked ? "has a passphrase: load it with ssh-add, or name a key without one"
                                                           : "is not a private key that can be used";
                tried_.push_back("key " + short_path(path) + " (" + why + ")");
                continue;
            }
            ssh_key certificate = nullptr;
            if (base::is_file(path + "-cert.pub") && ssh_pki_import_cert_file((path + "-cert.pub").c_str(), &certificate) == SSH_OK) {
                ssh_pki_copy_cert_to_privkey(certificate, key);
                ssh_key_free(certificate);
            }
            try {
                int answer = request("signing in with a key", [&] { return ssh_userauth_publickey(connection_.session, nullptr, key); });
                settled(answer, "key " + short_path(path));
            } catch (...) {
                ssh_key_free(key);
                throw;
            }
            ssh_key_free(key);
        }
    }

    static bool encrypted(const std::string& text) {
        if (text.find("ENCRYPTED") != std::string::npos) return true;
        if (text.find("BEGIN OPENSSH PRIVATE KEY") == std::string::npos) return false;
        // The new format names its cipher in the first bytes of the base64 text.
        std::string body;
        for (const auto& line : base::split_lines(text)) if (!line.starts_with("-----")) body += line;
        auto raw = base::base64_decode(body.substr(0, body.size() / 4 * 4));
        return raw && raw->size() > 23 && raw->substr(19, 4) != "none" && raw->compare(0, 14, "openssh-key-v1") == 0;
    }

    void agent() {
        if (done_ || settings_.identity_agent == "none" || refused_method(SSH_AUTH_METHOD_PUBLICKEY)) return;
        const char* socket = std::getenv("SSH_AUTH_SOCK");
        if (settings_.identity_agent.empty() && (!socket || !*socket)) return;
        // Named files were tried and the agent's other keys are not wanted; but it may hold a named one unlocked.
        if (settings_.identities_only && !locked_) return;
        int answer = request("asking ssh-agent", [&] { return ssh_userauth_agent(connection_.session, nullptr); });
        settled(answer, "ssh-agent");
    }

    void passwords() {
        if (connection_.key_unverified) { tried_.push_back("password (not sent: the host key has changed)"); return; }
        if (settings_.password_auth && !refused_method(SSH_AUTH_METHOD_PASSWORD)) {
            int answer = request("signing in with a password", [&] { return ssh_userauth_password(connection_.session, nullptr, settings_.password.c_str()); });
            if (settled(answer, "password")) return;
            password_refused_ = true;
        }
        if (settings_.keyboard_interactive && !refused_method(SSH_AUTH_METHOD_INTERACTIVE)) interactive();
    }

    void interactive() {
        bool answered = false;
        for (int round = 0; round < 10; ++round) {
            int answer = request("signing in with a password", [&] { return ssh_userauth_kbdint(connection_.session, nullptr, nullptr); });
            if (answer != SSH_AUTH_INFO) {
                if (answered || answer == SSH_AUTH_SUCCESS || answer == SSH_AUTH_ERROR) settled(answer, "keyboard-interactive");
                if (answered && answer == SSH_AUTH_DENIED) password_refused_ = true;
                return;
            }
            int prompts = ssh_userauth_kbdint_getnprompts(connection_.session);
            for (int i = 0; i < prompts; ++i) {
                char echo = 0;
                const char* prompt = ssh_userauth_kbdint_getprompt(connection_.session, static_cast<unsigned>(i), &echo);
                if (answered || prompts > 1) {   // a second question: a code, or "new password"
                    tried_.push_back(std::string("keyboard-interactive (the host asks: ") + std::string(base::trim(prompt ? prompt : "")) + ")");
                    return;
                }
                ssh_userauth_kbdint_setanswer(connection_.session, static_cast<unsigned>(i), settings_.password.c_str());
                answered = true;
            }
        }
    }

    [[noreturn]] void give_up() {
        int list = ssh_userauth_list(connection_.session, nullptr);
        std::vector<std::string> methods;
        if (list & SSH_AUTH_METHOD_PUBLICKEY) methods.emplace_back("publickey");
        if (list & SSH_AUTH_METHOD_PASSWORD) methods.emplace_back("password");
        if (list & SSH_AUTH_METHOD_INTERACTIVE) methods.emplace_back("keyboard-interactive");
        if (list & SSH_AUTH_METHOD_GSSAPI_MIC) methods.emplace_back("gssapi-with-mic");
        std::string reason = connection_.name + " does not let " + settings_.user + " in";
        reason += tried_.empty() ? ": there was nothing to try (no key file, no ssh-agent, no password)" : "; tried: " + base::join(tried_, ", ");
        if (!methods.empty()) reason += "; it accepts: " + base::join(methods, ", ");
        if (password_refused_) reason += "; check the password";
        else if (settings_.password.empty()) reason += "; name a key (--private-key, ansible_ssh_private_key_file) or give a password (-k)";
        throw Unreachable{"auth", reason};
    }

    SshConnection& connection_;
    const SshSettings& settings_;
    Wake& wake_;
    std::vector<std::string> tried_;
    bool done_ = false, password_refused_ = false, locked_ = false;
};

}  // namespace

void authenticate(SshConnection& connection, const SshSettings& settings, Wake& wake) { Authenticator(connection, settings, wake).run(); }

}  // namespace fprov::transport
