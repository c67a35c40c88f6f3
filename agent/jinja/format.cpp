// SPDX-License-Identifier: Apache-2.0
#include "jinja/format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "jinja/format_spec.hpp"
#include "jinja/operators.hpp"
#include "jinja/text.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using values::type_name;

std::string percent_format(std::string_view format, const Value& arguments, const Limits& limits) {
    std::string out;
    std::size_t taken = 0;
    bool keyed = false;
    auto next_argument = [&]() -> const Value& {
        if (arguments.is_tuple()) {
            if (taken >= arguments.list().size()) fail_type("not enough arguments for format string");
            return arguments.list()[taken++];
        }
        if (taken++) fail_type("not enough arguments for format string");
        return arguments;
    };
    for (std::size_t at = 0; at < format.size(); ++at) {
        if (format[at] != '%') { out += format[at]; continue; }
        if (++at >= format.size()) fail_value("incomplete format");
        const Value* value = nullptr;
        if (format[at] == '(') {
            std::size_t begin = ++at;
            int depth = 1;
            while (at < format.size() && (depth += format[at] == '(' ? 1 : format[at] == ')' ? -1 : 0)) ++at;
            if (at >= format.size()) fail_value("incomplete format key");
            if (!arguments.is_map()) fail_type("format requires a mapping");
            std::string key(format.substr(begin, at - begin));
            value = arguments.map().find(key);
            if (!value) fail_value("there is no key '" + key + "' for the format string");
            keyed = true;
            ++at;
        }
        Spec spec;
        bool left = false;
        for (; at < format.size(); ++at) {
            char c = format[at];
            if (c == '-') left = true;
            else if (c == '0') spec.zero = true;
            else if (c == '#') spec.alternate = true;
            else if (c == '+') spec.sign = '+';
            else if (c == ' ') { if (spec.sign != '+') spec.sign = ' '; }
            else break;
        }
        auto star_or_number = [&]() -> int {
            if (at >= format.size() || format[at] != '*') return read_number(format, at);
            ++at;
            const Value& number = next_argument();
            if (!is_integral(number)) fail_type("* wants int");
            std::int64_t wanted = as_integer(number);
            if (wanted > widest || wanted < -widest) fail_value("width too big");
            return static_cast<int>(wanted);
        };
        spec.width = star_or_number();
        if (spec.width < 0) { left = true; spec.width = -spec.width; }
        if (at < format.size() && format[at] == '.') { ++at; spec.precision = std::max(star_or_number(), 0); }
        while (at < format.size() && (format[at] == 'l' || format[at] == 'h' || format[at] == 'L')) ++at;
        if (at >= format.size()) fail_value("incomplete format");
        char type = format[at];
        if (type == '%') { out += '%'; continue; }
        if (std::string_view("srcadiuoxXeEfFgG").find(type) == std::string_view::npos) {
            char code[96];
            std::snprintf(code, sizeof code, "unsupported format character '%c' (0x%x) at index %zu", type, static_cast<unsigned char>(type), at);
            fail_value(code);
        }
        if (!value) value = &next_argument();
        require_defined(*value);
        std::string sign, body;
        bool number = false;
        if (type == 's') body = cut(values::str(*value), spec.precision);
        else if (type == 'r') body = cut(values::repr(*value), spec.precision);
        else if (type == 'a') body = cut(ascii_repr(*value), spec.precision);
        else if (type == 'c') {
            if (value->is_string() && char_count(value->string()) == 1) body = value->string();
            else if (is_integral(*value) && as_integer(*value) >= 0 && as_integer(*value) < 0x110000) base::append_utf8(body, static_cast<char32_t>(as_integer(*value)));
            else fail_type("%c requires int or char");
        } else {
            number = true;
            bool real = std::string_view("eEfFgG").find(type) != std::string_view::npos;
            if (!is_numeric(*value)) {
                if (real) fail_type("must be real number, not " + type_name(*value));
                bool whole = type == 'o' || type == 'x' || type == 'X';
                fail_type(std::string("%") + type + " format: " + (whole ? "an integer" : "a real number") + " is required, not " + type_name(*value));
            }
            if (real) {
                double x = as_real(*value);
                sign = sign_of(spec, std::signbit(x) && !std::isnan(x));
                body = real_digits(x, type, spec.precision < 0 ? 6 : spec.precision, spec.alternate);
            } else {
                int base = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
                if (base != 10 && value->is_real()) fail_type(std::string("%") + type + " format: an integer is required, not float");
                std::int64_t x = truncated(*value);
                sign = sign_of(spec, x < 0);
                body = integer_digits(magnitude(x), base, type == 'X');
                while (static_cast<int>(body.size()) < spec.precision) body.insert(body.begin(), '0');
                if (spec.alternate && base != 10) sign += base == 8 ? "0o" : type == 'X' ? "0X" : "0x";
            }
        }
        spec.align = left ? '<' : '>';
        if (spec.zero && !left && number) { spec.align = '='; spec.fill = "0"; }
        out += pad(spec, std::move(sign), std::move(body), '>');
        check_text(limits, out.size());
    }
    bool mapping = arguments.is_map() || arguments.is_list();
    std::size_t given = arguments.is_tuple() ? arguments.list().size() : 1;
    if (!keyed && !mapping && taken < given) fail_type("not all arguments converted during string formatting");
    return out;
}

