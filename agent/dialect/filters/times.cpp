// SPDX-License-Identifier: Apache-2.0
// strftime, to_datetime, and durations of community.general.
#include <cmath>
#include <ctime>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/clock.hpp"
#include "dialect/pattern.hpp"
#include "dialect/tables.hpp"
#include "values/date.hpp"

namespace fprov::dialect {

double now_seconds(const Templar* templar) {
    if (templar && templar->options().hooks.now) return templar->options().hooks.now();
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

values::Moment moment_at(double seconds, bool utc) {
    const auto whole = static_cast<std::int64_t>(std::floor(seconds));
    const int micro = static_cast<int>((seconds - std::floor(seconds)) * 1e6);
    if (utc) return values::Moment::from_seconds(whole, micro);
    const std::time_t time = static_cast<std::time_t>(whole);
    std::tm local{};
    ::localtime_r(&time, &local);
    auto moment = values::Moment::from_seconds(whole + local.tm_gmtoff, micro);
    return moment;
}

namespace filters {
namespace {

Value strftime(Call& call) {
    const auto* templar = call.context.user ? &templar_of(call.context) : nullptr;
    double seconds = 0;
    if (call[1].is_none()) {
        if (templar) templar->note_volatile();
        seconds = now_seconds(templar);
    } else {
        auto number = call[1].is_string() ? python_float(call[1].string()) : call[1].is_number() ? std::optional(real_of(call, 1)) : std::nullopt;
        if (!number) fail(call, "Invalid value for epoch value (" + values::str(call[1]) + ")");
        seconds = *number;
    }
    const bool utc = flag_of(call, 2);
    auto moment = moment_at(seconds, utc);
    // The zone for %z and %Z is that of the moment.
    const std::time_t time = static_cast<std::time_t>(std::floor(seconds));
    std::tm parts{};
    if (utc) ::gmtime_r(&time, &parts);
    else ::localtime_r(&time, &parts);
    auto format = text_of(call, 0);
    std::string filled;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] == '%' && i + 1 < format.size() && (format[i + 1] == 'Z' || format[i + 1] == 'z')) {
            char zone[64];
            const char wanted[] = {'%', format[++i], '\0'};
            filled += std::string(zone, std::strftime(zone, sizeof zone, wanted, &parts));
        } else if (format[i] == '%' && i + 1 < format.size() && format[i + 1] == 's') {
            filled += std::to_string(static_cast<long long>(std::floor(seconds)));
            ++i;
        } else {
            filled += format[i];
            if (format[i] == '%' && i + 1 < format.size()) filled += format[++i];
        }
    }
    return Value(values::strftime(filled, moment));
}

Value to_datetime(Call& call) {
    const auto text = text_of(call, 0), format = text_of(call, 1);
    auto moment = values::strptime(text, format);
    if (!moment) fail(call, "time data " + values::repr(Value(text)) + " does not match format " + values::repr(Value(format)));
    return values::make_datetime(*moment);
}

// community.general: "2d 4h" to a number in a unit.
struct Span { std::string_view names; double milliseconds; };
std::optional<double> unit_milliseconds(std::string_view unit, double year_days, double month_days) {
    constexpr double second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
    const Span spans[] = {
        {" ms millisecond milliseconds msec msecs msecond mseconds ", 1},
        {" s sec secs second seconds ", second},
        {" m min mins minute minutes ", minute},
        {" h hour hours ", hour},
        {" d day days ", day},
        {" w week weeks ", 7 * day},
        {" mo month months ", month_days * day},
        {" y year years ", year_days * day},
    };
    const auto wanted = " " + base::lower(unit) + " ";
    for (const auto& span : spans)
        if (span.names.find(wanted) != std::string_view::npos) return span.milliseconds;
    return std::nullopt;
}

Value in_unit(Call& call, const std::string& unit) {
    const auto text = text_of(call, 0);
    auto days = [&](std::string_view name, double otherwise) {
        const Value* given = keyword(call, name);
        if (!given) return otherwise;
        return given->is_real() ? given->real() : static_cast<double>(given->int_or(static_cast<std::int64_t>(otherwise)));
    };
    const double year_days = days("year", 365), month_days = days("month", 30);
    const auto target = unit_milliseconds(unit, year_days, month_days);
    if (!target)
        fail(call, "to_time_unit() can not convert to the following unit: " + unit,
             "units: millisecond, second, minute, hour, day, week, month, year");
    if (text == "0") return Value(0);
    double total = 0;
    const auto pattern = pattern_of(call.place, "([+-]?\\d+)([a-zA-Z]+)");
    for (const auto& part : base::split(base::replace_all(base::replace_all(text, "\t", " "), "\n", " "), ' ')) {
        if (part.empty()) continue;
        const auto match = pattern.fullmatch(part);
        const auto size = match ? unit_milliseconds(match->groups[2].of(part), year_days, month_days) : std::nullopt;
        if (!size) fail(call, "to_time_unit() can not interpret following string: " + text, "write durations as '1d 4h 30m'");
        total += base::parse_double(std::string(match->groups[1].of(part))).value_or(0) * *size;
    }
    return Value(std::round(total / *target * 1e12) / 1e12);
}

Value to_time_unit(Call& call) { return in_unit(call, text_of(call, 1)); }
Value to_milliseconds(Call& call) { return in_unit(call, "ms"); }
Value to_seconds(Call& call) { return in_unit(call, "s"); }
Value to_minutes(Call& call) { return in_unit(call, "m"); }
Value to_hours(Call& call) { return in_unit(call, "h"); }
Value to_days(Call& call) { return in_unit(call, "d"); }
Value to_weeks(Call& call) { return in_unit(call, "w"); }
Value to_months(Call& call) { return in_unit(call, "mo"); }
Value to_years(Call& call) { return in_unit(call, "y"); }

constexpr jinja::Filter rows[] = {
    {"strftime", "string_format, second=None, utc=False", strftime, false, "A moment in a format; now when none is given"},
    {"to_datetime", "string, format='%Y-%m-%d %H:%M:%S'", to_datetime, false, "A date and time read from text"},
};
constexpr jinja::Filter general_rows[] = {
    {"to_days", "human_time, **kwargs", to_days, false, "A duration in days"},
    {"to_hours", "human_time, **kwargs", to_hours, false, "A duration in hours"},
    {"to_milliseconds", "human_time, **kwargs", to_milliseconds, false, "A duration in milliseconds"},
    {"to_minutes", "human_time, **kwargs", to_minutes, false, "A duration in minutes"},
    {"to_months", "human_time, **kwargs", to_months, false, "A duration in months"},
    {"to_seconds", "human_time, **kwargs", to_seconds, false, "A duration in seconds"},
    {"to_time_unit", "human_time, unit='ms', **kwargs", to_time_unit, false, "A duration in a unit"},
    {"to_weeks", "human_time, **kwargs", to_weeks, false, "A duration in weeks"},
    {"to_years", "human_time, **kwargs", to_years, false, "A duration in years"},
};

}  // namespace

std::span<const jinja::Filter> times() { return rows; }
std::span<const jinja::Filter> time_general() { return general_rows; }

}  // namespace filters
}  // namespace fprov::dialect
