// SPDX-License-Identifier: Apache-2.0
// Python's pattern syntax rewritten for PCRE2, and Python's replacement templates parsed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "regex/regex.hpp"

namespace fprov::regex {

struct Translated {
    std::string pattern;
    std::vector<std::uint32_t> origin;   // offset in the user's pattern of every byte of `pattern`, plus its end
    Flags flags;                         // given ones and those of a leading (?imsxau)
};
base::Result<Translated> translate(std::string_view pattern, Flags flags);

struct ReplacementPart {
    std::string text;          // literal, when group < 0
    int group = -1;
};
/// `groups` and `names` are of the pattern that the template belongs to.
base::Result<std::vector<ReplacementPart>> parse_replacement(std::string_view text, std::size_t groups,
                                                             const std::vector<std::pair<std::string, std::size_t>>& names);

}  // namespace fprov::regex
