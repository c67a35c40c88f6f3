// SPDX-License-Identifier: Apache-2.0
#include "values/python.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/text.hpp"

namespace fprov::values {
namespace {

constexpr int deepest = 400;   // nesting that printing and comparing follow
// Values share their parts: a small one may stand for a text, or for comparisons, without end.
constexpr std::size_t largest_text = std::size_t(256) << 20;
constexpr std::size_t most_comparisons = 20'000'000;

[[noreturn]] void too_deep() { throw base::Failure(base::Kind::limit, "maximum recursion depth exceeded"); }

// Python's str.isprintable, near enough for repr: controls, surrogates, separators other than the space are escaped.
bool printable(char32_t c) {
    if (c < 0x20 || (c >= 0x7f && c < 0xa1) || c == 0xad) return false;
    if (c >= 0xd800 && c < 0xe000) return false;
    if ((c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0xfeff) return false;
    return c < 0xe000 || (c >= 0xf900 && c < 0xfff0) || (c >= 0xfffc && c < 0xe0000);
}

void append_repr(std::string& out, const std::string& text) {
    bool single = text.find('\'') != std::string::npos, twice = text.find('"') != std::string::npos;
    char quote = single && !twice ? '"' : '\'';
    out += quote;
    char buffer[16];
    for (std::size_t at = 0; at < text.size();) {
        std::size_t begin = at;
        char32_t c = base::next_code_point(text, at);
        if (c == static_cast<char32_t>(quote) || c == '\\') { out += '\\'; out += static_cast<char>(c); }
        else if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (printable(c)) out.append(text, begin, at - begin);
        else {
            std::snprintf(buffer, sizeof buffer, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(c));
            out += buffer;
        }
    }
    out += quote;
}

void append(std::string& out, const Value& value, int depth) {
    if (depth > deepest) too_deep();
    if (out.size() > largest_text) throw base::Failure(base::Kind::limit, "the value is larger than " + std::to_string(largest_text >> 20) + " MiB as a text");
    switch (value.type()) {
        case Type::none: out += "None"; break;
        case Type::boolean: out += value.boolean() ? "True" : "False"; break;
        case Type::integer: out += std::to_string(value.integer()); break;
        case Type::real: out += repr_float(value.real()); break;
        case Type::string: append_repr(out, value.string()); break;
        case Type::list: case Type::tuple: {
            bool tuple = value.is_tuple();
            out += tuple ? '(' : '[';
            bool first = true;
            for (const Value& item : value.list()) {
                if (!first) out += ", ";
                first = false;
                append(out, item, depth + 1);
            }
            if (tuple && value.list().size() == 1) out += ',';
            out += tuple ? ')' : ']';
            break;
        }
        case Type::map: {
            out += '{';
            bool first = true;
            for (const auto& [key, item] : value.map()) {
                if (!first) out += ", ";
                first = false;
                append(out, key, depth + 1);
                out += ": ";
                append(out, item, depth + 1);
            }
            out += '}';
            break;
        }
        case Type::undefined: {
            const auto& info = value.undefined_info();
            if (info.lenient) break;
            throw base::Failure(base::Kind::undefined, info.message, info.place, info.hint);
        }
        case Type::object: out += value.object()->repr(); break;
    }
}

double as_double(const Value& v) { return v.is_real() ? v.real() : v.is_int() ? static_cast<double>(v.integer()) : v.boolean() ? 1 : 0; }
bool numeric(const Value& v) { return v.is_bool() || v.is_number(); }
std::int64_t as_int(const Value& v) { return v.is_bool() ? v.boolean() : v.integer(); }

int compare_numbers(const Value& a, const Value& b) {
    if (!a.is_real() && !b.is_real()) return as_int(a) < as_int(b) ? -1 : as_int(a) > as_int(b);
    double x = as_double(a), y = as_double(b);
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;   // 2: NaN, unordered
}

bool equal_at(const Value& a, const Value& b, int depth, std::size_t& budget) {
    if (depth > deepest) too_deep();
    if (budget-- == 0) throw base::Failure(base::Kind::limit, "the values are too large to be compared");
    if (numeric(a) && numeric(b)) return compare_numbers(a, b) == 0;
    if (a.is_object() || b.is_object()) {
        if (a.is_object() && b.is_object() && a.object() == b.object()) return true;
        const Value& object = a.is_object() ? a : b;
        auto order = object.object()->compare(a.is_object() ? b : a);
        return order && *order == 0;
    }
    if (a.type() != b.type()) return false;
    switch (a.type()) {
        case Type::none: return true;
        case Type::string: return a.string() == b.string();
        case Type::list: case Type::tuple: {
            if (&a.list() == &b.list()) return true;
            if (a.list().size() != b.list().size()) return false;
            for (std::size_t i = 0; i < a.list().size(); ++i) if (!equal_at(a.list()[i], b.list()[i], depth + 1, budget)) return false;
            return true;
        }
        case Type::map: {
            if (&a.map() == &b.map()) return true;
            if (a.map().size() != b.map().size()) return false;
            for (const auto& [key, item] : a.map()) {
                const Value* other = b.map().find(key);
                if (!other || !equal_at(item, *other, depth + 1, budget)) return false;
            }
            return true;
        }
        default: return false;
    }
}

int compare_at(const Value& a, const Value& b, const char* op, int depth) {
    if (depth > deepest) too_deep();
    for (const Value* v : {&a, &b})
        if (v->is_undefined()) throw base::Failure(base::Kind::undefined, v->undefined_info().message, v->undefined_info().place, v->undefined_info().hint);
    if (numeric(a) && numeric(b)) return compare_numbers(a, b);
    if (a.is_string() && b.is_string()) { int order = a.string().compare(b.string()); return order < 0 ? -1 : order > 0; }
    if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple())) {
        for (std::size_t i = 0, budget = most_comparisons; i < a.list().size() && i < b.list().size(); ++i)
            if (!equal_at(a.list()[i], b.list()[i], depth, budget)) return compare_at(a.list()[i], b.list()[i], op, depth + 1);
        return a.list().size() < b.list().size() ? -1 : a.list().size() > b.list().size();
    }
    if (a.is_object()) if (auto order = a.object()->compare(b)) return *order;
    if (b.is_object()) if (auto order = b.object()->compare(a)) return -*order;
    throw base::Failure(base::Kind::type, "'" + std::string(op) + "' not supported between instances of '" + type_name(a) + "' and '" + type_name(b) + "'");
}

}  // namespace

