// SPDX-License-Identifier: Apache-2.0
#include "jinja/evaluator.hpp"

#include "jinja/operators.hpp"
#include "jinja/registry.hpp"
#include "jinja/stack.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using namespace ast;
using base::Failure;
using values::Trust;

Value Evaluator::noted(Value value) {
    if (value.is_string() && value.trust() == Trust::data_only) context_.saw_data = true;
    return value;
}

bool Evaluator::truth_of(ExprPtr node) { return truth(eval(node), &context_.scope); }

Value Evaluator::eval(ExprPtr node) {
    switch (node->kind) {
        case Kind::constant: return static_cast<const Constant*>(node)->value;
        case Kind::name: return eval_name(*static_cast<const Name*>(node));
        default: break;
    }
    guard_stack(node->place);
    try {
        return eval_placed(node);
    } catch (Failure& failure) {
        failure.error().at(node->place);
        throw;
    }
}

Value Evaluator::eval_placed(ExprPtr node) {
    switch (node->kind) {
        case Kind::list: case Kind::tuple: {
            const auto& sequence = *static_cast<const Sequence*>(node);
            List items;
            items.reserve(sequence.items.size());
            for (ExprPtr item : sequence.items) items.push_back(eval(item));
            return node->kind == Kind::list ? Value(std::move(items)) : Value::tuple(std::move(items));
        }
        case Kind::dict: return eval_dict(*static_cast<const Dict*>(node));
        case Kind::negate: return negate(eval(static_cast<const Unary*>(node)->operand));
        case Kind::positive: return positive(eval(static_cast<const Unary*>(node)->operand));
        case Kind::negation: return !truth_of(static_cast<const Unary*>(node)->operand);
        case Kind::binary: return eval_binary(*static_cast<const Binary*>(node));
        case Kind::concat: return eval_concat(*static_cast<const Concat*>(node));
        case Kind::compare: return eval_compare(*static_cast<const Compare*>(node));
        case Kind::logic: {
            const auto& logic = *static_cast<const Logic*>(node);
            Value value;
            for (ExprPtr part : logic.parts) {
                value = eval(part);
                if (part != logic.parts.back() && truth(value, &context_.scope) == logic.is_or) break;
            }
            return value;
        }
        case Kind::conditional: {
            const auto& choice = *static_cast<const Conditional*>(node);
            if (truth_of(choice.test)) return eval(choice.then);
            return choice.otherwise ? eval(choice.otherwise) : undefined_else(node->place);
        }
        case Kind::attribute: {
            const auto& access = *static_cast<const Attribute*>(node);
            return attribute(eval(access.object), access.name, access.methods, node->place);
        }
        case Kind::subscript: return eval_subscript(*static_cast<const Subscript*>(node));
        case Kind::slice: fail_type("a slice stands only in [ ]");
        case Kind::call: return eval_call(*static_cast<const ast::Call*>(node));
        case Kind::filter: return eval_filter(*static_cast<const FilterCall*>(node));
        case Kind::test: return eval_test(*static_cast<const TestCall*>(node));
        default: return eval(node);
    }
}

Value Evaluator::eval_name(const Name& node) {
    for (Frame* frame = runtime_.frame; frame; frame = frame->parent)
        if (const Value* known = frame->find(node.name)) return *known;
    return looked_up(node.name, node.place);
}

// A name that no frame knows: a variable, a global function, or undefined.
Value Evaluator::looked_up(std::string_view name, Place place) {
    bool isolated = false;
    for (Frame* frame = runtime_.frame; frame; frame = frame->parent) isolated = isolated || frame->isolated;
    if (!isolated) {
        std::optional<Value> value;
        try {
            value = context_.scope.lookup(name);
        } catch (Failure& failure) {
            failure.error().at(place);
            throw;
        }
        if (value) {
            if (runtime_.mutating && (value->is_map() || value->is_sequence())) {
                // The copy belongs to the outermost scope that reads the name, as Jinja2 resolves it there once.
                Frame* owner = runtime_.frame;
                for (Frame* frame = runtime_.frame; frame; frame = frame->parent)
                    if (frame->reads && frame->reads->contains(std::string(name))) owner = frame;
                Value copy = values::deep_copy(*value);
                if (owner && owner->reads) {
                    auto kept = owner->reads->find(std::string(name));
                    if (kept != owner->reads->end()) owner->set(*kept, copy);
                }
                return copy;
            }
            return noted(std::move(*value));
        }
    }
    if (name == "self" && runtime_.instance) return Value(std::static_pointer_cast<values::Object>(std::make_shared<SelfObject>(runtime_.instance)));
    const auto& globals = context_.environment.registry().globals;
    if (auto found = globals.find(std::string(name)); found != globals.end()) return found->second;
    return undefined_name(name, place);
}

