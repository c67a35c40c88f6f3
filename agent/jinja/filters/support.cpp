// SPDX-License-Identifier: Apache-2.0
#include "jinja/filters/support.hpp"

#include <charconv>
#include <random>

#include "base/text.hpp"
#include "jinja/runtime.hpp"
#include "jinja/text.hpp"

namespace fprov::jinja {

List iterate(const Call& call, const Value& value) {
    if (value.is_undefined()) {
        require_defined(value.undefined_info().lenient ? Value() : value, &call.context.scope);
        return {};
    }
    auto all = values::elements(value);
    if (!all) fail_type("'" + values::type_name(value) + "' object is not iterable");
    return std::move(*all);
}
List iterate(const Call& call, std::size_t i) { return iterate(call, call[i]); }
std::string text_of(const Call& call, std::size_t i) { return values::str(call[i]); }
std::int64_t integer_of(const Call& call, std::size_t i) {
    if (!is_integral(call[i])) fail_type("'" + values::type_name(call[i]) + "' object cannot be interpreted as an integer");
    return as_integer(call[i]);
}
bool flag_of(const Call& call, std::size_t i) { return truth(call[i], &call.context.scope); }

std::function<Value(const Value&)> getter(const Call& call, const Value& attribute, const Value& otherwise) {
    if (attribute.is_none()) return [](const Value& value) { return value; };
    Context& context = call.context;
    Place place = call.place;
    return [&context, place, attribute, otherwise](const Value& value) {
        Value found = attribute.is_string() ? context.path(value, attribute.string(), place) : context.item(value, attribute, place);
        return found.is_undefined() && !otherwise.is_none() ? otherwise : found;
    };
}

namespace {

// Python allows blanks around and single underscores between digits; false when an underscore stands elsewhere.
bool plain_digits(std::string_view text, std::string& out) {
    out.clear();
    std::string stripped = strip(text);
    for (std::size_t i = 0; i < stripped.size(); ++i) {
        if (stripped[i] != '_') { out += stripped[i]; continue; }
        auto digit = [&](std::size_t at) { return at < stripped.size() && std::isalnum(static_cast<unsigned char>(stripped[at])); };
        if (!i || !digit(i - 1) || !digit(i + 1)) return false;
    }
    return !out.empty();
}

}  // namespace

std::optional<double> parse_python_float(std::string_view text) {
    std::string digits;
    if (!plain_digits(text, digits)) return std::nullopt;
    std::size_t sign = digits[0] == '-' || digits[0] == '+';
    std::string rest = base::lower(digits.substr(sign));
    if (rest == "inf" || rest == "infinity" || rest == "nan") {
        double value = rest == "nan" ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
        return digits[0] == '-' ? -value : value;
    }
    if (rest.find_first_not_of("0123456789.e+-") != std::string::npos || rest.empty() || rest[0] == '-' || rest[0] == '+') return std::nullopt;
    double value = 0;
    auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (end != rest.data() + rest.size() || code == std::errc::invalid_argument) return std::nullopt;
    if (code == std::errc::result_out_of_range) value = std::strtod(rest.c_str(), nullptr);
    return digits[0] == '-' ? -value : value;
}

std::optional<std::int64_t> parse_python_int(std::string_view text, int base, bool& overflow) {
    std::string digits;
    overflow = false;
    if (!plain_digits(text, digits)) return std::nullopt;
    bool negative = digits[0] == '-';
    if (negative || digits[0] == '+') digits.erase(0, 1);
    char letter = digits.size() > 2 && digits[0] == '0' ? static_cast<char>(digits[1] | 0x20) : ' ';
    int prefix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (prefix && (base == prefix || base == 0)) {
        digits.erase(0, 2);
        base = prefix;
    } else if (base == 0) {
        base = 10;
        if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) return std::nullopt;
    }
    if (base < 2 || base > 36) fail_value("int() base must be >= 2 and <= 36, or 0");
    if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
    if (negative) digits.insert(0, "-");
    std::int64_t value = 0;
    auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (end != digits.data() + digits.size() || code == std::errc::invalid_argument) return std::nullopt;
    if (code == std::errc::result_out_of_range) { overflow = true; return std::nullopt; }
    return value;
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '\'': out += "&#39;"; break;
            case '"': out += "&#34;"; break;
            default: out += c;
        }
    }
    return out;
}

std::uint64_t random_number(Context& context, std::uint64_t below) {
    std::uint64_t& state = context.runtime().random_state;
    if (!state) state = (std::uint64_t(std::random_device{}()) << 32) | std::random_device{}();
    state += 0x9e3779b97f4a7c15;   // splitmix64
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
}

}  // namespace fprov::jinja
