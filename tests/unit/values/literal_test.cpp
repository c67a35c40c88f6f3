// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "values/literal.hpp"
#include "values/python.hpp"

using namespace fprov;

namespace {

std::string eval(std::string_view text) {
    const auto value = values::literal_eval(text);
    return value ? values::repr(*value) : "-";
}

}  // namespace

TEST_CASE("literal: what Python's literal_eval reads") {
    const struct { const char *text, *repr; } rows[] = {
        {"1", "1"}, {" 1", "1"}, {"-1", "-1"}, {"+ 1", "1"}, {"1_000", "1000"}, {"0x1F", "31"}, {"0o17", "15"}, {"0b11", "3"}, {"00", "0"}, {"12345678901234567890", "12345678901234567890"},
        {"1.5", "1.5"}, {"1.", "1.0"}, {".5", "0.5"}, {"1e3", "1000.0"}, {"-1.5e-3", "-0.0015"}, {"True", "True"}, {"None", "None"},
        {"'a'", "'a'"}, {"\"it's\"", "\"it's\""}, {"'a' 'b'", "'ab'"}, {"r'\\n'", "'\\\\n'"}, {"u'x'", "'x'"}, {"'\\x41\\u00e9\\101\\q'", "'AéA\\\\q'"},
        {"'''a\nb'''", "'a\\nb'"}, {"[1, 'a', [True]]", "[1, 'a', [True]]"}, {"[1,\n 2,]", "[1, 2]"}, {"()", "()"}, {"(1,)", "(1,)"}, {"(1)", "1"},
        {"1, 2", "(1, 2)"}, {"1,", "(1,)"}, {"{'a': 1, 2: None}", "{'a': 1, 2: None}"}, {"{}", "{}"}, {"{1, 2, 1}", "[1, 2]"}, {"1 # c", "1"}, {"\n# c\n[1]\n", "[1]"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(eval(row.text) == row.repr);
    }
}

TEST_CASE("literal: everything else is none") {
    for (const char* text : {"", "a", "01", "0644", "1 2", "1__0", "1_", "--1", "1+2", "true", "null", "[1", "'a", "{1:}", "{[1]: 2}", "f'x'", "a()", "1.2.3", "10.0.0.1",
                             "0x", "1j", "{\"a\": true}", "'a' b", "[1] 2", "\n [1]", "{([1],): 2}", "{[1]}"}) {
        CAPTURE(text);
        CHECK(eval(text) == "-");
    }
    CHECK(eval(std::string(5000, '[')) == "-");
}
