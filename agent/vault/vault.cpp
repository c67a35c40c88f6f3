// SPDX-License-Identifier: Apache-2.0
// Envelopes around the cipher: a header line, then hexadecimal text of hexadecimal texts, 80 columns wide.
#include "vault/vault.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "values/python.hpp"
#include "vault/cipher.hpp"

namespace fprov::vault {

namespace {

using base::Error;
using base::Kind;

constexpr std::string_view magic = "$ANSIBLE_VAULT";
constexpr std::size_t width = 80;

struct Envelope {
    std::string label;
    Sealed sealed;
};

Error broken(std::string what) {
    return Error{Kind::parse, std::move(what), {}, "the encrypted text is damaged; take it again from where it was made"};
}

base::Result<Envelope> open(std::string_view text) {
    const std::string_view trimmed = base::trim(text);
    const std::size_t end = std::min(trimmed.find('\n'), trimmed.size());
    std::vector<std::string> head = base::split(base::trim(trimmed.substr(0, end)), ';');
    if (head.size() < 3 || head[0] != magic) return Error{Kind::parse, "input is not vault encrypted data", {}, "encrypted text begins with $ANSIBLE_VAULT; encrypt it first, or take the !vault tag away"};
    if (head[2] != "AES256") return broken(head[2] + " cipher could not be found");
    Envelope out;
    // Ansible looks for a label from 1.2 on only.
    if (head[1] == "1.2" && head.size() >= 4) out.label = std::string(base::trim(head[3]));
    std::string packed(trimmed.substr(end));
    std::erase_if(packed, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    const auto inner = base::unhex(packed);
    if (!inner) return broken("Vault format unhexlify error: Non-hexadecimal digit found");
    const std::vector<std::string> parts = base::split(*inner, '\n');
    if (parts.size() != 3) return broken("Vault vaulttext format error: the encrypted text does not have three parts");
    const auto salt = base::unhex(parts[0]), mac = base::unhex(parts[1]), body = base::unhex(parts[2]);
    if (!salt || !mac || !body) return broken("Vault format unhexlify error: a part of Non-hexadecimal digit found");
    out.sealed = {*salt, *mac, *body};
    return out;
}

}  // namespace

const Secret* Secrets::labelled(std::string_view label) const {
    for (const auto& secret : secrets_)
        if (secret.label == label) return &secret;
    return nullptr;
}

bool is_encrypted(std::string_view text) { return text.starts_with(magic); }

base::Result<std::string> decrypt(std::string_view text, const Secrets& secrets) {
    auto envelope = open(text);
    if (!envelope) return envelope.error();
    if (secrets.empty())
        return Error{Kind::secret, "Attempting to decrypt but no vault secrets found", {}, "give one with --vault-password-file, --vault-id or --ask-vault-pass"};
    // The label is a hint only: secrets of that label first, then all others, as Ansible does.
    for (const bool labelled : {true, false}) {
        if (!labelled && secrets.only_matching && !envelope->label.empty()) break;
        for (const auto& secret : secrets.all())
            if ((secret.label == envelope->label) == labelled)
                if (auto plain = unseal(envelope->sealed, secret.password)) return std::move(*plain);
    }
    std::string hint = "tried the secret";
    hint += secrets.all().size() > 1 ? "s " : " ";
    std::vector<std::string> labels;
    for (const auto& secret : secrets.all()) labels.push_back("'" + secret.label + "'");
    hint += base::join(labels, ", ");
    if (!envelope->label.empty()) hint += "; the text was encrypted for '" + envelope->label + "'";
    return Error{Kind::secret, "Decryption failed (no vault secrets were found that could decrypt)", {}, hint};
}

std::string encrypt(std::string_view plain, const Secret& secret, std::string_view salt) {
    const Sealed sealed = seal(plain, secret.password, salt.empty() ? random_bytes(32) : std::string(salt));
    const std::string packed = base::hex(base::hex(sealed.salt) + "\n" + base::hex(sealed.mac) + "\n" + base::hex(sealed.body));
    const bool labelled = !secret.label.empty() && secret.label != "default";
    std::string out = std::string(magic) + (labelled ? ";1.2;AES256;" + secret.label : ";1.1;AES256") + "\n";
    for (std::size_t i = 0; i < packed.size(); i += width) out += packed.substr(i, width) + "\n";
    return out;
}

EncryptedText::EncryptedText(std::string envelope, std::shared_ptr<const Secrets> secrets, base::Place place)
    : envelope_(std::move(envelope)), secrets_(std::move(secrets)), place_(place) {}

std::string EncryptedText::str() const {
    const std::lock_guard lock(mutex_);
    if (!plain_) {
        auto plain = decrypt(envelope_, secrets_ ? *secrets_ : Secrets{});
        if (!plain) {
            Error error = plain.error();
            throw base::Failure(error.at(place_));
        }
        plain_ = std::move(*plain);
    }
    return *plain_;
}

std::string EncryptedText::repr() const { return values::repr(values::Value(str())); }

std::optional<values::Value> EncryptedText::attribute(std::string_view name) const {
    if (name == "_ciphertext") return values::Value(envelope_);
    return std::nullopt;
}

bool EncryptedText::truthy() const { return !str().empty(); }

std::optional<std::int64_t> EncryptedText::length() const { return static_cast<std::int64_t>(base::utf8_length(str())); }

std::optional<int> EncryptedText::compare(const values::Value& other) const {
    std::string right;
    if (other.is_string()) right = other.string();
    else if (const auto text = other.object_as<EncryptedText>()) right = text->str();
    else return std::nullopt;
    const int order = str().compare(right);
    return order < 0 ? -1 : order > 0;
}

}  // namespace fprov::vault
