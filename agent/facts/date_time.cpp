// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <ctime>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {

void collect_date_time(Inquiry& inquiry) {
    const double now = inquiry.machine.now();
    const auto seconds = static_cast<std::time_t>(std::floor(now));
    const auto micro = static_cast<long>((now - std::floor(now)) * 1e6);
    std::tm local{}, utc{};
    tzset();
    localtime_r(&seconds, &local);
    gmtime_r(&seconds, &utc);
    auto text = [](const std::tm& when, const char* format) {
        char buffer[128];
        return std::string(buffer, std::strftime(buffer, sizeof buffer, format, &when));
    };
    std::string fraction = std::to_string(micro);
    fraction.insert(0, 6 - fraction.size(), '0');
    Map out;
    static constexpr std::pair<const char*, const char*> rows[] = {
        {"year", "%Y"}, {"month", "%m"}, {"weekday", "%A"}, {"weekday_number", "%w"}, {"weeknumber", "%W"}, {"day", "%d"},
        {"hour", "%H"}, {"minute", "%M"}, {"second", "%S"}, {"date", "%Y-%m-%d"}, {"time", "%H:%M:%S"}, {"tz", "%Z"},
        {"tz_offset", "%z"}, {"iso8601_basic_short", "%Y%m%dT%H%M%S"}};
    for (const auto& [name, format] : rows) out.set(name, text(local, format));
    out.set("epoch", std::to_string(seconds));
    out.set("epoch_int", std::to_string(seconds));
    out.set("iso8601_micro", text(utc, "%Y-%m-%dT%H:%M:%S.") + fraction + "Z");
    out.set("iso8601", text(utc, "%Y-%m-%dT%H:%M:%SZ"));
    out.set("iso8601_basic", text(local, "%Y%m%dT%H%M%S") + fraction);
    out.set("tz_dst", std::string(tzname[1]));
    inquiry.found.set("date_time", std::move(out));
}

void collect_loadavg(Inquiry& inquiry) {
    const auto load = words(file_text(inquiry.machine, "/proc/loadavg"));
    if (load.size() < 3) return;
    Map out;
    static constexpr const char* names[] = {"1m", "5m", "15m"};
    for (std::size_t i = 0; i < 3; ++i) out.set(names[i], base::parse_double(load[i]).value_or(0));
    inquiry.found.set("loadavg", std::move(out));
}

}  // namespace fprov::facts
