// SPDX-License-Identifier: Apache-2.0
#include "jinja/operators.hpp"

#include <cmath>

#include "base/text.hpp"
#include "jinja/format.hpp"
#include "jinja/text.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using ast::Comparison;
using ast::Operator;
using base::Failure;
using base::Kind;
using values::equal;
using values::type_name;

void fail_type(std::string what) { throw Failure(Kind::type, std::move(what)); }
void fail_value(std::string what) { throw Failure(Kind::generic, std::move(what)); }
void fail_overflow() { throw Failure(Kind::limit, "the result does not fit into a 64-bit integer", {}, "calculate with floats: start with 1.0"); }

void check_text(const Limits& limits, std::size_t bytes) {
    if (bytes > limits.size) throw Failure(Kind::limit, "the text is larger than " + std::to_string(limits.size >> 20) + " MiB");
}
void check_list(const Limits& limits, std::size_t elements) {
    if (elements > limits.size / sizeof(Value)) throw Failure(Kind::limit, "the list has more than " + std::to_string(limits.size / sizeof(Value)) + " elements");
}

namespace {
bool reaches(const Value& value, const void* wanted, int& budget) {
    if (!value.is_sequence() && !value.is_map()) return false;
    if (value.identity() == wanted) return true;
    if (value.is_sequence()) {
        for (const Value& item : value.list()) if (--budget < 0 || reaches(item, wanted, budget)) return budget >= 0;
    } else {
        for (const auto& entry : value.map()) if (--budget < 0 || reaches(entry.value, wanted, budget)) return budget >= 0;
    }
    return false;
}
}  // namespace
void refuse_cycle(const Value& container, const Value& value) {
    int budget = 500;
    if (reaches(value, container.identity(), budget)) throw Failure(Kind::limit, "a " + type_name(container) + " cannot hold itself");
}

bool is_integral(const Value& v) { return v.is_int() || v.is_bool(); }
std::int64_t as_integer(const Value& v) { return v.is_bool() ? v.boolean() : v.integer(); }
bool is_numeric(const Value& v) { return v.is_number() || v.is_bool(); }
double as_real(const Value& v) { return v.is_real() ? v.real() : static_cast<double>(as_integer(v)); }

namespace {

constexpr std::string_view symbols[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};

[[noreturn]] void fail_operands(Operator op, const Value& a, const Value& b) {
    fail_type("unsupported operand type(s) for " + std::string(symbols[static_cast<int>(op)]) + ": '" + type_name(a) + "' and '" + type_name(b) + "'");
}
[[noreturn]] void fail_zero(const char* what) { throw Failure(Kind::type, what); }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    if (b == -1) {
        std::int64_t result;
        if (__builtin_sub_overflow(std::int64_t{0}, a, &result)) fail_overflow();
        return result;
    }
    std::int64_t quotient = a / b;
    return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}
std::int64_t modulo(std::int64_t a, std::int64_t b) {
    if (b == -1) return 0;
    std::int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
double modulo(double a, double b) {
    double rest = std::fmod(a, b);
    if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
    return rest == 0 ? std::copysign(0.0, b) : rest;
}
double floor_divide(double a, double b) {
    double quotient = (a - modulo(a, b)) / b;
    double floored = std::floor(quotient);
    if (quotient - floored > 0.5) floored += 1;
    return quotient == 0 ? std::copysign(0.0, a / b) : floored;
}
std::int64_t power(std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    for (;;) {
        if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) fail_overflow();
        exponent >>= 1;
        if (!exponent) return result;
        if (__builtin_mul_overflow(base, base, &base)) {
            if (result == 0) return 0;
            fail_overflow();
        }
    }
}

Value integers(Operator op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    switch (op) {
        case Operator::add: if (__builtin_add_overflow(a, b, &result)) fail_overflow(); return result;
        case Operator::subtract: if (__builtin_sub_overflow(a, b, &result)) fail_overflow(); return result;
        case Operator::multiply: if (__builtin_mul_overflow(a, b, &result)) fail_overflow(); return result;
        case Operator::divide:
            if (b == 0) fail_zero("division by zero");
            return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
        case Operator::floor_divide: if (b == 0) fail_zero("integer division or modulo by zero"); return floor_divide(a, b);
        case Operator::modulo: if (b == 0) fail_zero("integer modulo by zero"); return modulo(a, b);
        case Operator::power:
            if (b >= 0) return power(a, b);
            if (a == 0) fail_zero("0.0 cannot be raised to a negative power");
            return std::pow(static_cast<double>(a), static_cast<double>(b));
    }
    return {};
}

