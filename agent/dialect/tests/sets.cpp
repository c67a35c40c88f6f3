// SPDX-License-Identifier: Apache-2.0
// Tests on lists and truth.
#include <algorithm>

#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace tests {
namespace {

bool all_in(const List& part, const List& whole) {
    return std::all_of(part.begin(), part.end(), [&](const Value& element) {
        return std::any_of(whole.begin(), whole.end(), [&](const Value& other) { return values::equal(element, other); });
    });
}

bool subset(Call& call) { return all_in(list_of(call, 0), list_of(call, 1)); }
bool superset(Call& call) { return all_in(list_of(call, 1), list_of(call, 0)); }

bool contains(Call& call) {
    require_defined(call[0], call.place);
    require_defined(call[1], call.place);
    return values::contains(call[0], call[1]);
}

bool any(Call& call) {
    for (const auto& element : list_of(call, 0)) {
        require_defined(element, call.place);
        if (element.truthy()) return true;
    }
    return false;
}
bool all(Call& call) {
    for (const auto& element : list_of(call, 0)) {
        require_defined(element, call.place);
        if (!element.truthy()) return false;
    }
    return true;
}

bool truthy(Call& call) {
    require_defined(call[0], call.place);
    if (flag_of(call, 1)) {
        // Words that mean a boolean count as such; other text stays what it is.
        if (call[0].is_string()) {
            const Value text = call[0];
            if (ansible_bool(text)) return true;
            for (const char* word : {"false", "no", "off", "n", "f", "0"})
                if (values::equal(text, Value(word))) return false;
        }
    }
    return call[0].truthy();
}
bool falsy(Call& call) { return !truthy(call); }

constexpr jinja::Test rows[] = {
    {"all", "value", all, false, "Every element is true"},
    {"any", "value", any, false, "Some element is true"},
    {"contains", "value, element", contains, false, "The element is in the list"},
    {"falsy", "value, convert_bool=False", falsy, false, "Counts as false"},
    {"issubset", "a, b", subset, false, "Every element is in the other list"},
    {"issuperset", "a, b", superset, false, "Has every element of the other list"},
    {"subset", "a, b", subset, false, "Every element is in the other list"},
    {"superset", "a, b", superset, false, "Has every element of the other list"},
    {"truthy", "value, convert_bool=False", truthy, false, "Counts as true"},
};

}  // namespace

std::span<const jinja::Test> sets() { return rows; }

}  // namespace tests
}  // namespace fprov::dialect
