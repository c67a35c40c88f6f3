// SPDX-License-Identifier: Apache-2.0
#include "modules/support/clock.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace fprov::modules {

std::string timestamp(double seconds) {
    const auto whole = static_cast<std::time_t>(std::floor(seconds));
    const auto micro = static_cast<int>((seconds - static_cast<double>(whole)) * 1e6);
    std::tm local{};
    localtime_r(&whole, &local);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                       local.tm_min, local.tm_sec, micro);
}

std::string duration(double seconds) {
    auto micro = static_cast<long long>(std::llround(seconds * 1e6));
    if (micro < 0) micro = 0;
    const long long whole = micro / 1000000, rest = micro % 1000000, days = whole / 86400, second = whole % 86400;
    std::string text = days ? fmt::format("{} day{}, ", days, days == 1 ? "" : "s") : "";
    text += fmt::format("{}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if (rest) text += fmt::format(".{:06}", rest);
    return text;
}

}  // namespace fprov::modules
