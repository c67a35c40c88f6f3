// SPDX-License-Identifier: Apache-2.0
#include "modules/support/clock.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace fprov::modules {

std::string timestamp(double seconds) {
    const auto whole = static_cast<std::time_t>(std::floor(seconds));
    const auto micro = static_cast<int>((seconds - static_cast<double>(whole)) * 1e6);
    std::tm local{};
    localtime_r(&whole, &local);
    char text[96];
    std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%06d", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
                  local.tm_sec, micro);
    return text;
}

std::string duration(double seconds) {
    auto micro = static_cast<long long>(std::llround(seconds * 1e6));
    if (micro < 0) micro = 0;
    const long long whole = micro / 1000000, rest = micro % 1000000, days = whole / 86400, second = whole % 86400;
    char text[96];
    std::string out = days ? std::to_string(days) + (days == 1 ? " day, " : " days, ") : "";
    std::snprintf(text, sizeof text, rest ? "%lld:%02lld:%02lld.%06lld" : "%lld:%02lld:%02lld", second / 3600, second / 60 % 60, second % 60, rest);
    return out + text;
}

}  // namespace fprov::modules
