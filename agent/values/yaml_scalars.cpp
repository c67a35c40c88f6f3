// SPDX-License-Identifier: Apache-2.0
// YAML 1.1 plain scalars, resolved with the same patterns as PyYAML's SafeLoader (not those of yaml-cpp, which are 1.2's).
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "values/big_integer.hpp"
#include "values/date.hpp"
#include "values/yaml.hpp"
#include "values/yaml_scalars.hpp"

namespace fprov::values {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// A cursor with the few steps that the patterns below need.
struct Scan {
    std::string_view text;
    std::size_t at = 0;
    bool done() const { return at == text.size(); }
    char peek() const { return at < text.size() ? text[at] : '\0'; }
    bool take(char c) {
        if (peek() != c || done()) return false;
        ++at;
        return true;
    }
    bool sign() { return take('-') || take('+'); }
    template <class Is> std::size_t run(Is is) {
        const std::size_t start = at;
        while (at < text.size() && is(text[at])) ++at;
        return at - start;
    }
};

bool digit_or_line(char c) { return digit(c) || c == '_'; }

/// (:[0-5]?[0-9])+
bool sixties(Scan& scan) {
    std::size_t parts = 0;
    while (scan.peek() == ':') {
        Scan next = scan;
        next.take(':');
        const std::size_t count = next.run(digit);
        if (count == 0 || count > 2) return false;
        if (count == 2 && next.text[next.at - 2] > '5') return false;
        scan = next;
        ++parts;
    }
    return parts > 0;
}

enum class Shape { none, binary, octal, decimal, hexadecimal, sexagesimal };

Shape int_shape(std::string_view text) {
    Scan scan{text};
    scan.sign();
    const std::string_view body = text.substr(scan.at);
    if (body.empty()) return Shape::none;
    auto all = [](std::string_view rest, auto is) { return !rest.empty() && std::all_of(rest.begin(), rest.end(), is); };
    if (body[0] == '0') {
        if (body.size() == 1) return Shape::decimal;
        if (body[1] == 'b') return all(body.substr(2), [](char c) { return c == '0' || c == '1' || c == '_'; }) ? Shape::binary : Shape::none;
        if (body[1] == 'x')
            return all(body.substr(2), [](char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '_'; })
                       ? Shape::hexadecimal : Shape::none;
        return all(body.substr(1), [](char c) { return (c >= '0' && c <= '7') || c == '_'; }) ? Shape::octal : Shape::none;
    }
    if (!digit(body[0])) return Shape::none;
    scan.run(digit_or_line);
    if (scan.done()) return Shape::decimal;
    return sixties(scan) && scan.done() ? Shape::sexagesimal : Shape::none;
}

bool float_shape(std::string_view text) {
    auto exponent = [](Scan& scan) {   // ([eE][-+][0-9]+)?
        if (scan.peek() != 'e' && scan.peek() != 'E') return true;
        ++scan.at;
        return scan.sign() && scan.run(digit) > 0;
    };
    Scan scan{text};
    if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
    if (scan.take('.') && digit(scan.peek())) {
        scan.run(digit_or_line);
        return exponent(scan) && scan.done();
    }
    scan.at = 0;
    scan.sign();
    const std::string_view body = text.substr(scan.at);
    if (body == ".inf" || body == ".Inf" || body == ".INF") return true;
    if (!digit(scan.peek())) return false;
    scan.run(digit_or_line);
    if (scan.take('.')) {
        scan.run(digit_or_line);
        return exponent(scan) && scan.done();
    }
    if (!sixties(scan) || !scan.take('.')) return false;
    scan.run(digit_or_line);
    return scan.done();
}

std::string without_lines(std::string_view text) {
    std::string out(text);
    std::erase(out, '_');
    return out;
}

/// Reads digits of a base; overflow gives nothing.
std::optional<std::int64_t> digits_of(std::string_view text, unsigned base, bool negative) {
    if (text.empty()) return std::nullopt;
    unsigned __int128 sum = 0;
    for (const char c : text) {
        const int value = digit(c) ? c - '0' : (c | 32) - 'a' + 10;
        if (value < 0 || value >= static_cast<int>(base)) return std::nullopt;
        sum = sum * base + static_cast<unsigned>(value);
        if (sum > static_cast<unsigned __int128>(std::numeric_limits<std::int64_t>::max()) + negative) return std::nullopt;
    }
    return negative ? static_cast<std::int64_t>(-static_cast<__int128>(sum)) : static_cast<std::int64_t>(sum);
}



}  // namespace

