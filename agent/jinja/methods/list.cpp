// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "jinja/methods/methods.hpp"
#include "jinja/operators.hpp"
#include "jinja/sorting.hpp"
#include "values/python.hpp"

namespace fprov::jinja {
namespace {

List& self(Call& call) { return call.arguments[0].mutable_list(); }

std::int64_t integer(const Call& call, std::size_t i) {
    require_defined(call[i], &call.context.scope);
    if (!is_integral(call[i])) fail_type("'" + values::type_name(call[i]) + "' object cannot be interpreted as an integer");
    return as_integer(call[i]);
}
void grows(Call& call, std::size_t size) { check_list(call.context.environment.limits, size); }

Value append(Call& call) {
    grows(call, self(call).size() + 1);
    refuse_cycle(call[0], call[1]);
    self(call).push_back(call[1]);
    return {};
}
Value extend(Call& call) {
    require_defined(call[1], &call.context.scope);
    auto all = values::elements(call[1]);
    if (!all) fail_type("'" + values::type_name(call[1]) + "' object is not iterable");
    grows(call, self(call).size() + all->size());
    if (call[1].identity() != call[0].identity()) for (const Value& item : *all) refuse_cycle(call[0], item);
    self(call).insert(self(call).end(), all->begin(), all->end());
    return {};
}
Value insert(Call& call) {
    auto size = static_cast<std::int64_t>(self(call).size());
    std::int64_t at = integer(call, 1);
    if (at < 0) at = std::max<std::int64_t>(0, at + size);
    grows(call, self(call).size() + 1);
    refuse_cycle(call[0], call[2]);
    self(call).insert(self(call).begin() + std::min(at, size), call[2]);
    return {};
}
Value remove(Call& call) {
    List& list = self(call);
    for (auto it = list.begin(); it != list.end(); ++it)
        if (values::equal(*it, call[1])) { list.erase(it); return {}; }
    fail_value("list.remove(x): x not in list");
}
Value pop(Call& call) {
    List& list = self(call);
    auto size = static_cast<std::int64_t>(list.size());
    if (!size) fail_value("pop from empty list");
    std::int64_t at = integer(call, 1);
    if (at < 0) at += size;
    if (at < 0 || at >= size) fail_value("pop index out of range");
    Value taken = list[static_cast<std::size_t>(at)];
    list.erase(list.begin() + at);
    return taken;
}
Value clear(Call& call) { self(call).clear(); return {}; }
Value copy(Call& call) { return Value(call[0].list()); }
Value reverse(Call& call) { std::reverse(self(call).begin(), self(call).end()); return {}; }
Value sort(Call& call) {
    if (!call[1].is_none()) fail_type("list.sort() takes no key function here");
    List sorted = self(call);
    sort_values(sorted, [](const Value& v) { return v; }, truth(call[2]));
    self(call) = std::move(sorted);
    return {};
}
Value index(Call& call) {
    const List& list = call[0].list();
    auto size = static_cast<std::int64_t>(list.size());
    auto bound = [&](std::size_t i) { std::int64_t at = integer(call, i); return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
    std::int64_t end = call[3].is_none() ? size : bound(3);
    for (std::int64_t i = bound(2); i < end; ++i) if (values::equal(list[static_cast<std::size_t>(i)], call[1])) return i;
    fail_value(values::repr(call[1]) + (call[0].is_tuple() ? " is not in tuple" : " is not in list"));
}
Value count(Call& call) {
    return std::count_if(call[0].list().begin(), call[0].list().end(), [&](const Value& v) { return values::equal(v, call[1]); });
}

constexpr Method list_rows[] = {
    {"append", "self, object", append, true},
    {"clear", "self", clear, true},
    {"copy", "self", copy},
    {"count", "self, value", count},
    {"extend", "self, iterable", extend, true},
    {"index", "self, value, start=0, stop=None", index},
    {"insert", "self, index, object", insert, true},
    {"pop", "self, index=-1", pop, true},
    {"remove", "self, value", remove, true},
    {"reverse", "self", reverse, true},
    {"sort", "self, key=None, reverse=False", sort, true},
};
constexpr Method tuple_rows[] = {
    {"count", "self, value", count},
    {"index", "self, value, start=0, stop=None", index},
};

Value bit_length(Call& call) {
    if (call[0].is_real()) fail_type("'float' object has no attribute 'bit_length'");
    std::int64_t number = as_integer(call[0]);
    std::uint64_t size = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    int bits = 0;
    for (; size; size >>= 1) ++bits;
    return bits;
}
Value is_integer(Call& call) { return !call[0].is_real() || (std::isfinite(call[0].real()) && std::floor(call[0].real()) == call[0].real()); }

constexpr Method number_rows[] = {
    {"bit_length", "self", bit_length},
    {"is_integer", "self", is_integer},
};

}  // namespace

std::span<const Method> list_methods() { return list_rows; }
std::span<const Method> tuple_methods() { return tuple_rows; }
std::span<const Method> number_methods() { return number_rows; }

}  // namespace fprov::jinja
