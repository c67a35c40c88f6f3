// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "values/date.hpp"
#include "values/python.hpp"

using namespace fprov;
using values::Moment;

TEST_CASE("date: calendar arithmetic") {
    CHECK(Moment{1970, 1, 1}.days() == 0);
    CHECK(Moment{2000, 3, 1}.days() == 11017);
    CHECK(Moment{1, 1, 1}.days() == -719162);
    for (const std::int64_t seconds : {std::int64_t(0), std::int64_t(-1), std::int64_t(951782400), std::int64_t(4102444799), std::int64_t(-62135596800)})
        CHECK(Moment::from_seconds(seconds).seconds() == seconds);
    CHECK(Moment{2024, 2, 29}.valid());
    CHECK_FALSE(Moment{2023, 2, 29}.valid());
    CHECK_FALSE(Moment{1900, 2, 29}.valid());
    CHECK_FALSE(Moment{2023, 13, 1}.valid());
}

TEST_CASE("date: strftime prints as Python's") {
    const Moment moment{2024, 1, 5, 15, 4, 9, 70, 3600};
    const struct { const char *format, *text; } rows[] = {
        {"%Y-%m-%d %H:%M:%S", "2024-01-05 15:04:09"}, {"%y %e %-d %j", "24  5 5 005"}, {"%a %A %b %B", "Fri Friday Jan January"},
        {"%I %p %l", "03 PM  3"}, {"%f", "000070"}, {"%z %Z", "+0100 UTC+01:00"}, {"%U %W %V %G %u %w", "00 01 01 2024 5 5"},
        {"%s", "1704463449"}, {"%F %T %D %R", "2024-01-05 15:04:09 01/05/24 15:04"}, {"%c", "Fri Jan  5 15:04:09 2024"}, {"%%x%", "%x%"}, {"%n%t", "\n\t"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.format);
        CHECK(values::strftime(row.format, moment) == row.text);
    }
}

TEST_CASE("date: strptime reads what strftime prints") {
    auto read = [](const char* text, const char* format) {
        const auto moment = values::strptime(text, format);
        return moment ? values::DateTime(*moment).str() : std::string("-");
    };
    CHECK(read("2024-01-05 15:04:09", "%Y-%m-%d %H:%M:%S") == "2024-01-05 15:04:09");
    CHECK(read("5 jan 2024 3 PM", "%d %b %Y %I %p") == "2024-01-05 15:00:00");
    CHECK(read("12 AM", "%I %p") == "1900-01-01 00:00:00");
    CHECK(read("2024-01-05T15:04:09.5+0200", "%Y-%m-%dT%H:%M:%S.%f%z") == "2024-01-05 15:04:09.500000+02:00");
    CHECK(read("2024 060", "%Y %j") == "2024-02-29 00:00:00");
    CHECK(read("2024-02-30", "%Y-%m-%d") == "-");
    CHECK(read("2024-01-05 x", "%Y-%m-%d") == "-");
    CHECK_THROWS_AS(values::strptime("1", "%Q"), base::Failure);
}

TEST_CASE("date: differences are timedeltas") {
    const auto late = values::make_datetime({2024, 3, 1, 1, 0, 0}), early = values::make_datetime({2024, 2, 28, 23, 59, 59, 500000});
    const auto delta = values::subtract_dates(late, early);
    REQUIRE(delta);
    CHECK(values::str(*delta) == "1 day, 1:00:00.500000");
    CHECK(values::repr(*delta) == "datetime.timedelta(days=1, seconds=3600, microseconds=500000)");
    CHECK(values::repr(*values::subtract_dates(early, late)) == "datetime.timedelta(days=-2, seconds=82799, microseconds=500000)");
    CHECK(values::str(*values::add_dates(early, *delta)) == "2024-03-01 01:00:00");
    CHECK_FALSE(values::subtract_dates(late, values::Value(1)));
    CHECK(values::repr(values::make_date({2024, 1, 5})) == "datetime.date(2024, 1, 5)");
    CHECK(values::repr(values::make_datetime({2024, 1, 5, 0, 0, 0, 0, 0})) == "datetime.datetime(2024, 1, 5, 0, 0, tzinfo=datetime.timezone.utc)");
}