std::optional<Value> yaml_int(std::string_view plain) {
    std::string text = without_lines(plain);
    bool negative = false;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text.erase(0, 1);
    }
    if (text.empty()) return std::nullopt;
    std::optional<std::int64_t> number;
    if (text == "0") return Value(0);
    if (text.starts_with("0b")) {
        number = digits_of(std::string_view(text).substr(2), 2, negative);
    } else if (text.starts_with("0x")) {
        number = digits_of(std::string_view(text).substr(2), 16, negative);
    } else if (text[0] == '0') {
        number = digits_of(text, 8, negative);
    } else if (text.find(':') != std::string::npos) {
        std::int64_t sum = 0;
        std::size_t start = 0;
        while (start <= text.size()) {
            const std::size_t end = std::min(text.find(':', start), text.size());
            const auto part = digits_of(std::string_view(text).substr(start, end - start), 10, false);
            if (!part || __builtin_mul_overflow(sum, 60, &sum) || __builtin_add_overflow(sum, *part, &sum)) return std::nullopt;
            start = end + 1;
        }
        number = negative ? -sum : sum;
    } else {
        number = digits_of(text, 10, negative);
        if (!number && std::all_of(text.begin(), text.end(), digit)) return whole_number((negative ? "-" : "") + text);
    }
    return number ? std::optional<Value>(Value(*number)) : std::nullopt;
}

std::optional<Value> yaml_float(std::string_view plain) {
    std::string text = without_lines(plain);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 32) : c; });
    double sign = 1;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        if (text[0] == '-') sign = -1;
        text.erase(0, 1);
    }
    if (text.empty()) return std::nullopt;
    if (text == ".inf" || text == "inf" || text == "infinity") return Value(sign * std::numeric_limits<double>::infinity());
    if (text == ".nan" || text == "nan") return Value(std::numeric_limits<double>::quiet_NaN());
    auto number = [](const std::string& part, double& out) {
        if (part.empty() || part == "." || part.find_first_not_of("0123456789.e+-") != std::string::npos) return false;
        char* end = nullptr;
        out = std::strtod(part.c_str(), &end);
        return *end == '\0';
    };
    double sum = 0;
    std::size_t start = 0;
    while (start <= text.size()) {   // without a colon this is one round
        const std::size_t end = std::min(text.find(':', start), text.size());
        double part = 0;
        if (!number(text.substr(start, end - start), part)) return std::nullopt;
        sum = sum * 60 + part;
        start = end + 1;
    }
    return Value(sign * sum);
}

std::optional<bool> yaml_bool(std::string_view plain) {
    static const std::string_view yes[] = {"yes", "true", "on"}, no[] = {"no", "false", "off"};
    std::string text(plain);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 32) : c; });
    if (std::find(std::begin(yes), std::end(yes), text) != std::end(yes)) return true;
    if (std::find(std::begin(no), std::end(no), text) != std::end(no)) return false;
    return std::nullopt;
}

