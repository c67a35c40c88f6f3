// SPDX-License-Identifier: Apache-2.0
// The syntax tree: plain data, never changed after parsing, owned by one arena per template so that hosts and threads share it.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "jinja/binding.hpp"
#include "values/value.hpp"

namespace fprov::jinja {
struct MethodNames;
}

namespace fprov::jinja::ast {

using base::Place;
using values::Value;

enum class Kind : std::uint8_t {
    constant, name, list, tuple, dict, negate, positive, negation, binary, concat, logic, compare, conditional,
    attribute, subscript, slice, call, filter, test,
    text, print, branch, loop, set, set_block, with, macro, call_block, filter_block, block, extends, include, import, from_import,
    evaluate, break_loop, continue_loop, scope,
};

enum class Operator : std::uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };
enum class Comparison : std::uint8_t { eq, ne, lt, le, gt, ge, in, not_in };

struct Node {
    Node(Kind k, Place p) : kind(k), place(p) {}
    Node(const Node&) = delete;
    virtual ~Node() = default;
    Kind kind;
    std::uint16_t height = 1;   // of an expression: the parser bounds it, since evaluation recurses
    Place place;
};
struct Expr : Node { using Node::Node; };
using ExprPtr = const Expr*;
using Body = std::vector<const Node*>;

struct Constant : Expr { Constant(Place p, Value v) : Expr(Kind::constant, p), value(std::move(v)) {} Value value; };
struct Name : Expr { Name(Place p, std::string n) : Expr(Kind::name, p), name(std::move(n)) {} std::string name; };
struct Sequence : Expr { using Expr::Expr; std::vector<ExprPtr> items; };   // list and tuple literals
struct Dict : Expr { explicit Dict(Place p) : Expr(Kind::dict, p) {} std::vector<std::pair<ExprPtr, ExprPtr>> items; };
struct Unary : Expr { Unary(Kind k, Place p, ExprPtr o) : Expr(k, p), operand(o) {} ExprPtr operand; };
struct Binary : Expr {
    Binary(Place p, Operator o, ExprPtr l, ExprPtr r) : Expr(Kind::binary, p), op(o), left(l), right(r) {}
    Operator op;
    ExprPtr left, right;
};
struct Concat : Expr { explicit Concat(Place p) : Expr(Kind::concat, p) {} std::vector<ExprPtr> parts; };
struct Logic : Expr { Logic(Place p, bool o) : Expr(Kind::logic, p), is_or(o) {} bool is_or; std::vector<ExprPtr> parts; };
struct Compare : Expr {
    Compare(Place p, ExprPtr f) : Expr(Kind::compare, p), first(f) {}
    struct Step { Comparison op; ExprPtr right; Place place; };
    ExprPtr first;
    std::vector<Step> steps;
};
struct Conditional : Expr {
    explicit Conditional(Place p) : Expr(Kind::conditional, p) {}
    ExprPtr test = nullptr, then = nullptr, otherwise = nullptr;   // otherwise may be missing
};
struct Attribute : Expr {
    Attribute(Place p, ExprPtr o, std::string n);
    ExprPtr object;
    std::string name;
    const MethodNames* methods;   // Python methods of this name, per type; null when no type has one
};
struct Subscript : Expr { Subscript(Place p, ExprPtr o, ExprPtr k) : Expr(Kind::subscript, p), object(o), key(k) {} ExprPtr object, key; };
struct Slice : Expr { explicit Slice(Place p) : Expr(Kind::slice, p) {} ExprPtr start = nullptr, stop = nullptr, step = nullptr; };
struct Arguments {
    std::vector<ExprPtr> positional;
    std::vector<std::pair<std::string, ExprPtr>> named;
    ExprPtr rest = nullptr, keywords = nullptr;   // *x and **x
};
struct Call : Expr { Call(Place p, ExprPtr c) : Expr(Kind::call, p), callee(c) {} ExprPtr callee; Arguments arguments; };
struct FilterCall : Expr {
    FilterCall(Place p, ExprPtr i, std::string n) : Expr(Kind::filter, p), input(i), name(std::move(n)) {}
    ExprPtr input;   // null at the start of {% filter %} and {% set x | f %}: the block's text
    std::string name;
    const BoundFilter* row = nullptr;   // null: unknown, an error when reached
    Arguments arguments;
};
struct TestCall : Expr {
    TestCall(Place p, ExprPtr i, std::string n) : Expr(Kind::test, p), input(i), name(std::move(n)) {}
    ExprPtr input;
    std::string name;
    const BoundTest* row = nullptr;
    Arguments arguments;
};