Value reals(Operator op, double a, double b) {
    switch (op) {
        case Operator::add: return a + b;
        case Operator::subtract: return a - b;
        case Operator::multiply: return a * b;
        case Operator::divide: if (b == 0) fail_zero("float division by zero"); return a / b;
        case Operator::floor_divide: if (b == 0) fail_zero("float floor division by zero"); return floor_divide(a, b);
        case Operator::modulo: if (b == 0) fail_zero("float modulo"); return modulo(a, b);
        case Operator::power: {
            if (a == 0 && b < 0) fail_zero("0.0 cannot be raised to a negative power");
            if (a < 0 && b != std::floor(b) && std::isfinite(b)) fail_type("a negative number has no real power of a fraction");
            double result = std::pow(a, b);
            if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) throw Failure(Kind::limit, "(34, 'Numerical result out of range')");
            return result;
        }
    }
    return {};
}

Value repeat(const Value& sequence, std::int64_t times, const Limits& limits) {
    auto count = static_cast<std::size_t>(times < 0 ? 0 : times);
    if (sequence.is_string()) {
        const std::string& text = sequence.string();
        if (text.size() && count > limits.size / text.size()) check_text(limits, limits.size + 1);
        std::string result;
        result.reserve(text.size() * count);
        for (std::size_t i = 0; text.size() && i < count; ++i) result += text;
        return Value(std::move(result), sequence.trust());
    }
    const List& list = sequence.list();
    if (list.size() && count > limits.size / sizeof(Value) / list.size()) check_list(limits, limits.size);
    std::size_t bytes = 0;   // of the texts: each repetition has its own
    for (const Value& item : list) if (item.is_string()) bytes += item.string().size();
    if (bytes && count > limits.size / bytes) check_text(limits, limits.size + 1);
    List result;
    result.reserve(list.size() * count);
    for (std::size_t i = 0; list.size() && i < count; ++i) result.insert(result.end(), list.begin(), list.end());
    return sequence.is_tuple() ? Value::tuple(std::move(result)) : Value(std::move(result));
}

Value joined(const Value& a, const Value& b, const Limits& limits) {
    check_list(limits, a.list().size() + b.list().size());
    List result = a.list();
    result.insert(result.end(), b.list().begin(), b.list().end());
    return a.is_tuple() ? Value::tuple(std::move(result)) : Value(std::move(result));
}

bool repeatable(const Value& v) { return v.is_string() || v.is_sequence(); }

}  // namespace

Value arithmetic(Operator op, const Value& a, const Value& b, const Limits& limits) {
    if (is_numeric(a) && is_numeric(b))
        return a.is_real() || b.is_real() ? reals(op, as_real(a), as_real(b)) : integers(op, as_integer(a), as_integer(b));
    for (const Value* side : {&a, &b}) if (side->is_undefined()) fail_undefined(*side);
    std::string_view symbol = op == Operator::power ? "**" : symbols[static_cast<int>(op)];
    if (a.is_object()) if (auto result = a.object()->arithmetic(symbol, b, false)) return *result;
    if (b.is_object() && !(a.is_string() && op == Operator::modulo)) if (auto result = b.object()->arithmetic(symbol, a, true)) return *result;
    if (op == Operator::add) {
        if (a.is_string() && b.is_string()) {
            check_text(limits, a.string().size() + b.string().size());
            bool data = a.trust() == values::Trust::data_only || b.trust() == values::Trust::data_only;
            return Value(a.string() + b.string(), data ? values::Trust::data_only : values::Trust::template_ok);
        }
        if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple())) return joined(a, b, limits);
        if (a.is_string() || a.is_sequence())
            fail_type("can only concatenate " + type_name(a) + " (not \"" + type_name(b) + "\") to " + type_name(a));
    }
    if (op == Operator::multiply) {
        if (repeatable(a) && is_integral(b)) return repeat(a, as_integer(b), limits);
        if (repeatable(b) && is_integral(a)) return repeat(b, as_integer(a), limits);
        if (repeatable(a)) fail_type("can't multiply sequence by non-int of type '" + type_name(b) + "'");
        if (repeatable(b)) fail_type("can't multiply sequence by non-int of type '" + type_name(a) + "'");
    }
    if (op == Operator::modulo && a.is_string()) return Value(percent_format(a.string(), b, limits));
    fail_operands(op, a, b);
}

Value negate(const Value& value) {
    if (value.is_real()) return -value.real();
    if (is_integral(value)) return integers(Operator::subtract, 0, as_integer(value));
    if (value.is_undefined()) fail_undefined(value);
    fail_type("bad operand type for unary -: '" + type_name(value) + "'");
}
Value positive(const Value& value) {
    if (value.is_real()) return value;
    if (is_integral(value)) return as_integer(value);
    if (value.is_undefined()) fail_undefined(value);
    fail_type("bad operand type for unary +: '" + type_name(value) + "'");
}

