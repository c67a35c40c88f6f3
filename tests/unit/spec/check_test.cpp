// SPDX-License-Identifier: Apache-2.0
// Sentences and coercions as measured with ansible-core 2.14.
#include <doctest/doctest.h>

#include "spec/argument.hpp"
#include "values/json.hpp"

using namespace fprov;
using spec::Arg;
using spec::Rule;
using spec::Type;
using values::Map;
using values::Value;

namespace {

constexpr Arg sub[] = {
    {.name = "a", .type = Type::integer, .required = true},
    {.name = "b", .fallback = "bb", .choices = "bb|cc"},
    {.name = "c", .type = Type::boolean, .aliases = "cee"},
};
constexpr Arg args[] = {
    {.name = "state", .fallback = "present", .choices = "absent|present|got"},
    {.name = "name", .aliases = "dest|nm"},
    {.name = "i", .type = Type::integer},
    {.name = "f", .type = Type::real},
    {.name = "b", .type = Type::boolean},
    {.name = "l", .type = Type::list, .elements = Type::text},
    {.name = "li", .type = Type::list, .elements = Type::integer},
    {.name = "d", .type = Type::dict},
    {.name = "p", .type = Type::path},
    {.name = "by", .type = Type::bytes},
    {.name = "bi", .type = Type::bits},
    {.name = "j", .type = Type::json},
    {.name = "s"},
    {.name = "lc", .type = Type::list, .choices = "x|y", .elements = Type::text},
    {.name = "sub", .type = Type::dict, .suboptions = sub},
    {.name = "subl", .type = Type::list, .elements = Type::dict, .suboptions = sub},
    {.name = "x1"}, {.name = "x2"}, {.name = "t1"}, {.name = "t2"},
    {.name = "bc", .choices = "yes|no|maybe"},
    {.name = "ic", .type = Type::integer, .choices = "1|2|3"},
    {.name = "secret", .choices = "one|two", .secret = true},
    {.name = "reqby"},
};
constexpr Rule rules[] = {
    {.kind = Rule::Kind::mutually_exclusive, .names = "x1,x2"},
    {.kind = Rule::Kind::required_together, .names = "t1,t2"},
    {.kind = Rule::Kind::required_if, .names = "i,f", .when_name = "state", .when_value = "got"},
    {.kind = Rule::Kind::required_if, .names = "i,f", .when_name = "state", .when_value = "absent", .any = true},
    {.kind = Rule::Kind::required_by, .names = "i,f", .when_name = "reqby"},
};

spec::Checked check(const char* json, bool pending = false) { return spec::check("mod", args, rules, values::read_json(json).value().map(), pending); }
std::string first(const char* json) {
    auto checked = check(json);
    return checked.errors.empty() ? "" : checked.errors.front();
}
std::string value(const char* json, const char* name) { return values::write_json(check(json).args[name]); }

}  // namespace

TEST_CASE("check: names that are not known, with all that are") {
    CHECK(first(R"({"foo": 1})") ==
          "Unsupported parameters for (mod) module: foo. Supported parameters include: b, bc, bi, by, d, f, i, ic, j, l, lc, li, name, p, reqby, s, "
          "secret, state, sub, subl, t1, t2, x1, x2 (dest, nm).");
    CHECK(first(R"({"subl": [{"a": 1}, {"a": 2, "x": 1}]})") == "Unsupported parameters for (mod) module: subl.x. Supported parameters include: a, b, c (cee).");
    CHECK(first(R"({"_fprov_source": "x"})").empty());
}

TEST_CASE("check: the first error is a type before a choice before an unknown name") {
    CHECK(first(R"({"foo": 1, "i": "x", "state": "q"})") ==
          "argument 'i' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int");
    CHECK(first(R"({"x1": 1, "x2": 2, "i": "q"})") == "parameters are mutually exclusive: x1|x2");
    CHECK(first(R"({"state": "q", "t1": 1})") == "value of state must be one of: absent, present, got, got: q");
}

TEST_CASE("check: rules") {
    CHECK(first(R"({"t1": 1})") == "parameters are required together: t1, t2");
    CHECK(first(R"({"state": "got", "i": 1})") == "state is got but all of the following are missing: f");
    CHECK(first(R"({"state": "got", "i": 0, "f": 0})").empty());
    CHECK(first(R"({"state": "absent"})") == "state is absent but any of the following are missing: i, f");
    CHECK(first(R"({"reqby": 1})") == "missing parameter(s) required by 'reqby': i, f");
}

