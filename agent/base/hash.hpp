// SPDX-License-Identifier: Apache-2.0
// Digests (libcrypto behind it). Both programs link this; nothing else may include OpenSSL for hashes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fprov::base {

/// Digest in lower-case hex by name: md5 sha1 sha224 sha256 sha384 sha512; nullopt for an unknown name.
std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view bytes);
std::optional<std::string> digest_raw(std::string_view algorithm, std::string_view bytes);
std::string sha1_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

/// Incremental digest, for files and streams.
class Digest {
public:
    explicit Digest(std::string_view algorithm);   // throws Failure for an unknown algorithm
    ~Digest();
    Digest(Digest&&) noexcept;
    void update(std::string_view bytes);
    std::string hex();   // ends the digest
private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fprov::base
