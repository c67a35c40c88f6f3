// SPDX-License-Identifier: Apache-2.0
// JSON and YAML in and out.
#include "base/place.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"
#include "values/json.hpp"
#include "values/yaml.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value as_text(std::string text) { return Value(std::move(text)).set_keeps_text(); }

/// What lists and dicts hold is checked: an undefined value deep inside is an error like one at the top.
void require_all_defined(Call& call, const Value& value) {
    call.context.step(call.place);
    require_defined(value, call.place);
    if (value.is_sequence())
        for (const auto& element : value.list()) require_all_defined(call, element);
    if (value.is_map())
        for (const auto& entry : value.map()) require_all_defined(call, entry.value);
}

Value json(Call& call, int indent, bool sort_keys) {
    require_all_defined(call, call[0]);
    values::JsonStyle style{.indent = indent, .sort_keys = sort_keys};
    if (const Value* given = keyword(call, "indent")) style.indent = given->is_none() ? -1 : static_cast<int>(given->is_string() ? static_cast<std::int64_t>(given->string().size()) : given->int_or(4));
    style.sort_keys = keyword_flag(call, "sort_keys", style.sort_keys);
    style.ensure_ascii = keyword_flag(call, "ensure_ascii", true);
    if (const Value* given = keyword(call, "separators"); given && given->is_sequence() && given->list().size() == 2) {
        style.item_separator = values::str(given->list()[0]);
        style.key_separator = values::str(given->list()[1]);
    }
    return as_text(values::write_json(call[0], style));
}

Value to_json(Call& call) { return json(call, -1, false); }
Value to_nice_json(Call& call) { return json(call, 4, true); }

Value from_json(Call& call) {
    if (const Value& given = call[0]; given.is_map() || given.is_list() || given.is_none() || given.is_bool() || given.is_int() || given.is_real())
        fail(call, "the JSON object must be str, bytes or bytearray, not " + (given.is_none() ? std::string("NoneType") : values::type_name(given)));
    const auto text = text_of(call, 0);
    auto value = values::read_json(text);
    if (!value) fail(call, value.error().what, value.error().hint);
    return *value;
}

Value yaml(Call& call, values::YamlStyle style) {
    require_all_defined(call, call[0]);
    style.indent = static_cast<int>(keyword_int(call, "indent", style.indent));
    style.width = static_cast<int>(keyword_int(call, "width", style.width));
    style.sort_keys = keyword_flag(call, "sort_keys", style.sort_keys);
    style.allow_unicode = keyword_flag(call, "allow_unicode", style.allow_unicode);
    style.explicit_start = keyword_flag(call, "explicit_start", style.explicit_start);
    if (const Value* given = keyword(call, "default_flow_style")) {
        style.leaf_flow = given->is_none();
        style.default_flow = given->truthy();
    }
    return as_text(values::write_yaml(call[0], style));
}

Value to_yaml(Call& call) { return yaml(call, {.leaf_flow = true}); }
Value to_nice_yaml(Call& call) { return yaml(call, {.indent = 4}); }

std::vector<Value> documents(Call& call) {
    const auto& text = call[0].string();
    const auto source = base::add_source("<from_yaml>", text);
    try {
        return values::read_yaml_documents(text, source, {.trust = values::Trust::data_only});
    } catch (base::Failure& failure) {
        fail(call, failure.error().what + " (" + base::describe(failure.error().where) + ")", failure.error().hint);
    }
}

Value from_yaml(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_string()) return call[0];
    auto all = documents(call);
    if (all.size() > 1) fail(call, "expected a single document in the stream, but found another document");
    return all.empty() ? Value() : all[0];
}

Value from_yaml_all(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_string()) return call[0];
    return Value(List(documents(call)));
}

Value string(Call& call) {
    require_defined(call[0], call.place);
    Value text = call[0].is_string() ? call[0] : Value(values::str(call[0]));
    return text.set_keeps_text();
}

constexpr jinja::Filter rows[] = {
    {"from_json", "a", from_json, false, "A value read from JSON"},
    {"from_yaml", "data", from_yaml, false, "A value read from YAML"},
    {"from_yaml_all", "data", from_yaml_all, false, "All documents of a YAML text"},
    {"string", "value", string, false, "Text that is not read back as a list, a dict or a boolean"},
    {"to_json", "a, *args, **kwargs", to_json, false, "JSON on one line"},
    {"to_nice_json", "a, *args, **kwargs", to_nice_json, false, "JSON with sorted keys on several lines"},
    {"to_nice_yaml", "a, *args, **kwargs", to_nice_yaml, false, "YAML in block style"},
    {"to_yaml", "a, *args, **kwargs", to_yaml, false, "YAML, innermost collections on one line"},
};

}  // namespace

std::span<const jinja::Filter> serials() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
