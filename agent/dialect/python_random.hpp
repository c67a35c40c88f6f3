// SPDX-License-Identifier: Apache-2.0
// Python's random.Random: with a seed it must give the same numbers, since users spread cron times by host name with it.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "values/value.hpp"

namespace fprov::dialect {

class PythonRandom {
public:
    PythonRandom();                                           // from the system's entropy
    explicit PythonRandom(const values::Value& seed);         // text or number, as Random(seed)
    std::uint64_t below(std::uint64_t limit);                 // 0 … limit-1; limit > 0
    std::int64_t range(std::int64_t start, std::int64_t stop, std::int64_t step = 1);   // throws Failure for an empty range
    template <class T> void shuffle(std::vector<T>& list) {
        for (std::size_t i = list.size(); i-- > 1;) std::swap(list[i], list[below(i + 1)]);
    }

private:
    void seed_words(const std::vector<std::uint32_t>& key);
    std::uint32_t next();
    std::uint64_t bits(int count);
    std::array<std::uint32_t, 624> state_{};
    std::size_t index_ = 624;
};

}  // namespace fprov::dialect
