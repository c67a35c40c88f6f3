// SPDX-License-Identifier: Apache-2.0
// Wrapping of long lines and linking of URLs in text.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::jinja {

/// As Python's textwrap.wrap without tab expansion and white-space replacement.
std::vector<std::string> wrap_line(std::string_view line, std::size_t width, bool break_long, bool break_hyphens);

struct UrlStyle {
    std::int64_t limit = -1;      // characters shown of a URL; < 0: all
    std::string attributes;       // of the <a>
};
std::string link_urls(std::string_view text, const UrlStyle& style);

}  // namespace fprov::jinja
