// SPDX-License-Identifier: Apache-2.0
// Logarithms, roots, sizes for humans.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/sizes.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {

namespace {
struct Unit { char letter; int exponent; };   // of 1024
constexpr Unit units[] = {{'Y', 8}, {'Z', 7}, {'E', 6}, {'P', 5}, {'T', 4}, {'G', 3}, {'M', 2}, {'K', 1}, {'B', 0}};
}  // namespace

std::optional<std::int64_t> human_to_bytes(std::string_view text, std::string_view default_unit, bool isbits) {
    text = base::trim(text);
    std::size_t end = 0;
    while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) ++end;
    const auto number = base::parse_double(text.substr(0, end));
    if (!number) return std::nullopt;
    auto unit = base::trim(text.substr(end));
    unit = unit.substr(0, std::find_if(unit.begin(), unit.end(), [](char c) { return !std::isalpha(static_cast<unsigned char>(c)); }) - unit.begin());   // the rest is passed over
    if (unit.empty()) unit = default_unit;
    if (unit.empty()) return static_cast<std::int64_t>(std::nearbyint(*number));
    const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
    for (const auto& row : units) {
        if (row.letter != letter) continue;
        // "K", "KB" (or "Kb" for bits), or a word such as kilobytes.
        const bool word = base::lower(unit).find(isbits ? "bit" : "byte") != std::string::npos;
        if (unit.size() > 1 && !word && !(unit.size() == 2 && unit[1] == (isbits ? 'b' : 'B'))) return std::nullopt;
        return static_cast<std::int64_t>(std::nearbyint(*number * std::pow(1024.0, row.exponent)));
    }
    return std::nullopt;
}

std::string bytes_to_human(double size, bool isbits, std::string_view unit) {
    const char wanted = unit.empty() ? '\0' : static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
    double divisor = 1;
    char letter = 'B';
    for (const auto& row : units) {
        const double limit = std::pow(1024.0, row.exponent);
        if ((wanted == '\0' && size >= limit) || wanted == row.letter) { divisor = limit; letter = row.letter; break; }
    }
    char text[64];
    const std::string suffix = letter == 'B' ? (isbits ? "bits" : "Bytes") : std::string(1, letter) + (isbits ? "b" : "B");
    std::snprintf(text, sizeof text, "%.2f %s", size / divisor, suffix.c_str());
    return text;
}

namespace filters {
namespace {

double number_of(Call& call, std::size_t i, const char* name) {
    const Value& value = call[i];
    require_defined(value, call.place);
    if (value.is_number() || value.is_bool()) return real_of(call, i);
    fail(call, std::string(name) + "() can only be used on numbers: must be real number, not " + values::type_name(value));
}

Value log(Call& call) {
    const double x = number_of(call, 0, "log"), base = number_of(call, 1, "log");
    if (x <= 0 || base <= 0) fail(call, "math domain error");
    if (base == 10) return Value(std::log10(x));
    return Value(std::log(x) / std::log(base));
}

Value pow(Call& call) {
    const double x = number_of(call, 0, "pow"), y = number_of(call, 1, "pow");
    const double result = std::pow(x, y);
    if (std::isnan(result) && !std::isnan(x) && !std::isnan(y)) fail(call, "pow() can only be used on numbers: math domain error");
    return Value(result);
}

Value root(Call& call) {
    const double x = number_of(call, 0, "root"), base = number_of(call, 1, "root");
    if (x < 0 && base == 2) fail(call, "root() can only be used on numbers: math domain error");
    if (base == 2) return Value(std::sqrt(x));
    const double result = std::pow(x, 1.0 / base);
    if (std::isnan(result)) fail(call, "root() can only be used on numbers: math domain error");
    return Value(result);
}

Value human_readable(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_number() && !call[0].is_bool())
        fail(call, "human_readable() failed on bad input: '>=' not supported between instances of '" + values::type_name(call[0]) + "' and 'int'");
    return Value(bytes_to_human(real_of(call, 0), flag_of(call, 1), call[2].is_none() ? "" : text_of(call, 2)));
}

Value human_to_bytes_filter(Call& call) {
    const auto text = text_of(call, 0);
    const auto bytes = human_to_bytes(text, call[1].is_none() ? "" : text_of(call, 1), flag_of(call, 2));
    if (!bytes) fail(call, "human_to_bytes() can't interpret following string: " + text);
    return Value(*bytes);
}

constexpr jinja::Filter rows[] = {
    {"human_readable", "size, isbits=False, unit=None", human_readable, false, "A number of bytes for people: 1.46 KB"},
    {"human_to_bytes", "size, default_unit=None, isbits=False", human_to_bytes_filter, false, "Bytes of a text such as 1.5 MB"},
    {"log", "x, base=2.718281828459045", log, false, "Logarithm, natural unless a base is given"},
    {"pow", "x, y", pow, false, "Power, as a float"},
    {"root", "x, base=2", root, false, "Square root, or another one"},
};

}  // namespace

std::span<const jinja::Filter> maths() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
