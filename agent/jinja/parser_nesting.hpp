// SPDX-License-Identifier: Apache-2.0
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

}  // namespace fprov::jinja