std::optional<Moment> yaml_timestamp(std::string_view plain, bool& with_time) {
    Scan scan{plain};
    Moment moment;
    with_time = false;
    auto number = [&scan](std::size_t least, std::size_t most, int& out) {
        const std::size_t start = scan.at;
        while (scan.at - start < most && digit(scan.peek())) ++scan.at;
        if (scan.at - start < least) return false;
        out = 0;
        for (std::size_t i = start; i < scan.at; ++i) out = out * 10 + (scan.text[i] - '0');
        return true;
    };
    if (!number(4, 4, moment.year) || !scan.take('-')) return std::nullopt;
    const std::size_t month_at = scan.at;
    if (!number(1, 2, moment.month)) return std::nullopt;
    const bool wide = scan.at - month_at == 2;
    if (!scan.take('-')) return std::nullopt;
    const std::size_t day_at = scan.at;
    if (!number(1, 2, moment.day)) return std::nullopt;
    if (scan.done()) return wide && scan.at - day_at == 2 ? std::optional<Moment>(moment) : std::nullopt;
    with_time = true;
    auto blank = [](char c) { return c == ' ' || c == '\t'; };
    if (!scan.take('T') && !scan.take('t') && scan.run(blank) == 0) return std::nullopt;
    if (!number(1, 2, moment.hour) || !scan.take(':') || !number(2, 2, moment.minute) || !scan.take(':') || !number(2, 2, moment.second))
        return std::nullopt;
    if (scan.take('.')) {
        const std::size_t start = scan.at;
        const std::size_t count = scan.run(digit);
        std::string fraction(scan.text.substr(start, std::min<std::size_t>(count, 6)));
        fraction.resize(6, '0');
        moment.microsecond = std::atoi(fraction.c_str());
    }
    Scan zone = scan;
    zone.run(blank);
    if (zone.done()) return zone.at == scan.at ? std::optional<Moment>(moment) : std::nullopt;   // trailing blanks are not part of it
    if (zone.take('Z')) {
        if (!zone.done()) return std::nullopt;
        moment.offset = 0;
        return moment;
    }
    const bool west = zone.peek() == '-';
    if (!zone.sign()) return std::nullopt;
    scan = zone;
    int hours = 0, minutes = 0;
    if (!number(1, 2, hours)) return std::nullopt;
    if (scan.take(':') && !number(2, 2, minutes)) return std::nullopt;
    if (!scan.done()) return std::nullopt;
    moment.offset = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return moment;
}

PlainTag yaml_plain_tag(std::string_view text) {
    if (text.empty()) return PlainTag::null;
    static const std::string_view nulls[] = {"~", "null", "Null", "NULL"};
    static const std::string_view flags[] = {"yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE",
                                             "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF"};
    switch (text[0]) {
    case '~': case 'n': case 'N': case 'y': case 'Y': case 't': case 'T': case 'f': case 'F': case 'o': case 'O':
        if (std::find(std::begin(nulls), std::end(nulls), text) != std::end(nulls)) return PlainTag::null;
        if (std::find(std::begin(flags), std::end(flags), text) != std::end(flags)) return PlainTag::boolean;
        return PlainTag::text;
    case '<': return text == "<<" ? PlainTag::merge : PlainTag::text;
    case '=': return text == "=" ? PlainTag::value : PlainTag::text;
    default: break;
    }
    if (!digit(text[0]) && text[0] != '-' && text[0] != '+' && text[0] != '.') return PlainTag::text;
    if (float_shape(text)) return PlainTag::real;
    if (text[0] == '.') return PlainTag::text;
    if (int_shape(text) != Shape::none) return PlainTag::integer;
    bool with_time = false;
    if (digit(text[0]) && yaml_timestamp(text, with_time)) return PlainTag::timestamp;
    return PlainTag::text;
}

Value resolve_yaml_scalar(std::string_view plain, base::Place place, Trust trust) {
    Value out;
    switch (yaml_plain_tag(plain)) {
    case PlainTag::null: break;
    case PlainTag::boolean: out = Value(*yaml_bool(plain)); break;
    case PlainTag::integer:
        if (auto number = yaml_int(plain)) out = std::move(*number);
        else throw base::Failure(base::Kind::parse, "'" + std::string(plain) + "' is not a number that fits here", place, "quote it to keep it as text");
        break;
    case PlainTag::real:
        if (auto number = yaml_float(plain)) out = std::move(*number);
        else out = Value(std::string(plain), trust, place);
        break;
    case PlainTag::timestamp: {
        bool with_time = false;
        const Moment moment = *yaml_timestamp(plain, with_time);
        if (!moment.valid())
            throw base::Failure(base::Kind::parse, "'" + std::string(plain) + "' looks like a date but is none", place, "quote it to keep it as text");
        out = with_time ? make_datetime(moment) : make_date(moment);
        break;
    }
    case PlainTag::value:
        throw base::Failure(base::Kind::parse, "could not determine a constructor for the tag 'tag:yaml.org,2002:value'", place, "quote the '='");
    case PlainTag::merge:
        throw base::Failure(base::Kind::parse, "could not determine a constructor for the tag 'tag:yaml.org,2002:merge'", place, "quote the '<<'");
    case PlainTag::text: return Value(std::string(plain), trust, place);
    }
    if (out.is_string()) out.set_trust(trust);
    return out.set_origin(place), out;
}

}  // namespace fprov::values
