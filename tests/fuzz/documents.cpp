// SPDX-License-Identifier: Apache-2.0
// YAML, JSON, Python literals: what reads must write, and read again as the same.
#include "base/place.hpp"
#include "fuzz/fuzz.hpp"
#include "values/json.hpp"
#include "values/literal.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::fuzz {
namespace {

using values::Value;

std::uint32_t source() {
    static const std::uint32_t id = base::add_source("input");
    return id;
}

// NaN equals nothing, infinity is no literal, tuples become lists, dates become texts.
bool comparable(const Value& value, int depth = 0) {
    if (depth > 100 || value.is_object() || value.is_undefined()) return false;
    if (value.is_real() && value.real() - value.real() != 0) return false;
    if (value.is_tuple()) return false;
    if (value.is_sequence()) for (const Value& item : value.list()) if (!comparable(item, depth + 1)) return false;
    if (value.is_map()) for (const auto& [key, item] : value.map()) if (!comparable(key, depth + 1) || !comparable(item, depth + 1)) return false;
    return true;
}

bool text_keys(const Value& value) {
    if (value.is_sequence()) for (const Value& item : value.list()) if (!text_keys(item)) return false;
    if (value.is_map()) for (const auto& [key, item] : value.map()) if (!key.is_string() || !text_keys(item)) return false;
    return true;
}

}  // namespace

void yaml(std::string_view input) {
    values::YamlOptions options;
    std::vector<values::YamlWarning> warnings;
    options.warnings = &warnings;
    options.vault = [](std::string text, base::Place) { return Value(std::move(text)); };
    for (const Value& document : values::read_yaml_documents(input, source(), options)) {
        if (!comparable(document)) continue;
        for (bool flow : {false, true}) {
            std::string text = values::write_yaml(document, {.default_flow = flow});
            check(values::equal(values::read_yaml(text, source()), document), "YAML that was written reads as the same value");
        }
    }
}

void json(std::string_view input) {
    auto value = values::read_json(input);
    if (!value || !comparable(*value)) return;
    for (int indent : {-1, 4}) {
        auto again = values::read_json(values::write_json(*value, {.indent = indent}));
        check(again && values::equal(*again, *value), "JSON that was written reads as the same value");
    }
}

void literal(std::string_view input) {
    auto value = values::literal_eval(input);
    if (!value || !comparable(*value)) return;
    auto again = values::literal_eval(values::repr(*value));
    check(again && values::equal(*again, *value), "a literal's text reads as the same value");
    if (text_keys(*value)) values::write_json(*value, {.sort_keys = true});
}

}  // namespace fprov::fuzz
