// SPDX-License-Identifier: Apache-2.0
#include "jinja/evaluator.hpp"
#include "jinja/operators.hpp"
#include "jinja/stack.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using namespace ast;
using base::Failure;
using values::Trust;

namespace {

Value text_value(const Context& context, std::string text) {
    return Value(std::move(text), context.saw_data ? Trust::data_only : Trust::template_ok);
}

}  // namespace

void Evaluator::append(std::string& out, std::string_view text) {
    check_text(context_.environment.limits, out.size() + text.size());
    out += text;
}

void Evaluator::print(std::string& out, const Value& value) {
    if (value.is_string()) return append(out, value.string());
    if (value.is_undefined()) {
        if (value.undefined_info().lenient) return;
        fail_undefined(value, &context_.scope);
    }
    if (!context_.saw_data && (value.is_map() || value.is_sequence()) && holds_data(value)) context_.saw_data = true;
    const auto& finalize = context_.environment.finalize;
    append(out, finalize ? finalize(value) : values::str(value));
}

Evaluator::Flow Evaluator::run(const Body& body, std::string& out) {
    Flow flow = Flow::next;
    for (const Node* node : body) {
        if (node->kind == Kind::text) {
            append(out, static_cast<const Text*>(node)->text);
            continue;
        }
        guard_stack(node->place);
        try {
            run_statement(*node, out, flow);
        } catch (Failure& failure) {
            failure.error().at(node->place);
            throw;
        }
        if (flow != Flow::next) break;
    }
    return flow;
}

std::string Evaluator::run_scope(const ScopeBody& scope, Frame* parent) {
    FrameScope frame(runtime_, parent, &scope.reads);
    std::string out;
    run(scope.body, out);
    return out;
}

void Evaluator::run_statement(const Node& node, std::string& out, Flow& flow) {
    switch (node.kind) {
        case Kind::print: return print(out, eval(static_cast<const Print&>(node).value));
        case Kind::evaluate: eval(static_cast<const Evaluate&>(node).value); return;
        case Kind::branch: {
            const auto& branch = static_cast<const Branch&>(node);
            for (const auto& [test, body] : branch.arms)
                if (truth_of(test)) { flow = run(body, out); return; }
            flow = run(branch.otherwise, out);
            return;
        }
        case Kind::loop: return run_for(static_cast<const Loop&>(node), out, flow);
        case Kind::set: {
            const auto& set = static_cast<const Set&>(node);
            return assign(set.target, eval(set.value), runtime_.frame);
        }
        case Kind::set_block: {
            const auto& set = static_cast<const SetBlock&>(node);
            std::string text = run_scope(set.body, runtime_.frame);
            return assign(set.target, set.filter ? filtered(set.filter, std::move(text)) : text_value(context_, std::move(text)), runtime_.frame);
        }
        case Kind::with: return run_with(static_cast<const With&>(node), out, flow);
        case Kind::macro: {
            const auto& macro = static_cast<const Macro&>(node);
            runtime_.frame->set(macro.name, Value(std::static_pointer_cast<values::Object>(std::make_shared<MacroObject>(macro.signature, macro.name, runtime_))));
            return;
        }
        case Kind::call_block: return run_call_block(static_cast<const CallBlock&>(node), out);
        case Kind::filter_block: {
            const auto& block = static_cast<const FilterBlock&>(node);
            return print(out, filtered(block.filter, run_scope(block.body, runtime_.frame)));
        }
        case Kind::scope: {
            const auto& scope = static_cast<const ast::Scope&>(node);
            FrameScope frame(runtime_, runtime_.frame, &scope.body.reads);
            flow = run(scope.body.body, out);
            return;
        }
        case Kind::block: {
            if (runtime_.instance->parent) return;   // the parent template decides where it goes
            return run_block(*runtime_.instance, static_cast<const Block&>(node).name, 0, runtime_.frame, out, node.place);
        }
        case Kind::extends: {
            Instance& instance = *runtime_.instance;
            if (instance.parent) throw Failure(base::Kind::parse, "extended multiple times", node.place);
            instance.parent = load_one_of(eval(static_cast<const Extends&>(node).parent), node.place);
            instance.output_kept = out.size();
            return;
        }
        case Kind::include: return run_include(static_cast<const Include&>(node), out);
        case Kind::import: case Kind::from_import: return run_import(static_cast<const Import&>(node));
        case Kind::break_loop: flow = Flow::break_loop; return;
        case Kind::continue_loop: flow = Flow::continue_loop; return;
        default: return;
    }
}