/// What an assignment writes to: a name, `ns.attribute`, or several of them.
struct Target {
    std::string name;        // empty: unpack into `parts`
    std::string attribute;   // of a namespace
    std::vector<Target> parts;
    Place place{};
};
using Names = std::unordered_set<std::string>;

/// A body with names of its own. `reads` are the names it asks for itself, not in scopes below it.
struct ScopeBody { Body body; Names reads; };

struct Text : Node { Text(Place p, std::string t) : Node(Kind::text, p), text(std::move(t)) {} std::string text; };
struct Print : Node { Print(Place p, ExprPtr e) : Node(Kind::print, p), value(e) {} ExprPtr value; };
struct Branch : Node {
    explicit Branch(Place p) : Node(Kind::branch, p) {}
    std::vector<std::pair<ExprPtr, Body>> arms;
    Body otherwise;
};
struct Loop : Node {
    explicit Loop(Place p) : Node(Kind::loop, p) {}
    Target target;
    ExprPtr iterable = nullptr, test = nullptr;
    bool recursive = false;
    ScopeBody body, otherwise;
};
struct Set : Node { explicit Set(Place p) : Node(Kind::set, p) {} Target target; ExprPtr value = nullptr; };
struct SetBlock : Node { explicit SetBlock(Place p) : Node(Kind::set_block, p) {} Target target; ExprPtr filter = nullptr; ScopeBody body; };
struct With : Node { explicit With(Place p) : Node(Kind::with, p) {} std::vector<std::pair<Target, ExprPtr>> assignments; ScopeBody body; };
struct Signature {
    std::vector<std::string> names;
    std::vector<ExprPtr> defaults;   // of the last names
    ScopeBody body;
    bool uses_varargs = false, uses_kwargs = false, uses_caller = false;
};
struct Macro : Node { explicit Macro(Place p) : Node(Kind::macro, p) {} std::string name; Signature signature; };
struct CallBlock : Node { explicit CallBlock(Place p) : Node(Kind::call_block, p) {} const Call* call = nullptr; Signature caller; };
struct FilterBlock : Node { explicit FilterBlock(Place p) : Node(Kind::filter_block, p) {} ExprPtr filter = nullptr; ScopeBody body; };
struct Block : Node {
    explicit Block(Place p) : Node(Kind::block, p) {}
    std::string name;
    bool scoped = false, required = false;
    ScopeBody body;
};
struct Extends : Node { Extends(Place p, ExprPtr t) : Node(Kind::extends, p), parent(t) {} ExprPtr parent; };
struct Include : Node {
    explicit Include(Place p) : Node(Kind::include, p) {}
    ExprPtr source = nullptr;
    bool ignore_missing = false, with_context = true;
};
struct Import : Node {
    Import(Kind k, Place p) : Node(k, p) {}
    ExprPtr source = nullptr;
    std::string name;                                          // {% import … as name %}
    std::vector<std::pair<std::string, std::string>> names;    // {% from … import a as b %}
    bool with_context = false;
};
struct Evaluate : Node { Evaluate(Place p, ExprPtr e) : Node(Kind::evaluate, p), value(e) {} ExprPtr value; };   // {% do %}
struct Jump : Node { Jump(Kind k, Place p) : Node(k, p) {} };
struct Scope : Node { explicit Scope(Place p) : Node(Kind::scope, p) {} ScopeBody body; };   // {% autoescape %}

/// Everything that was parsed from one text.
struct Tree {
    std::vector<std::unique_ptr<Node>> nodes;
    ScopeBody root;                                   // of a template
    ExprPtr expression = nullptr;                     // of an expression
    std::vector<const Block*> blocks;
    bool mutates = false;      // calls a method that changes a container in place
    bool extends = false;
    std::vector<std::string> free_names;

    template <class T, class... A> T* make(A&&... arguments) {
        auto node = std::make_unique<T>(std::forward<A>(arguments)...);
        T* raw = node.get();
        nodes.push_back(std::move(node));
        return raw;
    }
};

}  // namespace fprov::jinja::ast
