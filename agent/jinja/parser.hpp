// SPDX-License-Identifier: Apache-2.0
// Tokens to tree: Jinja2's grammar, one function per rule. Statements are in parser_statements.cpp, expressions in
// parser_expressions.cpp.
#pragma once
#include <initializer_list>
#include <memory>

#include "jinja/ast.hpp"
#include "jinja/lexer.hpp"

namespace fprov::jinja {

std::unique_ptr<ast::Tree> parse_template(std::vector<Token> tokens, const Environment& environment);
std::unique_ptr<ast::Tree> parse_expression(std::vector<Token> tokens, const Environment& environment);

class Parser {
public:
    Parser(std::vector<Token> tokens, const Environment& environment, ast::Tree& tree);
    void whole_template();
    void whole_expression();

private:
    using Words = std::initializer_list<std::string_view>;
    class Nesting;

    // Tokens.
    const Token& now() const { return tokens_[at_]; }
    const Token& next() { return tokens_[at_++]; }
    bool is(TokenKind kind) const { return now().kind == kind; }
    bool is_symbol(std::string_view symbol) const { return is(TokenKind::symbol) && now().text == symbol; }
    bool is_word(std::string_view word) const { return is(TokenKind::name) && now().text == word; }
    bool is_word(Words words) const;
    bool next_is_word(std::string_view word) const { return tokens_[at_ + 1].kind == TokenKind::name && tokens_[at_ + 1].text == word; }
    bool skip_symbol(std::string_view symbol);
    bool skip_word(std::string_view word);
    void expect_symbol(std::string_view symbol);
    void expect_word(std::string_view word);
    std::string expect_name();
    std::string expect_dotted_name();
    [[noreturn]] void fail(std::string what, Place place, std::string hint = {}) const;
    [[noreturn]] void fail_expected(std::string_view what) const;
    static std::string describe(const Token& token);

    // Names: which scope reads which name, and which names come from outside.
    struct ScopeNames { ast::Names* reads; ast::Names declared; bool macro; };
    class Scoped;
    void declare(const ast::Target& target);
    void declare(const std::string& name) { scopes_.back().declared.insert(name); }
    void read(const std::string& name);
    void finish_names();

    // Statements.
    using Handler = void (Parser::*)(ast::Body&, Place);
    struct Tag { std::string_view name; Handler parse; };
    static const Tag tags[];
    void body(ast::Body& out, Words ends, std::string_view opened, Place place);
    void statement(ast::Body& out);
    [[noreturn]] void fail_tag(const Token& token, Words ends, std::string_view opened, Place place) const;
    void close_block();
    void end_body(ast::Body& out, Words ends, std::string_view opened, Place place);   // body, then the end tag itself
    void parse_if(ast::Body&, Place);
    void parse_for(ast::Body&, Place);
    void parse_set(ast::Body&, Place);
    void parse_with(ast::Body&, Place);
    void parse_macro(ast::Body&, Place);
    void parse_call(ast::Body&, Place);
    void parse_filter_block(ast::Body&, Place);
    void parse_block(ast::Body&, Place);
    void parse_extends(ast::Body&, Place);
    void parse_include(ast::Body&, Place);
    void parse_import(ast::Body&, Place);
    void parse_from(ast::Body&, Place);
    void parse_print(ast::Body&, Place);
    void parse_do(ast::Body&, Place);
    void parse_jump(ast::Body&, Place);
    void parse_autoescape(ast::Body&, Place);
    bool context_words(bool otherwise);
    void signature(ast::Signature& out);
    void macro_body(ast::Signature& out, std::string_view opened, std::string_view end, Place place);
    ast::Target target(bool with_tuple, bool with_namespace, Words ends);
    std::string assignable();

    // Expressions.
    ast::ExprPtr expression(bool with_condition = true);
    ast::ExprPtr conditional();
    ast::ExprPtr logic(bool is_or);
    ast::ExprPtr negation();
    ast::ExprPtr compare();
    ast::ExprPtr sum();
    ast::ExprPtr concat();
    ast::ExprPtr product();
    ast::ExprPtr power();
    ast::ExprPtr unary(bool with_filter = true);
    ast::ExprPtr primary();
    ast::ExprPtr tuple(bool with_condition, Words ends = {}, bool parentheses = false);
    ast::ExprPtr list_literal();
    ast::ExprPtr dict_literal();
    ast::ExprPtr postfix(ast::ExprPtr node);
    ast::ExprPtr filters_and_tests(ast::ExprPtr node);
    ast::ExprPtr subscript(ast::ExprPtr object);
    ast::ExprPtr subscript_item();
    ast::ExprPtr call(ast::ExprPtr callee);
    ast::ExprPtr filter_chain(ast::ExprPtr input, bool start_inline);
    ast::ExprPtr test(ast::ExprPtr input);
    ast::Arguments arguments(std::uint16_t& height);
    bool tuple_ends(Words ends) const;
    template <class T> T* grown(T* node, std::initializer_list<ast::ExprPtr> children);   // sets the height
    void grow(ast::Expr* node, ast::ExprPtr child);
    void fail_unknown() const;

    std::vector<Token> tokens_;
    const Environment& environment_;
    ast::Tree& tree_;
    std::size_t at_ = 0;
    int depth_ = 0;        // of nested rules
    /// Filters and tests that do not exist. Inside {% if %} and `x if y` they are forgotten again: there, reaching one is the error.
    struct Unknown { std::string_view kind; std::string name; Place place; };
    std::vector<Unknown> unknown_;
    int loops_ = 0;
    std::vector<ScopeNames> scopes_;
    std::vector<ast::Signature*> macros_;
    std::vector<std::string> free_;        // read before anything declared them, in order
    std::vector<std::string> late_;        // the same inside macros, which run later than the text around them
};

}  // namespace fprov::jinja
