// SPDX-License-Identifier: Apache-2.0
#include "jinja/format.hpp"
#include "jinja/format_spec.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "jinja/operators.hpp"
#include "jinja/text.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using values::type_name;

std::string real_digits(double number, char type, int precision, bool alternate) {
    number = std::fabs(number);
    bool upper = type == 'E' || type == 'F' || type == 'G';
    if (std::isnan(number)) return upper ? "NAN" : "nan";
    if (std::isinf(number)) return upper ? "INF" : "inf";
    char pattern[] = {'%', alternate ? '#' : '.', alternate ? '.' : '*', alternate ? '*' : type, alternate ? type : '\0', '\0'};
    int size = std::snprintf(nullptr, 0, pattern, precision, number);
    std::string text(static_cast<std::size_t>(size), '\0');
    std::snprintf(text.data(), text.size() + 1, pattern, precision, number);
    return text;
}

std::string integer_digits(std::uint64_t number, int base, bool upper) {
    if (!number) return "0";
    std::string text;
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";   // in one expression, g++ 12 with -fsanitize=bounds reads it wrongly
    for (; number; number /= static_cast<unsigned>(base)) text += digits[number % static_cast<unsigned>(base)];
    std::reverse(text.begin(), text.end());
    return text;
}
std::uint64_t magnitude(std::int64_t number) { return number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number); }

std::int64_t truncated(const Value& value) {
    if (!value.is_real()) return as_integer(value);
    double number = std::trunc(value.real());
    if (std::isnan(number)) fail_value("cannot convert float NaN to integer");
    if (std::isinf(number)) fail_value("cannot convert float infinity to integer");
    if (std::fabs(number) >= 9.3e18) fail_overflow();
    return static_cast<std::int64_t>(number);
}

std::string ascii_repr(const Value& value) {
    std::string out;
    char buffer[16];
    std::string text = values::repr(value);
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = base::next_code_point(text, at);
        if (c < 0x80) { out += static_cast<char>(c); continue; }
        std::snprintf(buffer, sizeof buffer, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(c));
        out += buffer;
    }
    return out;
}

std::string cut(std::string_view text, int precision) {
    return std::string(precision < 0 ? text : text.substr(0, offset_of(text, static_cast<std::size_t>(precision))));
}

int read_number(std::string_view text, std::size_t& at) {
    int number = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
        number = number * 10 + (text[at++] - '0');
        if (number > widest) fail_value("Too many decimal digits in format string");
    }
    return number;
}

std::string pad(const Spec& spec, std::string sign, std::string body, char otherwise) {
    char align = spec.align ? spec.align : otherwise;
    std::size_t size = char_count(sign) + char_count(body), width = static_cast<std::size_t>(spec.width);
    if (size >= width) return sign + body;
    std::size_t missing = width - size, left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    std::string before, after;
    for (std::size_t i = 0; i < left; ++i) before += spec.fill;
    for (std::size_t i = left; i < missing; ++i) after += spec.fill;
    return align == '=' ? sign + before + body : before + sign + body + after;
}

std::string sign_of(const Spec& spec, bool negative) { return negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign); }

namespace {

Spec parse_spec(std::string_view text) {
    Spec spec;
    std::size_t at = 0;
    auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
    std::size_t first = 0;
    if (!text.empty()) base::next_code_point(text, first);
    if (first && first < text.size() && is_align(text[first])) {
        spec.fill = text.substr(0, first);
        spec.align = text[first];
        at = first + 1;
    } else if (!text.empty() && is_align(text[0])) {
        spec.align = text[at++];
    }
    auto flag = [&](std::string_view which) { return at < text.size() && which.find(text[at]) != std::string_view::npos ? text[at++] : '\0'; };
    if (char sign = flag("+- ")) spec.sign = sign;
    if (flag("#")) spec.alternate = true;
    if (flag("0")) {
        spec.zero = true;
        if (!spec.align) { spec.align = '='; spec.fill = "0"; }
    }
    spec.width = read_number(text, at);
    spec.grouping = flag(",_");
    if (flag(".")) {
        std::size_t before = at;
        spec.precision = read_number(text, at);
        if (at == before) fail_value("Format specifier missing precision");
    }
    if (at < text.size()) spec.type = text[at++];
    if (at < text.size()) fail_value("Invalid format specifier");
    return spec;
}

// Separators between groups of the digits before the point; zeros in front up to `width` when that is what fills.
std::string grouped(std::string body, char separator, std::size_t group, std::size_t width) {
    std::size_t digits = 0;
    while (digits < body.size() && std::isalnum(static_cast<unsigned char>(body[digits])) && body[digits] != 'e' ) ++digits;
    if (group == 4) digits = body.size();
    std::string whole = body.substr(0, digits), rest = body.substr(digits);
    auto insert = [&] {
        std::string out;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            if (i && (whole.size() - i) % group == 0) out += separator;
            out += whole[i];
        }
        return out;
    };
    std::string out = separator ? insert() : whole;
    if (std::size_t size = out.size() + rest.size(); size < width) {   // most of the zeros at once
        whole.insert(0, separator ? (width - size) * group / (group + 1) : width - size, '0');
        out = separator ? insert() : whole;
    }
    while (out.size() + rest.size() < width) { whole.insert(whole.begin(), '0'); out = separator ? insert() : whole; }
    return out + rest;
}

