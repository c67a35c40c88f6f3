// SPDX-License-Identifier: Apache-2.0
// Cases of the template engine: `template` with `expect`, or `expression` with `expect_value`, or `error` (part of the message).
// More keys: vars, options (of the environment), templates (for include, import, extends), place ("line:column" of the error),
// saw_data (did a value of a host take part: vars below `host`).
#include "cases/suite.hpp"

#include "base/error.hpp"
#include "jinja/environment.hpp"
#include "values/python.hpp"

namespace fprov::cases {
namespace {

using values::Value;

class Variables : public jinja::Scope {
public:
    explicit Variables(const Value& one) {
        if (const Value* vars = one.find("vars")) vars_ = *vars;
        if (const Value* host = one.find("host")) host_ = values::as_data(*host);
    }
    std::optional<Value> lookup(std::string_view name) const override {
        for (const Value* map : {&vars_, &host_}) if (const Value* found = map->find(name)) return *found;
        return std::nullopt;
    }
    std::vector<std::string> names() const override {
        std::vector<std::string> out;
        for (const Value* map : {&vars_, &host_}) if (map->is_map()) for (const auto& entry : map->map()) out.push_back(values::str(entry.key));
        return out;
    }
private:
    Value vars_, host_;
};

bool option(const Value& one, const char* name, bool otherwise) {
    const Value* options = one.find("options");
    const Value* found = options ? options->find(name) : nullptr;
    return found ? found->truthy() : otherwise;
}
void text_option(const Value& one, const char* name, std::string& target) {
    const Value* options = one.find("options");
    if (const Value* found = options ? options->find(name) : nullptr) target = values::str(*found);
}

// 1 and True, [1] and (1,) are equal in Python; a case means the type, too (tuples are written as lists).
bool same(const Value& a, const Value& b) {
    if (a.is_sequence() && b.is_sequence()) {
        if (a.list().size() != b.list().size()) return false;
        for (std::size_t i = 0; i < a.list().size(); ++i) if (!same(a.list()[i], b.list()[i])) return false;
        return true;
    }
    if (a.is_map() && b.is_map()) {
        if (a.map().size() != b.map().size()) return false;
        for (const auto& [key, value] : a.map()) {
            const Value* other = b.map().find(key);
            if (!other || !same(value, *other)) return false;
        }
        return true;
    }
    return a.type() == b.type() && values::equal(a, b);
}

}  // namespace

std::string run_jinja(const Value& one) {
    jinja::Environment environment;
    environment.enable_do = option(one, "do", false);
    environment.enable_loopcontrols = option(one, "loopcontrols", false);
    if (const Value* templates = one.find("templates")) {
        Value texts = *templates;
        environment.loader = [texts](const std::string& name, const std::string&, jinja::Context&) -> std::optional<jinja::Environment::Source> {
            const Value* found = texts.find(name);
            if (!found) return std::nullopt;
            return jinja::Environment::Source{found->string(), base::add_source(name, found->string())};
        };
    }
    jinja::Syntax syntax;
    syntax.trim_blocks = option(one, "trim_blocks", false);
    syntax.lstrip_blocks = option(one, "lstrip_blocks", false);
    syntax.keep_trailing_newline = option(one, "keep_trailing_newline", false);
    text_option(one, "block_start_string", syntax.block_start);
    text_option(one, "block_end_string", syntax.block_end);
    text_option(one, "variable_start_string", syntax.variable_start);
    text_option(one, "variable_end_string", syntax.variable_end);
    text_option(one, "comment_start_string", syntax.comment_start);
    text_option(one, "comment_end_string", syntax.comment_end);
    text_option(one, "line_statement_prefix", syntax.line_statement_prefix);
    text_option(one, "line_comment_prefix", syntax.line_comment_prefix);
    text_option(one, "newline_sequence", syntax.newline_sequence);

    Variables variables(one);
    jinja::Context context(environment, variables);
    const Value* expected_error = one.find("error");
    const Value* expected = one.find("expect");
    const Value* expected_value = one.find("expect_value");
    if (!expected_error && !expected && !expected_value) return "the case expects nothing";
    try {
        if (const Value* text = one.find("template")) {
            auto compiled = environment.compile(text->string(), syntax, {base::add_source("case", text->string()), 1, 1});
            std::string out = jinja::render(*compiled, context);
            if (expected_error) return "should fail with " + values::repr(*expected_error) + ", but gives " + values::repr(Value(out));
            if (!expected || !expected->is_string() || out != expected->string()) return "expected " + (expected ? values::repr(*expected) : "?") + "\n         got " + values::repr(Value(out));
        } else if (const Value* text = one.find("expression")) {
            auto compiled = environment.compile_expression(text->string(), {base::add_source("case", text->string()), 1, 1});
            Value out = jinja::evaluate(*compiled, context);
            if (out.is_undefined() && !out.undefined_info().lenient) throw base::Failure(base::Kind::undefined, out.undefined_info().message, out.undefined_info().place);
            if (expected_error) return "should fail with " + values::repr(*expected_error) + ", but gives " + values::repr(out);
            if (!expected_value || !same(out, *expected_value)) return "expected " + (expected_value ? values::repr(*expected_value) : "?") + "\n         got " + values::repr(out);
        } else {
            return "neither template nor expression";
        }
    } catch (const base::Failure& failure) {
        const auto& error = failure.error();
        if (!expected_error) return "failed: " + error.what + " at " + base::describe(error.where);
        if (error.what.find(expected_error->string()) == std::string::npos) return "expected the error " + values::repr(*expected_error) + "\n                   got " + values::repr(Value(error.what));
        if (const Value* place = one.find("place")) {
            std::string got = std::to_string(error.where.line) + ":" + std::to_string(error.where.column);
            if (place->string() != got) return "expected the error at " + place->string() + ", got " + got + " (" + error.what + ")";
        }
    }
    if (const Value* saw = one.find("saw_data")) if (saw->truthy() != context.saw_data) return context.saw_data ? "took a host's text as part" : "did not see the host's text";
    return {};
}

}  // namespace fprov::cases