Value Evaluator::eval_dict(const Dict& node) {
    Map map;
    for (const auto& [key_node, value_node] : node.items) {
        Value key = eval(key_node);
        require_defined(key, &context_.scope);
        if (key.is_list() || key.is_map()) fail_type("unhashable type: '" + values::type_name(key) + "'");
        map.set(std::move(key), eval(value_node));
    }
    return Value(std::move(map));
}

Value Evaluator::eval_binary(const Binary& node) {
    Value left = eval(node.left), right = eval(node.right);
    if (left.is_undefined()) fail_undefined(left, &context_.scope);
    if (right.is_undefined()) fail_undefined(right, &context_.scope);
    Value result = arithmetic(node.op, left, right, context_.environment.limits);
    if (node.op == Operator::modulo && result.is_string()) {
        bool data = (left.is_string() && left.trust() == Trust::data_only) || context_.saw_data || holds_data(right);
        result.set_trust(data ? Trust::data_only : Trust::template_ok);
    }
    return result;
}

Value Evaluator::eval_concat(const Concat& node) {
    std::string text;
    bool data = false;
    for (ExprPtr part : node.parts) {
        Value value = eval(part);
        if (value.is_undefined() && !value.undefined_info().lenient) fail_undefined(value, &context_.scope);
        data = data || holds_data(value);
        append(text, value.is_string() ? value.string() : values::str(value));
    }
    return Value(std::move(text), data ? Trust::data_only : Trust::template_ok);
}

Value Evaluator::eval_compare(const Compare& node) {
    Value left = eval(node.first);
    for (const auto& step : node.steps) {
        Value right = eval(step.right);
        bool member = step.op == Comparison::in || step.op == Comparison::not_in;
        if (left.is_undefined() && !left.undefined_info().lenient && !(member && right.is_sequence() && right.list().empty())) fail_undefined(left, &context_.scope);
        if (right.is_undefined() && !right.undefined_info().lenient) fail_undefined(right, &context_.scope);
        if (!compare(step.op, left, right)) return false;
        left = std::move(right);
    }
    return true;
}

Value Evaluator::eval_subscript(const Subscript& node) {
    Value object = eval(node.object);
    if (node.key->kind == Kind::slice) {
        const auto& bounds = *static_cast<const Slice*>(node.key);
        if (object.is_undefined() && !object.undefined_info().lenient) return object;
        auto bound = [&](ExprPtr part) { return part ? eval(part) : Value(); };
        Value start = bound(bounds.start), stop = bound(bounds.stop), step = bound(bounds.step);
        return noted(slice(object, start, stop, step));
    }
    return item(object, eval(node.key), node.place);
}

Value Evaluator::attribute(const Value& object, std::string_view name, const MethodNames* methods, Place place) {
    if (object.is_undefined()) {
        if (object.undefined_info().lenient) fail_undefined(object);
        return object;
    }
    if (methods) if (auto entry = methods->of(object); entry.method)
        return Value(std::static_pointer_cast<values::Object>(std::make_shared<BoundMethod>(object, entry.method, entry.signature)));
    if (object.is_map()) {
        if (const Value* found = object.map().find(name)) return noted(*found);
    } else if (object.is_object()) {
        if (auto found = object.object()->attribute(name)) return noted(std::move(*found));
        if (auto found = object.object()->item(Value(name))) return noted(std::move(*found));
    } else if (object.is_tuple() && object.list().size() == 2 && (name == "grouper" || name == "list")) {
        return noted(object.list()[name == "list"]);   // what groupby gives
    }
    return undefined_member(object, Value(name), place);
}

