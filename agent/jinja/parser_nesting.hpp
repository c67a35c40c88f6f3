// SPDX-License-Identifier: Apache-2.0
// Guards of the parser: how deep it is, and which scope it reads.
#pragma once
#include "jinja/parser.hpp"
#include "jinja/stack.hpp"

namespace fprov::jinja {

class Parser::Nesting {
public:
    explicit Nesting(Parser& parser) : parser_(parser) {
        if (parser_.depth_ >= parser_.environment_.limits.depth)
            throw base::Failure(base::Kind::limit, "the template is nested too deeply", parser_.now().place, "split it with {% set %}");
        guard_stack(parser_.now().place);
        ++parser_.depth_;
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;

private:
    Parser& parser_;
};

class Parser::Scoped {
public:
    Scoped(Parser& parser, ast::ScopeBody& scope, bool macro = false) : parser_(parser) { parser_.scopes_.push_back({&scope.reads, {}, macro}); }
    ~Scoped() { parser_.scopes_.pop_back(); }
private:
    Parser& parser_;
};

}  // namespace fprov::jinja
