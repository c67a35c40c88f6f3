// SPDX-License-Identifier: Apache-2.0
// One value to one parameter type, with Ansible's rules and sentences.
#include <cmath>

#include "base/files.hpp"
#include "base/text.hpp"
#include "spec/argument.hpp"
#include "values/literal.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::spec {
namespace {

using values::List;
using values::Map;

[[noreturn]] void refuse(std::string text) { throw base::Failure(base::Kind::type, std::move(text)); }
[[noreturn]] void cannot(const Value& value, std::string_view what) {
    refuse("<class '" + values::type_name(value) + "'> cannot be converted to " + std::string(what));
}

Value to_boolean(const Value& value) {
    if (value.is_bool()) return value;
    if (!value.is_string() && !value.is_number()) cannot(value, "a bool");
    std::string word = base::lower(base::trim(values::str(value)));
    static constexpr std::string_view yes[] = {"y", "yes", "on", "1", "true", "t", "1.0"};
    static constexpr std::string_view no[] = {"n", "no", "off", "0", "false", "f", "0.0"};
    for (auto candidate : yes)
        if (word == candidate && (word != "1.0" || value.is_real())) return true;
    for (auto candidate : no)
        if (word == candidate && (word != "0.0" || value.is_real())) return false;
    refuse("The value '" + values::str(value) + "' is not a valid boolean.  Valid booleans include: 0, 1, '0', '1', 'f', 'false', "
           "'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'");
}

Value to_integer(const Value& value) {
    if (value.is_int()) return value;
    if (value.is_bool()) return static_cast<int>(value.boolean());
    if (value.is_string()) {
        std::string text(base::trim(value.string()));
        std::string digits = text;
        for (std::size_t i = 1; i + 1 < digits.size();)   // Python allows single underscores between digits
            if (digits[i] == '_' && std::isdigit(static_cast<unsigned char>(digits[i - 1])) && std::isdigit(static_cast<unsigned char>(digits[i + 1]))) digits.erase(i, 1);
            else ++i;
        if (digits.starts_with('+')) digits.erase(0, 1);
        if (auto number = base::parse_int(digits)) return *number;
    }
    cannot(value, "an int");
}

Value to_real(const Value& value) {
    if (value.is_real()) return value;
    if (value.is_int()) return static_cast<double>(value.integer());
    if (value.is_bool()) return value.boolean() ? 1.0 : 0.0;
    if (value.is_string())
        if (auto number = base::parse_double(base::trim(value.string()))) return *number;
    cannot(value, "a float");
}

Value to_text(const Value& value) {
    if (value.is_string()) return value;
    return Value(values::str(value), value.trust(), value.origin());
}

/// "a=1, b='x y'": key=value pairs separated by commas or blanks, quotes and backslashes respected.
Value pairs(const std::string& text) {
    std::vector<std::string> fields;
    std::string field;
    char quote = 0;
    bool escape = false;
    for (char c : std::string(base::trim(text))) {
        if (escape) { field += c; escape = false; }
        else if (c == '\\') escape = true;
        else if (!quote && (c == '\'' || c == '"')) quote = c;
        else if (quote && c == quote) quote = 0;
        else if (!quote && (c == ',' || c == ' ')) { if (!field.empty()) fields.push_back(std::move(field)); field.clear(); }
        else field += c;
    }
    if (!field.empty()) fields.push_back(std::move(field));
    Map map;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto at = fields[i].find('=');
        if (at == std::string::npos) refuse("dictionary update sequence element #" + std::to_string(i) + " has length 1; 2 is required");
        map.set(std::string_view(fields[i]).substr(0, at), Value(fields[i].substr(at + 1)));
    }
    return Value(std::move(map));
}

Value to_dict(const Value& value) {
    if (value.is_map()) return value;
    if (!value.is_string()) cannot(value, "a dict");
    const std::string& text = value.string();
    if (text.starts_with('{')) {
        if (auto json = values::read_json(text); json && json->is_map()) return *json;
        if (auto literal = values::literal_eval(text); literal && literal->is_map()) return *literal;
        refuse("unable to evaluate string as dictionary");
    }
    if (text.find('=') != std::string::npos) return pairs(text);
    refuse("dictionary requested, could not parse JSON or key=value");
}

Value to_list(const Value& value, Type elements) {
    List list;
    if (value.is_sequence()) list = value.list();
    else if (value.is_string()) {
        for (auto& part : base::split(value.string(), ',')) list.push_back(Value(std::move(part), value.trust(), value.origin()));
    } else if (value.is_number() || value.is_bool()) list.push_back(Value(values::str(value)));
    else cannot(value, "a list");
    if (elements != Type::raw)
        for (auto& item : list) item = coerce(item, elements);
    return Value(std::move(list));
}

Value to_path(const Value& value) {
    if (value.is_none()) return value;
    Value text = to_text(value);
    std::string path = base::expand_variables(base::expand_user(text.string()));
    return Value(std::move(path), text.trust(), text.origin());
}

/// "1.5M", "10 KB": a number with a unit of 1024s; `letter` is what ends the long form ('B' bytes, 'b' bits).
Value to_size(const Value& value, char letter) {
    const char* what = letter == 'B' ? "a Byte value" : "a Bit value";
    if (!value.is_string() && !value.is_number()) cannot(value, what);
    std::string text = values::str(value);
    std::size_t at = 0;
    while (at < text.size() && text[at] == ' ') ++at;
    std::size_t begin = at;
    while (at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) || text[at] == '.')) ++at;
    auto number = base::parse_double(std::string_view(text).substr(begin, at - begin));
    if (!number) cannot(value, what);
    std::string unit(base::trim(std::string_view(text).substr(at)));
    if (unit.empty()) return static_cast<std::int64_t>(std::llrint(*number));
    static constexpr std::string_view powers = "BKMGTPEZY";
    auto power = powers.find(static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0]))));
    if (power == std::string_view::npos) cannot(value, what);
    if (unit.size() > 1) {
        std::string rest = unit.substr(1);
        bool fits = power == 0 ? false : rest == std::string(1, letter);
        if (!fits) cannot(value, what);
    }
    double scaled = *number;
    for (std::size_t i = 0; i < power; ++i) scaled *= 1024;
    return static_cast<std::int64_t>(std::llrint(scaled));
}

Value to_json(const Value& value) {
    if (value.is_string()) return Value(std::string(base::trim(value.string())), value.trust(), value.origin());
    if (value.is_map() || value.is_sequence()) return Value(values::write_json(value));
    cannot(value, "a json string");
}

}  // namespace

Value coerce(const Value& value, Type type, Type elements) {
    if (value.is_none() && type != Type::text) return value;
    switch (type) {
        case Type::text: return to_text(value);
        case Type::boolean: return to_boolean(value);
        case Type::integer: return to_integer(value);
        case Type::real: return to_real(value);
        case Type::list: return to_list(value, elements);
        case Type::dict: return to_dict(value);
        case Type::path: return to_path(value);
        case Type::raw: return value;
        case Type::bits: return to_size(value, 'b');
        case Type::bytes: return to_size(value, 'B');
        case Type::json: return to_json(value);
    }
    return value;
}

}  // namespace fprov::spec
