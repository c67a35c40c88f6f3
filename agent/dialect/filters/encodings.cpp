// SPDX-License-Identifier: Apache-2.0
// Base64, digests, password hashes, vault envelopes.
#include <crypt.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/passwords.hpp"
#include "dialect/python_random.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {

namespace {

struct Scheme {
    std::string_view name, prefix;
    std::int64_t rounds, fewest, most;   // rounds 0: the scheme knows none; the default is passlib's
    std::int64_t implicit;               // this many rounds are not written down
    std::size_t salt, salt_most;         // characters of a salt of our own, and at most
};
constexpr Scheme schemes[] = {
    {"bcrypt", "2b", 12, 4, 31, 0, 22, 22},
    {"blowfish", "2b", 12, 4, 31, 0, 22, 22},
    {"des_crypt", "", 0, 0, 0, 0, 2, 2},
    {"md5", "1", 0, 0, 0, 0, 8, 8},
    {"md5_crypt", "1", 0, 0, 0, 0, 8, 8},
    {"sha256", "5", 535000, 1000, 999999999, 5000, 16, 16},
    {"sha256_crypt", "5", 535000, 1000, 999999999, 5000, 16, 16},
    {"sha512", "6", 656000, 1000, 999999999, 5000, 16, 16},
    {"sha512_crypt", "6", 656000, 1000, 999999999, 5000, 16, 16},
};
constexpr std::string_view salt_letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace

std::string random_salt(std::size_t length) {
    PythonRandom source;
    std::string salt;
    while (salt.size() < length) salt += salt_letters[source.below(salt_letters.size())];
    return salt;
}

std::string hash_password(base::Place place, const std::string& password, const std::string& name, std::string salt,
                          std::optional<std::int64_t> rounds, const std::string& ident) {
    const auto scheme = std::find_if(std::begin(schemes), std::end(schemes), [&](const Scheme& row) { return row.name == name; });
    if (scheme == std::end(schemes))
        fail(place, "passlib does not support '" + name + "' algorithm", "known ones: sha512, sha256, blowfish, md5, des_crypt");
    if (salt.find_first_not_of(salt_letters) != std::string::npos) fail(place, "invalid characters in " + name + " salt");
    if (salt.empty()) salt = random_salt(scheme->salt);
    if (salt.size() > scheme->salt_most) fail(place, "salt too large (" + name + " requires at most " + std::to_string(scheme->salt_most) + " chars)");
    std::string setting;
    if (scheme->prefix == "2b") {
        if (salt.size() != 22) fail(place, "salt too small (" + name + " requires exactly 22 chars)");
        // Bits beyond the 128 are cleared, as passlib repairs them. (bcrypt has its letters in an order of its own.)
        static constexpr std::string_view letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        salt[21] = ".Oeu"[letters.find(salt[21]) >> 4];
        char cost[16];
        std::snprintf(cost, sizeof cost, "%02d", static_cast<int>(rounds.value_or(scheme->rounds)));
        setting = "$" + (ident.empty() ? std::string("2b") : ident) + "$" + cost + "$" + salt;
    } else if (scheme->prefix.empty()) {
        setting = salt;
    } else {
        setting = "$" + std::string(scheme->prefix) + "$";
        if (scheme->rounds) {
            const auto count = rounds.value_or(scheme->rounds);
            if (count < scheme->fewest || count > scheme->most) fail(place, "rounds too " + std::string(count < scheme->fewest ? "low" : "high") + " (" + name + " requires >= 1000 and <= 999999999 rounds)");
            if (count != scheme->implicit) setting += "rounds=" + std::to_string(count) + "$";
        }
        setting += salt;
    }
    auto data = std::make_unique<crypt_data>();
    std::memset(data.get(), 0, sizeof(crypt_data));
    const char* hashed = ::crypt_r(password.c_str(), setting.c_str(), data.get());
    if (!hashed || hashed[0] == '*') fail(place, "the system's crypt library cannot hash with '" + name + "'");
    return hashed;
}

namespace filters {
namespace {

/// Text in the encodings that playbooks use (utf-16-le for Windows).
std::string encode(Call& call, const std::string& text, const std::string& given) {
    const auto name = base::replace_all(base::lower(given), "_", "-");
    if (name == "utf-8" || name == "utf8" || name == "u8") return text;
    const bool little = name == "utf-16-le" || name == "utf-16le" || name == "utf-16";
    const bool big = name == "utf-16-be" || name == "utf-16be";
    const bool latin = name == "latin-1" || name == "latin1" || name == "iso-8859-1", ascii = name == "ascii" || name == "us-ascii";
    if (!little && !big && !latin && !ascii) fail(call, "unknown encoding: " + given);
    std::string out = name == "utf-16" ? "\xff\xfe" : "";
    auto unit = [&](unsigned value) {
        const char high = static_cast<char>(value >> 8), low = static_cast<char>(value & 0xff);
        out += big ? std::string{high, low} : std::string{low, high};
    };
    for (std::size_t at = 0; at < text.size();) {
        const char32_t point = base::next_code_point(text, at);
        if (latin || ascii) {
            if (point > (latin ? 0xffu : 0x7fu)) fail(call, "'" + given + "' codec can't encode a character of the text");
            out += static_cast<char>(point);
        } else if (point < 0x10000) {
            unit(static_cast<unsigned>(point));
        } else {
            unit(0xD800 + static_cast<unsigned>((point - 0x10000) >> 10));
            unit(0xDC00 + static_cast<unsigned>((point - 0x10000) & 0x3ff));
        }
    }
    return out;
}

std::string decode(Call& call, const std::string& bytes, const std::string& given) {
    const auto name = base::replace_all(base::lower(given), "_", "-");
    if (name == "utf-8" || name == "utf8" || name == "u8" || name == "ascii") return bytes;
    std::string out;
    if (name == "latin-1" || name == "latin1" || name == "iso-8859-1") {
        for (char c : bytes) base::append_utf8(out, static_cast<unsigned char>(c));
        return out;
    }
    bool big = name == "utf-16-be" || name == "utf-16be";
    if (!big && name != "utf-16-le" && name != "utf-16le" && name != "utf-16") fail(call, "unknown encoding: " + given);
    std::size_t at = 0;
    if (name == "utf-16" && bytes.size() >= 2 && (bytes.substr(0, 2) == "\xff\xfe" || bytes.substr(0, 2) == "\xfe\xff")) {
        big = bytes[0] == '\xfe';
        at = 2;
    }
    auto unit = [&] {
        const auto a = static_cast<unsigned char>(bytes[at]), b = static_cast<unsigned char>(bytes[at + 1]);
        at += 2;
        return static_cast<char32_t>(big ? a << 8 | b : b << 8 | a);
    };
    if ((bytes.size() - at) % 2) fail(call, "'utf-16' codec can't decode the text: truncated data");
    while (at < bytes.size()) {
        char32_t point = unit();
        if (point >= 0xD800 && point < 0xDC00 && at < bytes.size()) point = 0x10000 + ((point - 0xD800) << 10) + (unit() - 0xDC00);
        base::append_utf8(out, point);
    }
    return out;
}

Value b64encode(Call& call) { return Value(base::base64_encode(encode(call, text_of(call, 0), text_of(call, 1)))); }

Value b64decode(Call& call) {
    const auto text = text_of(call, 0);
    std::string letters;   // Python ignores what is not in the alphabet
    for (char c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/' || c == '=') letters += c;
    const auto bytes = letters.size() % 4 ? std::nullopt : base::base64_decode(letters);
    if (!bytes) fail(call, "Incorrect padding", "the text is not whole base64");
    return Value(decode(call, *bytes, text_of(call, 1)));
}

Value hashed(Call& call, const std::string& algorithm) {
    auto digest = base::digest_hex(algorithm, text_of(call, 0));
    if (!digest) fail(call, "unsupported hash type " + algorithm);
    return Value(*digest);
}
Value hash(Call& call) { return hashed(call, text_of(call, 1)); }
Value md5(Call& call) { return hashed(call, "md5"); }
Value sha1(Call& call) { return hashed(call, "sha1"); }

Value password_hash(Call& call) {
    std::optional<std::int64_t> rounds;
    if (!call[4].is_none()) rounds = integer_of(call, 4);
    const auto salt = call[2].is_none() ? std::string() : text_of(call, 2);
    if (salt.empty() && call.context.user) templar_of(call.context).note_volatile();
    std::string chosen = salt;
    if (chosen.empty() && !call[3].is_none()) chosen = random_salt(static_cast<std::size_t>(std::clamp<std::int64_t>(integer_of(call, 3), 1, 22)));
    return Value(hash_password(call.place, text_of(call, 0), text_of(call, 1), chosen, rounds, call[5].is_none() ? "" : text_of(call, 5)));
}

// UUID version 5 in Ansible's own namespace.
Value to_uuid(Call& call) {
    const auto given = text_of(call, 1);
    const auto space = base::unhex(base::replace_all(base::replace_all(base::replace_all(given, "-", ""), "{", ""), "}", ""));
    if (!space || space->size() != 16) fail(call, "Invalid value '" + given + "' for 'namespace': badly formed hexadecimal UUID string");
    auto bytes = base::digest_raw("sha1", *space + text_of(call, 0)).value_or("").substr(0, 16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x50);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    auto text = base::hex(bytes);
    for (std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, "-");
    return Value(text);
}

Value vault_filter(Call& call) {
    const auto secret = text_of(call, 1);
    if (secret.empty()) fail(call, "Secret passed is required to be a string, instead we got an empty one");
    const auto salt = call[2].is_none() ? std::string() : text_of(call, 2);
    if (salt.empty() && call.context.user) templar_of(call.context).note_volatile();
    return Value(vault::encrypt(text_of(call, 0), {text_of(call, 3), secret}, salt));
}

Value unvault(Call& call) {
    require_defined(call[0], call.place);
    if (auto encrypted = call[0].object_as<vault::EncryptedText>()) return Value(encrypted->str());
    const auto text = text_of(call, 0);
    if (!vault::is_encrypted(text)) return Value(text);
    vault::Secrets secrets;
    secrets.add({text_of(call, 2), text_of(call, 1)});
    auto plain = vault::decrypt(text, secrets);
    if (!plain) fail(call, "Unable to decrypt: " + plain.error().what);
    return Value(*plain);
}

constexpr jinja::Filter rows[] = {
    {"b64decode", "string, encoding='utf-8'", b64decode, false, "Text out of base64"},
    {"b64encode", "string, encoding='utf-8'", b64encode, false, "Text in base64"},
    {"checksum", "data", sha1, false, "SHA-1 of a text"},
    {"hash", "data, hashtype='sha1'", hash, false, "Digest of a text: md5, sha1, sha256, sha512 …"},
    {"md5", "data", md5, false, "MD5 of a text"},
    {"password_hash", "password, hashtype='sha512', salt=None, salt_size=None, rounds=None, ident=None", password_hash, false, "A password as /etc/shadow holds it"},
    {"sha1", "data", sha1, false, "SHA-1 of a text"},
    {"to_uuid", "string, namespace='361E6D51-FAEC-444A-9079-341386DA8E2E'", to_uuid, false, "The UUID that belongs to a text"},
    {"unvault", "vault, secret, vaultid='filter_default'", unvault, false, "Decrypts a vault envelope"},
    {"vault", "data, secret, salt=None, vaultid='filter_default', wrap_object=False", vault_filter, false, "Encrypts into a vault envelope"},
};

}  // namespace

std::span<const jinja::Filter> encodings() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
