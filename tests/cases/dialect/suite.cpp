// SPDX-License-Identifier: Apache-2.0
// Cases of Ansible's templating. One of: `template` (any value), `expression` (as `debug: var=`), `when` (a condition), `file` (the
// text of a template file), `with` + `terms` (items of a loop). Then `expect`, or `error` (part of the message), or `expect_match`
// (a regular expression for the result's text). More keys: vars (as a user wrote them; `!unsafe` for host data), native (jinja2_native),
// unordered (lists are compared as sets), data (is the result a host's?), warns (part of a warning), differs (why not as Ansible).
#include "cases/suite.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dialect/scope.hpp"
#include "dialect/templar.hpp"
#include "regex/regex.hpp"
#include "values/python.hpp"

namespace fprov::cases {
namespace {

using values::List;
using values::Map;
using values::Value;

// 1 and True are equal in Python; a case means the type, too (tuples are written as lists, objects as their text).
bool same(const Value& a, const Value& b, bool unordered) {
    if (a.is_sequence() && b.is_sequence()) {
        if (a.list().size() != b.list().size()) return false;
        if (unordered)
            return std::is_permutation(a.list().begin(), a.list().end(), b.list().begin(), [](const Value& x, const Value& y) { return same(x, y, true); });
        for (std::size_t i = 0; i < a.list().size(); ++i)
            if (!same(a.list()[i], b.list()[i], false)) return false;
        return true;
    }
    if (a.is_map() && b.is_map()) {
        if (a.map().size() != b.map().size()) return false;
        for (const auto& [key, value] : a.map()) {
            const Value* other = b.map().find(key);
            if (!other || !same(value, *other, unordered)) return false;
        }
        return true;
    }
    if (a.is_object() && b.is_string()) return values::str(a) == b.string();
    return a.type() == b.type() && values::equal(a, b);
}

bool only_data(const Value& value) {
    if (value.is_string()) return value.trust() == values::Trust::data_only;
    if (value.is_sequence()) return std::all_of(value.list().begin(), value.list().end(), only_data);
    if (value.is_map()) return std::all_of(value.map().begin(), value.map().end(), [](const auto& entry) { return only_data(entry.value); });
    return true;
}

}  // namespace

std::string run_dialect(const Value& one) {
    std::string warnings;
    dialect::Options options;
    options.base_dir = "tests/cases/dialect/play";
    if (const Value* native = one.find("native")) options.jinja2_native = native->truthy();
    options.hooks.warn = [&](const std::string& text) { warnings += text + "\n"; };
    options.hooks.config = [](const std::string& name) { return name == "DEFAULT_FORKS" ? std::optional<Value>(5) : std::nullopt; };
    options.hooks.hosts = [](const std::string& pattern) {
        return pattern == "web" ? std::vector<std::string>{"web1", "web2"} : std::vector<std::string>{"db1", "web1", "web2"};
    };
    options.hooks.now = [] { return 1577934245.0; };
    dialect::Templar templar(std::move(options));
    Map variables;
    if (const Value* given = one.find("vars")) variables = given->map();
    dialect::VariableScope scope(templar, variables);

    const Value* error = one.find("error");
    Value got;
    try {
        if (const Value* text = one.find("template")) got = templar.render(*text, scope);
        else if (const Value* text = one.find("expression")) got = templar.evaluate(text->string(), scope, text->origin());
        else if (const Value* text = one.find("when")) got = Value(templar.condition(*text, scope));
        else if (const Value* text = one.find("file")) got = Value(templar.render_file(text->string(), "case.j2", scope));
        else if (const Value* name = one.find("with")) got = Value(templar.loop_from_with(name->string(), templar.render(*one.find("terms"), scope), scope));
        else return "nothing to render";
    } catch (const base::Failure& failure) {
        if (!error) return "failed: " + failure.error().what + " at " + base::describe(failure.error().where);
        if (failure.error().what.find(error->string()) == std::string::npos)
            return "expected the error " + values::repr(*error) + "\n                   got " + values::repr(Value(failure.error().what));
        return {};
    }
    if (error) return "should fail with " + values::repr(*error) + ", but gives " + values::repr(got);
    if (const Value* expected = one.find("expect")) {
        const Value* unordered = one.find("unordered");
        if (!same(got, *expected, unordered && unordered->truthy()))
            return "expected " + values::type_name(*expected) + " " + values::repr(*expected) + "\n         got " + values::type_name(got) + " " + values::repr(got);
    } else if (const Value* pattern = one.find("expect_match")) {
        if (!regex::Regex::compile(pattern->string()).value().fullmatch(values::str(got))) return "expected to match " + pattern->string() + "\n         got " + values::repr(got);
    } else {
        return "the case expects nothing";
    }
    if (const Value* data = one.find("data"); data && data->truthy() != only_data(got)) return data->truthy() ? "the result should not be templated again" : "the result should be templated again";
    if (const Value* warns = one.find("warns"); warns && warnings.find(warns->string()) == std::string::npos) return "no warning with " + values::repr(*warns);
    return {};
}

}  // namespace fprov::cases
