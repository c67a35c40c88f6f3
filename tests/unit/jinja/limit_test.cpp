// SPDX-License-Identifier: Apache-2.0
// Whatever a template says: an error, never a crash or an endless run.
#include <doctest/doctest.h>

#include <thread>

#include "unit/jinja/support.hpp"

using namespace fprov;
using namespace fprov::jinja;
using namespace fprov::jinja::testing;
using base::Kind;

namespace {
std::string times(const std::string& text, std::size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}
}  // namespace

TEST_CASE("deep nesting of expressions is an error") {
    for (const char* open : {"(", "[", "{'a':", "not ", "-", "f(", "a[", "1 if 1 else ", "x is eq ["})
        CHECK(error_of("{{ " + times(open, 100'000)).kind != Kind::generic);
    CHECK(error_of("{{ " + times("(", 100'000) + "1" + times(")", 100'000) + " }}").kind == Kind::limit);
}
TEST_CASE("long chains are an error or work, but do not crash") {
    CHECK(error_of("{{ a" + times(".b", 100'000) + " }}").kind == Kind::limit);
    CHECK(error_of("{{ 1" + times(" + 1", 100'000) + " }}").kind == Kind::limit);
    CHECK(error_of("{{ 'a'" + times("|upper", 100'000) + " }}").kind == Kind::limit);
    CHECK(rendered("{{ 1" + times(" + 1", 500) + " }}") == "501");
    CHECK(rendered("{{ '' " + times(" ~ 'a'", 10'000) + " }}").size() == 10'000);
    CHECK(rendered("{{ 0" + times(" or 0", 10'000) + " }}") == "0");
    CHECK(rendered("{{ " + times("'a' ", 10'000) + " }}").size() == 10'000);
}
TEST_CASE("deep nesting of statements is an error") {
    CHECK(error_of(times("{% if 1 %}", 100'000)).kind == Kind::limit);
    CHECK(error_of(times("{% for x in [1] %}", 100'000)).kind == Kind::limit);
}
TEST_CASE("many elif branches are no nesting") {
    CHECK(rendered("{% if 0 %}" + times("{% elif 0 %}x", 5'000) + "{% else %}y{% endif %}") == "y");
}
TEST_CASE("huge ranges, texts and lists are refused") {
    CHECK(error_of("{{ range(10**12) | length }}").kind == Kind::limit);
    CHECK(error_of("{{ 'x' * 10**12 }}").kind == Kind::limit);
    CHECK(error_of("{{ [1] * 10**12 }}").kind == Kind::limit);
    CHECK(error_of("{{ 'x'.center(10**12) }}").kind == Kind::limit);
    CHECK(error_of("{{ 'x'.zfill(10**12) }}").kind == Kind::limit);
    CHECK(error_of("{{ 'a' | indent(10**12, true) }}").kind == Kind::limit);
    CHECK(error_of("{{ '%*d' % (10**12, 1) }}").what == "width too big");
    CHECK(error_of("{{ '{:999999999}'.format(1) }}").what == "Too many decimal digits in format string");
    CHECK(rendered("{{ '{:0900000d}'.format(1) | length }} {{ '{:0900000,}'.format(1) | length }} {{ ('%0900000d' % 1) | length }}").starts_with("900000 90000"));
    CHECK(error_of("{{ [1] | batch(10**12, 0) }}").kind == Kind::limit);
    CHECK(error_of("{{ [1] | slice(10**12) }}").kind == Kind::limit);
    CHECK(error_of("{{ lipsum(10**12) }}").kind == Kind::limit);
    CHECK(error_of("{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}").kind == Kind::limit);
}
TEST_CASE("integers beyond 64 bits are refused") {
    CHECK(error_of("{{ 9223372036854775807 + 1 }}").kind == Kind::limit);
    CHECK(error_of("{{ 10**30 }}").kind == Kind::limit);
    CHECK(error_of("{{ 9223372036854775807 * 2 }}").kind == Kind::limit);
    CHECK(error_of("{{ 99999999999999999999 }}").kind == Kind::parse);
    CHECK(rendered("{{ -9223372036854775807 - 1 }}") == "-9223372036854775808");
    CHECK(error_of("{{ -(-9223372036854775807 - 1) }}").kind == Kind::limit);
    CHECK(error_of("{{ (-9223372036854775807 - 1) // -1 }}").kind == Kind::limit);
    CHECK(rendered("{{ (-9223372036854775807 - 1) % -1 }}") == "0");
    CHECK(rendered("{{ [(-9223372036854775807 - 1)] | map('string') | join }}") == "-9223372036854775808");
    CHECK(rendered("{{ 'abc'[(-9223372036854775807 - 1):] }}{{ 'abc'[::(-9223372036854775807 - 1)] }}") == "abcc");
}
TEST_CASE("endless recursion ends") {
    CHECK(error_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").kind == Kind::limit);
    CHECK(error_of("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}").kind == Kind::limit);
    CHECK(error_of("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}").kind == Kind::limit);
    CHECK(error_of("{% block a %}{{ self.a() }}{% endblock %}").kind == Kind::limit);
}
TEST_CASE("templates that include or extend themselves end") {
    Environment environment;
    for (const char* text : {"{% include 'a' %}", "{% extends 'a' %}", "{% import 'a' as x %}", "{% from 'a' import b %}"}) {
        environment.loader = [text](const std::string&, const std::string&, Context&) { return Environment::Source{text, 0}; };
        CHECK(error_of(text, {}, environment).kind == Kind::limit);
    }
}
TEST_CASE("the number of steps is bounded") {
    Environment environment;
    environment.limits.steps = 1000;
    CHECK(error_of("{% for a in range(100) %}{% for b in range(100) %}{% endfor %}{% endfor %}", {}, environment).kind == Kind::limit);
    CHECK(error_of("{% set x = [1] %}{% for a in x %}{% set _ = x.append(1) %}{% endfor %}", {}, environment).kind == Kind::limit);
    CHECK(error_of("{{ range(2000) | map('string') | list }}", {}, environment).kind == Kind::limit);
}
TEST_CASE("a container cannot be put into itself") {
    CHECK(error_of("{% set x = [] %}{% set _ = x.append(x) %}{{ x }}").what == "a list cannot hold itself");
    CHECK(error_of("{% set x = [] %}{% set y = {'x': [x]} %}{% set _ = x.insert(0, y) %}{{ x }}").what == "a list cannot hold itself");
    CHECK(error_of("{% set x = {} %}{% set _ = x.update({'a': x}) %}").what == "a dict cannot hold itself");
    CHECK(error_of("{% set x = {} %}{% set _ = x.setdefault('a', [x]) %}").what == "a dict cannot hold itself");
    CHECK(rendered("{% set x = [1] %}{% set _ = x.extend(x) %}{{ x }}") == "[1, 1]");
}
TEST_CASE("a value nested too deeply for printing is an error") {
    CHECK(error_of("{% set ns = namespace(v=[]) %}{% for i in range(1000) %}{% set ns.v = [ns.v] %}{% endfor %}{{ ns.v }}").kind == Kind::limit);
    CHECK(error_of("{% set ns = namespace(v=[], w=[]) %}{% for i in range(1000) %}{% set ns.v = [ns.v] %}{% set ns.w = [ns.w] %}{% endfor %}{{ ns.v == ns.w }}").kind == Kind::limit);
}
TEST_CASE("a value nested a million times is dropped without a crash") {
    Environment environment;
    CHECK(rendered("{% set ns = namespace(v=[]) %}{% for i in range(1000000) %}{% set ns.v = [ns.v] %}{% endfor %}x", {}, environment) == "x");
}
TEST_CASE("deeply nested values are refused or work, but do not crash") {
    const std::string deep = "{% set ns = namespace(v=(), w=()) %}{% for i in range(100000) %}{% set ns.v = (ns.v,) %}{% set ns.w = (ns.w,) %}{% endfor %}";
    for (const std::string use : {"{{ ns.v }}", "{{ ns.v | tojson }}", "{{ ns.v | pprint }}", "{{ [ns.v, ns.w] | sort }}", "{{ ns.v == ns.w }}", "{{ ns.v in [ns.w] }}",
                                  "{{ {ns.v: 1, ns.w: 2} | length }}", "{{ [ns.v, ns.w] | unique | length }}", "{{ '%s' % ns.v }}", "{{ '{}'.format(ns.v) }}", "{{ ns.v ~ '' }}"})
        CHECK_MESSAGE(error_of(deep + use).kind == Kind::limit, use);
    CHECK(rendered(deep + "{{ ns.v[0][0] | length }}{{ ns.v | list | length }}{{ {ns.v: 1} | length }}") == "111");
}
TEST_CASE("an interrupt ends an evaluation") {
    interrupted = true;
    auto error = error_of("{% for a in range(100) %}{% endfor %}");
    interrupted = false;
    CHECK(error.what == "interrupted");
}
TEST_CASE("one template serves several threads at once") {
    Environment environment;
    auto compiled = environment.compile("{% macro m(a) %}{{ a | upper }}{% endmacro %}{% for i in range(50) %}{{ m(n) }}{% endfor %}", {}, {});
    std::vector<std::thread> threads;
    std::vector<std::string> out(4);
    for (std::size_t t = 0; t < out.size(); ++t)
        threads.emplace_back([&, t] {
            for (int round = 0; round < 20; ++round) {
                Names names(Map{{"n", Value(std::string(1, static_cast<char>('a' + t)))}});
                Context context(environment, names);
                out[t] = render(*compiled, context);
            }
        });
    for (auto& thread : threads) thread.join();
    for (std::size_t t = 0; t < out.size(); ++t) CHECK(out[t] == std::string(50, static_cast<char>('A' + t)));
}
TEST_CASE("recursion ends on the small stack of a thread, too") {
    std::string what;
    Environment environment;
    environment.limits.depth = 100'000;
    std::thread([&] { what = error_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", {}, environment).what; }).join();
    CHECK(what == "maximum recursion depth exceeded");
}
