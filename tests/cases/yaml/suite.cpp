// SPDX-License-Identifier: Apache-2.0
// A writing case: `write` (any value) and `style` (nice: to_nice_yaml, leaf: to_yaml, block: ansible-inventory -y, flow, ascii, narrow) → `expect`.
// A reading case: `text` → `expect` (Python's repr of the value) or `error` (part of message, place or hint); `warnings` counts duplicates.
#include <map>

#include "base/error.hpp"
#include "cases/suite.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::cases {

using values::Value;

namespace {

std::string written(const Value& value, const std::string& name, const std::string& expect) {
    static const std::map<std::string, values::YamlStyle> styles = {
        {"nice", {.indent = 4}},
        {"leaf", {.leaf_flow = true}},
        {"block", {}},
        {"flow", {.default_flow = true}},
        {"ascii", {.allow_unicode = false}},
        {"narrow", {.width = 40, .explicit_start = true}},
    };
    const auto style = styles.find(name);
    if (style == styles.end()) return "  unknown style " + name;
    const std::string got = values::write_yaml(value, style->second);
    return got == expect ? "" : "  expected:\n" + expect + "\n  got:\n" + got;
}

}  // namespace

std::string run_yaml(const Value& given) {
    if (const Value* value = given.find("write")) return written(*value, std::string(given.find("style")->text_or("")), given.find("expect")->string());
    const std::string text(given.find("text")->text_or(""));
    std::vector<values::YamlWarning> warnings;
    values::YamlOptions options;
    options.warnings = &warnings;
    options.vault = [](std::string envelope, base::Place) { return Value("VAULT:" + envelope); };
    std::string got;
    try {
        if (given.find("documents")) got = values::repr(Value(values::read_yaml_documents(text, base::add_source("case.yml", text), options)));
        else got = values::repr(values::read_yaml(text, base::add_source("case.yml", text), options));
    } catch (const base::Failure& failure) {
        got = base::render(failure.error());
        const Value* error = given.find("error");
        if (!error) return "  unexpected " + got;
        return got.find(error->text_or("")) != std::string::npos ? "" : "  expected the error: " + error->string() + "\n  got: " + got;
    }
    const Value* expect = given.find("expect");
    if (!expect) return "  expected an error, got: " + got;
    if (got != expect->text_or("")) return "  expected: " + expect->string() + "\n  got:      " + got;
    const std::int64_t count = given.find("warnings") ? given.find("warnings")->int_or(0) : 0;
    if (count != static_cast<std::int64_t>(warnings.size())) return "  expected " + std::to_string(count) + " warnings, got " + std::to_string(warnings.size());
    return "";
}

}  // namespace fprov::cases
