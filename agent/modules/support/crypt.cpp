// SPDX-License-Identifier: Apache-2.0
#include "modules/support/crypt.hpp"

#include "base/hash.hpp"

namespace fprov::modules {
namespace {

std::string repeat(const std::string& digest, std::size_t length) {
    std::string out;
    while (out.size() < length) out += digest;
    return out.substr(0, length);
}

/// crypt's own base 64: the lowest six bits first.
struct Encoder {
    const std::string& digest;
    std::string out{};
    unsigned byte(std::size_t i) const { return static_cast<unsigned char>(digest[i]); }
    void put(unsigned value, int count) {
        static constexpr char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        while (count-- > 0) { out += letters[value & 63]; value >>= 6; }
    }
    void three(std::size_t a, std::size_t b, std::size_t c) { put(byte(a) << 16 | byte(b) << 8 | byte(c), 4); }
};

/// The rounds that both hashes share; only their numbers and their digests differ.
template <class Hash>
std::string stretch(Hash hash, std::string digest, const std::string& password, const std::string& salt, unsigned rounds) {
    for (unsigned i = 0; i < rounds; ++i) {
        std::string c = i & 1 ? password : digest;
        if (i % 3) c += salt;
        if (i % 7) c += password;
        c += i & 1 ? digest : password;
        digest = hash(c);
    }
    return digest;
}

}  // namespace

std::string sha_crypt(const char* algorithm, const std::string& password, const std::string& salt, unsigned rounds) {
    auto sha = [algorithm](const std::string& bytes) { return *base::digest_raw(algorithm, bytes); };
    const auto b = sha(password + salt + password);
    std::string a = password + salt + repeat(b, password.size());
    for (std::size_t n = password.size(); n > 0; n >>= 1) a += n & 1 ? b : password;
    auto digest = sha(a);
    std::string dp, ds;
    for (std::size_t i = 0; i < password.size(); ++i) dp += password;
    const auto p = repeat(sha(dp), password.size());
    for (unsigned i = 0; i < 16u + static_cast<unsigned char>(digest[0]); ++i) ds += salt;
    digest = stretch(sha, std::move(digest), p, repeat(sha(ds), salt.size()), rounds);
    Encoder encoder{digest};
    const bool small = digest.size() == 32;
    const std::size_t step = small ? 10 : 21;
    for (std::size_t k = 0; k < step; ++k) {   // three bytes a third apart, their order turning from group to group
        const std::size_t turn = (small ? 2 * k : k) % 3;
        auto at = [&](std::size_t i) { return k + step * ((i + turn) % 3); };
        encoder.three(at(0), at(1), at(2));
    }
    if (small) encoder.put(encoder.byte(31) << 8 | encoder.byte(30), 3);
    else encoder.put(encoder.byte(63), 2);
    return encoder.out;
}

std::string md5_crypt(const std::string& magic, const std::string& password, const std::string& salt) {
    auto md5 = [](const std::string& bytes) { return *base::digest_raw("md5", bytes); };
    std::string a = password + magic + salt + repeat(md5(password + salt + password), password.size());
    for (std::size_t n = password.size(); n > 0; n >>= 1) a += n & 1 ? '\0' : password[0];
    const auto digest = stretch(md5, md5(a), password, salt, 1000);
    Encoder encoder{digest};
    for (std::size_t k = 0; k < 5; ++k) encoder.three(k, k + 6, k == 4 ? 5 : k + 12);
    encoder.put(encoder.byte(11), 2);
    return encoder.out;
}

}  // namespace fprov::modules
