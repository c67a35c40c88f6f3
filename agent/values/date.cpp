// SPDX-License-Identifier: Apache-2.0
#include "values/date.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>

#include "base/error.hpp"

namespace fprov::values {

namespace {

// Howard Hinnant's days_from_civil and its inverse: exact for all years that Python knows.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    year -= month <= 2;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto yoe = static_cast<unsigned>(year - era * 400);
    const unsigned doy = (153u * static_cast<unsigned>(month + (month > 2 ? -3 : 9)) + 2) / 5 + static_cast<unsigned>(day) - 1;
    const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

void civil_from_days(std::int64_t days, Moment& out) {
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto doe = static_cast<unsigned>(days - era * 146097);
    const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const unsigned mp = (5 * doy + 2) / 153;
    out.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
    out.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
    out.year = static_cast<int>(static_cast<std::int64_t>(yoe) + era * 400 + (out.month <= 2));
}

std::string print(const char* format, auto... values) {
    char buffer[128];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

std::string offset_text(int offset) {
    const char sign = offset < 0 ? '-' : '+';
    const int size = std::abs(offset);
    std::string out = print("%c%02d:%02d", sign, size / 3600, size / 60 % 60);
    if (size % 60) out += print(":%02d", size % 60);
    return out;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

/// A bound method: what attribute("strftime") gives.
class Method : public Object {
public:
    Method(std::string name, std::function<Value(CallArguments&)> body) : name_(std::move(name)), body_(std::move(body)) {}
    std::string type_name() const override { return "builtin_function_or_method"; }
    std::string str() const override { return "<built-in method " + name_ + ">"; }
    bool callable() const override { return true; }
    Value call(CallArguments& arguments) override { return body_(arguments); }

private:
    std::string name_;
    std::function<Value(CallArguments&)> body_;
};

Value method(std::string name, std::function<Value(CallArguments&)> body) {
    return Value(std::shared_ptr<Object>(std::make_shared<Method>(std::move(name), std::move(body))));
}

Value replaced(Moment moment, CallArguments& arguments, bool with_time) {
    static const struct { const char* name; int Moment::*field; bool time; } fields[] = {
        {"year", &Moment::year, false},     {"month", &Moment::month, false},   {"day", &Moment::day, false},
        {"hour", &Moment::hour, true},      {"minute", &Moment::minute, true},  {"second", &Moment::second, true},
        {"microsecond", &Moment::microsecond, true},
    };
    for (std::size_t i = 0; i < arguments.positional.size() && i < 7; ++i)
        moment.*fields[i].field = static_cast<int>(arguments.positional[i].int_or(0));
    for (const auto& [name, value] : arguments.named) {
        bool known = false;
        for (const auto& field : fields)
            if (name == field.name && (with_time || !field.time)) {
                moment.*field.field = static_cast<int>(value.int_or(0));
                known = true;
            }
        if (name == "tzinfo" && value.is_none() && with_time) {
            moment.offset.reset();
            known = true;
        }
        if (!known) throw base::Failure(base::Kind::type, "'" + name + "' is an invalid keyword argument for replace()");
    }
    if (!moment.valid()) throw base::Failure(base::Kind::type, "day is out of range for month");
    return with_time ? make_datetime(moment) : make_date(moment);
}

int weekday(const Moment& moment) {   // Monday is 0
    return static_cast<int>(((moment.days() + 3) % 7 + 7) % 7);
}

Value format_with(const Moment& moment, CallArguments& arguments) {
    const Value* format = arguments.positional.empty() ? nullptr : &arguments.positional[0];
    for (const auto& [name, value] : arguments.named)
        if (name == "format") format = &value;
    if (!format || !format->is_string()) throw base::Failure(base::Kind::type, "strftime() takes a format text");
    return Value(strftime(format->string(), moment));
}

}  // namespace

bool Moment::valid() const {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (leap && month == 2)) return false;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

std::int64_t Moment::days() const { return days_from_civil(year, month, day); }

std::int64_t Moment::seconds() const { return days() * 86400 + hour * 3600 + minute * 60 + second; }

Moment Moment::from_seconds(std::int64_t seconds, int microsecond) {
    Moment out;
    const std::int64_t days = floor_div(seconds, 86400);
    const auto rest = static_cast<int>(seconds - days * 86400);
    civil_from_days(days, out);
    out.hour = rest / 3600;
    out.minute = rest / 60 % 60;
    out.second = rest % 60;
    out.microsecond = microsecond;
    return out;
}

std::string Date::str() const { return print("%04d-%02d-%02d", moment_.year, moment_.month, moment_.day); }

std::string Date::repr() const { return print("datetime.date(%d, %d, %d)", moment_.year, moment_.month, moment_.day); }

std::optional<Value> Date::attribute(std::string_view name) const {
    const Moment moment = moment_;
    if (name == "year") return Value(moment.year);
    if (name == "month") return Value(moment.month);
    if (name == "day") return Value(moment.day);
    if (name == "weekday") return method("weekday", [moment](CallArguments&) { return Value(weekday(moment)); });
    if (name == "isoweekday") return method("isoweekday", [moment](CallArguments&) { return Value(weekday(moment) + 1); });
    if (name == "toordinal") return method("toordinal", [moment](CallArguments&) { return Value(moment.days() + 719163); });
    if (name == "strftime") return method("strftime", [moment](CallArguments& a) { return format_with(moment, a); });
    if (name == "isoformat") return method("isoformat", [text = Date::str()](CallArguments&) { return Value(text); });
    if (name == "replace") return method("replace", [moment](CallArguments& a) { return replaced(moment, a, false); });
    return std::nullopt;
}

std::optional<int> Date::compare(const Value& other) const {
    const auto right = other.object_as<Date>();
    if (!right || std::dynamic_pointer_cast<DateTime>(right)) return std::nullopt;
    const auto a = moment_.days(), b = right->moment_.days();
    return a < b ? -1 : a > b;
}

std::string DateTime::isoformat(char separator) const {
    std::string out = Date::str() + print("%c%02d:%02d:%02d", separator, moment_.hour, moment_.minute, moment_.second);
    if (moment_.microsecond) out += print(".%06d", moment_.microsecond);
    if (moment_.offset) out += offset_text(*moment_.offset);
    return out;
}

std::string DateTime::str() const { return isoformat(' '); }

std::string DateTime::repr() const {
    std::string out = print("datetime.datetime(%d, %d, %d, %d, %d", moment_.year, moment_.month, moment_.day, moment_.hour, moment_.minute);
    if (moment_.second || moment_.microsecond) out += print(", %d", moment_.second);
    if (moment_.microsecond) out += print(", %d", moment_.microsecond);
    if (moment_.offset)
        out += *moment_.offset == 0 ? std::string(", tzinfo=datetime.timezone.utc")
                                    : ", tzinfo=datetime.timezone(" + TimeDelta(*moment_.offset, 0).repr() + ")";
    return out + ")";
}

std::optional<Value> DateTime::attribute(std::string_view name) const {
    const Moment moment = moment_;
    if (name == "hour") return Value(moment.hour);
    if (name == "minute") return Value(moment.minute);
    if (name == "second") return Value(moment.second);
    if (name == "microsecond") return Value(moment.microsecond);
    if (name == "tzinfo") return moment.offset ? Value(*moment.offset ? "UTC" + offset_text(*moment.offset) : std::string("UTC")) : Value();
    if (name == "date") return method("date", [moment](CallArguments&) { return make_date(moment); });
    if (name == "replace") return method("replace", [moment](CallArguments& a) { return replaced(moment, a, true); });
    if (name == "isoformat")
        return method("isoformat", [moment](CallArguments& a) {
            const std::string separator = a.positional.empty() ? "T" : std::string(a.positional[0].text_or("T"));
            return Value(DateTime(moment).isoformat(separator.empty() ? 'T' : separator[0]));
        });
    if (name == "timestamp")
        return method("timestamp", [moment](CallArguments&) {
            // A naive moment is taken as local time, as Python does; controllers keep their clock's zone in TZ.
            std::int64_t seconds = moment.seconds();
            if (moment.offset) {
                seconds -= *moment.offset;
            } else {
                std::tm local{};
                local.tm_year = moment.year - 1900, local.tm_mon = moment.month - 1, local.tm_mday = moment.day;
                local.tm_hour = moment.hour, local.tm_min = moment.minute, local.tm_sec = moment.second, local.tm_isdst = -1;
                seconds = std::mktime(&local);
            }
            return Value(static_cast<double>(seconds) + moment.microsecond / 1e6);
        });
    return Date::attribute(name);
}

std::optional<int> DateTime::compare(const Value& other) const {
    const auto right = other.object_as<DateTime>();
    if (!right || moment_.offset.has_value() != right->moment_.offset.has_value()) return std::nullopt;
    const auto a = moment_.seconds() - moment_.offset.value_or(0), b = right->moment_.seconds() - right->moment_.offset.value_or(0);
    if (a != b) return a < b ? -1 : 1;
    return moment_.microsecond < right->moment_.microsecond ? -1 : moment_.microsecond > right->moment_.microsecond;
}

TimeDelta::TimeDelta(std::int64_t seconds, int microseconds) : seconds_(seconds), microseconds_(microseconds) {
    seconds_ += floor_div(microseconds_, 1000000);
    microseconds_ = static_cast<int>(microseconds_ - floor_div(microseconds_, 1000000) * 1000000);
}

std::string TimeDelta::str() const {
    const std::int64_t days = floor_div(seconds_, 86400);
    const auto rest = static_cast<int>(seconds_ - days * 86400);
    std::string out;
    if (days) out = print("%lld day%s, ", static_cast<long long>(days), std::abs(days) == 1 ? "" : "s");
    out += print("%d:%02d:%02d", rest / 3600, rest / 60 % 60, rest % 60);
    if (microseconds_) out += print(".%06d", microseconds_);
    return out;
}

std::string TimeDelta::repr() const {
    const std::int64_t days = floor_div(seconds_, 86400);
    const auto rest = static_cast<int>(seconds_ - days * 86400);
    std::string out;
    auto part = [&out](const char* name, long long number) {
        if (number) out += (out.empty() ? "" : ", ") + print("%s=%lld", name, number);
    };
    part("days", days);
    part("seconds", rest);
    part("microseconds", microseconds_);
    return "datetime.timedelta(" + (out.empty() ? "0" : out) + ")";
}

std::optional<Value> TimeDelta::attribute(std::string_view name) const {
    const std::int64_t days = floor_div(seconds_, 86400);
    if (name == "days") return Value(days);
    if (name == "seconds") return Value(seconds_ - days * 86400);
    if (name == "microseconds") return Value(microseconds_);
    if (name == "total_seconds")
        return method("total_seconds", [total = static_cast<double>(seconds_) + microseconds_ / 1e6](CallArguments&) { return Value(total); });
    return std::nullopt;
}

std::optional<int> TimeDelta::compare(const Value& other) const {
    const auto right = other.object_as<TimeDelta>();
    if (!right) return std::nullopt;
    if (seconds_ != right->seconds_) return seconds_ < right->seconds_ ? -1 : 1;
    return microseconds_ < right->microseconds_ ? -1 : microseconds_ > right->microseconds_;
}

Value make_date(const Moment& moment) { return Value(std::shared_ptr<Object>(std::make_shared<Date>(moment))); }

Value make_datetime(const Moment& moment) { return Value(std::shared_ptr<Object>(std::make_shared<DateTime>(moment))); }

namespace {

Value shifted(const Date& from, std::int64_t seconds, int microseconds, bool with_time) {
    const Moment& moment = from.moment();
    if (!with_time) {   // a date moves by whole days
        Moment out = Moment::from_seconds((moment.days() + floor_div(seconds, 86400)) * 86400);
        return make_date(out);
    }
    const int micro = moment.microsecond + microseconds;
    const std::int64_t carry = floor_div(micro, 1000000);
    Moment out = Moment::from_seconds(moment.seconds() + seconds + carry, static_cast<int>(micro - carry * 1000000));
    out.offset = moment.offset;
    return make_datetime(out);
}

}  // namespace

std::optional<Value> subtract_dates(const Value& a, const Value& b) {
    const auto left = a.object_as<Date>();
    const auto right = b.object_as<Date>();
    const auto delta = b.object_as<TimeDelta>();
    auto make = [](std::int64_t seconds, int micro) { return Value(std::shared_ptr<Object>(std::make_shared<TimeDelta>(seconds, micro))); };
    if (const auto first = a.object_as<TimeDelta>(); first && delta)
        return make(first->whole_seconds() - delta->whole_seconds(), first->microseconds() - delta->microseconds());
    if (!left) return std::nullopt;
    const bool timed = static_cast<bool>(std::dynamic_pointer_cast<DateTime>(left));
    if (delta) return shifted(*left, -delta->whole_seconds(), -delta->microseconds(), timed);
    if (!right || timed != static_cast<bool>(std::dynamic_pointer_cast<DateTime>(right))) return std::nullopt;
    if (left->moment().offset.has_value() != right->moment().offset.has_value())
        throw base::Failure(base::Kind::type, "can't subtract offset-naive and offset-aware datetimes");
    return make(left->moment().seconds() - left->moment().offset.value_or(0) - right->moment().seconds() + right->moment().offset.value_or(0),
                left->moment().microsecond - right->moment().microsecond);
}

std::optional<Value> add_dates(const Value& a, const Value& b) {
    const auto delta = b.object_as<TimeDelta>();
    if (const auto first = a.object_as<TimeDelta>(); first && delta)
        return Value(std::shared_ptr<Object>(std::make_shared<TimeDelta>(first->whole_seconds() + delta->whole_seconds(),
                                                                         first->microseconds() + delta->microseconds())));
    if (const auto left = a.object_as<Date>(); left && delta)
        return shifted(*left, delta->whole_seconds(), delta->microseconds(), static_cast<bool>(std::dynamic_pointer_cast<DateTime>(left)));
    if (a.object_as<TimeDelta>() && b.object_as<Date>()) return add_dates(b, a);
    return std::nullopt;
}

namespace {

/// `self op other` or, reflected, `other op self`; the functions above take values, so the object is copied into one.
template <class T>
std::optional<Value> date_arithmetic(const T& self, std::string_view op, const Value& other, bool reflected) {
    const Value mine(std::static_pointer_cast<Object>(std::make_shared<T>(self)));
    const Value &left = reflected ? other : mine, &right = reflected ? mine : other;
    if (op == "-") return subtract_dates(left, right);
    if (op == "+") return add_dates(left, right);
    return std::nullopt;
}

}  // namespace

std::optional<Value> Date::arithmetic(std::string_view op, const Value& other, bool reflected) const {
    if (const auto* precise = dynamic_cast<const DateTime*>(this)) return date_arithmetic(*precise, op, other, reflected);
    return date_arithmetic(*this, op, other, reflected);
}

std::optional<Value> TimeDelta::arithmetic(std::string_view op, const Value& other, bool reflected) const {
    return date_arithmetic(*this, op, other, reflected);
}

}  // namespace fprov::values
