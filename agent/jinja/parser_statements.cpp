// SPDX-License-Identifier: Apache-2.0
// The statements: one function per tag.
#include <algorithm>

#include "base/text.hpp"
#include "jinja/parser_nesting.hpp"

namespace fprov::jinja {

using namespace ast;

void Parser::parse_if(Body& out, Place place) {
    auto* node = tree_.make<Branch>(place);
    out.push_back(node);
    std::size_t unknown = unknown_.size();
    for (;;) {
        ExprPtr test = tuple(false);
        close_block();
        node->arms.emplace_back(test, Body{});
        body(node->arms.back().second, {"elif", "else", "endif"}, "if", place);
        if (!skip_word("elif")) break;
    }
    if (skip_word("else")) {
        close_block();
        end_body(node->otherwise, {"endif"}, "if", place);
    } else {
        next();
        close_block();
    }
    unknown_.resize(unknown);
}

void Parser::parse_for(Body& out, Place place) {
    auto* node = tree_.make<Loop>(place);
    out.push_back(node);
    node->target = target(true, false, {"in"});
    expect_word("in");
    node->iterable = tuple(false, {"recursive"});
    {
        Scoped scoped(*this, node->body);
        declare(node->target);
        if (skip_word("if")) node->test = expression();
        node->recursive = skip_word("recursive");
        close_block();
        declare("loop");
        ++loops_;
        body(node->body.body, {"endfor", "else"}, "for", place);
        --loops_;
    }
    if (skip_word("else")) {
        close_block();
        Scoped scoped(*this, node->otherwise);
        body(node->otherwise.body, {"endfor"}, "for", place);
    }
    next();
    close_block();
}

void Parser::parse_set(Body& out, Place place) {
    Target names = target(true, true, {});
    if (skip_symbol("=")) {
        auto* node = tree_.make<Set>(place);
        node->value = tuple(true);
        close_block();
        declare(names);
        node->target = std::move(names);
        out.push_back(node);
        return;
    }
    auto* node = tree_.make<SetBlock>(place);
    if (is_symbol("|")) node->filter = filter_chain(nullptr, false);
    close_block();
    {
        Scoped scoped(*this, node->body);
        end_body(node->body.body, {"endset"}, "set", place);
    }
    declare(names);
    node->target = std::move(names);
    out.push_back(node);
}

void Parser::parse_with(Body& out, Place place) {
    auto* node = tree_.make<With>(place);
    out.push_back(node);
    while (!is(TokenKind::block_end)) {
        if (!node->assignments.empty()) expect_symbol(",");
        Target name = target(false, false, {});
        expect_symbol("=");
        ExprPtr value = expression();
        node->assignments.emplace_back(std::move(name), value);
    }
    close_block();
    Scoped scoped(*this, node->body);
    for (const auto& assignment : node->assignments) declare(assignment.first);
    end_body(node->body.body, {"endwith"}, "with", place);
}

void Parser::signature(ast::Signature& out) {
    expect_symbol("(");
    while (!is_symbol(")")) {
        if (!out.names.empty()) expect_symbol(",");
        if (is_symbol(")")) break;
        Place place = now().place;
        out.names.push_back(assignable());
        declare(out.names.back());
        if (skip_symbol("=")) out.defaults.push_back(expression());
        else if (!out.defaults.empty()) fail("non-default argument follows default argument", place);
    }
    expect_symbol(")");
}

void Parser::macro_body(ast::Signature& out, std::string_view opened, std::string_view end, Place place) {
    close_block();
    for (const char* name : {"varargs", "kwargs", "caller"}) declare(name);
    end_body(out.body.body, {end}, opened, place);
}

void Parser::parse_macro(Body& out, Place place) {
    auto* node = tree_.make<Macro>(place);
    out.push_back(node);
    node->name = assignable();
    declare(node->name);
    int loops = std::exchange(loops_, 0);
    Scoped scoped(*this, node->signature.body, true);
    macros_.push_back(&node->signature);
    signature(node->signature);
    macro_body(node->signature, "macro", "endmacro", place);
    macros_.pop_back();
    loops_ = loops;
}

void Parser::parse_call(Body& out, Place place) {
    auto* node = tree_.make<CallBlock>(place);
    out.push_back(node);
    int loops = std::exchange(loops_, 0);
    {
        // The parameters stand before the call, but belong to the body: the call itself is read outside of that scope.
        Scoped scoped(*this, node->caller.body, true);
        macros_.push_back(&node->caller);
        if (is_symbol("(")) signature(node->caller);
        ScopeNames inner = std::move(scopes_.back());
        scopes_.pop_back();
        Place at = now().place;
        ExprPtr callee = expression();
        scopes_.push_back(std::move(inner));
        if (callee->kind != Kind::call) fail("expected call", at);
        node->call = static_cast<const ast::Call*>(callee);
        macro_body(node->caller, "call", "endcall", place);
        macros_.pop_back();
    }
    loops_ = loops;
}

void Parser::parse_filter_block(Body& out, Place place) {
    auto* node = tree_.make<FilterBlock>(place);
    out.push_back(node);
    node->filter = filter_chain(nullptr, true);
    close_block();
    Scoped scoped(*this, node->body);
    end_body(node->body.body, {"endfilter"}, "filter", place);
}

void Parser::parse_block(Body& out, Place place) {
    auto* node = tree_.make<Block>(place);
    out.push_back(node);
    node->name = expect_name();
    for (const Block* other : tree_.blocks)
        if (other->name == node->name) fail("block '" + node->name + "' defined twice", place);
    tree_.blocks.push_back(node);
    if (is_symbol("-")) fail("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead", now().place);
    node->scoped = skip_word("scoped");
    node->required = skip_word("required");
    if (!node->scoped) node->scoped = skip_word("scoped");
    close_block();
    int loops = std::exchange(loops_, 0);
    Scoped scoped(*this, node->body);
    body(node->body.body, {"endblock"}, "block", place);
    loops_ = loops;
    next();
    if (is(TokenKind::name)) {
        if (now().text != node->name) fail("expected 'endblock " + node->name + "', got 'endblock " + now().text + "'", now().place);
        next();
    }
    close_block();
    if (!node->required) return;
    for (const Node* child : node->body.body) {
        bool blank = child->kind == Kind::text && base::trim(static_cast<const Text*>(child)->text).empty();
        if (!blank) fail("Required blocks can only contain comments or whitespace", place);
    }
}

void Parser::parse_extends(Body& out, Place place) {
    out.push_back(tree_.make<Extends>(place, expression()));
    tree_.extends = true;
    close_block();
}

bool Parser::context_words(bool otherwise) {
    if (!is_word({"with", "without"}) || !next_is_word("context")) return otherwise;
    bool with = next().text == "with";
    next();
    return with;
}

void Parser::parse_include(Body& out, Place place) {
    auto* node = tree_.make<Include>(place);
    out.push_back(node);
    node->source = expression();
    if (is_word("ignore") && next_is_word("missing")) {
        next();
        next();
        node->ignore_missing = true;
    }
    node->with_context = context_words(true);
    close_block();
}

void Parser::parse_import(Body& out, Place place) {
    auto* node = tree_.make<Import>(Kind::import, place);
    out.push_back(node);
    node->source = expression();
    expect_word("as");
    node->name = assignable();
    declare(node->name);
    node->with_context = context_words(false);
    close_block();
}

void Parser::parse_from(Body& out, Place place) {
    auto* node = tree_.make<Import>(Kind::from_import, place);
    out.push_back(node);
    node->source = expression();
    expect_word("import");
    for (;;) {
        if (!node->names.empty() && !skip_symbol(",")) break;
        if (!node->names.empty() && !is(TokenKind::name)) break;
        if (is_word({"with", "without"}) && next_is_word("context")) break;
        Place at = now().place;
        std::string name = assignable();
        if (name.starts_with('_')) fail("names starting with an underline can not be imported", at);
        std::string alias = skip_word("as") ? assignable() : name;
        declare(alias);
        node->names.emplace_back(std::move(name), std::move(alias));
    }
    node->with_context = context_words(false);
    if (node->names.empty()) fail_expected("name");
    close_block();
}

void Parser::parse_print(Body& out, Place place) {
    do {
        out.push_back(tree_.make<Print>(place, expression()));
    } while (skip_symbol(","));
    close_block();
}

void Parser::parse_do(Body& out, Place place) {
    if (!environment_.enable_do) fail("Encountered unknown tag 'do'", place, "enable the extension jinja2.ext.do, or write {% set _ = … %}");
    out.push_back(tree_.make<Evaluate>(place, tuple(true)));
    close_block();
}

void Parser::parse_jump(Body& out, Place place) {
    const std::string& word = tokens_[at_ - 1].text;
    if (!environment_.enable_loopcontrols)
        fail("Encountered unknown tag '" + word + "'", place, "enable the extension jinja2.ext.loopcontrols, or filter the loop: {% for x in y if … %}");
    if (!loops_) fail("'" + word + "' outside of a loop", place);
    out.push_back(tree_.make<Jump>(word == "break" ? Kind::break_loop : Kind::continue_loop, place));
    close_block();
}

void Parser::parse_autoescape(Body& out, Place place) {   // escaping is never automatic here: the body is rendered as it is
    auto* node = tree_.make<ast::Scope>(place);
    out.push_back(node);
    expression();
    close_block();
    Scoped scoped(*this, node->body);
    end_body(node->body.body, {"endautoescape"}, "autoescape", place);
}

std::string Parser::assignable() {
    Place place = now().place;
    std::string name = expect_name();
    for (const char* constant : {"true", "false", "none", "True", "False", "None"})
        if (name == constant) fail("can't assign to '" + name + "'", place);
    return name;
}

Target Parser::target(bool with_tuple, bool with_namespace, Words ends) {
    Nesting nesting(*this);
    auto single = [&]() -> Target {
        Target result;
        result.place = now().place;
        if (is_symbol("(") && with_tuple) {
            next();
            result = target(true, false, {});
            expect_symbol(")");
            return result;
        }
        if (is_symbol("[") && with_tuple) {
            next();
            result = target(true, false, {});
            expect_symbol("]");
            return result;
        }
        result.name = assignable();
        if (with_namespace && is_symbol(".")) {
            next();
            read(result.name);
            result.attribute = expect_name();
        }
        return result;
    };
    Place place = now().place;
    Target first = single();
    if (!with_tuple || !is_symbol(",")) return first;
    Target all;
    all.place = place;
    all.parts.push_back(std::move(first));
    while (skip_symbol(",")) {
        if (is_word(ends) || is_symbol("=") || is_symbol(")") || is(TokenKind::block_end)) break;
        all.parts.push_back(single());
    }
    return all;
}

}  // namespace fprov::jinja
