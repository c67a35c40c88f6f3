// SPDX-License-Identifier: Apache-2.0
// Walks the tree. Expressions are in evaluator.cpp, statements in statements.cpp, templates that use templates in composition.cpp.
#pragma once
#include "jinja/ast.hpp"
#include "jinja/objects.hpp"
#include "jinja/runtime.hpp"

namespace fprov::jinja {

class Evaluator {
public:
    enum class Flow : std::uint8_t { next, break_loop, continue_loop };

    explicit Evaluator(Context& context) : context_(context), runtime_(context.runtime()) {}

    Value eval(ast::ExprPtr node);
    Flow run(const ast::Body& body, std::string& out);
    std::string run_scope(const ast::ScopeBody& scope, Frame* parent);      // in a frame of its own, to a text
    void run_template(const std::shared_ptr<const Template>& compiled, Frame* root, Instance& instance, std::string& out);
    void run_loop(const ast::Loop& node, Value items, int depth, Frame* outer, std::string& out, Flow* flow);
    void run_block(Instance& instance, std::string_view name, std::size_t level, Frame* outer, std::string& out, Place place);
    Value call_value(const Value& callee, CallArguments& arguments, Place place);
    Value attribute(const Value& object, std::string_view name, const MethodNames* methods, Place place);
    Value item(const Value& object, const Value& key, Place place);
    void assign(const ast::Target& target, Value value, Frame* frame);
    void print(std::string& out, const Value& value);
    Value looked_up(std::string_view name, Place place);

private:
    Value eval_placed(ast::ExprPtr node);
    Value eval_name(const ast::Name& node);
    Value eval_binary(const ast::Binary& node);
    Value eval_concat(const ast::Concat& node);
    Value eval_compare(const ast::Compare& node);
    Value eval_subscript(const ast::Subscript& node);
    Value eval_dict(const ast::Dict& node);
    Value eval_call(const ast::Call& node, const Value* caller = nullptr);
    Value eval_filter(const ast::FilterCall& node);
    bool eval_test(const ast::TestCall& node);
    bool truth_of(ast::ExprPtr node);
    CallArguments eval_arguments(const ast::Arguments& arguments);
    Value noted(Value value);    // remembers that a text of a host took part

    void run_statement(const ast::Node& node, std::string& out, Flow& flow);
    void run_for(const ast::Loop& node, std::string& out, Flow& flow);
    void run_with(const ast::With& node, std::string& out, Flow& flow);
    void run_call_block(const ast::CallBlock& node, std::string& out);
    void run_include(const ast::Include& node, std::string& out);
    void run_import(const ast::Import& node);
    Value filtered(ast::ExprPtr filter, std::string text);   // applies a filter chain that has no input of its own
    std::shared_ptr<const Template> load(const std::string& name, Place place);
    std::shared_ptr<const Template> load_one_of(const Value& names, Place place);
    void append(std::string& out, std::string_view text);

    Context& context_;
    Runtime& runtime_;
    const Value* block_text_ = nullptr;   // input of {% filter %} and {% set x | f %}
};

}  // namespace fprov::jinja
