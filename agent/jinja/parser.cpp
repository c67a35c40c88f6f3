// SPDX-License-Identifier: Apache-2.0
#include "jinja/parser.hpp"

#include <algorithm>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "jinja/parser_nesting.hpp"

namespace fprov::jinja {

using namespace ast;
using base::Failure;

const Parser::Tag Parser::tags[] = {
    {"if", &Parser::parse_if}, {"for", &Parser::parse_for}, {"set", &Parser::parse_set}, {"with", &Parser::parse_with},
    {"macro", &Parser::parse_macro}, {"call", &Parser::parse_call}, {"filter", &Parser::parse_filter_block},
    {"block", &Parser::parse_block}, {"extends", &Parser::parse_extends}, {"include", &Parser::parse_include},
    {"import", &Parser::parse_import}, {"from", &Parser::parse_from}, {"print", &Parser::parse_print}, {"do", &Parser::parse_do},
    {"break", &Parser::parse_jump}, {"continue", &Parser::parse_jump}, {"autoescape", &Parser::parse_autoescape},
};

std::unique_ptr<Tree> parse_template(std::vector<Token> tokens, const Environment& environment) {
    auto tree = std::make_unique<Tree>();
    Parser(std::move(tokens), environment, *tree).whole_template();
    return tree;
}

std::unique_ptr<Tree> parse_expression(std::vector<Token> tokens, const Environment& environment) {
    auto tree = std::make_unique<Tree>();
    Parser(std::move(tokens), environment, *tree).whole_expression();
    return tree;
}

Parser::Parser(std::vector<Token> tokens, const Environment& environment, Tree& tree)
    : tokens_(std::move(tokens)), environment_(environment), tree_(tree) {
    tokens_.push_back(tokens_.back());   // one more end, so that looking one token ahead is always allowed
}

void Parser::fail(std::string what, Place place, std::string hint) const {
    throw Failure(base::Kind::parse, std::move(what), place, std::move(hint));
}

std::string Parser::describe(const Token& token) {
    switch (token.kind) {
        case TokenKind::text: return "template data";
        case TokenKind::block_begin: return "'begin of statement block'";
        case TokenKind::block_end: return "'end of statement block'";
        case TokenKind::variable_begin: return "'begin of print statement'";
        case TokenKind::variable_end: return "'end of print statement'";
        case TokenKind::end: return "end of template";
        case TokenKind::string: return "the string '" + token.text + "'";
        default: return "'" + token.text + "'";
    }
}
void Parser::fail_expected(std::string_view what) const {
    fail("expected token '" + std::string(what) + "', got " + describe(now()), now().place);
}
bool Parser::is_word(Words words) const {
    return is(TokenKind::name) && std::find(words.begin(), words.end(), now().text) != words.end();
}
bool Parser::skip_symbol(std::string_view symbol) { return is_symbol(symbol) ? (next(), true) : false; }
bool Parser::skip_word(std::string_view word) { return is_word(word) ? (next(), true) : false; }
void Parser::expect_symbol(std::string_view symbol) { if (!skip_symbol(symbol)) fail_expected(symbol); }
void Parser::expect_word(std::string_view word) { if (!skip_word(word)) fail_expected(word); }
std::string Parser::expect_name() {
    if (!is(TokenKind::name)) fail_expected("name");
    return next().text;
}
std::string Parser::expect_dotted_name() {
    std::string name = expect_name();
    while (skip_symbol(".")) name += '.' + expect_name();
    return name;
}

void Parser::declare(const Target& target) {
    if (!target.name.empty() && target.attribute.empty()) declare(target.name);
    for (const Target& part : target.parts) declare(part);
}
void Parser::read(const std::string& name) {
    scopes_.back().reads->insert(name);
    for (ast::Signature* macro : macros_) {
        if (name == "varargs") macro->uses_varargs = true;
        else if (name == "kwargs") macro->uses_kwargs = true;
        else if (name == "caller") macro->uses_caller = true;
    }
    bool in_macro = false;
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        if (scope->declared.contains(name)) return;
        in_macro = in_macro || scope->macro;
    }
    auto& names = in_macro ? late_ : free_;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}
void Parser::finish_names() {
    for (const auto& name : late_)
        if (!scopes_.front().declared.contains(name) && std::find(free_.begin(), free_.end(), name) == free_.end()) free_.push_back(name);
    std::erase_if(free_, [](const std::string& name) { return name == "self" || name == "super"; });
    tree_.free_names = std::move(free_);
}

void Parser::whole_template() {
    scopes_.push_back({&tree_.root.reads, {}, false});
    body(tree_.root.body, {}, "", {});
    fail_unknown();
    finish_names();
}

// Statements up to one of `ends` (its word is not consumed, its block_begin is), or up to the end of the text when `ends` is empty.
void Parser::body(Body& out, Words ends, std::string_view opened, Place place) {
    Nesting nesting(*this);
    for (;;) {
        const Token& token = now();
        switch (token.kind) {
            case TokenKind::text: {
                next();
                out.push_back(tree_.make<Text>(token.place, token.text));
                break;
            }
            case TokenKind::variable_begin: {
                next();
                ExprPtr value = tuple(true);
                if (!is(TokenKind::variable_end)) fail_expected("end of print statement");
                next();
                out.push_back(tree_.make<Print>(token.place, value));
                break;
            }
            case TokenKind::block_begin: {
                next();
                if (is_word(ends)) return;
                if (!is(TokenKind::name)) fail("tag name expected, got " + describe(now()), now().place);
                const auto* tag = std::find_if(std::begin(tags), std::end(tags), [&](const Tag& t) { return t.name == now().text; });
                if (tag == std::end(tags)) fail_tag(now(), ends, opened, place);
                Place start = next().place;
                (this->*tag->parse)(out, start);
                break;
            }
            default:
                if (ends.size() == 0) return;
                std::vector<std::string> words(ends.begin(), ends.end());
                fail("Unexpected end of template. Jinja was looking for the following tags: '" + base::join(words, "' or '") +
                         "'. The innermost block that needs to be closed is '" + std::string(opened) + "'",
                     place, "close it with {% " + words.back() + " %}");
        }
    }
}

void Parser::fail_tag(const Token& token, Words ends, std::string_view opened, Place place) const {
    std::vector<std::string> words(ends.begin(), ends.end());
    std::string what = "Encountered unknown tag '" + token.text + "'.";
    if (!words.empty())
        what += " Jinja was looking for the following tags: '" + base::join(words, "' or '") +
                "'. The innermost block that needs to be closed is '" + std::string(opened) + "' (" + base::describe(place) + ").";
    what.pop_back();
    std::vector<std::string> known = words;
    for (const Tag& tag : tags) known.emplace_back(tag.name);
    std::string hint = base::did_you_mean(token.text, known);
    if (hint.empty() && token.text == "trans") hint = "translations (the i18n extension) are not supported";
    fail(what, token.place, hint);
}

void Parser::close_block() {
    skip_symbol(":");   // {% if x: %}, as in Python
    if (!is(TokenKind::block_end)) fail_expected("end of statement block");
    next();
}

void Parser::end_body(Body& out, Words ends, std::string_view opened, Place place) {
    body(out, ends, opened, place);
    next();
    close_block();
}

}  // namespace fprov::jinja
