// SPDX-License-Identifier: Apache-2.0
#include "regex/regex.hpp"

#include <doctest/doctest.h>

using fprov::regex::Flags;
using fprov::regex::Regex;

namespace {
std::string sub(std::string_view pattern, std::string_view replacement, std::string_view text, Flags flags = {}) {
    return Regex::compile(pattern, flags).value().replace(text, replacement).value();
}
std::string error(std::string_view pattern) {
    auto regex = Regex::compile(pattern);
    return regex ? "" : regex.error().what;
}
bool found(std::string_view pattern, std::string_view text, Flags flags = {}) {
    return Regex::compile(pattern, flags).value().search(text).has_value();
}
}  // namespace

TEST_CASE("regex: replacement templates follow re.sub") {
    struct { const char *pattern, *replacement, *text, *expect; } rows[] = {
        {"x*", "-", "abxd", "-a-b--d-"},
        {"(a)(b)?", "[\\1|\\2]", "ab a", "[a|b] [a|]"},
        {"(?P<k>\\w+)=(?P<v>\\w+)", "\\g<v>=\\g<k>", "a=1", "1=a"},
        {"(.)", "\\g<1>0", "ab", "a0b0"},
        {"a", "\\n\\t\\\\", "a", "\n\t\\"},
        {"a", "\\.", "a", "\\."},
        {"^", "> ", "a\nb", "> a\nb"},
        {"$", "!", "a\n", "a!\n!"},
        {"b{,2}", "x", "abbbc", "xaxxxcx"},
        {"(a)|b", "<\\1>", "ab", "<a><>"},
        {"é+", "e", "caféé", "cafe"},
        {".", "x", "日本", "xx"},
        {"(a)(b)", "\\062", "ab", "2"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        CHECK(sub(row.pattern, row.replacement, row.text) == row.expect);
    }
}

TEST_CASE("regex: multiline, ignore case, inline flags") {
    CHECK(sub("^", "> ", "a\nb", {.multiline = true}) == "> a\n> b");
    CHECK(found("HELLO", "hello", {.ignore_case = true}));
    CHECK(found("(?i)HELLO", "hello"));
    CHECK(found("(?i:H)ello", "hello"));
    CHECK(found("a(?#comment)b", "ab"));
    CHECK(found("a  b # c", "ab", {.verbose = true}));
    CHECK(!found("a.b", "a\nb"));
    CHECK(found("a.b", "a\nb", {.dotall = true}));
    CHECK(found("\\w", "é"));
    CHECK(!found("\\w", "é", {.ascii = true}));
    CHECK(found("^\\xc3.$", "é", {.bytes = true}));
}

TEST_CASE("regex: what differs between Python and PCRE2 follows Python") {
    CHECK(!found("a\\Z", "a\n"));
    CHECK(found("a$", "a\n"));
    CHECK(found("^[[:a]+]$", "[:a]"));          // no POSIX classes: a set, then a bracket
    CHECK(found("[]x]", "]"));
    CHECK(found("\\u00e9", "é"));
    CHECK(found("(a)(?(1)b|c)", "ab"));
    CHECK(found("(?P<q>a)(?(q)b|c)", "ab"));
    CHECK(found("(?P<q>['\"]).*(?P=q)", "'x'"));
}

TEST_CASE("regex: errors in Python's words") {
    CHECK(error("(") == "missing ), unterminated subpattern at position 0");
    CHECK(error("a(b(c)") == "missing ), unterminated subpattern at position 1");
    CHECK(error("a)") == "unbalanced parenthesis at position 1");
    CHECK(error("[a") == "unterminated character set at position 0");
    CHECK(error("*a") == "nothing to repeat at position 0");
    CHECK(error("a\\q") == "bad escape \\q at position 1");
    CHECK(error("\\Qa\\E") == "bad escape \\Q at position 0");
    CHECK(error("a(?i)b") == "global flags not at the start of the expression at position 1");
    CHECK(error("(?<n>a)") == "unknown extension ?<n at position 1");
    CHECK(error("a\\") == "bad escape (end of pattern) at position 1");
    auto regex = Regex::compile("(a)").value();
    CHECK(regex.replace("a", "\\2").error().what == "invalid group reference 2 at position 1");
    CHECK(regex.replace("a", "\\q").error().what == "bad escape \\q at position 0");
}

TEST_CASE("regex: split and find_all") {
    auto comma = Regex::compile("(,)\\s*").value();
    CHECK(comma.split("a, b,c") == std::vector<std::string>{"a", ",", "b", ",", "c"});
    CHECK(Regex::compile(",").value().split("a,b,c", 1) == std::vector<std::string>{"a", "b,c"});
    CHECK(Regex::compile("\\d+").value().find_all("1 22 333").size() == 3);
    CHECK(!Regex::compile("b").value().match("ab"));
    CHECK(Regex::compile("a|ab").value().fullmatch("ab"));
    CHECK(Regex::compile("a").value().find_all("").empty());
}

TEST_CASE("regex: a pattern that explodes is an error, not an endless run") {
    auto regex = Regex::compile("(a+)+$").value();
    CHECK_THROWS_AS((void)regex.search(std::string(64, 'a') + "b"), fprov::base::Failure);
}

TEST_CASE("regex: shell patterns") {
    auto like = [](const char* pattern, const char* text) {
        return Regex::compile(fprov::regex::from_shell_pattern(pattern)).value().match(text).has_value();
    };
    CHECK(like("*.conf", "a.conf"));
    CHECK(!like("*.conf", "a.conf2"));
    CHECK(like("[!a]x", "bx"));
    CHECK(!like("[!a]x", "ax"));
    CHECK(fprov::regex::escape("a.b-c d") == "a\\.b\\-c\\ d");
}
