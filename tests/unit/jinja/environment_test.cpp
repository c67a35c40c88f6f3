// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/jinja/support.hpp"

using namespace fprov;
using namespace fprov::jinja;
using namespace fprov::jinja::testing;

namespace {

std::vector<std::string> names_of(const std::string& text) {
    Environment environment;
    return free_names(*environment.compile(text, {}, {}));
}
bool sees_data(const std::string& text, Map map) {
    Environment environment;
    Names names(std::move(map));
    Context context(environment, names);
    render(*environment.compile(text, {}, {}), context);
    return context.saw_data;
}
Value host(const char* text) { return Value(std::string(text), Trust::data_only); }
Value ours(const char* text) { return Value(std::string(text), Trust::template_ok); }

}  // namespace

TEST_CASE("a bare variable is recognised") {
    Environment environment;
    auto bare = [&](const char* text) { return bare_variable(*environment.compile(text, {}, {})).value_or(""); };
    CHECK(bare("{{ foo }}") == "foo");
    CHECK(bare("{{foo}}") == "foo");
    CHECK(bare("{{ foo }} ") == "");
    CHECK(bare("{{ foo.bar }}") == "");
    CHECK(bare("{{ foo }}{{ bar }}") == "");
    CHECK(bare("{{ 1 }}") == "");
}
TEST_CASE("a single expression gives its value") {
    Environment environment;
    Names names(Map{{"l", List{1, 2}}});
    Context context(environment, names);
    auto value = [&](const char* text) { return evaluate_single(*environment.compile(text, {}, {}), context); };
    CHECK(values::repr(value("{{ l }}").value()) == "[1, 2]");
    CHECK(values::repr(value("{{ l[0] + 1 }}").value()) == "2");
    CHECK_FALSE(value("{{ l }} ").has_value());
    CHECK_FALSE(value("x").has_value());
    CHECK(value("{{ zz }}").value().is_undefined());
}
TEST_CASE("constant texts and markers are recognised") {
    Environment environment;
    CHECK(is_constant(*environment.compile("abc", {}, {})));
    CHECK(is_constant(*environment.compile("{# c #}abc{% raw %}{{ x }}{% endraw %}", {}, {})));
    CHECK_FALSE(is_constant(*environment.compile("{{ 1 }}", {}, {})));
    CHECK(has_markers("a {{ b", {}));
    CHECK(has_markers("{#", {}));
    CHECK_FALSE(has_markers("a { b } %} }}", {}));
}
TEST_CASE("free names are what a template reads from outside") {
    using V = std::vector<std::string>;
    CHECK(names_of("{{ a.b + c[d] }}") == V{"a", "c", "d"});
    CHECK(names_of("{% set x = y %}{{ x }}") == V{"y"});
    CHECK(names_of("{% set x = x | default(1) %}") == V{"x"});
    CHECK(names_of("{% for i in l %}{{ i }}{{ loop.index }}{{ z }}{% endfor %}{{ i }}") == V{"l", "z", "i"});
    CHECK(names_of("{% macro m(a, b=c) %}{{ a }}{{ varargs }}{{ late }}{% endmacro %}{% set late = 1 %}{{ m(q) }}") == V{"q", "c"});
    CHECK(names_of("{% with a = b %}{{ a }}{% endwith %}") == V{"b"});
    CHECK(names_of("{% if self and super %}{{ 'a' is foo_test(x) }}{% endif %}") == V{"x"});
}
TEST_CASE("unknown names inside an if are errors only when reached") {
    CHECK(error_of("{{ 'a' is foo_test }}").what == "No test named 'foo_test'");
    CHECK(rendered("{% if false %}{{ 'a' is foo_test }}{% endif %}ok") == "ok");
}
TEST_CASE("rows can be added and replaced, and names may carry a prefix") {
    static constexpr Filter shout[] = {{"shout", "value, mark='!'", [](Call& call) -> Value { return values::str(call[0]) + values::str(call[1]); }}};
    static constexpr Filter upper[] = {{"upper", "value", [](Call&) -> Value { return "replaced"; }}};
    static constexpr Global answer[] = {{"answer", "plus=0", [](Call& call) -> Value { return 42 + call[0].integer(); }}};
    Environment environment;
    environment.add_filters(shout);
    environment.add_globals(answer);
    environment.name_prefixes = {"our.own."};
    CHECK(rendered("{{ 'a' | shout }}{{ 'a' | shout(mark='?') }}{{ 'a' | our.own.shout }}{{ answer(plus=1) }}", {}, environment) == "a!a?a!43");
    environment.add_filters(upper);
    CHECK(rendered("{{ 'a' | upper }}", {}, environment) == "replaced");
    CHECK(environment.filter("shout") != nullptr);
    CHECK(environment.filter("nope") == nullptr);
    CHECK(error_of("{{ 1 | other.shout }}", {}, environment).what == "No filter named 'other.shout'");
}
TEST_CASE("finalize makes the text of what is printed") {
    Environment environment;
    environment.finalize = [](const Value& value) { return value.is_none() ? std::string() : values::str(value); };
    CHECK(rendered("[{{ none }}{{ 1 }}{{ 'a' ~ none }}]", {}, environment) == "[1aNone]");
}
TEST_CASE("variables are not changed by methods of a template") {
    Environment environment;
    Value list(List{1});
    Map map;
    map.set("l", list);
    CHECK(rendered("{% set _ = l.append(2) %}{{ l }}", map, environment) == "[1, 2]");
    CHECK(values::repr(list) == "[1]");
    CHECK(rendered("{% set a = l %}{% set _ = a.append(2) %}{{ a }}", map, environment) == "[1, 2]");
    CHECK(values::repr(list) == "[1]");
    CHECK(rendered("{% for i in [1, 2] %}{% set _ = l.append(i) %}{{ l }}{% endfor %}", map, environment) == "[1, 1][1, 2]");   // as in Ansible
    CHECK(rendered("{% for i in [1, 2] %}{% set _ = l.append(i) %}{% endfor %}{{ l }}", map, environment) == "[1, 1, 2]");
    CHECK(values::repr(list) == "[1]");
}
TEST_CASE("nested values of variables are not changed either") {
    Value inner(List{1});
    Map map;
    map.set("d", Map{{"l", inner}});
    CHECK(rendered("{% set _ = d.l.append(2) %}{{ d }}", map) == "{'l': [1, 2]}");
    CHECK(values::repr(inner) == "[1]");
    CHECK(rendered("{{ d.get('l').pop() }}{{ d.setdefault('z', 5) }}", map) == "15");
    CHECK(values::repr(inner) == "[1]");
}
TEST_CASE("a context notices texts of hosts") {
    CHECK(sees_data("{{ a }}", {{"a", host("x")}}));
    CHECK_FALSE(sees_data("{{ a }}", {{"a", ours("x")}}));
    CHECK_FALSE(sees_data("{{ b }}", {{"a", host("x")}, {"b", ours("x")}}));
    CHECK(sees_data("{{ d.a }}", {{"d", Map{{"a", host("x")}}}}));
    CHECK_FALSE(sees_data("{{ d.b }}", {{"d", Map{{"a", host("x")}, {"b", ours("y")}}}}));
    CHECK(sees_data("{{ l }}", {{"l", List{1, host("x")}}}));
    CHECK_FALSE(sees_data("{{ l[0] }}", {{"l", List{1, host("x")}}}));
    CHECK(sees_data("{% for x in l %}{{ x }}{% endfor %}", {{"l", List{host("x")}}}));
    CHECK_FALSE(sees_data("{{ 'a' ~ 1 }}", {}));
    CHECK(sees_data("{{ d.get('a') }}", {{"d", Map{{"a", host("x")}}}}));
}
TEST_CASE("results keep the trust of what they are made of") {
    Environment environment;
    auto trust = [&](const char* text, Map map) {
        Names names(std::move(map));
        Context context(environment, names);
        return evaluate(*environment.compile_expression(text, {}), context).trust() == Trust::template_ok ? "ours" : "host";
    };
    CHECK(trust("'a'", {}) == std::string("ours"));
    CHECK(trust("'a' ~ 'b' + 'c'", {}) == std::string("ours"));
    CHECK(trust("'a' ~ x", {{"x", ours("b")}}) == std::string("ours"));
    CHECK(trust("'a' ~ x", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("'a' + x", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("'%s' % x", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("'%s' % x", {{"x", ours("b")}}) == std::string("ours"));
    CHECK(trust("x | upper", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("x | upper", {{"x", ours("b")}}) == std::string("ours"));
    CHECK(trust("l | join(',')", {{"l", List{host("b")}}}) == std::string("host"));
    CHECK(trust("l | join(',')", {{"l", List{ours("b")}}}) == std::string("ours"));
    CHECK(trust("x.upper()", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("x[0:1]", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("d['a']", {{"d", Map{{"a", host("x")}}}}) == std::string("host"));
    CHECK(trust("'{}'.format(x)", {{"x", host("b")}}) == std::string("host"));
    CHECK(trust("'{}'.format(1)", {}) == std::string("ours"));
    CHECK(trust("x * 2", {{"x", host("b")}}) == std::string("host"));
}
TEST_CASE("macros and loops that outlive their evaluation fail instead of crashing") {
    Environment environment;
    Names none;
    std::optional<Value> macro, loop, self;
    {
        Context context(environment, none);
        struct Keep : values::Object {
            std::vector<Value> kept;
            std::string type_name() const override { return "keep"; }
            std::string str() const override { return ""; }
            bool callable() const override { return true; }
            Value call(values::CallArguments& arguments) override { kept = arguments.positional; return {}; }
        };
        auto keep = std::make_shared<Keep>();
        environment.add_global("keep", Value(std::static_pointer_cast<values::Object>(keep)));
        render(*environment.compile("{% block b %}{% endblock %}{% macro m() %}x{% endmacro %}{% for i in [1] recursive %}{{ keep(m, loop, self) }}{% endfor %}", {}, {}), context);
        macro = keep->kept.at(0);
        loop = keep->kept.at(1);
        self = keep->kept.at(2);
    }
    Context context(environment, none);
    CHECK_THROWS_AS(context.call(*macro, {}, {}), base::Failure);
    CHECK_THROWS_AS(context.call(*loop, {{Value(List{})}, {}}, {}), base::Failure);
    CHECK_FALSE(self->object()->attribute("b").has_value());
    CHECK(loop->object()->attribute("index")->integer() >= 1);
}
TEST_CASE("objects take part through their interface") {
    struct Point : values::Object {
        std::string type_name() const override { return "point"; }
        std::string str() const override { return "(point)"; }
        std::optional<Value> attribute(std::string_view name) const override { return name == "x" ? std::optional<Value>(7) : std::nullopt; }
        std::optional<Value> item(const Value& key) const override { return key.is_int() ? std::optional<Value>(key.integer() * 2) : std::nullopt; }
        std::optional<List> items() const override { return List{1, 2}; }
        std::optional<std::int64_t> length() const override { return 2; }
        std::optional<Value> arithmetic(std::string_view op, const Value&, bool reflected) const override {
            return op == "-" ? std::optional<Value>(reflected ? "reflected" : "direct") : std::nullopt;
        }
    };
    Map map;
    map.set("p", Value(std::static_pointer_cast<values::Object>(std::make_shared<Point>())));
    CHECK(rendered("{{ p }} {{ p.x }} {{ p[4] }} {{ p | length }} {{ p | sum }} {{ p - 1 }} {{ 1 - p }} {% for i in p %}{{ i }}{% endfor %} {{ p.zz is defined }} {{ [p] }}", map) ==
          "(point) 7 8 2 3 direct reflected 12 False [(point)]");
    CHECK(error_of("{{ p + 1 }}", map).what == "unsupported operand type(s) for +: 'point' and 'int'");
    CHECK(error_of("{{ p.zz }}", map).what == "'point object' has no attribute 'zz'");
}
TEST_CASE("included templates know where they stand") {
    Environment environment;
    std::string asked;
    environment.loader = [&](const std::string& name, const std::string& parent, Context&) -> std::optional<Environment::Source> {
        asked += parent + ">" + name + ";";
        return Environment::Source{name == "sub/a" ? "{% include 'b' %}" : "x", 0};
    };
    CHECK(rendered("{% include 'sub/a' %}", {}, environment) == "x");
    CHECK(asked == ">sub/a;sub/a>b;");
}
