// SPDX-License-Identifier: Apache-2.0
#include "modules/support/sha256_crypt.hpp"

#include "base/hash.hpp"

namespace fprov::modules {
namespace {

std::string sha256(const std::string& bytes) { return *base::digest_raw("sha256", bytes); }
std::string repeat(const std::string& digest, std::size_t length) {
    std::string out;
    while (out.size() < length) out += digest;
    return out.substr(0, length);
}

}  // namespace

std::string sha256_crypt(const std::string& password, const std::string& salt, unsigned rounds) {
    const auto b = sha256(password + salt + password);
    std::string a = password + salt + repeat(b, password.size());
    for (std::size_t n = password.size(); n > 0; n >>= 1) a += n & 1 ? b : password;
    auto digest = sha256(a);
    std::string dp, ds;
    for (std::size_t i = 0; i < password.size(); ++i) dp += password;
    const auto p = repeat(sha256(dp), password.size());
    for (unsigned i = 0; i < 16u + static_cast<unsigned char>(digest[0]); ++i) ds += salt;
    const auto s = repeat(sha256(ds), salt.size());
    for (unsigned i = 0; i < rounds; ++i) {
        std::string c = i & 1 ? p : digest;
        if (i % 3) c += s;
        if (i % 7) c += p;
        c += i & 1 ? digest : p;
        digest = sha256(c);
    }
    static constexpr char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static constexpr int order[][3] = {{0, 10, 20}, {21, 1, 11}, {12, 22, 2}, {3, 13, 23}, {24, 4, 14}, {15, 25, 5}, {6, 16, 26}, {27, 7, 17}, {18, 28, 8}, {9, 19, 29}};
    std::string out;
    auto put = [&](unsigned value, int count) {
        while (count-- > 0) { out += letters[value & 63]; value >>= 6; }
    };
    auto byte = [&](int i) { return static_cast<unsigned>(static_cast<unsigned char>(digest[static_cast<std::size_t>(i)])); };
    for (const auto& row : order) put(byte(row[0]) << 16 | byte(row[1]) << 8 | byte(row[2]), 4);
    put(byte(31) << 8 | byte(30), 3);
    return out;
}

}  // namespace fprov::modules
