// SPDX-License-Identifier: Apache-2.0
// Ansible Vault: `$ANSIBLE_VAULT;1.1;AES256` and `1.2;…;label` envelopes, secrets and their sources.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "values/value.hpp"

namespace fprov::vault {

struct Secret { std::string label; std::string password; };   // label "default" when none was given

class Secrets {
public:
    void add(Secret secret) { secrets_.push_back(std::move(secret)); }
    bool empty() const { return secrets_.empty(); }
    const std::vector<Secret>& all() const { return secrets_; }
    const Secret* labelled(std::string_view label) const;
    bool only_matching = false;    // a secret decrypts only what carries its label
private:
    std::vector<Secret> secrets_;
};

bool is_encrypted(std::string_view text);
/// Tries matching labels first, then all, in order. Failure kinds: secret ("Attempting to decrypt but no vault secrets found",
/// "Decryption failed (no vault secrets were found that could decrypt)"), parse (broken envelope).
base::Result<std::string> decrypt(std::string_view envelope, const Secrets& secrets);
/// 1.1 without a label ("" or "default"), 1.2 with one; ends with a newline; 80 columns.
/// A salt of one's own makes the result repeatable (the vault filter); empty = random.
std::string encrypt(std::string_view plain, const Secret& secret, std::string_view salt = {});

/// A `!vault` scalar: decrypts when it is used (str()); repr and JSON never show the plain text unless used.
class EncryptedText : public values::Object {
public:
    EncryptedText(std::string envelope, std::shared_ptr<const Secrets> secrets, base::Place place);
    std::string type_name() const override { return "AnsibleVaultEncryptedUnicode"; }
    std::string str() const override;                 // the plain text; throws Failure (secret) with the place
    std::string repr() const override;                // that of the plain text, as in Python
    std::optional<values::Value> attribute(std::string_view name) const override;   // _ciphertext: the envelope
    bool truthy() const override;
    std::optional<std::int64_t> length() const override;
    std::optional<int> compare(const values::Value&) const override;   // with texts and other encrypted ones
    const std::string& envelope() const { return envelope_; }
    base::Place place() const { return place_; }
private:
    std::string envelope_;
    std::shared_ptr<const Secrets> secrets_;
    base::Place place_;
    mutable std::mutex mutex_;
    mutable std::optional<std::string> plain_;   // decrypted once
};

/// Reads a secret source of --vault-id / --vault-password-file: a file, an executable (its output; gets --vault-id LABEL when its name
/// ends in -client or -client.EXT), or "prompt". Trailing newlines are stripped.
base::Result<std::string> read_secret_source(const std::string& source, const std::string& label,
                                             const std::function<std::string(const std::string& prompt)>& ask);

}  // namespace fprov::vault
