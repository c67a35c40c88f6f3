// SPDX-License-Identifier: Apache-2.0
// strftime and strptime, without the C library's locale and time zone state.
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/date.hpp"

namespace fprov::values {

namespace {

constexpr const char* day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr const char* month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};

int weekday(const Moment& moment) { return static_cast<int>(((moment.days() + 3) % 7 + 7) % 7); }

int day_of_year(const Moment& moment) {
    Moment first = moment;
    first.month = first.day = 1;
    return static_cast<int>(moment.days() - first.days()) + 1;
}

/// ISO 8601's year and week.
std::pair<int, int> iso_week(const Moment& moment) {
    const std::int64_t thursday = moment.days() - weekday(moment) + 3;
    const Moment inside = Moment::from_seconds(thursday * 86400);
    return {inside.year, (day_of_year(inside) - 1) / 7 + 1};
}

std::string number(long long value, int width, char pad = '0') {
    std::string digits = std::to_string(value < 0 ? -value : value);
    if (static_cast<int>(digits.size()) < width) digits.insert(0, static_cast<std::size_t>(width) - digits.size(), pad);
    return (value < 0 ? "-" : "") + digits;
}

std::string zone(const Moment& moment, bool colon) {
    if (!moment.offset) return "";
    const int size = std::abs(*moment.offset);
    return (*moment.offset < 0 ? "-" : "+") + number(size / 3600, 2) + (colon ? ":" : "") + number(size / 60 % 60, 2);
}

std::string directive(char c, const Moment& m) {
    const int twelve = m.hour % 12 == 0 ? 12 : m.hour % 12;
    switch (c) {
    case 'a': return std::string(day_names[weekday(m)]).substr(0, 3);
    case 'A': return day_names[weekday(m)];
    case 'b': case 'h': return std::string(month_names[m.month - 1]).substr(0, 3);
    case 'B': return month_names[m.month - 1];
    case 'c': return strftime("%a %b %e %H:%M:%S %Y", m);
    case 'C': return number(m.year / 100, 2);
    case 'd': return number(m.day, 2);
    case 'D': return strftime("%m/%d/%y", m);
    case 'e': return number(m.day, 2, ' ');
    case 'f': return number(m.microsecond, 6);
    case 'F': return strftime("%Y-%m-%d", m);
    case 'g': return number(iso_week(m).first % 100, 2);
    case 'G': return number(iso_week(m).first, 4);
    case 'H': return number(m.hour, 2);
    case 'I': return number(twelve, 2);
    case 'j': return number(day_of_year(m), 3);
    case 'k': return number(m.hour, 2, ' ');
    case 'l': return number(twelve, 2, ' ');
    case 'm': return number(m.month, 2);
    case 'M': return number(m.minute, 2);
    case 'n': return "\n";
    case 'p': return m.hour < 12 ? "AM" : "PM";
    case 'P': return m.hour < 12 ? "am" : "pm";
    case 'r': return strftime("%I:%M:%S %p", m);
    case 'R': return strftime("%H:%M", m);
    case 's': return number(m.seconds() - m.offset.value_or(0), 1);
    case 'S': return number(m.second, 2);
    case 't': return "\t";
    case 'T': case 'X': return strftime("%H:%M:%S", m);
    case 'u': return number(weekday(m) + 1, 1);
    case 'U': return number((day_of_year(m) + 6 - (weekday(m) + 1) % 7) / 7, 2);
    case 'V': return number(iso_week(m).second, 2);
    case 'w': return number((weekday(m) + 1) % 7, 1);
    case 'W': return number((day_of_year(m) + 6 - weekday(m)) / 7, 2);
    case 'x': return strftime("%m/%d/%y", m);
    case 'y': return number(m.year % 100, 2);
    case 'Y': return number(m.year, 1);
    case 'z': return zone(m, false);
    case 'Z': return !m.offset ? "" : *m.offset == 0 ? "UTC" : "UTC" + zone(m, true);
    case '%': return "%";
    default: return std::string("%") + c;
    }
}

/// What is read while a text is matched.
struct Parsing {
    Moment moment{1900, 1, 1, 0, 0, 0, 0, {}};
    std::optional<int> half{}, year_day{};
    std::string_view text;
    std::size_t at = 0;

