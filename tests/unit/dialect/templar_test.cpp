// SPDX-License-Identifier: Apache-2.0
#include "dialect/templar.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/place.hpp"
#include "dialect/scope.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

using namespace fprov;
using dialect::Templar;
using dialect::VariableScope;
using values::List;
using values::Map;
using values::Trust;
using values::Value;

namespace {

Value yaml(const std::string& text) { return values::read_yaml(text, base::add_source("test.yml", text)); }
Value user(std::string text) { return Value(std::move(text), Trust::template_ok); }

base::Error error_of(const auto& action) {
    try {
        action();
    } catch (const base::Failure& failure) {
        return failure.error();
    }
    return {base::Kind::generic, "nothing failed"};
}

}  // namespace

TEST_CASE("templar: an encrypted variable is decrypted when used, and is data") {
    vault::Secrets secrets;
    secrets.add({"default", "pw"});
    auto shared = std::make_shared<const vault::Secrets>(secrets);
    Templar templar({.secrets = shared});
    Map variables;
    variables.set("v", Value(std::shared_ptr<values::Object>(
                           std::make_shared<vault::EncryptedText>(vault::encrypt("se{{ y }}cret", secrets.all()[0]), shared, base::Place{}))));
    VariableScope scope(templar, variables);
    CHECK(templar.render(user("{{ v }}"), scope).string() == "se{{ y }}cret");
    CHECK(templar.render(user("{{ v }}"), scope).trust() == Trust::data_only);
    CHECK(templar.render(user("a {{ v }}"), scope).string() == "a se{{ y }}cret");
    CHECK(templar.render(user("{{ v | length }}"), scope).string() == "13");
    CHECK(templar.condition(user("v is defined and v != ''"), scope));

    Templar without({});
    Map locked;
    locked.set("v", Value(std::shared_ptr<values::Object>(
                        std::make_shared<vault::EncryptedText>(vault::encrypt("x", {"default", "pw"}), nullptr, base::Place{}))));
    VariableScope closed(without, locked);
    CHECK(error_of([&] { without.render(user("{{ v }}"), closed); }).kind == base::Kind::secret);
    CHECK(without.render(user("unused is harmless"), closed).string() == "unused is harmless");
}

TEST_CASE("templar: data is never rendered again, not even in a larger text") {
    Templar templar({});
    Map variables;
    variables.set("fact", Value(std::string("{{ secret }}"), Trust::data_only));
    variables.set("secret", user("no"));
    variables.set("copy", user("{{ fact }}"));
    variables.set("joined", user("a {{ fact }} b"));
    VariableScope scope(templar, variables);
    for (const char* text : {"{{ fact }}", "{{ copy }}", "{{ joined }}", "{{ [fact] }}", "{{ fact | upper }}"}) {
        CAPTURE(text);
        const Value value = templar.render(user(text), scope);
        CHECK_FALSE(templar.is_template(value));
        CHECK(values::str(value).find("no") == std::string::npos);
    }
    CHECK(templar.is_template(templar.render(user("{{ '{{ secret }}' }}"), scope)));
    const auto refused = error_of([&] { templar.condition(user("{{ fact }}"), scope); });
    CHECK(refused.what == "The conditional check '{{ fact }}' failed. The error was: Conditional is marked as unsafe, and cannot be evaluated.");
}

TEST_CASE("templar: filters keep what is clean clean") {
    Templar templar({});
    Map variables;
    variables.set("x", user("a b"));
    VariableScope scope(templar, variables);
    for (const char* text : {"{{ x | split | join('-') }}", "{{ x | regex_replace('a', 'b') }}", "{% for i in x | split %}{{ i }}{% endfor %}",
                             "{{ (x | split)[0] }}", "{{ x | split | first }}", "{{ {'a': x} | dict2items | map(attribute='value') | join }}"}) {
        CAPTURE(text);
        CHECK(templar.render(user(text), scope).trust() == Trust::template_ok);
    }
    CHECK(templar.condition(user("{{ x | split | first == 'a' }}"), scope));
}

TEST_CASE("templar: omit disappears from dicts, not from lists") {
    Templar templar({});
    Map variables;
    VariableScope scope(templar, variables);
    const Value args = templar.render(yaml("a: '{{ u | default(omit) }}'\nb: 1\nn: {m: '{{ omit }}', k: 2}\nl: ['{{ omit }}', 1]\ns: 'x{{ omit }}'\n"), scope);
    CHECK(templar.is_omitted(*args.find("a")));
    const Value kept = templar.strip_omitted(args);
    CHECK(kept.find("a") == nullptr);
    CHECK(kept.find("n")->find("m") == nullptr);
    CHECK(kept.find("n")->find("k")->integer() == 2);
    CHECK(kept.find("l")->list().size() == 2);
    CHECK(kept.find("s")->string().starts_with("x__omit_place_holder__"));
    Templar other({});
    CHECK(other.omit_token() != templar.omit_token());
}

