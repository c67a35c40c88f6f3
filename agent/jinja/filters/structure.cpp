// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/methods/methods.hpp"
#include "jinja/sorting.hpp"
#include "jinja/text.hpp"
#include "values/json.hpp"

namespace fprov::jinja {
namespace {

Value attr(Call& call) {   // attributes only, no items
    std::string name = text_of(call, 1);
    const MethodNames* methods = find_methods(name);
    if (methods && methods->of(call[0]).method) return call.context.attribute(call[0], name, call.place);
    if (call[0].is_object()) if (auto found = call[0].object()->attribute(name)) return *found;
    return undefined_member(call[0], Value(name), call.place);
}

Value otherwise(Call& call) {
    const Value& value = call[0];
    bool replace = value.is_undefined() || (truth(call[2], &call.context.scope) && !value.truthy());
    return replace ? call[1] : value;
}

Value dictsort(Call& call) {
    if (!call[0].is_map()) fail_type("'" + values::type_name(call[0]) + "' object has no attribute 'items'");
    std::string by = text_of(call, 2);
    if (by != "key" && by != "value") fail_value("You can only sort by either \"key\" or \"value\"");
    List pairs;
    for (const auto& [key, value] : call[0].map()) pairs.push_back(Value::tuple({key, value}));
    bool case_sensitive = flag_of(call, 1);
    std::size_t position = by == "value";
    sort_values(pairs, [&](const Value& pair) {
        const Value& key = pair.list()[position];
        return case_sensitive ? key : ignoring_case(key);
    }, flag_of(call, 3));
    return pairs;
}

Value groupby(Call& call) {
    List all = iterate(call);
    bool case_sensitive = flag_of(call, 3);
    auto raw = getter(call, call[1], call[2]);
    auto key = [&](const Value& value) { Value k = raw(value); return case_sensitive ? k : ignoring_case(k); };
    sort_values(all, key, false);
    List out, group;
    Value current;
    auto flush = [&] {
        if (group.empty()) return;
        Value name = case_sensitive ? current : raw(group.front());   // before the members move away
        out.push_back(Value::tuple({std::move(name), Value(std::move(group))}));
        group = {};
    };
    for (Value& item : all) {
        Value k = key(item);
        require_defined(k, &call.context.scope);
        if (!group.empty() && !values::equal(k, current)) flush();
        current = std::move(k);
        group.push_back(std::move(item));
    }
    flush();
    return out;
}

Value items(Call& call) {
    if (call[0].is_undefined()) return List{};
    if (!call[0].is_map()) fail_type("Can only get item pairs from a mapping.");
    List out;
    for (const auto& [key, value] : call[0].map()) out.push_back(Value::tuple({key, value}));
    return out;
}

Value tojson(Call& call) {
    values::JsonStyle style;
    style.sort_keys = true;
    if (!call[1].is_none()) style.indent = static_cast<int>(std::clamp<std::int64_t>(integer_of(call, 1), 0, 100));
    std::string out;
    for (char c : values::write_json(call[0], style)) {
        switch (c) {   // safe inside HTML
            case '<': out += "\\u003c"; break;
            case '>': out += "\\u003e"; break;
            case '&': out += "\\u0026"; break;
            case '\'': out += "\\u0027"; break;
            default: out += c;
        }
    }
    return out;
}

// As Python's pprint with its width of 80: what fits on a line stands on one, else one element a line. Keys are sorted.
class PrettyPrinter {
public:
    std::string run(const Value& value, std::size_t indent, std::size_t allowance) {
        std::string flat = one_line(value);
        if (char_count(flat) + indent + allowance <= 80) return flat;
        if (value.is_map() && !value.map().empty()) return map(value.map(), indent, allowance);
        if (value.is_sequence() && !value.list().empty()) return sequence(value, indent, allowance);
        return flat;
    }

private:
    static std::vector<Map::Entry> sorted(const Map& map) {
        std::vector<Map::Entry> entries(map.begin(), map.end());
        std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
            if (a.key.is_string() && b.key.is_string()) return a.key.string() < b.key.string();
            if (is_numeric(a.key) && is_numeric(b.key)) return values::compare(a.key, b.key) == -1;
            return values::type_name(a.key) < values::type_name(b.key);
        });
        return entries;
    }
    static std::string one_line(const Value& value) {
        if (value.is_map()) {
            std::string out = "{";
            for (const auto& [key, item] : sorted(value.map())) out += (out.size() > 1 ? ", " : "") + one_line(key) + ": " + one_line(item);
            return out + "}";
        }
        if (value.is_sequence()) {
            std::string out;
            for (const Value& item : value.list()) out += (out.empty() ? "" : ", ") + one_line(item);
            if (value.is_tuple()) return "(" + out + (value.list().size() == 1 ? ",)" : ")");
            return "[" + out + "]";
        }
        return values::repr(value);
    }
    std::string map(const Map& map, std::size_t indent, std::size_t allowance) {
        std::string out = "{";
        auto entries = sorted(map);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            std::string key = one_line(entries[i].key) + ": ";
            if (i) out += ",\n" + std::string(indent + 1, ' ');
            out += key + run(entries[i].value, indent + 1 + char_count(key), i + 1 < entries.size() ? 1 : allowance + 1);
        }
        return out + "}";
    }
    std::string sequence(const Value& value, std::size_t indent, std::size_t allowance) {
        bool tuple = value.is_tuple();
        std::string out = tuple ? "(" : "[";
        const List& list = value.list();
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i) out += ",\n" + std::string(indent + 1, ' ');
            out += run(list[i], indent + 1, i + 1 < list.size() ? 1 : allowance + 1);
        }
        return out + (tuple ? list.size() == 1 ? ",)" : ")" : "]");
    }
};
Value pprint(Call& call) {
    values::repr(call[0]);   // fails for what is nested too deeply or undefined
    return PrettyPrinter().run(call[0], 0, 0);
}

constexpr Filter rows[] = {
    {"attr", "obj, name", attr, false, "an attribute, never an item"},
    {"d", "value, default_value='', boolean=False", otherwise, true, "the default for an undefined value"},
    {"default", "value, default_value='', boolean=False", otherwise, true, "the default for an undefined value"},
    {"dictsort", "value, case_sensitive=False, by='key', reverse=False", dictsort, false, "sorted pairs of a mapping"},
    {"groupby", "value, attribute, default=None, case_sensitive=False", groupby, false, "pairs of a value and the elements that have it"},
    {"items", "value", items, true, "pairs of a mapping"},
    {"pprint", "value", pprint, false, "Python's notation over several lines"},
    {"tojson", "value, indent=None", tojson, false, "JSON that is safe inside HTML"},
};

}  // namespace

std::span<const Filter> structure_filters() { return rows; }

}  // namespace fprov::jinja
