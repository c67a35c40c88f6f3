// SPDX-License-Identifier: Apache-2.0
// What `ansible-vault` does, without its command line: files are rewritten safely, texts go through the caller's streams.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vault/vault.hpp"

namespace fprov::vault {

/// The outside world of a command. Messages and outputs are those of ansible-vault 2.14.
struct Terminal {
    std::function<void(std::string_view)> out;                            // stdout, as it is
    std::function<void(const std::string&)> note;                         // a line on stderr
    std::function<void(const std::string&)> warn;                         // a warning
    std::function<std::string()> input;                                   // all of stdin
    std::function<std::string(const std::string& prompt, bool hidden)> ask;
    std::function<int(const std::vector<std::string>& argv)> edit;        // runs an editor on the terminal; its exit code
    bool out_is_terminal = false, input_is_terminal = false;
};

/// The secret to encrypt with: the one named by --encrypt-vault-id, else the only one. Failure (usage) otherwise.
Secret choose_secret(const Secrets& secrets, const std::string& encrypt_vault_id = {});
/// Asks for a new password twice ("New Vault password (label): "); Failure (secret) when they differ.
Secret ask_new_secret(const std::string& label, const Terminal& terminal);

/// Files are replaced with mode 0600; "-" or no file means stdin to stdout; `output` names another file ("-" = stdout).
void encrypt_files(const std::vector<std::string>& files, const std::string& output, const Secret& secret, const Terminal& terminal);
void decrypt_files(const std::vector<std::string>& files, const std::string& output, const Secrets& secrets, const Terminal& terminal);
void view_files(const std::vector<std::string>& files, const Secrets& secrets, const Terminal& terminal);
void rekey_files(const std::vector<std::string>& files, const Secrets& secrets, const Secret& fresh, const Terminal& terminal);
/// The plain text stands in a 0600 file of a 0700 folder while the editor runs, and is overwritten afterwards.
void create_file(const std::string& path, const Secret& secret, const Terminal& terminal);
void edit_files(const std::vector<std::string>& files, const Secrets& secrets, const Terminal& terminal);

struct StringRequest {
    std::vector<std::string> texts;       // from the command line
    std::vector<std::string> names;       // --name, in the same order
    bool from_stdin = false;              // "-" or --stdin-name
    std::string stdin_name{};
    bool prompt = false, show_input = false;
};
/// encrypt_string: YAML with `!vault |` for each text.
void encrypt_strings(const StringRequest& request, const Secret& secret, const Terminal& terminal);

}  // namespace fprov::vault
