// SPDX-License-Identifier: Apache-2.0
#include "dialect/python_random.hpp"

#include <bit>
#include <cmath>
#include <random>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "values/python.hpp"

namespace fprov::dialect {
namespace {

std::vector<std::uint32_t> words_of(std::uint64_t number) {
    std::vector<std::uint32_t> words{static_cast<std::uint32_t>(number)};
    if (number >> 32) words.push_back(static_cast<std::uint32_t>(number >> 32));
    return words;
}

}  // namespace

PythonRandom::PythonRandom() {
    std::random_device device;
    std::vector<std::uint32_t> key(16);
    for (auto& word : key) word = device();
    seed_words(key);
}

// Random(seed), version 2: text is followed by its SHA-512 and read as one big-endian number.
PythonRandom::PythonRandom(const values::Value& seed) {
    if (seed.is_int() || seed.is_bool()) {
        const auto number = seed.is_bool() ? std::int64_t{seed.boolean()} : seed.integer();
        seed_words(words_of(number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number)));
        return;
    }
    if (seed.is_real() && seed.real() == std::floor(seed.real()) && std::fabs(seed.real()) < 9e18) {   // hash(2.0) == 2
        seed_words(words_of(static_cast<std::uint64_t>(std::fabs(seed.real()))));
        return;
    }
    const std::string text = seed.is_string() ? seed.string() : values::str(seed);
    const std::string bytes = text + base::digest_raw("sha512", text).value_or("");
    std::vector<std::uint32_t> key;
    std::size_t end = bytes.size();
    while (end > 0) {
        std::uint32_t word = 0;
        const std::size_t start = end >= 4 ? end - 4 : 0;
        for (std::size_t i = start; i < end; ++i) word = word << 8 | static_cast<unsigned char>(bytes[i]);
        key.push_back(word);
        end = start;
    }
    while (key.size() > 1 && key.back() == 0) key.pop_back();
    seed_words(key);
}

// Mersenne Twister, init_by_array (Matsumoto and Nishimura 2002).
void PythonRandom::seed_words(const std::vector<std::uint32_t>& key) {
    state_[0] = 19650218u;
    for (std::size_t i = 1; i < 624; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
    std::size_t i = 1, j = 0;
    for (std::size_t k = std::max<std::size_t>(624, key.size()); k; --k) {
        state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525u)) + key[j] + static_cast<std::uint32_t>(j);
        if (++i >= 624) { state_[0] = state_[623]; i = 1; }
        if (++j >= key.size()) j = 0;
    }
    for (std::size_t k = 623; k; --k) {
        state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941u)) - static_cast<std::uint32_t>(i);
        if (++i >= 624) { state_[0] = state_[623]; i = 1; }
    }
    state_[0] = 0x80000000u;
    index_ = 624;
}

std::uint32_t PythonRandom::next() {
    if (index_ >= 624) {
        for (std::size_t k = 0; k < 624; ++k) {
            const std::uint32_t y = (state_[k] & 0x80000000u) | (state_[(k + 1) % 624] & 0x7fffffffu);
            state_[k] = state_[(k + 397) % 624] ^ (y >> 1) ^ ((y & 1) ? 0x9908b0dfu : 0u);
        }
        index_ = 0;
    }
    std::uint32_t y = state_[index_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

std::uint64_t PythonRandom::bits(int count) {
    if (count <= 32) return next() >> (32 - count);
    const std::uint64_t low = next();
    return low | static_cast<std::uint64_t>(next() >> (64 - count)) << 32;
}

std::uint64_t PythonRandom::below(std::uint64_t limit) {
    const int count = std::bit_width(limit);
    std::uint64_t number = bits(count);
    while (number >= limit) number = bits(count);
    return number;
}

std::int64_t PythonRandom::range(std::int64_t start, std::int64_t stop, std::int64_t step) {
    auto empty = [&] {
        throw base::Failure(base::Kind::type, "empty range for randrange() (" + std::to_string(start) + ", " + std::to_string(stop) + ", " + std::to_string(stop - start) + ")");
    };
    if (step == 0) throw base::Failure(base::Kind::type, "zero step for randrange()");
    const std::int64_t width = stop - start;
    const std::int64_t count = step > 0 ? (width + step - 1) / step : (width + step + 1) / step;
    if (count <= 0) empty();
    return start + step * static_cast<std::int64_t>(below(static_cast<std::uint64_t>(count)));
}

}  // namespace fprov::dialect
