// SPDX-License-Identifier: Apache-2.0
#include "dialect/scope.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "values/python.hpp"

using namespace fprov;
using dialect::LayeredScope;
using dialect::Templar;
using dialect::VariableScope;
using values::Map;
using values::Trust;
using values::Value;

namespace {
Value user(std::string text) { return Value(std::move(text), Trust::template_ok); }
}

TEST_CASE("scope: variables are rendered when they are used") {
    Templar templar({});
    Map variables;
    variables.set("a", user("{{ b }}"));
    variables.set("b", user("{{ c + 1 }}"));
    variables.set("c", Value(1));
    variables.set("broken", user("{{ nope }}"));
    VariableScope scope(templar, variables);
    CHECK(scope.lookup("a")->string() == "2");
    CHECK(scope.raw("a")->string() == "{{ b }}");
    CHECK_FALSE(scope.lookup("unknown"));
    CHECK(scope.lookup("broken")->is_undefined());
    CHECK(scope.lookup("broken")->undefined_info().message == "{{ nope }}: 'nope' is undefined");
}

TEST_CASE("scope: a loop is told with its path") {
    Templar templar({});
    Map variables;
    variables.set("a", user("{{ b }}"));
    variables.set("b", user("x{{ c }}"));
    variables.set("c", user("{{ b }}"));
    VariableScope scope(templar, variables);
    try {
        scope.lookup("a");
        FAIL("no error");
    } catch (const base::Failure& failure) {
        CHECK(failure.error().what == "recursive loop detected in template string: x{{ c }}");
        CHECK(failure.error().hint == "the variables need each other: b -> c -> b");
    }
}

TEST_CASE("scope: what changes at each use is not kept") {
    double clock = 0;
    dialect::Options options;
    options.hooks.now = [&] { return clock += 1; };
    Templar templar(std::move(options));
    Map variables;
    variables.set("t", user("{{ now(utc=true).second }}"));
    variables.set("fixed", user("{{ 1 + 1 }}"));
    VariableScope scope(templar, variables);
    CHECK(scope.lookup("t")->string() == "1");
    CHECK(scope.lookup("t")->string() == "2");
    CHECK(scope.lookup("fixed")->string() == "2");
    CHECK(templar.render(user("{{ t }} {{ t }}"), scope).string() == "3 3");   // but one template sees one value
    CHECK(templar.condition(user("t == t"), scope));
}

TEST_CASE("scope: vars holds variables as they were written") {
    Templar templar({});
    Map inner, variables;
    inner.set("x", user("{{ y }}"));
    variables.set("vars", Value(inner));
    VariableScope scope(templar, variables);
    CHECK(templar.render(user("{{ vars['x'] }}"), scope).string() == "{{ y }}");
}

TEST_CASE("scope: a layer hides what is below") {
    Templar templar({});
    Map variables;
    variables.set("a", user("{{ b }}"));
    variables.set("b", Value(1));
    VariableScope below(templar, variables);
    LayeredScope scope(below, Map{{"b", Value(2)}});
    CHECK(scope.lookup("b")->integer() == 2);
    CHECK(templar.render(user("{{ b }}"), scope).integer() == 2);
    CHECK(templar.render(user("{{ a }}"), scope).string() == "1");
}
