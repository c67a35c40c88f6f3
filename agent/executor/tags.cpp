// SPDX-License-Identifier: Apache-2.0
#include "executor/tags.hpp"

#include <algorithm>
#include <string_view>

namespace fprov::executor {

bool chosen_by_tags(const std::vector<std::string>& tags, const std::vector<std::string>& only, const std::vector<std::string>& skip) {
    auto has = [](const std::vector<std::string>& list, std::string_view name) { return std::find(list.begin(), list.end(), name) != list.end(); };
    auto meets = [&](const std::vector<std::string>& wanted) { return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) { return has(wanted, tag); }); };
    bool run = true;
    if (!only.empty()) {
        if (has(tags, "always")) run = true;
        else if (has(only, "all") && !has(tags, "never")) run = true;
        else if (meets(only)) run = true;
        else if (has(only, "tagged") && !tags.empty() && !has(tags, "never")) run = true;
        else if (has(only, "untagged") && tags.empty()) run = true;
        else run = false;
    }
    if (run && !skip.empty()) {
        if (has(skip, "all")) { if (!has(tags, "always") || has(skip, "always")) run = false; }
        else if (meets(skip)) run = false;
        else if (has(skip, "tagged") && !tags.empty()) run = false;
        else if (has(skip, "untagged") && tags.empty()) run = false;
    }
    return run;
}

}  // namespace fprov::executor
