// SPDX-License-Identifier: Apache-2.0
#include "jinja/sorting.hpp"

#include <algorithm>

#include "jinja/text.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

void sort_values(List& list, const std::function<Value(const Value&)>& key, bool reverse) {
    struct Keyed { Value key; Value value; };
    std::vector<Keyed> keyed;
    keyed.reserve(list.size());
    for (Value& value : list) {
        Value k = key(value);
        if (list.size() > 1) require_defined(k);
        keyed.push_back({std::move(k), std::move(value)});
    }
    if (reverse) std::reverse(keyed.begin(), keyed.end());
    std::stable_sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) { return values::compare(a.key, b.key, "<") == -1; });
    if (reverse) std::reverse(keyed.begin(), keyed.end());
    for (std::size_t i = 0; i < keyed.size(); ++i) list[i] = std::move(keyed[i].value);
}

Value ignoring_case(const Value& value) { return value.is_string() ? Value(lower(value.string()), value.trust()) : value; }

}  // namespace fprov::jinja