Value Evaluator::filtered(ExprPtr filter, std::string text) {
    Value input = text_value(context_, std::move(text));
    Restore<const Value*> restore(block_text_, &input);
    return eval(filter);
}

void Evaluator::assign(const Target& target, Value value, Frame* frame) {
    if (target.parts.empty()) {
        if (target.attribute.empty()) {
            frame->set(target.name, std::move(value));
            return;
        }
        Value object;
        for (Frame* at = runtime_.frame; at && object.is_none(); at = at->parent) if (const Value* known = at->find(target.name)) object = *known;
        if (object.is_none()) object = looked_up(target.name, target.place);
        require_defined(object, &context_.scope);
        if (!object.is_object() || !object.object()->set_attribute(target.attribute, std::move(value)))
            throw Failure(base::Kind::type, "cannot assign attribute on non-namespace object", target.place, "make it with {% set " + target.name + " = namespace(…) %}");
        return;
    }
    require_defined(value, &context_.scope);
    auto all = values::elements(value);
    auto fail = [&](std::string what) { throw Failure(base::Kind::type, std::move(what), target.place); };
    if (!all) fail("cannot unpack non-iterable " + values::type_name(value) + " object");
    std::size_t wanted = target.parts.size();
    if (all->size() < wanted) fail("not enough values to unpack (expected " + std::to_string(wanted) + ", got " + std::to_string(all->size()) + ")");
    if (all->size() > wanted) fail("too many values to unpack (expected " + std::to_string(wanted) + ")");
    for (std::size_t i = 0; i < wanted; ++i) assign(target.parts[i], noted(std::move((*all)[i])), frame);
}

void Evaluator::run_for(const Loop& node, std::string& out, Flow& flow) {
    (void)flow;
    run_loop(node, eval(node.iterable), 0, runtime_.frame, out, nullptr);
}

void Evaluator::run_loop(const Loop& node, Value iterable, int depth, Frame* outer, std::string& out, Flow*) {
    if (iterable.is_undefined() && !iterable.undefined_info().lenient) fail_undefined(iterable, &context_.scope);
    if (!iterable.is_list()) {
        auto all = iterable.is_undefined() ? std::optional<List>(List()) : values::elements(iterable);
        if (!all) throw Failure(base::Kind::type, "'" + values::type_name(iterable) + "' object is not iterable", node.iterable->place);
        iterable = Value(std::move(*all));
    }
    FrameScope frame(runtime_, outer, &node.body.reads);
    if (node.test) {
        List chosen;
        for (std::size_t i = 0; i < iterable.list().size(); ++i) {
            context_.step(node.place);
            Value item = iterable.list()[i];
            assign(node.target, noted(item), runtime_.frame);
            if (truth_of(node.test)) chosen.push_back(std::move(item));
            frame.renew();
        }
        iterable = Value(std::move(chosen));
    }
    auto loop = std::make_shared<LoopObject>(node, iterable, depth, outer, runtime_.instance, runtime_.alive);
    Value loop_value(std::static_pointer_cast<values::Object>(loop));
    bool any = false, whole = false;   // whole: a round ran to its end; else counts as Jinja2 does, a break in the first round included
    for (; loop->index < loop->size(); ++loop->index) {
        context_.step(node.place);
        if (any) frame.renew();
        any = true;
        frame->set("loop", loop_value);
        assign(node.target, noted(loop->at(loop->index)), frame.get());
        Flow flow = run(node.body.body, out);
        if (flow == Flow::break_loop) break;
        whole = whole || flow == Flow::next;
    }
    if (!whole && !node.otherwise.body.empty()) {
        FrameScope otherwise(runtime_, outer, &node.otherwise.reads);
        run(node.otherwise.body, out);
    }
}

void Evaluator::run_with(const With& node, std::string& out, Flow& flow) {
    std::vector<Value> assigned;
    for (const auto& assignment : node.assignments) assigned.push_back(eval(assignment.second));
    FrameScope frame(runtime_, runtime_.frame, &node.body.reads);
    for (std::size_t i = 0; i < assigned.size(); ++i) assign(node.assignments[i].first, std::move(assigned[i]), frame.get());
    flow = run(node.body.body, out);
}

void Evaluator::run_call_block(const CallBlock& node, std::string& out) {
    Value caller(std::static_pointer_cast<values::Object>(std::make_shared<MacroObject>(node.caller, "caller", runtime_)));
    print(out, eval_call(*node.call, &caller));
}

}  // namespace fprov::jinja
