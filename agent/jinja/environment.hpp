// SPDX-License-Identifier: Apache-2.0
// Jinja2 3.1 with Python's semantics: compile once, render for many hosts. Knows nothing of Ansible: what Ansible adds is given to an
// Environment by `dialect`.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "jinja/callable.hpp"
#include "values/value.hpp"

namespace fprov::jinja {

struct Syntax {   // what a `#jinja2:` header may override
    bool trim_blocks = false;
    bool lstrip_blocks = false;
    bool keep_trailing_newline = true;
    std::string block_start = "{%", block_end = "%}";
    std::string variable_start = "{{", variable_end = "}}";
    std::string comment_start = "{#", comment_end = "#}";
    std::string line_statement_prefix{}, line_comment_prefix{};
    std::string newline_sequence = "\n";
    bool operator==(const Syntax&) const = default;
};

struct Limits {
    int depth = 200;                              // nesting of the parser, of macro calls, of includes
    std::uint64_t steps = 50'000'000;             // evaluation steps of one render
    std::size_t size = std::size_t(256) << 20;    // bytes of one string or output; elements of one list
};

template <class Row> struct Bound;
class Registry;     // the tables of an Environment (registry.hpp)
class Template;     // a compiled template; immutable, shared by hosts and threads
class Expression;   // a compiled expression ("a.b | default(x)")

/// Where names come from. Implementations may throw base::Failure (e.g. a recursive loop in variables).
class Scope {
public:
    virtual ~Scope() = default;
    /// The value of a name, already rendered; nothing when unknown. The evaluator may ask the same name again and again.
    virtual std::optional<Value> lookup(std::string_view name) const = 0;
    /// Names for suggestions and for `vars`; may be expensive.
    virtual std::vector<std::string> names() const { return {}; }
    /// Explains an unknown name: a hint for the error ("defined for host x in group_vars/y:3"); may be empty.
    virtual std::string explain(std::string_view) const { return {}; }
};

class Environment {
public:
    Environment();    // with all Jinja2 builtins
    ~Environment();
    Environment(const Environment&) = delete;

    void add_filters(std::span<const Filter> rows);   // later rows replace earlier ones of the same name
    void add_tests(std::span<const Test> rows);
    void add_globals(std::span<const Global> rows);
    void add_global(std::string name, Value value);
    const Filter* filter(std::string_view name) const;
    const Test* test(std::string_view name) const;
    /// The rows as they are called, also those that `find_more` brings; null for unknown names.
    const Bound<Filter>* bound_filter(std::string_view name) const;
    const Bound<Test>* bound_test(std::string_view name) const;
    std::vector<std::string> filter_names() const;
    std::vector<std::string> test_names() const;
    std::optional<Value> global(std::string_view name) const;

    /// {% include %}, {% import %}, {% extends %}: source text of a template by name, with the place id it is known under.
    struct Source { std::string text; std::uint32_t source = 0; };
    std::function<std::optional<Source>(const std::string& name, const std::string& parent, Context& context)> loader{};
    /// Makes text of an output value that is not a string; default values::str. Ansible: none gives "".
    std::function<std::string(const Value&)> finalize{};
    Limits limits{};
    bool enable_do = false, enable_loopcontrols = false;
    /// Asked about a filter or test that no table knows; it may add rows.
    std::function<void(const std::string& name)> find_more{};
    /// Prefixes that a filter's or test's name may carry ("ansible.builtin."): tried without when the full name is unknown.
    std::vector<std::string> name_prefixes{};

    /// Throws base::Failure (parse) with a place inside the text: `origin` is where the text's first character stands in the user's
    /// file; `indent` is added to the column on the later lines (block scalars). Unknown filters and tests are errors at compile
    /// time as in Jinja2, unless inside a branch (then when it is taken).
    std::shared_ptr<const Template> compile(std::string_view text, const Syntax& syntax, Place origin, std::uint32_t indent = 0) const;
    std::shared_ptr<const Expression> compile_expression(std::string_view text, Place origin, std::uint32_t indent = 0) const;
    const Registry& registry() const { return *registry_; }

private:
    std::unique_ptr<Registry> registry_;
};

class Runtime;   // frames, loaded templates and the like of one evaluation (runtime.hpp)

/// One evaluation: scope, environment, counters. `user` is for the dialect (the templar), reachable from filters and lookups.
class Context {
public:
    Context(const Environment& environment, const Scope& scope, void* user = nullptr);
    ~Context();
    const Environment& environment;
    const Scope& scope;
    void* user;
    std::string template_name{};     // for relative includes and `self`
    bool saw_data = false;           // a data_only text or Undefined-free host value took part: the result is data_only
    std::uint64_t steps = 0;
    int depth = 0;

    void step(Place place);          // counts; throws Failure (limit) beyond the limits or when interrupted
    Value apply_filter(std::string_view name, Value value, CallArguments arguments, Place place);
    bool apply_test(std::string_view name, Value value, CallArguments arguments, Place place);
    Value call(const Value& callable, CallArguments arguments, Place place);
    Value attribute(const Value& value, std::string_view name, Place place);   // x.name: attribute, then item
    Value item(const Value& value, const Value& key, Place place);             // x[key]: item, then attribute
    Value path(const Value& value, std::string_view dotted, Place place);      // "a.b.0", as map(attribute=…) and sort(attribute=…) read it
    Runtime& runtime();

private:
    std::unique_ptr<Runtime> runtime_;
};

/// Renders to text. An undefined that is printed throws Failure (undefined) with its name, place and hint.
std::string render(const Template& compiled, Context& context);
/// Evaluates; an undefined result is returned as such.
Value evaluate(const Expression& compiled, Context& context);
/// The only content of the template when it is exactly one `{{ name }}` (a bare variable): its name; otherwise nothing.
std::optional<std::string> bare_variable(const Template& compiled);
/// When the template is exactly one `{{ expression }}` (no text around): evaluates it to a value (for native results); otherwise nothing.
std::optional<Value> evaluate_single(const Template& compiled, Context& context);
/// True when the template consists of literal text only.
bool is_constant(const Template& compiled);
/// Does the text hold any of the start markers (cheap pre-check before compile)?
bool has_markers(std::string_view text, const Syntax& syntax);
/// Names that a template or expression reads from outside (for lint and for dependency questions).
std::vector<std::string> free_names(const Template& compiled);
std::vector<std::string> free_names(const Expression& compiled);

/// Python literal syntax (ast.literal_eval): numbers, strings, lists, tuples, dicts, sets as lists, True/False/None.
std::optional<Value> literal_eval(std::string_view text);

/// Handle to interrupt all running evaluations (Ctrl-C): set to true from a signal handler.
extern volatile bool interrupted;

}  // namespace fprov::jinja
