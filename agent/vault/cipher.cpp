// SPDX-License-Identifier: Apache-2.0
#include "vault/cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>

#include "base/error.hpp"

namespace fprov::vault {

namespace {

constexpr int iterations = 10000;
constexpr std::size_t key_size = 32, block = 16;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

[[noreturn]] void broken() { throw base::Failure(base::Kind::generic, "the cryptographic library refused an operation of the vault"); }

struct Keys {
    std::string all = std::string(2 * key_size + block, '\0');   // cipher key, MAC key, counter
    Keys(std::string_view password, std::string_view salt) {
        if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()), iterations,
                              EVP_sha256(), static_cast<int>(all.size()), bytes(all)) != 1)
            broken();
    }
    ~Keys() { wipe(all); }
    std::string_view cipher() const { return std::string_view(all).substr(0, key_size); }
    std::string_view mac() const { return std::string_view(all).substr(key_size, key_size); }
    std::string_view counter() const { return std::string_view(all).substr(2 * key_size); }
};

/// CTR is its own inverse.
std::string counter_mode(std::string_view text, const Keys& keys) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::string out(text.size(), '\0');
    int written = 0;
    if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, bytes(keys.cipher()), bytes(keys.counter())) != 1 ||
        EVP_EncryptUpdate(context.get(), bytes(out), &written, bytes(text), static_cast<int>(text.size())) != 1 ||
        written != static_cast<int>(text.size()))
        broken();
    return out;
}

std::string mac_of(std::string_view body, const Keys& keys) {
    std::string out(32, '\0');
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), keys.mac().data(), static_cast<int>(key_size), bytes(body), body.size(), bytes(out), &size) || size != 32) broken();
    return out;
}

}  // namespace

Sealed seal(std::string_view plain, std::string_view password, std::string_view salt) {
    const Keys keys(password, salt);
    std::string padded(plain);
    const std::size_t missing = block - padded.size() % block;
    padded.append(missing, static_cast<char>(missing));
    Sealed out{std::string(salt), {}, counter_mode(padded, keys)};
    wipe(padded);
    out.mac = mac_of(out.body, keys);
    return out;
}

std::optional<std::string> unseal(const Sealed& sealed, std::string_view password) {
    const Keys keys(password, sealed.salt);
    const std::string mac = mac_of(sealed.body, keys);
    if (mac.size() != sealed.mac.size() || CRYPTO_memcmp(mac.data(), sealed.mac.data(), mac.size()) != 0) return std::nullopt;
    std::string plain = counter_mode(sealed.body, keys);
    if (plain.empty()) return std::nullopt;
    const auto padding = static_cast<unsigned char>(plain.back());
    if (padding == 0 || padding > block || padding > plain.size()) return std::nullopt;
    plain.resize(plain.size() - padding);
    return plain;
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    if (RAND_bytes(bytes(out), static_cast<int>(count)) != 1) broken();
    return out;
}

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace fprov::vault
