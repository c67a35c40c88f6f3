// SPDX-License-Identifier: Apache-2.0
#include "values/merge.hpp"

#include "values/python.hpp"

namespace fprov::values {

std::optional<ListMerge> list_merge_named(std::string_view name) {
    static constexpr std::pair<std::string_view, ListMerge> names[] = {
        {"append", ListMerge::append}, {"append_rp", ListMerge::append_rp}, {"keep", ListMerge::keep},
        {"prepend", ListMerge::prepend}, {"prepend_rp", ListMerge::prepend_rp}, {"replace", ListMerge::replace},
    };
    for (const auto& [known, merge] : names)
        if (known == name) return merge;
    return std::nullopt;
}

namespace {

List joined(const List& a, const List& b) {
    List out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
}

List without(const List& list, const List& other) {
    List out;
    for (const auto& element : list) {
        bool known = false;
        for (const auto& there : other) known = known || equal(element, there);
        if (!known) out.push_back(element);
    }
    return out;
}

Value merge_lists(const Value& low, const Value& high, ListMerge how) {
    switch (how) {
        case ListMerge::replace: return high;
        case ListMerge::keep: return low;
        case ListMerge::append: return Value(joined(low.list(), high.list()));
        case ListMerge::prepend: return Value(joined(high.list(), low.list()));
        case ListMerge::append_rp: return Value(joined(without(low.list(), high.list()), high.list()));
        case ListMerge::prepend_rp: return Value(joined(high.list(), without(low.list(), high.list())));
    }
    return high;
}

}  // namespace

Map merge_maps(const Map& low, const Map& high, bool recursive, ListMerge lists) {
    Map out = low;
    for (const auto& entry : high) {
        const Value* known = out.find(entry.key);
        if (known && recursive && known->is_map() && entry.value.is_map())
            out.set(entry.key, Value(merge_maps(known->map(), entry.value.map(), recursive, lists)));
        else if (known && lists != ListMerge::replace && known->is_list() && entry.value.is_list())
            out.set(entry.key, merge_lists(*known, entry.value, lists));
        else
            out.set(entry.key, entry.value);
    }
    return out;
}

}  // namespace fprov::values