TEST_CASE("templar: errors say where the user wrote it") {
    Templar templar({});
    Map variables;
    VariableScope scope(templar, variables);
    const std::string text = "a: 1\nb: \"x {{ nope }}\"\n";
    const Value value = yaml(text);
    const auto error = error_of([&] { templar.render(value, scope); });
    CHECK(error.kind == base::Kind::undefined);
    CHECK(error.what == "'nope' is undefined");
    CHECK(error.where.line == 2);
    CHECK(error.where.column == 10);
}

TEST_CASE("templar: a condition's error is Ansible's sentence") {
    Templar templar({});
    Map variables;
    variables.set("l", Value(List{Value(1)}));
    VariableScope scope(templar, variables);
    CHECK(error_of([&] { templar.condition(user("x == 1"), scope); }).what ==
          "The conditional check 'x == 1' failed. The error was: error while evaluating conditional (x == 1): 'x' is undefined");
    CHECK(error_of([&] { templar.condition(user("x == 1"), scope, "failed_when"); }).what.starts_with("The failed_when 'x == 1' failed."));
    CHECK(error_of([&] { templar.condition(user("x == 1"), scope); }).kind == base::Kind::undefined);
    CHECK(templar.condition(Value(List{user("true"), Value(true)}), scope));
    CHECK_FALSE(templar.condition(Value(List{Value(false), user("x")}), scope));
}

TEST_CASE("templar: braces in a condition are warned of") {
    std::string warned;
    dialect::Options options;
    options.hooks.warn = [&](const std::string& text) { warned = text; };
    Templar templar(std::move(options));
    Map variables;
    variables.set("x", Value(true));
    VariableScope scope(templar, variables);
    CHECK(templar.condition(user("{{ x }}"), scope));
    CHECK(warned == "conditional statements should not include jinja2 templating delimiters such as {{ }} or {% %}. Found: {{ x }}");
}

TEST_CASE("templar: undefined names are left alone where that is wanted") {
    Templar templar({});
    Map variables;
    variables.set("x", Value(1));
    VariableScope scope(templar, variables);
    const Value list = templar.render_tolerant(yaml("['{{ x }}', '{{ nope }}', a]"), scope);
    CHECK(values::repr(list) == "[1, '{{ nope }}', 'a']");
    Templar lenient({.error_on_undefined = false});
    VariableScope open(lenient, variables);
    CHECK(lenient.render(user("a {{ nope }}"), open).string() == "a {{ nope }}");
}

TEST_CASE("templar: native types pass through with jinja2_native") {
    Templar templar({.jinja2_native = true});
    Map variables;
    variables.set("n", Value(5));
    variables.set("s", user("[1]"));
    VariableScope scope(templar, variables);
    CHECK(templar.render(user("{{ n + 1 }}"), scope).is_int());
    CHECK(templar.render(user("{{ none }}"), scope).is_none());
    CHECK(templar.render(user("{{ s }}"), scope).is_list());
    CHECK(templar.render(user("{{ (1, 2) | list }}"), scope).is_list());
}

TEST_CASE("templar: template files know their name, their header and their places") {
    Templar templar({.base_dir = "tests/cases/dialect/play"});
    Map variables;
    variables.set("x", Value(7));
    VariableScope scope(templar, variables);
    const std::string text = "#jinja2: lstrip_blocks: True\n  {% if x %}\nyes {{ x }}\n  {% endif %}\nend\n";
    CHECK(templar.render_file(text, "t.j2", scope) == "yes 7\nend\n");
    const std::string broken = "#jinja2: trim_blocks: False\nline\nother {{ nope }}\n";
    const auto error = error_of([&] { templar.render_file(broken, "t.j2", scope, {}, {base::add_source("t.j2", broken), 1, 1}); });
    CHECK(error.where.line == 3);
    CHECK(error.where.column == 10);
    bool data = false;
    variables.set("fact", Value(std::string("z"), Trust::data_only));
    CHECK(templar.render_file("{{ fact }}", "t.j2", VariableScope(templar, variables), {}, {}, &data) == "z");
    CHECK(data);
}

TEST_CASE("templar: a value evaluated as an expression") {
    Templar templar({});
    Map variables;
    variables.set("n", Value(1));
    VariableScope scope(templar, variables);
    CHECK(templar.evaluate("n + 1", scope).string() == "2");
    CHECK(templar.evaluate("n", scope).integer() == 1);
    CHECK(templar.evaluate_raw("n + 1", scope).integer() == 2);
    CHECK(templar.evaluate_raw("nope", scope).is_undefined());
    CHECK(templar.render_text(user("{{ none }}"), scope) == "");
    CHECK(templar.render_text(Value(5), scope) == "5");
}

TEST_CASE("templar: an unknown lookup suggests one") {
    Templar templar({});
    Map variables;
    VariableScope scope(templar, variables);
    const auto error = error_of([&] { templar.render(user("{{ lookup('fille', 'x') }}"), scope); });
    CHECK(error.what == "lookup plugin (fille) not found");
    CHECK(error.hint == "did you mean 'file'?");
}
