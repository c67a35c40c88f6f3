// SPDX-License-Identifier: Apache-2.0
#include "cli/problems.hpp"

#include <array>

namespace fprov::cli {
namespace {

struct Row { base::Kind kind; int code; };
// As ansible-core 2.14 ends: parser errors 4, wrong command line 2, everything else 1.
constexpr std::array codes{Row{base::Kind::parse, 4}, Row{base::Kind::usage, 2}, Row{base::Kind::unreachable, 4}};

}  // namespace

int exit_code(const base::Error& error) {
    for (const Row& row : codes)
        if (row.kind == error.kind) return row.code;
    return 1;
}

std::string explain(const base::Error& error) {
    std::string text = base::render(error);
    constexpr std::string_view prefix = "error: ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

}  // namespace fprov::cli