bool compare(Comparison op, const Value& a, const Value& b) {
    if (a.is_undefined() && b.is_sequence() && b.list().empty()) {   // Python finds nothing to compare it with
        if (op == Comparison::in || op == Comparison::not_in) return op == Comparison::not_in;
    }
    if (a.is_undefined() || b.is_undefined()) {
        bool lenient = (!a.is_undefined() || a.undefined_info().lenient) && (!b.is_undefined() || b.undefined_info().lenient);
        if (!lenient || !(op == Comparison::eq || op == Comparison::ne || op == Comparison::in || op == Comparison::not_in))
            fail_undefined(a.is_undefined() ? a : b);
        if (op == Comparison::in || op == Comparison::not_in) return op == Comparison::not_in;
        return (a.is_undefined() && b.is_undefined()) == (op == Comparison::eq);
    }
    auto order = [&](const char* symbol) { return values::compare(a, b, symbol); };   // 2: NaN took part, every order is false
    switch (op) {
        case Comparison::eq: return equal(a, b);
        case Comparison::ne: return !equal(a, b);
        case Comparison::lt: return order("<") == -1;
        case Comparison::le: { int o = order("<="); return o == -1 || o == 0; }
        case Comparison::gt: return order(">") == 1;
        case Comparison::ge: { int o = order(">="); return o == 1 || o == 0; }
        case Comparison::in: return values::contains(b, a);
        case Comparison::not_in: return !values::contains(b, a);
    }
    return false;
}

namespace {

struct Range { std::int64_t start, step, count; };

Range resolve(const Value& start, const Value& stop, const Value& step, std::int64_t size) {
    for (const Value* bound : {&start, &stop, &step}) {
        if (bound->is_undefined()) fail_undefined(*bound);
        if (!bound->is_none() && !is_integral(*bound)) fail_type("slice indices must be integers or None or have an __index__ method");
    }
    std::int64_t by = step.is_none() ? 1 : as_integer(step);
    if (by == 0) fail_value("slice step cannot be zero");
    by = std::max(by, -std::numeric_limits<std::int64_t>::max());
    std::int64_t low = by > 0 ? 0 : -1, high = by > 0 ? size : size - 1;
    auto clamp = [&](const Value& bound, std::int64_t otherwise) {
        if (bound.is_none()) return otherwise;
        std::int64_t at = as_integer(bound);
        if (at < 0) at = at < -size ? low : std::max(at + size, low);
        return std::min(at, high);
    };
    std::int64_t first = clamp(start, by > 0 ? low : high), last = clamp(stop, by > 0 ? high : low);
    std::int64_t distance = by > 0 ? last - first : first - last, width = by > 0 ? by : -by;
    return {first, by, distance <= 0 ? 0 : (distance - 1) / width + 1};
}

}  // namespace

Value slice(const Value& value, const Value& start, const Value& stop, const Value& step) {
    if (value.is_string()) {
        const std::string& text = value.string();
        std::string result;
        if (is_ascii(text)) {
            Range range = resolve(start, stop, step, static_cast<std::int64_t>(text.size()));
            if (range.step == 1 && range.count > 0) result = text.substr(static_cast<std::size_t>(range.start), static_cast<std::size_t>(range.count));
            else for (std::int64_t i = 0, at = range.start; i < range.count; ++i, at += range.step) result += text[static_cast<std::size_t>(at)];
        } else {
            std::vector<std::string_view> characters = code_points(text);
            Range range = resolve(start, stop, step, static_cast<std::int64_t>(characters.size()));
            for (std::int64_t i = 0, at = range.start; i < range.count; ++i, at += range.step) result += characters[static_cast<std::size_t>(at)];
        }
        return Value(std::move(result), value.trust());
    }
    if (value.is_sequence()) {
        const List& list = value.list();
        Range range = resolve(start, stop, step, static_cast<std::int64_t>(list.size()));
        List result;
        result.reserve(static_cast<std::size_t>(range.count));
        for (std::int64_t i = 0, at = range.start; i < range.count; ++i, at += range.step) result.push_back(list[static_cast<std::size_t>(at)]);
        return value.is_tuple() ? Value::tuple(std::move(result)) : Value(std::move(result));
    }
    if (value.is_map()) fail_type("unhashable type: 'slice'");
    if (value.is_object()) if (auto all = value.object()->items()) return slice(Value(std::move(*all)), start, stop, step);
    fail_type("'" + type_name(value) + "' object is not subscriptable");
}

std::optional<Value> element(const Value& value, std::int64_t index) {
    if (value.is_sequence()) {
        const List& list = value.list();
        auto size = static_cast<std::int64_t>(list.size());
        if (index < 0) index += size;
        if (index < 0 || index >= size) return std::nullopt;
        return list[static_cast<std::size_t>(index)];
    }
    if (value.is_string()) {
        const std::string& text = value.string();
        bool ascii = is_ascii(text);
        auto size = static_cast<std::int64_t>(ascii ? text.size() : base::utf8_length(text));
        if (index < 0) index += size;
        if (index < 0 || index >= size) return std::nullopt;
        if (ascii) return Value(std::string(1, text[static_cast<std::size_t>(index)]), value.trust());
        std::size_t at = 0, begin = 0;
        for (std::int64_t i = 0; i <= index; ++i) { begin = at; base::next_code_point(text, at); }
        return Value(text.substr(begin, at - begin), value.trust());
    }
    return std::nullopt;
}

}  // namespace fprov::jinja