Value Evaluator::item(const Value& object, const Value& key, Place place) {
    if (object.is_undefined()) {
        if (object.undefined_info().lenient) fail_undefined(object);
        return object;
    }
    switch (object.type()) {
        case values::Type::map: {
            require_defined(key, &context_.scope);
            if (!key.is_list() && !key.is_map()) if (const Value* found = object.map().find(key)) return noted(*found);
            break;
        }
        case values::Type::list: case values::Type::tuple: case values::Type::string:
            if (is_integral(key)) if (auto found = element(object, as_integer(key))) return noted(std::move(*found));
            break;
        case values::Type::object:
            require_defined(key, &context_.scope);
            if (auto found = object.object()->item(key)) return noted(std::move(*found));
            if (key.is_string()) if (auto found = object.object()->attribute(key.string())) return noted(std::move(*found));
            break;
        default: break;
    }
    if (key.is_undefined()) return undefined_because(key.undefined_info().message, key.undefined_info().place);
    if (key.is_string())
        if (const MethodNames* methods = find_methods(key.string()); methods && methods->of(object).method)
            return attribute(object, key.string(), methods, place);
    return undefined_member(object, key, place);
}

CallArguments Evaluator::eval_arguments(const Arguments& nodes) {
    CallArguments result;
    result.positional.reserve(nodes.positional.size());
    for (ExprPtr node : nodes.positional) result.positional.push_back(eval(node));
    for (const auto& [name, node] : nodes.named) result.named.emplace_back(name, eval(node));
    if (nodes.rest) {
        Value rest = eval(nodes.rest);
        require_defined(rest, &context_.scope);
        auto all = values::elements(rest);
        if (!all) fail_type("argument after * must be an iterable, not " + values::type_name(rest));
        for (Value& value : *all) result.positional.push_back(std::move(value));
    }
    if (nodes.keywords) {
        Value keywords = eval(nodes.keywords);
        require_defined(keywords, &context_.scope);
        if (!keywords.is_map()) fail_type("argument after ** must be a mapping, not " + values::type_name(keywords));
        for (const auto& [key, value] : keywords.map()) {
            if (!key.is_string()) fail_type("keywords must be strings");
            for (const auto& known : result.named)
                if (known.first == key.string()) fail_type("got multiple values for keyword argument '" + key.string() + "'");
            result.named.emplace_back(key.string(), value);
        }
    }
    return result;
}

Value Evaluator::eval_call(const ast::Call& node, const Value* caller) {
    context_.step(node.place);
    if (node.callee->kind == Kind::attribute) {
        const auto& access = *static_cast<const Attribute*>(node.callee);
        Value object = eval(access.object);
        if (access.methods) if (auto entry = access.methods->of(object); entry.method) {
            CallArguments arguments = eval_arguments(node.arguments);
            return run_method(*entry.method, *entry.signature, context_, std::move(object), arguments, access.place);
        }
        Value callee = attribute(object, access.name, access.methods, access.place);
        CallArguments arguments = eval_arguments(node.arguments);
        if (caller) arguments.named.emplace_back("caller", *caller);
        return call_value(callee, arguments, access.place);
    }
    Value callee = eval(node.callee);
    CallArguments arguments = eval_arguments(node.arguments);
    if (caller) arguments.named.emplace_back("caller", *caller);
    return call_value(callee, arguments, node.callee->place);
}

Value Evaluator::call_value(const Value& callee, CallArguments& arguments, Place place) {
    if (callee.is_undefined()) fail_undefined(callee, &context_.scope);
    if (callee.is_object()) {
        if (auto* script = dynamic_cast<ScriptObject*>(callee.object().get())) return noted(script->call_in(context_, arguments, place));
        if (callee.object()->callable()) return noted(callee.object()->call(arguments));
    }
    fail_type("'" + values::type_name(callee) + "' object is not callable");
}

Value Evaluator::eval_filter(const FilterCall& node) {
    context_.step(node.place);
    Value input = node.input ? eval(node.input) : block_text_ ? *block_text_ : Value();
    if (!node.row) throw Failure(base::Kind::generic, "No filter named '" + node.name + "' found.", node.place);
    CallArguments arguments = eval_arguments(node.arguments);
    return run_filter(*node.row, context_, std::move(input), arguments, node.place);
}

bool Evaluator::eval_test(const TestCall& node) {
    context_.step(node.place);
    Value input = eval(node.input);
    if (!node.row) throw Failure(base::Kind::generic, "No test named '" + node.name + "' found.", node.place);
    CallArguments arguments = eval_arguments(node.arguments);
    return run_test(*node.row, context_, std::move(input), arguments, node.place);
}

}  // namespace fprov::jinja
