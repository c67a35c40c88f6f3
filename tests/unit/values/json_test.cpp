// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "values/big_integer.hpp"
#include "values/json.hpp"
#include "values/msgpack.hpp"
#include "values/python.hpp"

using namespace fprov;

// Expected texts are those of Python 3.11's json module.
TEST_CASE("json: what Python reads, with its numbers") {
    const struct { const char *text, *repr; } rows[] = {
        {"1", "1"}, {" [1, -0, 0.5, 1E+2, -1e400, 1e-400]\n", "[1, 0, 0.5, 100.0, -inf, 0.0]"}, {"[NaN, Infinity, -Infinity]", "[nan, inf, -inf]"},
        {"[9223372036854775807, 9223372036854775808, -9223372036854775808, -9223372036854775809]", "[9223372036854775807, 9223372036854775808, -9223372036854775808, -9223372036854775809]"},
        {"{\"a\": {}, \"b\": [], \"a\": null}", "{'a': None, 'b': []}"}, {"\"\\u00e9\\ud83d\\ude00\\n\\/\"", "'é😀\\n/'"}, {"[true, false, null, \"\"]", "[True, False, None, '']"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        auto value = values::read_json(row.text);
        REQUIRE(value);
        CHECK(values::repr(*value) == row.repr);
    }
}

TEST_CASE("json: Python's words for what is wrong") {
    const struct { const char *text, *error; } rows[] = {
        {"", "Expecting value: line 1 column 1 (char 0)"}, {"[1,]", "Expecting value: line 1 column 4 (char 3)"}, {"[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"},
        {"{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"}, {"{\"a\": 1,}", "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"},
        {"{a: 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"}, {"[\n \"x", "Unterminated string starting at: line 2 column 2 (char 3)"},
        {"\"\x01\"", "Invalid control character at: line 1 column 2 (char 1)"}, {"\"\\q\"", "Invalid \\escape: line 1 column 2 (char 1)"},
        {"01", "Extra data: line 1 column 2 (char 1)"}, {"[] x", "Extra data: line 1 column 4 (char 3)"}, {"-", "Expecting value: line 1 column 1 (char 0)"},
        {"{\"é\": tru}", "Expecting value: line 1 column 7 (char 6)"}, {"[1", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        auto value = values::read_json(row.text);
        REQUIRE_FALSE(value);
        CHECK(value.error().what == row.error);
    }
    CHECK(values::read_json(std::string(512, '[') + std::string(512, ']')));
    CHECK_FALSE(values::read_json(std::string(513, '[') + std::string(513, ']')));
}

TEST_CASE("big integers: order, JSON and the wire") {
    const auto big = values::whole_number("123456789012345678901234567890"), other = values::whole_number("-00099999999999999999999");
    CHECK(values::type_name(big) == "int");
    CHECK(values::whole_number("007").is_int());
    CHECK(values::compare(other, values::Value(-1)) < 0);
    CHECK(values::compare(big, other) > 0);
    CHECK(values::compare(values::Value(5), big) < 0);
    CHECK(values::equal(big, values::whole_number("123456789012345678901234567890")));
    std::string bytes;
    values::append_msgpack(bytes, values::Value(values::List{big, other, values::Value(7)}));
    auto back = values::read_msgpack(bytes);
    REQUIRE(back);
    CHECK(values::write_json(*back) == "[123456789012345678901234567890, -99999999999999999999, 7]");
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) CHECK_FALSE(values::read_msgpack(bytes.substr(0, cut)));
}
