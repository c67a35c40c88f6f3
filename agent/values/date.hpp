// SPDX-License-Identifier: Apache-2.0
// Python's date, datetime and timedelta as values: from YAML timestamps, from to_datetime, and for strftime.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "values/value.hpp"

namespace fprov::values {

/// A moment on the proleptic Gregorian calendar, with an optional distance from UTC.
struct Moment {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, microsecond = 0;
    std::optional<int> offset{};   // seconds east of UTC; unset = naive
    bool valid() const;            // a date that exists
    std::int64_t days() const;     // days since 1970-01-01
    std::int64_t seconds() const;  // seconds since 1970-01-01T00:00:00, offset not considered
    static Moment from_seconds(std::int64_t seconds, int microsecond = 0);
};

/// C's and Python's strftime for a moment: the directives that Python's datetime documents, plus those of glibc.
std::string strftime(std::string_view format, const Moment& moment);
/// Python's strptime; nothing when the text does not match. Throws Failure for a bad directive.
std::optional<Moment> strptime(std::string_view text, std::string_view format);

class Date : public Object {
public:
    explicit Date(Moment moment) : moment_(moment) {}
    std::string type_name() const override { return "date"; }
    std::string str() const override;
    std::string repr() const override;
    std::optional<Value> attribute(std::string_view) const override;
    std::optional<int> compare(const Value&) const override;
    std::optional<Value> arithmetic(std::string_view op, const Value& other, bool reflected) const override;
    const Moment& moment() const { return moment_; }

protected:
    Moment moment_;
};

class DateTime : public Date {
public:
    using Date::Date;
    std::string type_name() const override { return "datetime"; }
    std::string str() const override;
    std::string repr() const override;
    std::string isoformat(char separator = 'T') const;
    std::optional<Value> attribute(std::string_view) const override;
    std::optional<int> compare(const Value&) const override;
};

class TimeDelta : public Object {
public:
    TimeDelta(std::int64_t seconds, int microseconds);   // microseconds may be negative; it is normalized
    std::string type_name() const override { return "timedelta"; }
    std::string str() const override;
    std::string repr() const override;
    bool truthy() const override { return seconds_ != 0 || microseconds_ != 0; }
    std::optional<Value> attribute(std::string_view) const override;
    std::optional<int> compare(const Value&) const override;
    std::optional<Value> arithmetic(std::string_view op, const Value& other, bool reflected) const override;
    std::int64_t whole_seconds() const { return seconds_; }
    int microseconds() const { return microseconds_; }

private:
    std::int64_t seconds_;
    int microseconds_;   // 0 … 999999
};

Value make_date(const Moment& moment);
Value make_datetime(const Moment& moment);
/// a - b and a + b where one of them is a date, datetime or timedelta; nothing when Python would raise TypeError.
std::optional<Value> subtract_dates(const Value& a, const Value& b);
std::optional<Value> add_dates(const Value& a, const Value& b);

}  // namespace fprov::values