namespace {

class BraceFormat {
public:
    BraceFormat(const List& positional, const Map& named, const Limits& limits) : positional_(positional), named_(named), limits_(limits) {}

    std::string run(std::string_view format, int depth) {
        if (depth > 2) fail_value("Max string recursion exceeded");
        std::string out;
        for (std::size_t at = 0; at < format.size(); ++at) {
            char c = format[at];
            if (c != '{' && c != '}') { out += c; continue; }
            if (at + 1 < format.size() && format[at + 1] == c) { out += c; ++at; continue; }
            if (c == '}') fail_value("Single '}' encountered in format string");
            std::size_t begin = ++at;
            int open = 1;
            for (; at < format.size(); ++at) {
                if (format[at] == '{') ++open;
                else if (format[at] == '}' && --open == 0) break;
            }
            if (open) fail_value(begin >= format.size() ? "Single '{' encountered in format string" : "expected '}' before end of string");
            out += field(format.substr(begin, at - begin), depth);
            check_text(limits_, out.size());
        }
        return out;
    }

private:
    std::string field(std::string_view text, int depth) {
        std::size_t end = 0;
        for (bool bracket = false; end < text.size(); ++end) {
            if (text[end] == '[') bracket = true;
            else if (text[end] == ']') bracket = false;
            else if (!bracket && (text[end] == '!' || text[end] == ':')) break;
        }
        Value value = resolve(text.substr(0, end));
        if (end < text.size() && text[end] == '!') {
            char conversion = end + 1 < text.size() ? text[end + 1] : ' ';
            if (conversion == 'r') value = Value(values::repr(value));
            else if (conversion == 's') value = Value(values::str(value));
            else if (conversion == 'a') value = Value(ascii_repr(value));
            else fail_value(std::string("Unknown conversion specifier '") + conversion + "'");
            end += 2;
            if (end < text.size() && text[end] != ':') fail_value("expected ':' after conversion specifier");
        }
        std::string spec = end < text.size() ? run(text.substr(end + 1), depth + 1) : std::string();
        return format_value(value, spec, limits_);
    }

    Value resolve(std::string_view path) {
        std::size_t end = std::min(path.find_first_of(".["), path.size());
        std::string_view first = path.substr(0, end);
        Value value;
        auto number = base::parse_int(first);
        if (first.empty() || number) {
            if (first.empty() ? manual_ : automatic_ > 0)
                fail_value(first.empty() ? "cannot switch from manual field specification to automatic field numbering"
                                         : "cannot switch from automatic field numbering to manual field specification");
            if (first.empty()) number = automatic_++; else manual_ = true;
            if (*number < 0 || static_cast<std::size_t>(*number) >= positional_.size())
                fail_value("Replacement index " + std::to_string(*number) + " out of range for positional args tuple");
            value = positional_[static_cast<std::size_t>(*number)];
        } else {
            const Value* found = named_.find(first);
            if (!found) fail_value("there is no value '" + std::string(first) + "' for the format string");
            value = *found;
        }
        while (end < path.size()) {
            require_defined(value);
            if (path[end] == '.') {
                std::size_t stop = std::min(path.find_first_of(".[", end + 1), path.size());
                std::string name(path.substr(end + 1, stop - end - 1));
                auto found = value.is_object() ? value.object()->attribute(name) : std::nullopt;
                if (!found) fail_type("'" + type_name(value) + "' object has no attribute '" + name + "'");
                value = *found;
                end = stop;
            } else {
                std::size_t stop = path.find(']', end);
                if (stop == std::string_view::npos) fail_value("Missing ']' in format string");
                std::string_view key = path.substr(end + 1, stop - end - 1);
                auto index = base::parse_int(key);
                std::optional<Value> found;
                if (value.is_map()) { if (const Value* item = index ? value.map().find(Value(*index)) : value.map().find(key)) found = *item; }
                else if (index) found = element(value, *index);
                if (!found) fail_value("there is no item '" + std::string(key) + "' for the format string");
                value = *found;
                end = stop + 1;
            }
        }
        return value;
    }

    const List& positional_;
    const Map& named_;
    const Limits& limits_;
    std::int64_t automatic_ = 0;
    bool manual_ = false;
};

}  // namespace

std::string brace_format(std::string_view format, const List& positional, const Map& named, const Limits& limits) {
    return BraceFormat(positional, named, limits).run(format, 0);
}

}  // namespace fprov::jinja