TEST_CASE("check: choices") {
    CHECK(first(R"({"lc": ["x", "z"]})") == "value of lc must be one or more of: x, y. Got no match for: z");
    CHECK(value(R"({"bc": true})", "bc") == "\"yes\"");
    CHECK(value(R"({"bc": "False"})", "bc") == "\"no\"");
    CHECK(first(R"({"state": null})") == "value of state must be one of: absent, present, got, got: None");
    CHECK(value(R"({"ic": "2"})", "ic") == "2");
    CHECK(first(R"({"ic": 5})") == "value of ic must be one of: 1, 2, 3, got: 5");
    CHECK(first(R"({"secret": "hunter2"})") == "value of secret must be one of: one, two, got: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER");
}

TEST_CASE("check: coercions") {
    CHECK(value(R"({"i": " 7 "})", "i") == "7");
    CHECK(value(R"({"i": "1_000"})", "i") == "1000");
    CHECK(first(R"({"i": 5.0})").find("<class 'float'> cannot be converted to an int") != std::string::npos);
    CHECK(value(R"({"f": 2})", "f") == "2.0");
    CHECK(value(R"({"b": "On"})", "b") == "true");
    CHECK(value(R"({"b": 1.0})", "b") == "true");
    CHECK(first(R"({"b": "maybe"})").find("The value 'maybe' is not a valid boolean.  Valid booleans include: 0, 1, ") != std::string::npos);
    CHECK(value(R"({"l": "a,b, c"})", "l") == R"(["a", "b", " c"])");
    CHECK(value(R"({"l": 5})", "l") == R"(["5"])");
    CHECK(value(R"({"l": [1, true, null, 1.5]})", "l") == R"(["1", "True", "None", "1.5"])");
    CHECK(first(R"({"l": {"a": 1}})") == "argument 'l' is of type <class 'dict'> and we were unable to convert to list: <class 'dict'> cannot be converted to a list");
    CHECK(value(R"({"li": "1,2"})", "li") == "[1, 2]");
    CHECK(first(R"({"li": ["x"]})") == "Elements value for option 'li' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int");
    CHECK(value(R"({"d": "a=1, b='x y'"})", "d") == R"({"a": "1", "b": "x y"})");
    CHECK(value(R"({"d": "{'a': True}"})", "d") == R"({"a": true})");
    CHECK(first(R"({"d": "x"})") == "argument 'd' is of type <class 'str'> and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value");
    CHECK(first(R"({"d": "a=1,b=2 c"})").ends_with("dictionary update sequence element #2 has length 1; 2 is required"));
    CHECK(value(R"({"by": "1.5M"})", "by") == "1572864");
    CHECK(value(R"({"by": "1KB"})", "by") == "1024");
    CHECK(first(R"({"by": "1Kb"})").ends_with("<class 'str'> cannot be converted to a Byte value"));
    CHECK(value(R"({"bi": "1Mb"})", "bi") == "1048576");
    CHECK(value(R"({"j": {"a": [true, null]}})", "j") == R"("{\"a\": [true, null]}")");
    CHECK(value(R"({"s": [1, "a"]})", "s") == R"("[1, 'a']")");
    CHECK(value(R"({"s": true})", "s") == R"("True")");
    CHECK(value(R"({"p": 5})", "p") == R"("5")");
}

TEST_CASE("check: aliases and defaults") {
    auto checked = check(R"({"dest": "a", "name": "b"})");
    CHECK(checked.args.text("name") == "a");
    REQUIRE(checked.warnings.size() == 1);
    CHECK(checked.warnings[0] == "Both option name and its alias dest are set.");
    CHECK(checked.args.text("state") == "present");
    CHECK_FALSE(checked.args.given("i"));
}

TEST_CASE("check: suboptions") {
    CHECK(first(R"({"sub": {}})") == "missing required arguments: a found in sub");
    CHECK(first(R"({"sub": {"a": "q"}})") ==
          "argument 'a' is of type <class 'str'> found in 'sub'. and we were unable to convert to int: <class 'str'> cannot be converted to an int");
    CHECK(first(R"({"sub": {"a": 1, "b": "dd"}})") == "value of b must be one of: bb, cc, got: dd found in sub");
    CHECK(value(R"({"sub": {"a": "1", "cee": "yes"}})", "sub") == R"({"a": 1, "c": true, "b": "bb"})");
    CHECK(value(R"({"subl": "a=1"})", "subl") == R"([{"a": 1, "b": "bb"}])");
    CHECK(first(R"({"subl": [5]})") == "Value '5' in the sub parameter field 'subl' must by a list, not 'int'");
}

TEST_CASE("check: what templates will fill is judged by name only") {
    CHECK(check(R"({"i": "{{ n }}", "state": "{{ s }}", "d": "{{ d }}", "sub": "{{ d }}", "subl": ["{{ d }}"]})", true).errors.empty());
    CHECK(check(R"({"x1": "{{ a | default(omit) }}", "x2": "b"})", true).errors.empty());
    CHECK(check(R"({"nope": "{{ n }}"})", true).errors.size() == 1);
    CHECK(check(R"({"i": "{{ n }}"})", false).errors.size() == 1);
}