    bool digits(int least, int most, int low, int high, int& out) {
        int count = 0, value = 0;
        while (count < most && at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) {
            if (value * 10 + (text[at] - '0') > high) break;
            value = value * 10 + (text[at++] - '0');
            ++count;
        }
        if (count < least || value < low) return false;
        out = value;
        return true;
    }
    template <std::size_t N> bool name(const char* const (&names)[N], bool whole, int& out) {
        for (std::size_t i = 0; i < N; ++i) {
            const std::string wanted = base::lower(whole ? names[i] : std::string(names[i]).substr(0, 3));
            if (base::lower(text.substr(at, wanted.size())) == wanted) {
                out = static_cast<int>(i);
                at += wanted.size();
                return true;
            }
        }
        return false;
    }
    bool zone() {
        if (at < text.size() && text[at] == 'Z') {
            ++at;
            moment.offset = 0;
            return true;
        }
        if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return false;
        const int sign = text[at++] == '-' ? -1 : 1;
        int hours = 0, minutes = 0, seconds = 0;
        if (!digits(2, 2, 0, 99, hours)) return false;
        const bool colon = at < text.size() && text[at] == ':';
        at += colon;
        if (!digits(2, 2, 0, 59, minutes)) return false;
        if (at < text.size() && text[at] == ':') {
            ++at;
            if (!digits(2, 2, 0, 59, seconds)) return false;
        }
        moment.offset = sign * (hours * 3600 + minutes * 60 + seconds);
        return true;
    }
    void blanks() {
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
    }
    bool read(std::string_view format);
    bool one(char c);
};

bool Parsing::one(char c) {
    int ignored = 0;
    switch (c) {
    case 'Y': return digits(4, 4, 0, 9999, moment.year);
    case 'y':
        if (!digits(2, 2, 0, 99, moment.year)) return false;
        moment.year += moment.year < 69 ? 2000 : 1900;
        return true;
    case 'm': return digits(1, 2, 1, 12, moment.month);
    case 'd': case 'e': return digits(1, 2, 1, 31, moment.day);
    case 'H': return digits(1, 2, 0, 23, moment.hour);
    case 'I': return digits(1, 2, 1, 12, moment.hour) && (half = half.value_or(-1), true);
    case 'M': return digits(1, 2, 0, 59, moment.minute);
    case 'S': return digits(1, 2, 0, 61, moment.second);
    case 'j': return digits(1, 3, 1, 366, ignored) && (year_day = ignored, true);
    case 'w': return digits(1, 1, 0, 6, ignored);
    case 'u': return digits(1, 1, 1, 7, ignored);
    case 'U': case 'W': case 'V': return digits(1, 2, 0, 53, ignored);
    case 'f': {
        const std::size_t start = at;
        if (!digits(1, 6, 0, 999999, moment.microsecond)) return false;
        for (std::size_t i = at - start; i < 6; ++i) moment.microsecond *= 10;
        return true;
    }
    case 'p': {
        const std::string two = base::lower(text.substr(at, 2));
        if (two != "am" && two != "pm") return false;
        half = two == "pm";
        at += 2;
        return true;
    }
    case 'a': return name(day_names, false, ignored);
    case 'A': return name(day_names, true, ignored);
    case 'b': case 'h': case 'B':
        if (!name(month_names, c == 'B', moment.month)) return false;
        ++moment.month;
        return true;
    case 'z': return zone();
    case 'Z':
        for (const std::string_view known : {"UTC", "GMT"})
            if (text.substr(at).starts_with(known)) return at += 3, true;
        return false;
    case 'T': case 'X': return read("%H:%M:%S");
    case 'R': return read("%H:%M");
    case 'D': case 'x': return read("%m/%d/%y");
    case 'F': return read("%Y-%m-%d");
    case 'c': return read("%a %b %d %H:%M:%S %Y");
    case 'r': return read("%I:%M:%S %p");
    case '%': return at < text.size() && text[at] == '%' && ++at;
    default: throw base::Failure(base::Kind::type, std::string("'") + c + "' is a bad directive in format");
    }
}

bool Parsing::read(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] == '%' && i + 1 < format.size()) {
            if (!one(format[++i])) return false;
        } else if (std::isspace(static_cast<unsigned char>(format[i]))) {
            blanks();
        } else if (at < text.size() && std::tolower(static_cast<unsigned char>(text[at])) == std::tolower(static_cast<unsigned char>(format[i]))) {
            ++at;
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string strftime(std::string_view format, const Moment& moment) {
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        char flag = format[++i];
        if ((flag == '-' || flag == '_' || flag == '0' || flag == '^' || flag == '#') && i + 1 < format.size()) {
            std::string text = directive(format[++i], moment);
            const std::size_t lead = std::min(text.find_first_not_of("0 "), text.empty() ? 0 : text.size() - 1);
            if (flag == '-') text.erase(0, lead);
            if (flag == '_') text.replace(0, lead, lead, ' ');
            if (flag == '0') text.replace(0, lead, lead, '0');
            if (flag == '^') text = base::upper(text);
            out += text;
        } else if ((flag == 'E' || flag == 'O') && i + 1 < format.size()) {
            out += directive(format[++i], moment);
        } else {
            out += directive(flag, moment);
        }
    }
    return out;
}

std::optional<Moment> strptime(std::string_view text, std::string_view format) {
    Parsing parsing;
    parsing.text = text;
    if (!parsing.read(format) || parsing.at != text.size()) return std::nullopt;
    Moment& moment = parsing.moment;
    if (parsing.half && moment.hour <= 12) {
        if (*parsing.half == 1) moment.hour = moment.hour % 12 + 12;
        else moment.hour %= 12;
    }
    if (parsing.year_day) {
        Moment first = moment;
        first.month = first.day = 1;
        const Moment day = Moment::from_seconds((first.days() + *parsing.year_day - 1) * 86400);
        moment.month = day.month;
        moment.day = day.day;
    }
    if (!moment.valid()) return std::nullopt;
    return moment;
}

}  // namespace fprov::values
