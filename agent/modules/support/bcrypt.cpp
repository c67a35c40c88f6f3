// SPDX-License-Identifier: Apache-2.0
// bcrypt after Provos and Mazières, "A Future-Adaptable Password Scheme". Blowfish's initial state is pi: it is computed, which is smaller than its table.
#include <array>
#include <cstdint>
#include <vector>

#include "modules/support/crypt.hpp"

namespace fprov::modules {
namespace {

constexpr std::size_t subkeys = 18, box = 256, state_words = subkeys + 4 * box;
constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

using Words = std::vector<std::uint32_t>;   // a fixed-point number, the most significant word first

bool divide(Words& number, std::uint32_t by) {
    std::uint64_t rest = 0;
    bool any = false;
    for (auto& word : number) {
        rest = rest << 32 | word;
        word = static_cast<std::uint32_t>(rest / by);
        rest %= by;
        any = any || word;
    }
    return any;
}

void add(Words& to, const Words& other, bool minus) {
    std::int64_t carry = 0;
    for (std::size_t i = to.size(); i-- > 0;) {
        carry += minus ? std::int64_t{to[i]} - other[i] : std::int64_t{to[i]} + other[i];
        to[i] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
}

/// times * arctan(1 / inverse), added to the sum.
void add_arctan(Words& sum, std::uint32_t times, std::uint32_t inverse, bool minus) {
    Words power(sum.size());
    power[0] = times;
    divide(power, inverse);
    for (std::uint32_t k = 1;; k += 2, minus = !minus) {
        Words term = power;
        divide(term, k);
        add(sum, term, minus);
        if (!divide(power, inverse * inverse)) return;
    }
}

/// The first binary digits of pi behind its point (Machin's formula, with some words more than are used).
const Words& pi() {
    static const Words digits = [] {
        Words sum(1 + state_words + 3);
        add_arctan(sum, 16, 5, false);
        add_arctan(sum, 4, 239, true);
        return Words(sum.begin() + 1, sum.begin() + 1 + state_words);
    }();
    return digits;
}

class Blowfish {
public:
    void encrypt(std::uint32_t& left, std::uint32_t& right) const {
        std::uint32_t a = left ^ s_[0], b = right;
        for (std::size_t i = 1; i <= 16; i += 2) {
            b ^= mix(a) ^ s_[i];
            a ^= mix(b) ^ s_[i + 1];
        }
        left = b ^ s_[17];
        right = a;
    }
    void expand(std::string_view key, std::string_view salt) {
        std::size_t at = 0;
        for (std::size_t i = 0; i < subkeys; ++i) s_[i] ^= word(key, at);
        at = 0;
        std::uint32_t left = 0, right = 0;
        for (std::size_t i = 0; i < state_words; i += 2) {
            if (!salt.empty()) {
                left ^= word(salt, at);
                right ^= word(salt, at);
            }
            encrypt(left, right);
            s_[i] = left;
            s_[i + 1] = right;
        }
    }

private:
    static std::uint32_t word(std::string_view bytes, std::size_t& at) {
        std::uint32_t out = 0;
        for (int i = 0; i < 4; ++i, at = (at + 1) % bytes.size()) out = out << 8 | static_cast<unsigned char>(bytes[at]);
        return out;
    }
    std::uint32_t mix(std::uint32_t x) const {
        const auto* boxes = s_.data() + subkeys;
        return ((boxes[x >> 24] + boxes[box + (x >> 16 & 255)]) ^ boxes[2 * box + (x >> 8 & 255)]) + boxes[3 * box + (x & 255)];
    }
    Words s_ = pi();
};

std::string encoded(std::string_view bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int have = 0;
    for (unsigned char c : bytes) {
        bits = bits << 8 | c;
        for (have += 8; have >= 6; have -= 6) out += alphabet[bits >> (have - 6) & 63];
    }
    if (have) out += alphabet[bits << (6 - have) & 63];
    return out;
}

std::string decoded(std::string_view text, std::size_t size) {
    std::string out;
    std::uint32_t bits = 0;
    int have = 0;
    for (char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return {};
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if ((have += 6) >= 8 && out.size() < size) out += static_cast<char>(bits >> (have -= 8) & 255);
    }
    return out;
}

}  // namespace

std::string bcrypt(const std::string& password, const std::string& salt, unsigned cost) {
    const std::string grains = decoded(salt, 16);
    if (grains.size() != 16 || cost < 4 || cost > 31) return {};
    std::string key = password;
    key += '\0';
    key.resize(std::min<std::size_t>(key.size(), 72));
    Blowfish cipher;
    cipher.expand(key, grains);
    for (std::uint64_t i = 0; i < std::uint64_t{1} << cost; ++i) {
        cipher.expand(key, {});
        cipher.expand(grains, {});
    }
    constexpr std::string_view text = "OrpheanBeholderScryDoubt";
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::array<std::uint32_t, 2> half{};
        for (std::size_t i = 0; i < 8; ++i) half[i / 4] = half[i / 4] << 8 | static_cast<unsigned char>(text[at + i]);
        for (int i = 0; i < 64; ++i) cipher.encrypt(half[0], half[1]);
        for (std::size_t i = 0; i < 8; ++i) out += static_cast<char>(half[i / 4] >> (24 - 8 * (i % 4)) & 255);
    }
    out.pop_back();   // the last byte was never part of it
    return encoded(out);
}

}  // namespace fprov::modules
