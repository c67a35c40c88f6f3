// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/jinja/support.hpp"

using namespace fprov;
using namespace fprov::jinja;
using namespace fprov::jinja::testing;

namespace {
std::string at(const std::string& text, Place origin = {1, 10, 7}, std::uint32_t indent = 0) {
    auto error = error_of(text, {}, Environment(), origin, indent);
    return std::to_string(error.where.line) + ":" + std::to_string(error.where.column) + " " + error.what;
}
}  // namespace

TEST_CASE("an undefined name is reported where it stands") {
    CHECK(at("ab {{ foo }}") == "10:13 'foo' is undefined");
    CHECK(at("{{ {'a': 1}.b }}") == "10:19 'dict object' has no attribute 'b'");
    CHECK(at("{{ 1 if foo.bar else 2 }}") == "10:15 'foo' is undefined");
}
TEST_CASE("the place of an undefined value is where it was asked, not where it was used") {
    CHECK(at("{% set x = foo %}\n{{ x }}") == "10:18 'foo' is undefined");
}
TEST_CASE("lines after the first count from the text's own left edge") {
    CHECK(at("a\nb\n  {{ foo }}") == "12:6 'foo' is undefined");
    CHECK(at("a\n{{ foo }}", {1, 3, 5}, 8) == "4:12 'foo' is undefined");
}
TEST_CASE("carriage returns do not shift places") {
    CHECK(at("a\r\nb\r\n{{ foo }}") == "12:4 'foo' is undefined");
}
TEST_CASE("operators that fail are reported at the operator") {
    CHECK(at("{{ 1 + 'a' }}") == "10:12 unsupported operand type(s) for +: 'int' and 'str'");
    CHECK(at("{{ 1 / 0 }}") == "10:12 division by zero");
    CHECK(at("{{ 1 < 'a' }}").starts_with("10:12 "));
}
TEST_CASE("filters and calls that fail are reported at their name") {
    CHECK(at("{{ 5 | length }}") == "10:14 object of type 'int' has no len()");
    CHECK(at("{{ 'a'.index('z') }}") == "10:14 substring not found");
    CHECK(at("{{ 'a'.nope() }}") == "10:14 'str object' has no attribute 'nope'");
}
TEST_CASE("syntax errors have the place of the token") {
    CHECK(at("{{ a b }}") == "10:12 expected token 'end of print statement', got 'b'");
    CHECK(at("x\n{% foo %}") == "11:4 Encountered unknown tag 'foo'");
    CHECK(at("{{ x | nofilter }}") == "10:14 No filter named 'nofilter'");
    CHECK(at("{% if x %}").starts_with("10:10 Unexpected end of template."));
    CHECK(at("{{ 'abc }}").starts_with("10:10 "));
    CHECK(at("{{ (1 }}").starts_with("10:13 unexpected '}', expected ')'"));
    CHECK(at("{# open") == "10:7 Missing end of comment tag");
}
TEST_CASE("mistyped names get a suggestion") {
    CHECK(error_of("{{ hostnme }}", {{"hostname", 1}}).hint.find("hostname") != std::string::npos);
    CHECK(error_of("{{ x | uper }}").hint.find("upper") != std::string::npos);
    CHECK(error_of("{{ d.nme }}", {{"d", Map{{"name", 1}}}}).hint.find("name") != std::string::npos);
    CHECK(error_of("{% iff 1 %}").hint.find("if") != std::string::npos);
}
TEST_CASE("an error inside a macro is reported inside the macro") {
    CHECK(at("{% macro m(a) %}\n{{ a + 1 }}{% endmacro %}\n{{ m('x') }}").starts_with("11:6 "));
}
