// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "jinja/ast.hpp"
#include "jinja/environment.hpp"

namespace fprov::jinja {

class Template : public std::enable_shared_from_this<Template> {
public:
    std::unique_ptr<const ast::Tree> tree;
    Syntax syntax;
    std::string name;   // that a loader knows it by
    std::string bare;   // the name, when the text is exactly {{ name }}
};

class Expression {
public:
    std::unique_ptr<const ast::Tree> tree;
};

}  // namespace fprov::jinja
