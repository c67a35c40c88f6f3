// SPDX-License-Identifier: Apache-2.0
// The low-level digest functions, although OpenSSL 3 calls them deprecated: the EVP interface would pull the provider machinery
// (over 2 MB) into the static agent.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.hpp"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"

namespace fprov::base {

struct Digest::State {
    std::string_view name;
    union { MD5_CTX md5; SHA_CTX sha1; SHA256_CTX sha256; SHA512_CTX sha512; } u;
};

namespace {
struct Row {
    std::string_view name;
    std::size_t size;
};
constexpr Row rows[] = {{"md5", 16}, {"sha1", 20}, {"sha224", 28}, {"sha256", 32}, {"sha384", 48}, {"sha512", 64}};
const Row* row(std::string_view name) {
    for (const Row& r : rows) if (r.name == name) return &r;
    return nullptr;
}
}  // namespace

Digest::Digest(std::string_view algorithm) : state_(std::make_unique<State>()) {
    const Row* r = row(algorithm);
    if (!r) throw Failure(Kind::generic, "unknown digest algorithm '" + std::string(algorithm) + "'");
    state_->name = r->name;
    if (r->name == "md5") MD5_Init(&state_->u.md5);
    else if (r->name == "sha1") SHA1_Init(&state_->u.sha1);
    else if (r->name == "sha224") SHA224_Init(&state_->u.sha256);
    else if (r->name == "sha256") SHA256_Init(&state_->u.sha256);
    else if (r->name == "sha384") SHA384_Init(&state_->u.sha512);
    else SHA512_Init(&state_->u.sha512);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
    auto& u = state_->u;
    if (state_->name == "md5") MD5_Update(&u.md5, bytes.data(), bytes.size());
    else if (state_->name == "sha1") SHA1_Update(&u.sha1, bytes.data(), bytes.size());
    else if (state_->name == "sha224") SHA224_Update(&u.sha256, bytes.data(), bytes.size());
    else if (state_->name == "sha256") SHA256_Update(&u.sha256, bytes.data(), bytes.size());
    else if (state_->name == "sha384") SHA384_Update(&u.sha512, bytes.data(), bytes.size());
    else SHA512_Update(&u.sha512, bytes.data(), bytes.size());
}

std::string Digest::hex() {
    unsigned char out[64];
    auto& u = state_->u;
    if (state_->name == "md5") MD5_Final(out, &u.md5);
    else if (state_->name == "sha1") SHA1_Final(out, &u.sha1);
    else if (state_->name == "sha224") SHA224_Final(out, &u.sha256);
    else if (state_->name == "sha256") SHA256_Final(out, &u.sha256);
    else if (state_->name == "sha384") SHA384_Final(out, &u.sha512);
    else SHA512_Final(out, &u.sha512);
    return base::hex({reinterpret_cast<char*>(out), row(state_->name)->size});
}

std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view bytes) {
    if (!row(algorithm)) return std::nullopt;
    Digest digest(algorithm);
    digest.update(bytes);
    return digest.hex();
}
std::optional<std::string> digest_raw(std::string_view algorithm, std::string_view bytes) {
    auto text = digest_hex(algorithm, bytes);
    return text ? unhex(*text) : std::nullopt;
}
std::string sha1_hex(std::string_view bytes) { return *digest_hex("sha1", bytes); }
std::string sha256_hex(std::string_view bytes) { return *digest_hex("sha256", bytes); }

}  // namespace fprov::base