std::string repr_float(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
    // The fewest digits that read back as the same number. std::to_chars knows them at once, but its tables are 130 KB of agent.
    char buffer[64];
    int digits_after = 0;
    do std::snprintf(buffer, sizeof buffer, "%.*e", digits_after, number);
    while (std::strtod(buffer, nullptr) != number && ++digits_after < 17);
    std::string digits(buffer);
    auto e = digits.find('e');
    int exponent = std::atoi(digits.c_str() + e + 1);
    if (exponent >= 16 || exponent < -4) {
        std::string mantissa = digits.substr(0, e);
        int magnitude = std::abs(exponent);
        return mantissa + (exponent < 0 ? "e-" : "e+") + (magnitude < 10 ? "0" : "") + std::to_string(magnitude);
    }
    std::snprintf(buffer, sizeof buffer, "%.*f", std::max(0, digits_after - exponent), number);
    std::string text(buffer);
    if (text.find('.') == std::string::npos) text += ".0";
    return text;
}

std::string str(const Value& value) {
    if (value.is_string()) return value.string();
    if (value.is_object()) return value.object()->str();
    return repr(value);
}

std::string repr(const Value& value) {
    std::string out;
    append(out, value, 0);
    return out;
}

std::string type_name(const Value& value) {
    switch (value.type()) {
        case Type::none: return "NoneType";
        case Type::boolean: return "bool";
        case Type::integer: return "int";
        case Type::real: return "float";
        case Type::string: return "str";
        case Type::list: return "list";
        case Type::tuple: return "tuple";
        case Type::map: return "dict";
        case Type::undefined: return "AnsibleUndefined";
        case Type::object: return value.object()->type_name();
    }
    return {};
}

bool equal(const Value& a, const Value& b) {
    std::size_t budget = most_comparisons;
    return equal_at(a, b, 0, budget);
}
int compare(const Value& a, const Value& b, const char* op) { return compare_at(a, b, op, 0); }

bool contains(const Value& container, const Value& item) {
    switch (container.type()) {
        case Type::string:
            if (!item.is_string())
                throw base::Failure(base::Kind::type, "'in <string>' requires string as left operand, not " + type_name(item));
            return container.string().find(item.string()) != std::string::npos;
        case Type::list: case Type::tuple:
            for (const Value& one : container.list()) if (equal(one, item)) return true;
            return false;
        case Type::map: return container.map().find(item) != nullptr;
        case Type::undefined: {
            const auto& info = container.undefined_info();
            throw base::Failure(base::Kind::undefined, info.message, info.place, info.hint);
        }
        case Type::object:
            if (auto all = container.object()->items()) {
                for (const Value& one : *all) if (equal(one, item)) return true;
                return false;
            }
            [[fallthrough]];
        default: throw base::Failure(base::Kind::type, "argument of type '" + type_name(container) + "' is not iterable");
    }
}

std::optional<std::int64_t> length(const Value& value) {
    switch (value.type()) {
        case Type::string: return static_cast<std::int64_t>(base::utf8_length(value.string()));
        case Type::list: case Type::tuple: return static_cast<std::int64_t>(value.list().size());
        case Type::map: return static_cast<std::int64_t>(value.map().size());
        case Type::object: return value.object()->length();
        default: return std::nullopt;
    }
}

std::optional<List> elements(const Value& value) {
    switch (value.type()) {
        case Type::list: case Type::tuple: return value.list();
        case Type::map: {
            List keys;
            keys.reserve(value.map().size());
            for (const auto& entry : value.map()) keys.push_back(entry.key);
            return keys;
        }
        case Type::string: {
            List characters;
            const std::string& text = value.string();
            for (std::size_t at = 0; at < text.size();) {
                std::size_t begin = at;
                base::next_code_point(text, at);
                characters.emplace_back(text.substr(begin, at - begin), value.trust());
            }
            return characters;
        }
        case Type::object: return value.object()->items();
        default: return std::nullopt;
    }
}

}  // namespace fprov::values
