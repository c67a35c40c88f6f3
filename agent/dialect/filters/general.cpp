// SPDX-License-Identifier: Apache-2.0
// Filters of community.general that playbooks use.
#include <algorithm>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"
#include "dialect/versions.hpp"
#include "values/merge.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value counter(Call& call) {
    if (!values::elements(call[0])) fail(call, "Argument for community.general.counter must be a sequence (string or list)");
    Map counts;
    for (const auto& element : list_of(call, 0)) {
        if (!is_hashable(element)) fail(call, "community.general.counter needs a sequence with hashable elements (int, float or str) - unhashable type: '" + values::type_name(element) + "'");
        Value* known = counts.find(element);
        if (known) *known = Value(known->integer() + 1);
        else counts.set(Value(element), Value(1));
    }
    return Value(std::move(counts));
}

Value dict(Call& call) {
    Map out;
    for (const auto& pair : list_of(call, 0)) {
        const auto parts = values::elements(pair);   // a text of two characters is a pair, too
        const auto number = "#" + std::to_string(out.size());
        if (!parts) fail(call, "cannot convert dictionary update sequence element " + number + " to a sequence");
        if (parts->size() != 2) fail(call, "dictionary update sequence element " + number + " has length " + std::to_string(parts->size()) + "; 2 is required");
        out.set(Value((*parts)[0]), (*parts)[1]);
    }
    return Value(std::move(out));
}

Value dict_kv(Call& call) {
    Map out;
    out.set(Value(call[1]), call[0]);
    return Value(std::move(out));
}

Value groupby_as_dict(Call& call) {
    const auto list = values::elements(call[0]);
    if (!list) fail(call, "Input is not a sequence");
    Map out;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Value& element = (*list)[i];
        if (!element.is_map()) fail(call, "Sequence element #" + std::to_string(i) + " is not a mapping");
        const Value* key = element.map().find(call[1]);
        if (!key) fail(call, "Attribute not contained in element #" + std::to_string(i) + " of sequence");
        if (out.find(*key)) fail(call, "Multiple sequence entries have attribute value " + values::repr(*key));
        out.set(Value(*key), element);
    }
    return Value(std::move(out));
}

Value lists_mergeby(Call& call) {
    List given = call.rest;
    given.insert(given.begin(), call[0]);
    if (given.size() < 2) fail(call, "The last argument must be a string, and there must be a list before it");
    const Value index = given.back();
    given.pop_back();
    if (!index.is_string()) fail(call, "First two arguments after term must be lists. " + values::str(index) + " is no attribute name");
    const bool recursive = keyword_flag(call, "recursive", false);
    auto merge = values::ListMerge::replace;
    if (const Value* name = keyword(call, "list_merge")) {
        auto known = values::list_merge_named(values::str(*name));
        if (!known) fail(call, "list_merge must be replace, keep, append, prepend, append_rp or prepend_rp");
        merge = *known;
    }
    List all;
    auto collect = [&](auto&& self, const Value& value) -> void {
        call.context.step(call.place);
        if (value.is_map()) { all.push_back(value); return; }
        if (!value.is_sequence()) fail(call, "all arguments before the attribute name must be lists of dictionaries");
        for (const auto& element : value.list()) self(self, element);
    };
    for (const auto& value : given) collect(collect, value);
    Map merged;
    for (const auto& element : all) {
        const Value* key = element.map().find(index);
        if (!key) continue;
        Value* known = merged.find(*key);
        if (known) *known = Value(values::merge_maps(known->map(), element.map(), recursive, merge));
        else merged.set(Value(*key), element);
    }
    List out;
    for (const auto& entry : merged) out.push_back(entry.value);
    std::stable_sort(out.begin(), out.end(), [&](const Value& a, const Value& b) {
        return values::compare(*a.map().find(index), *b.map().find(index)) < 0;
    });
    return Value(std::move(out));
}

Value version_sort(Call& call) {
    auto all = list_of(call, 0);
    std::stable_sort(all.begin(), all.end(), [](const Value& a, const Value& b) {
        return compare_versions(values::str(a), values::str(b), VersionScheme::loose) < 0;
    });
    if (keyword_flag(call, "reverse", false)) std::reverse(all.begin(), all.end());
    return Value(std::move(all));
}

Value from_csv(Call& call) {
    const auto text = text_of(call, 0);
    const auto dialect = call[1].is_none() ? std::string("excel") : text_of(call, 1);
    char delimiter = dialect == "excel-tab" ? '\t' : ',';
    if (const Value* given = keyword(call, "delimiter"); given && given->is_string() && !given->string().empty()) delimiter = given->string()[0];
    std::vector<List> table(1, List{Value("")});
    std::string cell;
    bool quoted = false;
    auto end_cell = [&] { table.back().back() = Value(cell); cell.clear(); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') { cell += '"'; ++i; }
            else if (c == '"') quoted = false;
            else cell += c;
        } else if (c == '"' && cell.empty()) quoted = true;
        else if (c == delimiter) { end_cell(); table.back().push_back(Value("")); }
        else if (c == '\n') { end_cell(); table.push_back(List{Value("")}); }
        else if (c != '\r') cell += c;
    }
    end_cell();
    std::erase_if(table, [](const List& row) { return row.size() == 1 && row[0].string().empty(); });
    List names;
    if (const Value* given = keyword(call, "fieldnames"); given && given->is_sequence()) names = given->list();
    else if (!table.empty()) { names = table[0]; table.erase(table.begin()); }
    List out;
    for (const auto& row : table) {
        Map entry;
        for (std::size_t i = 0; i < names.size(); ++i) entry.set(Value(names[i]), i < row.size() ? row[i] : Value());
        out.push_back(Value(std::move(entry)));
    }
    return Value(std::move(out));
}

constexpr jinja::Filter rows[] = {
    {"counter", "sequence", counter, false, "How often each element occurs"},
    {"dict", "sequence", dict, false, "A dict of a list of pairs"},
    {"dict_kv", "value, key", dict_kv, false, "A dict of one key and a value"},
    {"from_csv", "content, dialect='excel', **kwargs", from_csv, false, "A list of dicts read from CSV"},
    {"groupby_as_dict", "sequence, attribute", groupby_as_dict, false, "Dicts by the value of one of their members"},
    {"lists_mergeby", "value, *args, **kwargs", lists_mergeby, false, "Lists of dicts merged by a member"},
    {"version_sort", "value, **kwargs", version_sort, false, "Versions in order"},
};

}  // namespace

std::span<const jinja::Filter> general() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
