// SPDX-License-Identifier: Apache-2.0
// Lists taken as sets, flattened, zipped, permuted.
#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

/// Membership by Python's equality: hashed when possible, else one by one.
class Seen {
public:
    bool contains(const Value& value) const {
        auto [first, last] = slots_.equal_range(slot(value));
        for (auto it = first; it != last; ++it)
            if (values::equal(it->second, value)) return true;
        return false;
    }
    bool insert(const Value& value) {
        if (contains(value)) return false;
        slots_.emplace(slot(value), value);
        return true;
    }

private:
    // Lists and dicts have no hash in Python; equal ones have equal sizes.
    static std::size_t slot(const Value& value) {
        if (is_hashable(value)) return values::hash(value);
        return static_cast<std::size_t>(values::length(value).value_or(0));
    }
    std::unordered_multimap<std::size_t, Value> slots_;
};

Seen seen_of(const List& list) {
    Seen seen;
    for (const auto& element : list) seen.insert(element);
    return seen;
}

List without_repeats(const List& list) {
    Seen seen;
    List out;
    for (const auto& element : list)
        if (seen.insert(element)) out.push_back(element);
    return out;
}

Value attribute_of(Call& call, const Value& value, const Value& name) {
    if (name.is_int()) return call.context.item(value, name, call.place);
    Value current = value;
    for (const auto& part : base::split(values::str(name), '.')) {
        if (auto index = base::parse_int(part)) current = call.context.item(current, Value(*index), call.place);
        else current = call.context.item(current, Value(part), call.place);
    }
    return current;
}

Value unique(Call& call) {
    Seen seen;
    List out;
    const bool sensitive = call[1].truthy();
    for (const auto& element : list_of(call, 0)) {
        Value key = call[2].is_none() ? element : attribute_of(call, element, call[2]);
        if (!sensitive && key.is_string()) key = Value(base::lower(key.string()));
        if (seen.insert(key)) out.push_back(element);
    }
    return Value(std::move(out));
}

Value union_of(Call& call) {
    List all = list_of(call, 0);
    for (auto& element : list_of(call, 1)) all.push_back(std::move(element));
    return Value(without_repeats(all));
}

Value intersect(Call& call) {
    const auto other = seen_of(list_of(call, 1));
    List out;
    for (const auto& element : without_repeats(list_of(call, 0)))
        if (other.contains(element)) out.push_back(element);
    return Value(std::move(out));
}

Value difference(Call& call) {
    const auto other = seen_of(list_of(call, 1));
    List out;
    for (const auto& element : without_repeats(list_of(call, 0)))
        if (!other.contains(element)) out.push_back(element);
    return Value(std::move(out));
}

Value symmetric_difference(Call& call) {
    const auto a = list_of(call, 0), b = list_of(call, 1);
    const auto in_a = seen_of(a), in_b = seen_of(b);
    List out;
    for (const auto& element : without_repeats(a))
        if (!in_b.contains(element)) out.push_back(element);
    for (const auto& element : without_repeats(b))
        if (!in_a.contains(element)) out.push_back(element);
    return Value(std::move(out));
}

void flatten_into(const List& list, std::int64_t levels, bool skip_nulls, List& out, int depth, std::size_t& seen) {
    if (depth > 500) throw base::Failure(base::Kind::limit, "the list is nested too deeply to flatten");
    for (const auto& element : list) {
        const bool null = element.is_none() || (element.is_string() && (element.string() == "None" || element.string() == "null"));
        if (skip_nulls && null) continue;
        if (++seen > 5'000'000) throw base::Failure(base::Kind::limit, "the list has too many elements to flatten");
        if (element.is_sequence() && levels != 0) flatten_into(element.list(), levels - 1, skip_nulls, out, depth + 1, seen);
        else out.push_back(element);
    }
}

Value flatten(Call& call) {
    List out;
    std::size_t seen = 0;
    const std::int64_t levels = call[1].is_none() ? -1 : integer_of(call, 1);
    flatten_into(list_of(call, 0), levels, flag_of(call, 2), out, 0, seen);
    return Value(std::move(out));
}

std::vector<List> lists_of(Call& call) {
    std::vector<List> lists{list_of(call, 0)};
    for (const auto& value : call.rest) {
        require_defined(value, call.place);
        auto elements = values::elements(value);
        if (!elements) fail(call, "'" + values::type_name(value) + "' object is not iterable");
        lists.push_back(std::move(*elements));
    }
    return lists;
}

Value zip(Call& call) {
    const auto lists = lists_of(call);
    std::size_t length = lists[0].size();
    for (const auto& list : lists) length = std::min(length, list.size());
    List out;
    for (std::size_t i = 0; i < length; ++i) {
        List row;
        for (const auto& list : lists) row.push_back(list[i]);
        out.push_back(Value::tuple(std::move(row)));
    }
    return Value(std::move(out));
}

Value zip_longest(Call& call) {
    const auto lists = lists_of(call);
    const Value* fill = keyword(call, "fillvalue");
    std::size_t length = 0;
    for (const auto& list : lists) length = std::max(length, list.size());
    List out;
    for (std::size_t i = 0; i < length; ++i) {
        List row;
        for (const auto& list : lists) row.push_back(i < list.size() ? list[i] : fill ? *fill : Value());
        out.push_back(Value::tuple(std::move(row)));
    }
    return Value(std::move(out));
}

