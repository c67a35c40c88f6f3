// SPDX-License-Identifier: Apache-2.0
// The tests of Jinja2: `x is name(arguments)`.
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/text.hpp"
#include "values/big_integer.hpp"

namespace fprov::jinja {
namespace {

using ast::Comparison;
using ast::Operator;
using values::Type;

template <Comparison op> bool compares(Call& call) { return compare(op, call[0], call[1]); }
template <Type type> bool has_type(Call& call) { return call[0].type() == type; }

std::int64_t remainder(Call& call, const Value& divisor) {
    Value rest = arithmetic(Operator::modulo, call[0], divisor, limits_of(call));
    if (!is_numeric(rest)) fail_type("not all arguments converted during string formatting");
    return rest.is_real() ? (rest.real() == 1 ? 1 : rest.real() == 0 ? 0 : 2) : as_integer(rest);
}
bool odd(Call& call) { return remainder(call, Value(2)) == 1; }
bool even(Call& call) { return remainder(call, Value(2)) == 0; }
bool divisibleby(Call& call) { return remainder(call, call[1]) == 0; }

bool same(Call& call) {
    const Value &a = call[0], &b = call[1];
    if (a.identity() || b.identity()) return a.identity() == b.identity();
    return a.type() == b.type() && !a.is_undefined() && values::equal(a, b);
}
bool is_big(const Value& value) { return value.object_as<values::BigInteger>() != nullptr; }
bool is_callable(Call& call) { return call[0].is_undefined() || (call[0].is_object() && call[0].object()->callable()); }
bool is_iterable(Call& call) {
    if (call[0].is_undefined()) { if (!call[0].undefined_info().lenient) fail_undefined(call[0], &call.context.scope); return true; }
    return call[0].is_string() || call[0].is_sequence() || call[0].is_map() || (call[0].is_object() && call[0].object()->items());
}
bool is_sequence(Call& call) {
    const Value& v = call[0];
    return v.is_string() || v.is_sequence() || v.is_map() || (v.is_object() && v.object()->length());
}
bool is_cased_text(Call& call, bool upper_case) {
    bool any = false;
    for (char32_t c : decode(values::str(call[0]))) {
        if (upper_case ? is_lower(c) : is_upper(c)) return false;
        any = any || is_cased(c);
    }
    return any;
}

constexpr Test rows[] = {
    {"!=", "value, other", compares<Comparison::ne>},
    {"<", "value, other", compares<Comparison::lt>},
    {"<=", "value, other", compares<Comparison::le>},
    {"==", "value, other", compares<Comparison::eq>},
    {">", "value, other", compares<Comparison::gt>},
    {">=", "value, other", compares<Comparison::ge>},
    {"boolean", "value", has_type<Type::boolean>, true, "true or false"},
    {"callable", "value", is_callable, true, "can be called"},
    {"defined", "value", [](Call& call) { return !call[0].is_undefined(); }, true, "has a value"},
    {"divisibleby", "value, num", divisibleby, false, "no remainder"},
    {"eq", "value, other", compares<Comparison::eq>, false, "equal"},
    {"equalto", "value, other", compares<Comparison::eq>, false, "equal"},
    {"escaped", "value", [](Call&) { return false; }, true, "marked as safe HTML (nothing is, here)"},
    {"even", "value", even, false, "divisible by two"},
    {"false", "value", [](Call& call) { return call[0].is_bool() && !call[0].boolean(); }, true, "is the boolean false"},
    {"filter", "value", [](Call& call) { return call[0].is_string() && call.context.environment.filter(call[0].string()); }, false, "the name of a filter"},
    {"float", "value", has_type<Type::real>, true, "a floating-point number"},
    {"ge", "value, other", compares<Comparison::ge>, false, "greater or equal"},
    {"greaterthan", "value, other", compares<Comparison::gt>, false, "greater"},
    {"gt", "value, other", compares<Comparison::gt>, false, "greater"},
    {"in", "value, seq", compares<Comparison::in>, true, "an element of"},
    {"integer", "value", [](Call& call) { return call[0].is_int() || is_big(call[0]); }, true, "an integer, no boolean"},
    {"iterable", "value", is_iterable, true, "can be walked"},
    {"le", "value, other", compares<Comparison::le>, false, "less or equal"},
    {"lessthan", "value, other", compares<Comparison::lt>, false, "less"},
    {"lower", "value", [](Call& call) { return is_cased_text(call, false); }, false, "lower case"},
    {"lt", "value, other", compares<Comparison::lt>, false, "less"},
    {"mapping", "value", has_type<Type::map>, true, "a mapping"},
    {"ne", "value, other", compares<Comparison::ne>, false, "not equal"},
    {"none", "value", has_type<Type::none>, true, "none"},
    {"number", "value", [](Call& call) { return is_numeric(call[0]) || is_big(call[0]); }, true, "a number"},
    {"odd", "value", odd, false, "not divisible by two"},
    {"sameas", "value, other", same, true, "the same object"},
    {"sequence", "value", is_sequence, true, "has a length and elements"},
    {"string", "value", has_type<Type::string>, true, "a text"},
    {"test", "value", [](Call& call) { return call[0].is_string() && call.context.environment.test(call[0].string()); }, false, "the name of a test"},
    {"true", "value", [](Call& call) { return call[0].is_bool() && call[0].boolean(); }, true, "is the boolean true"},
    {"undefined", "value", has_type<Type::undefined>, true, "has no value"},
    {"upper", "value", [](Call& call) { return is_cased_text(call, true); }, false, "upper case"},
};

}  // namespace

std::span<const Test> builtin_tests() { return rows; }

}  // namespace fprov::jinja
