// SPDX-License-Identifier: Apache-2.0
#include "modules/support/diff.hpp"

namespace fprov::modules {

bool looks_binary(std::string_view content) { return content.substr(0, 8192).find('\0') != std::string_view::npos; }

Map text_diff(std::string_view before, std::string_view after, const std::string& before_header, const std::string& after_header) {
    Map diff;
    auto side = [&](std::string_view content, const char* key, const char* place) {
        if (content.size() > max_diff_size) diff.set(std::string(place) + "_larger", max_diff_size);
        else if (looks_binary(content)) diff.set(std::string(place) + "_binary", 1);
        else diff.set(key, content);
    };
    side(before, "before", "dst");
    side(after, "after", "src");
    diff.set("before_header", before_header);
    diff.set("after_header", after_header);
    return diff;
}

}  // namespace fprov::modules