void check_size(Call& call, std::size_t rows, std::size_t width) {
    if (rows > 2'000'000 || width > 8'000'000 || rows * width > 8'000'000) fail(call, "the result would have more than " + std::string(rows > 2'000'000 ? "2000000 rows" : "8000000 elements"));
}

Value product(Call& call) {
    auto lists = lists_of(call);
    const auto once = lists.size();
    auto repeat = keyword_int(call, "repeat", 1);
    if (repeat > 100'000) check_size(call, 1, static_cast<std::size_t>(repeat) * std::max<std::size_t>(once, 1));
    for (; repeat > 1; --repeat)
        for (std::size_t i = 0; i < once; ++i) lists.push_back(lists[i]);
    std::vector<List> rows{{}};
    for (const auto& list : lists) {
        std::vector<List> longer;
        check_size(call, rows.size() * std::max<std::size_t>(list.size(), 1), lists.size());
        for (const auto& row : rows)
            for (const auto& element : list) {
                longer.push_back(row);
                longer.back().push_back(element);
            }
        rows = std::move(longer);
    }
    List out;
    for (auto& row : rows) out.push_back(Value::tuple(std::move(row)));
    return Value(std::move(out));
}

void arrange(Call& call, const List& pool, std::size_t size, bool ordered, std::size_t from, std::vector<bool>& used, List& row, List& out) {
    call.context.step(call.place);
    if (row.size() == size) {
        check_size(call, out.size(), size);
        out.push_back(Value::tuple(row));
        return;
    }
    for (std::size_t i = ordered ? 0 : from; i < pool.size(); ++i) {
        if (used[i]) continue;
        used[i] = true;
        row.push_back(pool[i]);
        arrange(call, pool, size, ordered, i + 1, used, row, out);
        row.pop_back();
        used[i] = false;
    }
}

Value arrangements(Call& call, bool ordered) {
    const auto pool = list_of(call, 0);
    const auto wanted = call[1].is_none() ? static_cast<std::int64_t>(pool.size()) : integer_of(call, 1);
    List out;
    if (wanted < 0) fail(call, "r must be non-negative");
    if (static_cast<std::size_t>(wanted) > pool.size()) return Value(std::move(out));
    std::vector<bool> used(pool.size());
    List row;
    arrange(call, pool, static_cast<std::size_t>(wanted), ordered, 0, used, row, out);
    return Value(std::move(out));
}

Value permutations(Call& call) { return arrangements(call, true); }
Value combinations(Call& call) { return arrangements(call, false); }

Value subelements(Call& call) {
    require_defined(call[0], call.place);
    List elements;
    if (call[0].is_map())
        for (const auto& entry : call[0].map()) elements.push_back(entry.value);
    else if (call[0].is_list())
        elements = call[0].list();
    else
        fail(call, "obj must be a list of dicts or a nested dict");
    std::vector<Value> path;
    if (call[1].is_sequence()) path = call[1].list();
    else if (call[1].is_string())
        for (const auto& part : base::split(call[1].string(), '.')) path.push_back(Value(part));
    else
        fail(call, "subelements must be a list or a string");
    const bool skip = flag_of(call, 2);
    List out;
    for (const auto& element : elements) {
        Value found = element;
        for (const auto& part : path) {
            const Value* next = found.is_map() ? found.map().find(part) : nullptr;
            if (!found.is_map()) fail(call, "the key " + values::str(part) + " should point to a dictionary, got '" + values::str(found) + "'");
            if (!next) {
                if (!skip) fail(call, "could not find '" + values::str(part) + "' key in iterated item " + values::repr(element));
                found = Value(List{});
                break;
            }
            found = Value(*next);
        }
        if (!found.is_sequence()) fail(call, "the key " + values::str(path.empty() ? Value() : path.back()) + " should point to a list, got " + values::str(found));
        for (const auto& inner : found.list()) out.push_back(Value::tuple({element, inner}));
    }
    return Value(std::move(out));
}

Value extract(Call& call) {
    Value found = call.context.item(call[1], call[0], call.place);
    if (call[2].is_none()) return found;
    if (call[2].is_sequence())
        for (const auto& key : call[2].list()) found = call.context.item(found, key, call.place);
    else
        found = call.context.item(found, call[2], call.place);
    return found;
}

constexpr jinja::Filter rows[] = {
    {"combinations", "list, r=None", combinations, false, "Combinations of r elements"},
    {"difference", "a, b", difference, false, "Elements of the first list that the second has not"},
    {"extract", "item, container, morekeys=None", extract, false, "container[item], for map('extract', …)"},
    {"flatten", "mylist, levels=None, skip_nulls=True", flatten, false, "Lists in lists made one list"},
    {"intersect", "a, b", intersect, false, "Elements that both lists have"},
    {"permutations", "list, r=None", permutations, false, "Arrangements of r elements"},
    {"product", "a, *args, **kwargs", product, false, "Every combination of elements of several lists"},
    {"subelements", "obj, subelements, skip_missing=False", subelements, false, "Pairs of an element and each entry of a list in it"},
    {"symmetric_difference", "a, b", symmetric_difference, false, "Elements that only one of two lists has"},
    {"union", "a, b", union_of, false, "Elements of both lists, each once"},
    {"unique", "a, case_sensitive=None, attribute=None", unique, false, "A list without repeats"},
    {"zip", "a, *args", zip, false, "Elements of several lists side by side, as long as the shortest"},
    {"zip_longest", "a, *args, **kwargs", zip_longest, false, "Elements of several lists side by side, as long as the longest"},
};

}  // namespace

std::span<const jinja::Filter> sets() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
