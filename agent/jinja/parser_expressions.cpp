// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/suggest.hpp"
#include "jinja/methods/methods.hpp"
#include "jinja/parser_nesting.hpp"
#include "jinja/registry.hpp"

namespace fprov::jinja {

using namespace ast;
using base::Failure;

namespace {

constexpr std::uint16_t tallest = 1000;   // levels of one expression

struct OperatorRow { std::string_view symbol; Operator op; };
constexpr OperatorRow product_operators[] = {{"*", Operator::multiply}, {"/", Operator::divide}, {"//", Operator::floor_divide}, {"%", Operator::modulo}};
constexpr OperatorRow sum_operators[] = {{"+", Operator::add}, {"-", Operator::subtract}};
struct ComparisonRow { std::string_view symbol; Comparison op; };
constexpr ComparisonRow comparisons[] = {{"==", Comparison::eq}, {"!=", Comparison::ne}, {"<", Comparison::lt},
                                         {"<=", Comparison::le}, {">", Comparison::gt}, {">=", Comparison::ge}};

struct ConstantRow { std::string_view name; int value; };   // 1, 0, -1 for none
constexpr ConstantRow constants[] = {{"true", 1}, {"True", 1}, {"false", 0}, {"False", 0}, {"none", -1}, {"None", -1}};

}  // namespace

Attribute::Attribute(Place p, ExprPtr o, std::string n) : Expr(Kind::attribute, p), object(o), name(std::move(n)), methods(find_methods(name)) {}

void Parser::grow(Expr* node, ExprPtr child) {
    if (!child) return;
    if (child->height >= tallest) throw Failure(base::Kind::limit, "the expression is too long or nested too deeply", node->place, "split it with {% set %}");
    node->height = std::max<std::uint16_t>(node->height, static_cast<std::uint16_t>(child->height + 1));
}
template <class T> T* Parser::grown(T* node, std::initializer_list<ExprPtr> children) {
    for (ExprPtr child : children) grow(node, child);
    return node;
}

void Parser::fail_unknown() const {
    if (unknown_.empty()) return;
    const auto& [kind, name, place] = unknown_.front();
    auto names = kind == "filter" ? environment_.filter_names() : environment_.test_names();
    throw Failure(base::Kind::parse, "No " + std::string(kind) + " named '" + name + "'", place, base::did_you_mean(name, names));
}

void Parser::whole_expression() {
    scopes_.push_back({&tree_.root.reads, {}, false});
    tree_.expression = expression();
    if (!is(TokenKind::end)) fail("chunk after expression: unexpected " + describe(now()), now().place);
    fail_unknown();
    finish_names();
}

ExprPtr Parser::expression(bool with_condition) {
    Nesting nesting(*this);
    return with_condition ? conditional() : logic(true);
}

ExprPtr Parser::conditional() {
    std::size_t unknown = unknown_.size();
    ExprPtr result = logic(true);
    while (is_word("if")) {
        auto* node = tree_.make<Conditional>(next().place);
        node->then = result;
        node->test = logic(true);
        if (skip_word("else")) node->otherwise = expression();
        result = grown(node, {node->then, node->test, node->otherwise});
        unknown_.resize(unknown);
    }
    return result;
}

ExprPtr Parser::logic(bool is_or) {
    ExprPtr first = is_or ? logic(false) : negation();
    std::string_view word = is_or ? "or" : "and";
    if (!is_word(word)) return first;
    auto* node = tree_.make<Logic>(now().place, is_or);
    node->parts.push_back(first);
    grow(node, first);
    while (skip_word(word)) {
        node->parts.push_back(is_or ? logic(false) : negation());
        grow(node, node->parts.back());
    }
    return node;
}

ExprPtr Parser::negation() {
    if (!is_word("not")) return compare();
    Nesting nesting(*this);
    Place place = next().place;
    ExprPtr operand = negation();
    return grown(tree_.make<Unary>(Kind::negation, place, operand), {operand});
}

ExprPtr Parser::compare() {
    ExprPtr first = sum();
    Compare* node = nullptr;
    for (;;) {
        const Token& token = now();
        Comparison op{};
        const auto* row = std::find_if(std::begin(comparisons), std::end(comparisons), [&](const auto& r) { return is_symbol(r.symbol); });
        if (row != std::end(comparisons)) { op = row->op; next(); }
        else if (is_word("in")) { op = Comparison::in; next(); }
        else if (is_word("not") && next_is_word("in")) { op = Comparison::not_in; next(); next(); }
        else return node ? static_cast<ExprPtr>(node) : first;
        if (!node) { node = tree_.make<Compare>(token.place, first); grow(node, first); }
        Place place = token.place;
        node->steps.push_back({op, sum(), place});
        grow(node, node->steps.back().right);
    }
}

ExprPtr Parser::sum() {
    ExprPtr left = concat();
    for (;;) {
        const auto* row = std::find_if(std::begin(sum_operators), std::end(sum_operators), [&](const auto& r) { return is_symbol(r.symbol); });
        if (row == std::end(sum_operators)) return left;
        Place place = next().place;
        ExprPtr right = concat();
        left = grown(tree_.make<Binary>(place, row->op, left, right), {left, right});
    }
}

ExprPtr Parser::concat() {
    ExprPtr first = product();
    if (!is_symbol("~")) return first;
    auto* node = tree_.make<Concat>(now().place);
    node->parts.push_back(first);
    grow(node, first);
    while (skip_symbol("~")) {
        node->parts.push_back(product());
        grow(node, node->parts.back());
    }
    return node;
}

ExprPtr Parser::product() {
    ExprPtr left = power();
    for (;;) {
        const auto* row = std::find_if(std::begin(product_operators), std::end(product_operators), [&](const auto& r) { return is_symbol(r.symbol); });
        if (row == std::end(product_operators)) return left;
        Place place = next().place;
        ExprPtr right = power();
        left = grown(tree_.make<Binary>(place, row->op, left, right), {left, right});
    }
}

ExprPtr Parser::power() {   // binds to the left in Jinja2: 2**3**2 is 64
    ExprPtr left = unary();
    while (is_symbol("**")) {
        Place place = next().place;
        ExprPtr right = unary();
        left = grown(tree_.make<Binary>(place, Operator::power, left, right), {left, right});
    }
    return left;
}

ExprPtr Parser::unary(bool with_filter) {
    ExprPtr node;
    if (is_symbol("-") || is_symbol("+")) {
        Nesting nesting(*this);
        Kind kind = is_symbol("-") ? Kind::negate : Kind::positive;
        Place place = next().place;
        ExprPtr operand = unary(false);
        node = grown(tree_.make<Unary>(kind, place, operand), {operand});
    } else {
        node = primary();
    }
    node = postfix(node);
    return with_filter ? filters_and_tests(node) : node;
}

ExprPtr Parser::primary() {
    const Token& token = now();
    switch (token.kind) {
        case TokenKind::name: {
            next();
            for (const auto& row : constants)
                if (token.text == row.name) return tree_.make<Constant>(token.place, row.value < 0 ? Value() : Value(row.value == 1));
            read(token.text);
            return tree_.make<Name>(token.place, token.text);
        }
        case TokenKind::string: {
            std::string text = next().text;
            while (is(TokenKind::string)) text += next().text;
            return tree_.make<Constant>(token.place, Value(std::move(text), values::Trust::template_ok, token.place));
        }
        case TokenKind::integer: next(); return tree_.make<Constant>(token.place, Value(token.integer));
        case TokenKind::real: next(); return tree_.make<Constant>(token.place, Value(token.real));
        default: break;
    }
    if (skip_symbol("(")) {
        ExprPtr node = tuple(true, {}, true);
        expect_symbol(")");
        return node;
    }
    if (is_symbol("[")) return list_literal();
    if (is_symbol("{")) return dict_literal();
    fail("unexpected " + describe(token), token.place);
}

bool Parser::tuple_ends(Words ends) const {
    return is(TokenKind::variable_end) || is(TokenKind::block_end) || is(TokenKind::end) || is_symbol(")") || is_word(ends);
}

ExprPtr Parser::tuple(bool with_condition, Words ends, bool parentheses) {
    Place place = now().place;
    std::vector<ExprPtr> items;
    bool comma = false;
    while (!tuple_ends(ends)) {
        items.push_back(expression(with_condition));
        if (!is_symbol(",")) break;
        comma = true;
        next();
    }
    if (!comma) {
        if (!items.empty()) return items.front();
        if (!parentheses) fail("Expected an expression, got " + describe(now()), now().place);
    }
    auto* node = tree_.make<Sequence>(Kind::tuple, place);
    for (ExprPtr item : items) grow(node, item);
    node->items = std::move(items);
    return node;
}

ExprPtr Parser::list_literal() {
    auto* node = tree_.make<Sequence>(Kind::list, next().place);
    while (!is_symbol("]")) {
        if (!node->items.empty()) expect_symbol(",");
        if (is_symbol("]")) break;
        node->items.push_back(expression());
        grow(node, node->items.back());
    }
    expect_symbol("]");
    return node;
}

ExprPtr Parser::dict_literal() {
    auto* node = tree_.make<Dict>(next().place);
    while (!is_symbol("}")) {
        if (!node->items.empty()) expect_symbol(",");
        if (is_symbol("}")) break;
        ExprPtr key = expression();
        expect_symbol(":");
        ExprPtr value = expression();
        node->items.emplace_back(key, value);
        grown(node, {key, value});
    }
    expect_symbol("}");
    return node;
}

ExprPtr Parser::postfix(ExprPtr node) {
    for (;;) {
        if (is_symbol(".") || is_symbol("[")) node = subscript(node);
        else if (is_symbol("(")) node = call(node);
        else return node;
    }
}

ExprPtr Parser::filters_and_tests(ExprPtr node) {
    for (;;) {
        if (is_symbol("|")) node = filter_chain(node, false);
        else if (is_word("is")) node = test(node);
        else if (is_symbol("(")) node = call(node);
        else return node;
    }
}

ExprPtr Parser::subscript(ExprPtr object) {
    const Token& token = next();
    if (token.text == ".") {
        const Token& member = next();
        if (member.kind == TokenKind::name) {
            auto* node = tree_.make<Attribute>(member.place, object, member.text);
            if (node->methods && node->methods->mutates && is_symbol("(")) tree_.mutates = true;
            return grown(node, {object});
        }
        if (member.kind != TokenKind::integer) fail("expected name or number, got " + describe(member), member.place);
        ExprPtr key = tree_.make<Constant>(member.place, Value(member.integer));
        return grown(tree_.make<Subscript>(member.place, object, key), {object, key});
    }
    ExprPtr key = subscript_item();
    if (is_symbol(",")) {
        auto* keys = tree_.make<Sequence>(Kind::tuple, key->place);
        keys->items.push_back(key);
        while (skip_symbol(",")) keys->items.push_back(subscript_item());
        for (ExprPtr item : keys->items) grow(keys, item);
        key = keys;
    }
    expect_symbol("]");
    return grown(tree_.make<Subscript>(token.place, object, key), {object, key});
}

ExprPtr Parser::subscript_item() {
    Place place = now().place;
    ExprPtr start = nullptr;
    if (!is_symbol(":")) {
        start = expression();
        if (!is_symbol(":")) return start;
    }
    next();
    auto* slice = tree_.make<Slice>(place);
    auto bound = [&]() -> ExprPtr { return is_symbol(":") || is_symbol("]") || is_symbol(",") ? nullptr : expression(); };
    slice->start = start;
    slice->stop = bound();
    if (skip_symbol(":")) slice->step = bound();
    return grown(slice, {slice->start, slice->stop, slice->step});
}

ExprPtr Parser::call(ExprPtr callee) {
    auto* node = tree_.make<ast::Call>(now().place, callee);
    node->arguments = arguments(node->height);
    return grown(node, {callee});
}

Arguments Parser::arguments(std::uint16_t& height) {
    Arguments result;
    auto taken = [&](ExprPtr e) {
        if (e->height >= tallest) throw Failure(base::Kind::limit, "the expression is nested too deeply", e->place);
        height = std::max<std::uint16_t>(height, static_cast<std::uint16_t>(e->height + 1));
        return e;
    };
    Place place = now().place;
    expect_symbol("(");
    bool first = true;
    while (!is_symbol(")")) {
        if (!first) {
            expect_symbol(",");
            if (is_symbol(")")) break;
        }
        first = false;
        const char* wrong = "invalid syntax for function call expression";
        if (skip_symbol("*")) {
            if (result.rest || result.keywords) fail(wrong, place);
            result.rest = taken(expression());
        } else if (skip_symbol("**")) {
            if (result.keywords) fail(wrong, place);
            result.keywords = taken(expression());
        } else if (is(TokenKind::name) && tokens_[at_ + 1].kind == TokenKind::symbol && tokens_[at_ + 1].text == "=") {
            if (result.keywords) fail(wrong, place);
            std::string name = next().text;
            for (const auto& known : result.named) if (known.first == name) fail("keyword argument repeated: " + name, tokens_[at_ - 1].place);
            next();
            result.named.emplace_back(std::move(name), taken(expression()));
        } else {
            if (result.rest || result.keywords || !result.named.empty()) fail(wrong, place);
            result.positional.push_back(taken(expression()));
        }
    }
    expect_symbol(")");
    return result;
}

ExprPtr Parser::filter_chain(ExprPtr input, bool start_inline) {
    while (is_symbol("|") || start_inline) {
        if (!start_inline) next();
        start_inline = false;
        Place place = now().place;
        auto* node = tree_.make<FilterCall>(place, input, expect_dotted_name());
        node->row = environment_.bound_filter(node->name);
        if (!node->row) unknown_.push_back({"filter", node->name, place});
        if (is_symbol("(")) node->arguments = arguments(node->height);
        input = grown(node, {input});
    }
    return input;
}

ExprPtr Parser::test(ExprPtr input) {
    Place place = next().place;
    bool negated = skip_word("not");
    Place name_place = now().place;
    auto* node = tree_.make<TestCall>(name_place, input, expect_dotted_name());
    node->row = environment_.bound_test(node->name);
    if (!node->row) unknown_.push_back({"test", node->name, name_place});
    bool literal = is(TokenKind::name) || is(TokenKind::string) || is(TokenKind::integer) || is(TokenKind::real) || is_symbol("[") || is_symbol("{");
    if (is_symbol("(")) {
        node->arguments = arguments(node->height);
    } else if (literal && !is_word({"else", "or", "and"})) {
        if (is_word("is")) fail("You cannot chain multiple tests with is", now().place);
        Nesting nesting(*this);
        ExprPtr argument = postfix(primary());
        node->arguments.positional.push_back(argument);
        grow(node, argument);
    }
    grow(node, input);
    if (!negated) return node;
    return grown(tree_.make<Unary>(Kind::negation, place, node), {node});
}

}  // namespace fprov::jinja