[[noreturn]] void fail_code(char type, const Value& value) {
    fail_value(std::string("Unknown format code '") + type + "' for object of type '" + type_name(value) + "'");
}

std::string finish_number(const Spec& spec, std::string sign, std::string body, std::size_t group) {
    bool zeros = spec.align == '=' && spec.fill == "0";
    std::size_t width = zeros && static_cast<std::size_t>(spec.width) > sign.size() ? static_cast<std::size_t>(spec.width) - sign.size() : 0;
    bool finite = !body.empty() && std::isxdigit(static_cast<unsigned char>(body[0])) && body != "inf" && body != "nan";
    if (finite && (spec.grouping || zeros)) body = grouped(std::move(body), spec.grouping, group, width);
    return pad(spec, std::move(sign), std::move(body), '>');
}

std::string format_real(const Value& value, const Spec& spec) {
    double number = as_real(value);
    char type = spec.type;
    std::string body, sign = sign_of(spec, std::signbit(number) && !std::isnan(number));
    int precision = spec.precision;
    if (type == 0) {
        if (precision < 0) {
            body = values::repr_float(std::fabs(number));
        } else {
            body = real_digits(number, 'g', std::max(precision, 1), spec.alternate);
            if (body.find_first_of(".en") == std::string::npos) {
                // Like 'g', but one digit behind the point, and the exponent form already when that digit does not fit.
                if (static_cast<int>(body.size()) >= std::max(precision, 1)) body = real_digits(number, 'e', std::max(precision, 1) - 1, false);
                else body += ".0";
            }
        }
    } else if (type == '%') {
        body = real_digits(number * 100, 'f', precision < 0 ? 6 : precision, spec.alternate) + '%';
    } else if (std::string_view("eEfFgGn").find(type) != std::string_view::npos) {
        body = real_digits(number, type == 'n' ? 'g' : type, precision < 0 ? 6 : type == 'g' || type == 'G' || type == 'n' ? std::max(precision, 1) : precision, spec.alternate);
    } else {
        fail_code(type, value);
    }
    return finish_number(spec, std::move(sign), std::move(body), 3);
}

std::string format_integer(const Value& value, const Spec& spec) {
    if (std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos && spec.type) return format_real(value, spec);
    std::int64_t number = as_integer(value);
    if (spec.type == 'c') {
        std::string character;
        if (number < 0 || number > 0x10ffff) fail_value("%c arg not in range(0x110000)");
        base::append_utf8(character, static_cast<char32_t>(number));
        return pad(spec, "", character, '<');
    }
    if (spec.precision >= 0) fail_value("Precision not allowed in integer format specifier");
    int base = 10;
    std::string prefix;
    switch (spec.type) {
        case 0: case 'd': case 'n': break;
        case 'b': base = 2; prefix = "0b"; break;
        case 'o': base = 8; prefix = "0o"; break;
        case 'x': base = 16; prefix = "0x"; break;
        case 'X': base = 16; prefix = "0X"; break;
        default: fail_code(spec.type, value);
    }
    std::string sign = sign_of(spec, number < 0);
    if (spec.alternate) sign += prefix;
    return finish_number(spec, std::move(sign), integer_digits(magnitude(number), base, spec.type == 'X'), base == 10 ? 3 : 4);
}

}  // namespace

std::string format_value(const Value& value, std::string_view text, const Limits& limits) {
    require_defined(value);
    if (text.empty()) return values::str(value);
    if (value.is_object()) {
        if (auto method = value.object()->attribute("strftime"); method && method->is_object() && method->object()->callable()) {
            values::CallArguments arguments;
            arguments.positional.emplace_back(std::string(text));
            return values::str(method->object()->call(arguments));
        }
    }
    if (!value.is_string() && !is_numeric(value)) fail_type("unsupported format string passed to " + type_name(value) + ".__format__");
    Spec spec = parse_spec(text);
    check_text(limits, static_cast<std::size_t>(spec.width) * spec.fill.size());
    if (is_integral(value)) return format_integer(value, spec);
    if (value.is_real()) return format_real(value, spec);
    if (spec.type && spec.type != 's') fail_code(spec.type, value);
    if (spec.align == '=' && !spec.zero) fail_value("'=' alignment not allowed in string format specifier");
    if (spec.align == '=') spec.align = '<';
    if (spec.sign != '-') fail_value("Sign not allowed in string format specifier");
    if (spec.grouping) fail_value(std::string("Cannot specify '") + spec.grouping + "' with 's'.");
    return pad(spec, "", cut(value.string(), spec.precision), '<');
}

}  // namespace fprov::jinja
