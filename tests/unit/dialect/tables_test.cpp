// SPDX-License-Identifier: Apache-2.0
#include "dialect/tables.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "dialect/python_random.hpp"
#include "dialect/passwords.hpp"
#include "dialect/sizes.hpp"
#include "dialect/text.hpp"
#include "dialect/versions.hpp"
#include "values/python.hpp"

using namespace fprov;
using namespace fprov::dialect;

TEST_CASE("tables: rows are sorted, unique and documented") {
    auto check = [](const auto& rows) {
        std::string last;
        for (const auto& row : rows) {
            CAPTURE(row.name);
            CHECK(last < std::string(row.name));
            CHECK_FALSE(row.summary.empty());
            last = row.name;
        }
    };
    for (const auto& table : filter_tables()) check(table.rows);
    for (const auto& table : test_tables()) check(table.rows);
    check(global_rows());
    std::set<std::string> names;
    for (auto rows : {file_lookups(), list_lookups(), value_lookups()}) {
        check(rows);
        for (const auto& row : rows) CHECK(names.insert(std::string(row.name)).second);
    }
}

TEST_CASE("tables: every row has a signature that binds") {
    Templar templar({});   // the environment reads all signatures
    CHECK(templar.environment().filter("ansible.builtin.b64encode") != nullptr);
    CHECK(templar.environment().filter("b64encode") != nullptr);
    CHECK(templar.environment().test("ansible.builtin.failed") != nullptr);
    CHECK(find_lookup("ansible.builtin.file") != nullptr);
    CHECK(find_lookup("nope") == nullptr);
}

TEST_CASE("random: numbers are those of Python's Random") {
    CHECK(PythonRandom(Value("web1")).range(0, 59) == 52);
    CHECK(PythonRandom(Value("a")).range(0, 1000000007) == 292089490);
    CHECK(PythonRandom(Value("a")).range(0, 99999999999) == 69887834698);
    List list{Value(1), Value(2), Value(3), Value(4), Value(5)};
    PythonRandom(Value("x")).shuffle(list);
    CHECK(values::repr(Value(list)) == "[5, 2, 1, 4, 3]");
    CHECK_THROWS((void)PythonRandom(Value(1)).range(5, 5));
}

TEST_CASE("passwords: hashes as passlib writes them") {
    CHECK(hash_password({}, "abc", "sha512", "saltsalt", 5000) ==
          "$6$saltsalt$mXmsbOzRhx9FdAbQCUHYMV8i33aUx8FUsjR813r/Te3OUwcAdbwkebLKfLOfUCihpvpN7Ji1TH3bltSG02PNE1");
    CHECK(hash_password({}, "abc", "md5", "saltsalt") == "$1$saltsalt$7fq7ZEc75157blrz18yX./");
    CHECK(hash_password({}, "abc", "blowfish", "1234567890123456789012") == "$2b$12$123456789012345678901uhEN2Q1d74sjmCQgweuTj8luBWJZ2CWW");
    CHECK_THROWS((void)hash_password({}, "abc", "nope"));
    CHECK_THROWS((void)hash_password({}, "abc", "sha512", "bad salt!"));
}

TEST_CASE("text: backslashes stand for themselves in print statements only") {
    struct { const char *text, *expect; } rows[] = {
        {R"({{ 'a\nb' }})", R"({{ 'a\\nb' }})"},   {R"(\n{{ x }}\n)", R"(\n{{ x }}\n)"},
        {R"({% set x = '\n' %})", R"({% set x = '\n' %})"}, {R"({# '\n' #}{{ '\1' }})", R"({# '\n' #}{{ '\\1' }})"},
        {R"({% raw %}{{ '\n' }}{% endraw %}{{ "\t" }})", R"({% raw %}{{ '\n' }}{% endraw %}{{ "\\t" }})"},
        {R"({{ {'a': '\d'}['a'] }})", R"({{ {'a': '\\d'}['a'] }})"}, {R"({{ '}}\n' }})", R"({{ '}}\\n' }})"},
        {R"({{ 'a' )", R"({{ 'a' )"},
    };
    for (const auto& row : rows) CHECK(escape_backslashes(row.text) == row.expect);
}

TEST_CASE("text: one name alone") {
    CHECK(bare_name("{{ a }}") == "a");
    CHECK(bare_name("{{a_1}}\n") == "a_1");
    for (const char* text : {"{{ a.b }}", " {{ a }}", "{{ a }} ", "{{ a }}\n\n", "{{ 1 }}", "{{ }}", "{{ a }}{{ b }}", "a", ""}) CHECK_FALSE(bare_name(text));
}

TEST_CASE("sizes and versions") {
    CHECK(human_to_bytes("1.5 MB") == 1572864);
    CHECK(human_to_bytes("1 kilobyte") == 1024);
    CHECK(human_to_bytes("1 KiB") == std::nullopt);
    CHECK(bytes_to_human(1500) == "1.46 KB");
    CHECK(compare_versions("1.10", "1.9", VersionScheme::loose) > 0);
    CHECK(compare_versions("1.0.dev1", "1.0a1", VersionScheme::pep440) < 0);
    CHECK_THROWS((void)compare_versions("1.a", "1.1", VersionScheme::loose));
}
