// SPDX-License-Identifier: Apache-2.0
// Where vault passwords come from: a file, a program, or the person at the terminal.
#include <unistd.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "vault/cipher.hpp"
#include "vault/vault.hpp"

namespace fprov::vault {

namespace {

using base::Error;
using base::Kind;

bool is_client(std::string_view path) {   // NAME-client or NAME-client.EXT
    const std::string name = base::basename(path);
    const std::size_t dot = name.rfind('.');
    return std::string_view(name).substr(0, dot == std::string::npos || dot == 0 ? name.size() : dot).ends_with("-client");
}

base::Result<std::string> from_program(const std::string& path, const std::string& label) {
    const bool client = is_client(path);
    base::Command command{.argv = {path}};
    if (client) command.argv.insert(command.argv.end(), {"--vault-id", label});
    auto ran = base::run_process(command);
    if (!ran) return Error{Kind::secret, "Problem running vault password script " + path + " (" + ran.error().what + ")", {}, "check that the file is a program, or take its execute permission away"};
    if (client && ran->code == 2)
        return Error{Kind::secret, "Vault password client script " + path + " did not find a secret for vault-id=" + label + ": " + std::string(base::trim(ran->error_output))};
    if (ran->code != 0)
        return Error{Kind::secret, (client ? "Vault password client script " : "Vault password script ") + path + " returned non-zero (" + std::to_string(ran->code) + ")" +
                                       (client ? " when getting secret for vault-id=" + label : "") + ": " + std::string(base::trim(ran->error_output))};
    std::string secret = ran->output;
    wipe(ran->output);
    return secret;
}

}  // namespace

base::Result<std::string> read_secret_source(const std::string& source, const std::string& label,
                                             const std::function<std::string(const std::string& prompt)>& ask) {
    std::string secret;
    if (source == "prompt" || source == "prompt_ask_vault_pass") {
        const bool named = source == "prompt";
        const std::string prompt = named ? "Vault password (" + label + "): " : "Vault password: ";
        if (!ask) return Error{Kind::secret, "the vault password cannot be asked for here", {}, "use --vault-password-file"};
        secret = ask(prompt);
        while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
        if (secret.empty()) return Error{Kind::secret, "Invalid vault password was provided"};
        return secret;
    }
    const std::string path = base::absolute_path(base::expand_user(source));
    if (!base::exists(path)) return Error{Kind::secret, "The vault password file " + path + " was not found", {}, "check the path given with --vault-password-file or --vault-id"};
    const bool program = base::is_file(path) && ::access(path.c_str(), X_OK) == 0;
    auto read = program ? from_program(path, label) : base::read_file(path);
    if (!read) {
        if (read.error().kind == Kind::secret) return read.error();
        return Error{Kind::secret, "Could not read vault password file " + path + ": " + read.error().what};
    }
    if (!program && is_encrypted(*read))
        return Error{Kind::secret, "The vault password file " + path + " is itself encrypted", {}, "decrypt it first, or give a program that prints the password"};
    // As Ansible: a file loses all surrounding white space, a program's output only its line ends.
    std::string_view trimmed = program ? std::string_view(*read) : base::trim(*read);
    while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == '\r')) trimmed.remove_suffix(1);
    while (!trimmed.empty() && (trimmed.front() == '\n' || trimmed.front() == '\r')) trimmed.remove_prefix(1);
    secret = std::string(trimmed);
    wipe(*read);
    if (secret.empty()) return Error{Kind::secret, "Invalid vault password was provided from " + std::string(program ? "script" : "file") + " (" + path + ")"};
    return secret;
}

}  // namespace fprov::vault
