// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

using namespace fprov;
using values::Value;

namespace {

Value read(const std::string& text, std::vector<values::YamlWarning>* warnings = nullptr) {
    values::YamlOptions options;
    options.warnings = warnings;
    options.vault = [](std::string envelope, base::Place) { return Value("vault:" + envelope); };
    return values::read_yaml(text, base::add_source("t.yml", text), options);
}

base::Error fails(const std::string& text) {
    try {
        read(text);
    } catch (const base::Failure& failure) {
        return failure.error();
    }
    FAIL("no error for: " << text);
    return {};
}

std::string place(const Value& value) { return base::describe(value.origin()); }

}  // namespace

TEST_CASE("yaml: plain scalars have YAML 1.1 types") {
    CHECK(values::repr(read("[yes, No, ON, off, y, n, TrUe, ~, null, Null]")) == "[True, False, True, False, 'y', 'n', 'TrUe', None, None, None]");
    CHECK(values::repr(read("[0644, 0o644, 08, 1:30, 12:30:45, 1_000, 0x1F, 0b101, -0x10]")) == "[420, '0o644', '08', 90, 45045, 1000, 31, 5, -16]");
    CHECK(values::repr(read("[1e3, 1.0e+3, 1.5, .5, 1., .inf, -.INF, .nan, 1:30.5]")) == "['1e3', 1000.0, 1.5, 0.5, 1.0, inf, -inf, nan, 90.5]");
    CHECK(values::repr(read("[2001-12-14, 2001-12-14 21:59:43.10 -5, 2001-1-1]")) ==
          "[datetime.date(2001, 12, 14), datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, "
          "tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400))), '2001-1-1']");
    CHECK(values::repr(read("[\"1\", '~', !!str 1, ! '1', !!int '7', !!float 3, !!bool 'on']")) == "['1', '~', '1', '1', 7, 3.0, True]");
}

TEST_CASE("yaml: merge keys come first and lose against what is written") {
    CHECK(values::repr(read("a: &a {k: 1, z: 2}\nb:\n  m: 0\n  <<: *a\n  k: 3\n").find("b")[0]) == "{'k': 3, 'z': 2, 'm': 0}");
    CHECK(values::repr(*read("- &a {k: 1}\n- &b {k: 2, l: 3}\n- {<<: [*a, *b]}\n").list().rbegin()) == "{'k': 1, 'l': 3}");
}

TEST_CASE("yaml: a repeated key warns and the last one wins") {
    std::vector<values::YamlWarning> warnings;
    CHECK(values::repr(read("a: 1\nb: 2\na: 3\n", &warnings)) == "{'a': 3, 'b': 2}");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].text == "While constructing a mapping from t.yml, line 1, column 1, found a duplicate dict key (a). Using last defined value only.");
    CHECK(base::describe(warnings[0].place) == "t.yml:3:1");
}

TEST_CASE("yaml: every value knows its place") {
    const Value value = read("a: one\nb: \"two\"\nc:\nd: |\n\n    text {{ x }}\n     more\ne: >-\n  folded\nf: !vault |\n  $A\ng: [x,\n  'y']\n");
    CHECK(place(*value.find("a")) == "t.yml:1:4");
    CHECK(place(*value.find("b")) == "t.yml:2:5");
    CHECK(place(*value.find("c")) == "t.yml:3:1");
    CHECK(place(*value.find("d")) == "t.yml:5:5");
    CHECK(place(*value.find("e")) == "t.yml:9:3");
    CHECK(place(*value.find("f")) == "t.yml:11:3");
    CHECK(place(value.find("g")->list()[1]) == "t.yml:13:4");
    CHECK(place(value) == "t.yml:1:1");
}

TEST_CASE("yaml: tags of Ansible") {
    const Value value = read("a: !unsafe '{{ x }}'\nb: !unsafe {c: ['{{ y }}']}\nd: '{{ z }}'\ne: !vault |\n  $ANSIBLE_VAULT\n");
    CHECK(value.find("a")->trust() == values::Trust::data_only);
    CHECK(value.find("b")->find("c")->list()[0].trust() == values::Trust::data_only);
    CHECK(value.find("d")->trust() == values::Trust::template_ok);
    CHECK(value.find("e")->string() == "vault:$ANSIBLE_VAULT\n");
    const auto error = fails("a: !foo x");
    CHECK(error.what == "could not determine a constructor for the tag '!foo'");
    CHECK(base::describe(error.where) == "t.yml:1:4");
}

TEST_CASE("yaml: the classic mistakes have a hint") {
    CHECK(fails("k: {{ x }}").hint == "a value that begins with '{{' must be quoted: k: \"{{ x }}\"");
    CHECK(base::describe(fails("a: 1\nk: {{ x }}/foo\n").where) == "t.yml:2:4");
    CHECK(fails("a: 1\nk: {{ x }}/foo\n").hint == "a value that begins with '{{' must be quoted: k: \"{{ x }}/foo\"");
    CHECK(fails("a:\n\tb: 1").hint == "the line is indented with a tab; indent with spaces");
    CHECK(fails("a:1\nb: 2\n").hint == "a space is missing after the colon in line 1");
    CHECK(fails("a: \"x\nb: y\n").what == "found unexpected end of stream while scanning a quoted scalar");
    CHECK(fails("a: \"x\" y\nb: z\n").hint == "the value ends at its second quote; put the whole value in quotes, or none of it");
    CHECK(fails("a: b: c\n").hint == "a value that holds ': ' must be quoted");
    CHECK(base::describe(fails("--- ,a\n").where) == "t.yml:1:5");
    CHECK(fails("%{ a }\n").what == "syntax error in YAML: found unknown directive name");
    CHECK(fails("- a\nb: c\n").what == "syntax error in YAML: did not find expected '-' indicator or the start of a new document");
    CHECK(fails("a: \xFF\n").what == "the text is not valid UTF-8");
    CHECK(fails("a: \x07\n").what == "control characters are not allowed");
}

TEST_CASE("yaml: limits stop bombs") {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int k = 0; k < 9; ++k) bomb += "," + last;
        bomb += "]\n";
    }
    CHECK(fails(bomb).kind == base::Kind::limit);
    CHECK(fails(std::string(600, '[')).kind == base::Kind::limit);
    CHECK(fails("a: &a [1, *a]").kind == base::Kind::parse);
}
