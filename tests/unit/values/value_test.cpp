// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>

#include "base/error.hpp"
#include "values/json.hpp"
#include "values/msgpack.hpp"
#include "values/python.hpp"

using namespace fprov::values;

TEST_CASE("map: keys keep their order, a replaced key its position") {
    Map map{{"b", 1}, {"a", 2}};
    map.set("b", 3);
    CHECK(repr(Value(map)) == "{'b': 3, 'a': 2}");
}

TEST_CASE("map: many keys are found after growth and erasure") {
    Map map;
    for (int i = 0; i < 500; ++i) map.set("key" + std::to_string(i), i);
    for (int i = 0; i < 500; i += 2) CHECK(map.erase("key" + std::to_string(i)));
    CHECK(map.size() == 250);
    CHECK(map.find("key10") == nullptr);
    CHECK(map.find("key11")->integer() == 11);
}

TEST_CASE("map: 1, True and 1.0 are the same key, as in Python") {
    Map map;
    map.set(Value(1), "a");
    map.set(Value(true), "b");
    CHECK(map.size() == 1);
    CHECK(map.find(Value(1.0))->string() == "b");
}

TEST_CASE("repr: Python's quoting and escapes") {
    CHECK(repr(Value("it's")) == "\"it's\"");
    CHECK(repr(Value("a\"b'c")) == "'a\"b\\'c'");
    CHECK(repr(Value("tab\tnew\nline\\")) == "'tab\\tnew\\nline\\\\'");
    CHECK(repr(Value("é\x01")) == "'é\\x01'");
    CHECK(repr(Value::tuple({1})) == "(1,)");
    CHECK(repr(Value(List{1, true, Value(), 1.0, "x"})) == "[1, True, None, 1.0, 'x']");
}

TEST_CASE("float: shortest text that reads back, with Python's exponents") {
    CHECK(repr_float(0.1) == "0.1");
    CHECK(repr_float(1e16) == "1e+16");
    CHECK(repr_float(123456789012345.0) == "123456789012345.0");
    CHECK(repr_float(0.0001) == "0.0001");
    CHECK(repr_float(0.00001) == "1e-05");
    CHECK(repr_float(-0.0) == "-0.0");
}

TEST_CASE("compare: mixed types raise Python's sentence") {
    CHECK_THROWS_WITH_AS(compare(Value(1), Value("a")), "'<' not supported between instances of 'int' and 'str'", fprov::base::Failure);
    CHECK(compare(Value(1), Value(1.5)) < 0);
    CHECK(equal(Value(1), Value(true)));
    CHECK_FALSE(equal(Value("1"), Value(1)));
}

TEST_CASE("json: read and written as Python's json.dumps does") {
    auto value = read_json(R"({"a": [1, 2.5, "é", null, true], "b": {}})").value();
    CHECK(write_json(value) == R"({"a": [1, 2.5, "\u00e9", null, true], "b": {}})");
    CHECK(write_json(value, {.indent = 2, .ensure_ascii = false}) == "{\n  \"a\": [\n    1,\n    2.5,\n    \"é\",\n    null,\n    true\n  ],\n  \"b\": {}\n}");
    CHECK_FALSE(read_json("{\"a\": }").ok());
    CHECK_FALSE(read_json(std::string(100000, '[')).ok());
}

TEST_CASE("msgpack: every kind of value comes back") {
    Map map{{"text", std::string("\xff\0b", 3)}, {"list", List{1, -1, 127, 128, -33, 70000, std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::min()}},
            {"real", 2.5}, {"none", nullptr}, {"empty", List{}}, {"nothing", Map{}}};
    map.set(Value(7), true);
    std::string bytes;
    append_msgpack(bytes, Value(map));
    auto back = read_msgpack(bytes);
    REQUIRE(back.ok());
    CHECK(equal(*back, Value(map)));
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) CHECK_FALSE(read_msgpack(std::string_view(bytes).substr(0, cut)).ok());
    CHECK_FALSE(read_msgpack(std::string(1000, '\x91')).ok());
    CHECK_FALSE(read_msgpack("\xdd\xff\xff\xff\xff").ok());
}
