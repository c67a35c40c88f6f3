// SPDX-License-Identifier: Apache-2.0
#include "dialect/arguments.hpp"

#include <cmath>

#include "base/text.hpp"

namespace fprov::dialect {

using base::Failure;
using base::Kind;
using base::Place;
using values::List;
using values::Map;
using values::Trust;
using values::Value;

void fail(Place place, std::string what, std::string hint, Kind kind) { throw Failure(kind, std::move(what), place, std::move(hint)); }

void require_defined(const Value& value, Place place) {
    if (!value.is_undefined() || value.undefined_info().lenient) return;
    const auto& info = value.undefined_info();
    throw Failure(Kind::undefined, info.message.empty() ? "'" + info.name + "' is undefined" : info.message,
                  info.place ? info.place : place, info.hint);
}

std::string text_of(const Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    return call[i].is_string() ? call[i].string() : values::str(call[i]);
}

std::string string_of(const Call& call, std::size_t i, const char* method) {
    require_defined(call[i], call.place);
    if (!call[i].is_string()) fail(call, "'" + values::type_name(call[i]) + "' object has no attribute '" + method + "'");
    return call[i].string();
}

std::string path_of(const Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    if (!call[i].is_string()) fail(call, "expected str, bytes or os.PathLike object, not " + values::type_name(call[i]));
    return call[i].string();
}

std::int64_t integer_of(const Call& call, std::size_t i) {
    const Value& value = call[i];
    require_defined(value, call.place);
    if (value.is_int()) return value.integer();
    if (value.is_bool()) return value.boolean() ? 1 : 0;
    if (value.is_real()) return static_cast<std::int64_t>(value.real());
    if (value.is_string()) {
        if (auto number = python_int(value.string())) return *number;
        fail(call, "invalid literal for int() with base 10: " + values::repr(value));
    }
    fail(call, "int() argument must be a string, a bytes-like object or a real number, not '" + values::type_name(value) + "'");
}

double real_of(const Call& call, std::size_t i) {
    const Value& value = call[i];
    require_defined(value, call.place);
    if (value.is_real()) return value.real();
    if (value.is_int()) return static_cast<double>(value.integer());
    if (value.is_bool()) return value.boolean() ? 1 : 0;
    if (value.is_string()) {
        if (auto number = python_float(value.string())) return *number;
        fail(call, "could not convert string to float: " + values::repr(value));
    }
    fail(call, "must be real number, not " + values::type_name(value));
}

bool flag_of(const Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    return call[i].truthy();
}

List list_of(const Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    auto elements = values::elements(call[i]);
    if (!elements) fail(call, "'" + values::type_name(call[i]) + "' object is not iterable");
    return std::move(*elements);
}

const Map& map_of(const Call& call, std::size_t i) {
    require_defined(call[i], call.place);
    if (!call[i].is_map()) fail(call, "a dictionary is needed here, got " + values::repr(call[i]) + ", a " + values::type_name(call[i]));
    return call[i].map();
}

bool is_hashable(const Value& value) {
    if (value.is_list() || value.is_map()) return false;
    if (value.is_tuple())
        for (const auto& element : value.list())
            if (!is_hashable(element)) return false;
    return true;
}

bool ansible_bool(const Value& value) {
    if (value.is_bool()) return value.boolean();
    if (value.is_none()) return false;
    if (value.is_int()) return value.integer() == 1;
    if (value.is_real()) return value.real() == 1.0;
    if (!value.is_string() && !value.is_object()) return false;
    const auto text = base::lower(value.is_string() ? value.string() : values::str(value));
    return text == "yes" || text == "on" || text == "1" || text == "true";
}

std::optional<std::int64_t> python_int(std::string_view text, int base) {
    text = base::trim(text);
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            if (i == 0 || i + 1 == text.size() || text[i - 1] == '_' || !std::isalnum(static_cast<unsigned char>(text[i - 1]))) return std::nullopt;
            continue;
        }
        digits += text[i];
    }
    if (!digits.empty() && digits[0] == '+') digits.erase(0, 1);
    const std::size_t sign = !digits.empty() && digits[0] == '-' ? 1 : 0;
    if (base == 16 && digits.size() > sign + 2 && digits[sign] == '0' && (digits[sign + 1] | 32) == 'x') digits.erase(sign, 2);
    if (base == 8 && digits.size() > sign + 2 && digits[sign] == '0' && (digits[sign + 1] | 32) == 'o') digits.erase(sign, 2);
    if (base == 2 && digits.size() > sign + 2 && digits[sign] == '0' && (digits[sign + 1] | 32) == 'b') digits.erase(sign, 2);
    return base::parse_int(digits, base);
}

std::optional<double> python_float(std::string_view text) {
    const auto word = base::lower(base::trim(text));
    std::string_view rest = word;
    double sign = 1;
    if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
        if (rest[0] == '-') sign = -1;
        rest.remove_prefix(1);
    }
    if (rest == "inf" || rest == "infinity") return sign * INFINITY;
    if (rest == "nan") return NAN;
    if (rest.empty() || !(std::isdigit(static_cast<unsigned char>(rest[0])) || rest[0] == '.') || rest.find('x') != std::string_view::npos)
        return std::nullopt;
    auto number = base::parse_double(base::replace_all(std::string(rest), "_", ""));
    if (!number) return std::nullopt;
    return sign * *number;
}

Value with_trust(const Value& value, Trust trust) {
    if (value.is_string()) {
        return Value(value).set_trust(trust).set_as_written(false);
    }
    if (value.is_sequence()) {
        List list;
        list.reserve(value.list().size());
        for (const auto& element : value.list()) list.push_back(with_trust(element, trust));
        Value copy = value.is_tuple() ? Value::tuple(std::move(list)) : Value(std::move(list));
        return copy.set_origin(value.origin());
    }
    if (value.is_map()) {
        Map map;
        for (const auto& entry : value.map()) map.set(entry.key, with_trust(entry.value, trust));
        Value copy(std::move(map));
        return copy.set_origin(value.origin());
    }
    return value;
}

const Value* keyword(const Call& call, std::string_view name) { return call.keywords.find(name); }

bool keyword_flag(const Call& call, std::string_view name, bool otherwise) {
    const Value* value = keyword(call, name);
    return value ? value->truthy() : otherwise;
}

std::int64_t keyword_int(const Call& call, std::string_view name, std::int64_t otherwise) {
    const Value* value = keyword(call, name);
    return value ? value->int_or(otherwise) : otherwise;
}

}  // namespace fprov::dialect
