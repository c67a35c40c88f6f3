// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/format.hpp"
#include "values/big_integer.hpp"

namespace fprov::jinja {
namespace {

Value absolute(Call& call) {
    if (call[0].is_real()) return std::fabs(call[0].real());
    if (!is_integral(call[0])) fail_type("bad operand type for abs(): '" + values::type_name(call[0]) + "'");
    std::int64_t number = as_integer(call[0]);
    return number < 0 ? negate(Value(number)) : Value(number);
}

Value to_float(Call& call) {
    const Value& value = call[0];
    if (is_numeric(value)) return as_real(value);
    if (value.object_as<values::BigInteger>()) return std::strtod(value.object()->str().c_str(), nullptr);
    if (value.is_string()) if (auto number = parse_python_float(value.string())) return *number;
    return call[1];
}

Value truncated(double number, const Value& otherwise) {
    if (std::isnan(number)) return otherwise;
    if (std::isinf(number)) fail_value("cannot convert float infinity to integer");
    number = std::trunc(number);
    if (std::fabs(number) >= 9.2233720368547758e18) fail_overflow();
    return static_cast<std::int64_t>(number);
}
Value to_int(Call& call) {
    const Value& value = call[0];
    if (is_integral(value)) return as_integer(value);
    if (value.object_as<values::BigInteger>()) return value;
    if (value.is_real()) return truncated(value.real(), call[1]);
    if (!value.is_string()) return call[1];
    bool overflow = false;
    if (auto number = parse_python_int(value.string(), static_cast<int>(integer_of(call, 2)), overflow)) return *number;
    if (overflow) {
        const std::string_view digits = base::trim(value.string());
        if (digits.find_first_not_of("0123456789", digits[0] == '-') == std::string_view::npos && integer_of(call, 2) == 10) return values::whole_number(digits);
        fail_overflow();
    }
    if (auto number = parse_python_float(value.string())) return truncated(*number, call[1]);
    return call[1];
}

// Python's round(): correctly rounded decimal digits, ties to even.
double rounded(double number, std::int64_t digits) {
    if (!std::isfinite(number) || digits > 323) return number;
    if (digits >= 0) {
        char buffer[700];
        std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), number);
        return std::strtod(buffer, nullptr);
    }
    if (digits < -308) return 0.0 * number;
    double scale = std::pow(10.0, static_cast<double>(-digits));
    return std::nearbyint(number / scale) * scale;
}
std::int64_t rounded(std::int64_t number, std::int64_t digits) {
    if (digits >= 0) return number;
    if (digits < -18) return 0;
    std::int64_t scale = 1;
    for (; digits < 0; ++digits) scale *= 10;
    std::int64_t rest = number % scale;
    if (rest < 0) rest += scale;
    std::int64_t low = number - rest;
    bool up = rest * 2 > scale || (rest * 2 == scale && (low / scale) % 2 != 0);
    return up ? low + scale : low;
}
Value round_number(Call& call) {
    std::int64_t digits = integer_of(call, 1);
    std::string method = text_of(call, 2);
    if (method != "common" && method != "ceil" && method != "floor") fail_value("method must be common, ceil or floor");
    if (!is_numeric(call[0])) fail_type("type " + values::type_name(call[0]) + " doesn't define __round__ method");
    if (method == "common") return is_integral(call[0]) ? Value(rounded(as_integer(call[0]), digits)) : Value(rounded(call[0].real(), digits));
    double scale = std::pow(10.0, static_cast<double>(digits)), number = as_real(call[0]) * scale;
    if (!std::isfinite(number)) fail_value("cannot convert float infinity to integer");
    return (method == "ceil" ? std::ceil(number) : std::floor(number)) / scale;
}

Value filesizeformat(Call& call) {
    double bytes = 0;
    if (is_numeric(call[0])) bytes = as_real(call[0]);
    else if (auto parsed = call[0].is_string() ? parse_python_float(call[0].string()) : std::nullopt) bytes = *parsed;
    else fail_value("could not convert " + values::repr(call[0]) + " to float");
    bool binary = flag_of(call, 1);
    double base = binary ? 1024 : 1000;
    if (bytes == 1) return "1 Byte";
    if (bytes < base) return std::to_string(static_cast<std::int64_t>(bytes)) + " Bytes";
    constexpr const char* decimal[] = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    constexpr const char* powers[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
    double unit = base;
    for (int i = 0;; ++i) {
        unit *= base;
        if (bytes < unit || i == 7) return format_value(Value(base * bytes / unit), ".1f", limits_of(call)) + ' ' + (binary ? powers : decimal)[i];
    }
}

Value sum(Call& call) {
    Value total = call[2];
    auto get = getter(call, call[1]);
    for (const Value& item : iterate(call)) {
        Value part = get(item);
        require_defined(part, &call.context.scope);
        total = arithmetic(ast::Operator::add, total, part, limits_of(call));
    }
    return total;
}

Value random_item(Call& call) {
    auto all = iterate(call);
    if (all.empty()) return undefined_because("No random item, sequence was empty.", call.place);
    return all[random_number(call.context, all.size())];
}

constexpr Filter rows[] = {
    {"abs", "x", absolute, false, "absolute value"},
    {"filesizeformat", "value, binary=False", filesizeformat, false, "a number of bytes for people"},
    {"float", "value, default=0.0", to_float, false, "as a float, or the default"},
    {"int", "value, default=0, base=10", to_int, false, "as an integer, or the default"},
    {"random", "seq", random_item, false, "one element by chance"},
    {"round", "value, precision=0, method='common'", round_number, false, "rounded: common, ceil or floor"},
    {"sum", "iterable, attribute=None, start=0", sum, false, "all elements added"},
};

}  // namespace

std::span<const Filter> number_filters() { return rows; }

}  // namespace fprov::jinja
