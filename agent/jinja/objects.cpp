// SPDX-License-Identifier: Apache-2.0
#include "jinja/objects.hpp"

#include "jinja/evaluator.hpp"
#include "jinja/operators.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using base::Failure;
using values::Trust;

namespace {

Value text_value(const Context& context, std::string text) {
    return Value(std::move(text), context.saw_data ? Trust::data_only : Trust::template_ok);
}

bool holds(const Value& value, int& budget) {
    if (--budget < 0) return true;
    if (value.is_string()) return value.trust() == Trust::data_only;
    if (value.is_sequence()) {
        for (const Value& item : value.list()) if (holds(item, budget)) return true;
    } else if (value.is_map()) {
        for (const auto& entry : value.map()) if (holds(entry.key, budget) || holds(entry.value, budget)) return true;
    }
    return false;
}

// May the result of these arguments be compiled as a template again?
bool clean(const Context& context, const Call& call) {
    if (context.saw_data) return false;
    for (const Value& value : call.arguments) if (holds_data(value)) return false;
    for (const Value& value : call.rest) if (holds_data(value)) return false;
    for (const auto& entry : call.keywords) if (holds_data(entry.value)) return false;
    return true;
}

}  // namespace

bool holds_data(const Value& value) {
    int budget = 200;
    return holds(value, budget);
}

// Texts that a filter made out of clean ones are clean, in lists and dicts too.
Value as_template(const Value& value) {
    if (value.is_string()) return Value(value).set_trust(Trust::template_ok);
    if (value.is_sequence()) {
        values::List list;
        list.reserve(value.list().size());
        for (const Value& item : value.list()) list.push_back(as_template(item));
        return value.is_tuple() ? Value::tuple(std::move(list)) : Value(std::move(list));
    }
    if (value.is_map()) {
        values::Map map;
        for (const auto& entry : value.map()) map.set(as_template(entry.key), as_template(entry.value));
        return Value(std::move(map));
    }
    return value;
}

Value run_filter(const BoundFilter& bound, Context& context, Value value, CallArguments& arguments, Place place) {
    Call call = bound.signature.bind(context, place, bound.row.name, std::move(value), true, arguments, bound.row.takes_undefined);
    bool text_ok = clean(context, call);
    Value result = bound.row.run(call);
    text_ok = text_ok && !context.saw_data;
    if (result.is_string()) result.set_trust(text_ok ? Trust::template_ok : Trust::data_only);
    else if (text_ok && holds_data(result)) return as_template(result);
    return result;
}

bool run_test(const BoundTest& bound, Context& context, Value value, CallArguments& arguments, Place place) {
    Call call = bound.signature.bind(context, place, bound.row.name, std::move(value), true, arguments, bound.row.takes_undefined);
    return bound.row.run(call);
}

Value run_method(const Method& method, const Signature& signature, Context& context, Value self, CallArguments& arguments, Place place) {
    Call call = signature.bind(context, place, method.name, std::move(self), true, arguments, true);
    bool text_ok = call.arguments[0].is_string() && clean(context, call);
    try {
        Value result = method.run(call);
        if (result.is_string() && call.arguments[0].is_string()) result.set_trust(text_ok ? Trust::template_ok : Trust::data_only);
        else if (text_ok && holds_data(result)) return as_template(result);
        else if (result.is_string() && result.trust() == Trust::data_only) context.saw_data = true;
        return result;
    } catch (Failure& failure) {
        failure.error().at(place);
        throw;
    }
}

Value Function::call_in(Context& context, CallArguments& arguments, Place place) {
    Call call = bound_.signature.bind(context, place, bound_.row.name, Value(), false, arguments, bound_.row.takes_undefined);
    return bound_.row.run(call);
}

std::string BoundMethod::str() const {
    return "<built-in method " + std::string(method_->name) + " of " + values::type_name(self_) + " object>";
}
Value BoundMethod::call_in(Context& context, CallArguments& arguments, Place place) {
    return run_method(*method_, *signature_, context, self_, arguments, place);
}

Value closure(std::string name, Closure::Body body) {
    return Value(std::static_pointer_cast<values::Object>(std::make_shared<Closure>(std::move(name), std::move(body))));
}

MacroObject::MacroObject(const ast::Signature& signature, std::string name, Runtime& runtime)
    : signature_(signature), name_(std::move(name)), frame_(runtime.frame), instance_(runtime.instance), alive_(runtime.alive) {
    for (Frame* frame = frame_; frame; frame = frame->parent) frame->captured = true;
}

std::optional<Value> MacroObject::attribute(std::string_view name) const {
    if (name == "name") return Value(name_);
    if (alive_.expired()) return std::nullopt;   // the tree may be gone
    if (name == "catch_kwargs") return Value(signature_.uses_kwargs);
    if (name == "catch_varargs") return Value(signature_.uses_varargs);
    if (name == "caller") return Value(signature_.uses_caller);
    if (name != "arguments") return std::nullopt;
    List names;
    for (const auto& argument : signature_.names) names.emplace_back(argument);
    return Value::tuple(std::move(names));
}

Value MacroObject::call_in(Context& context, CallArguments& given, Place place) {
    std::string shown = "macro '" + name_ + "'";
    if (alive_.expired()) throw Failure(base::Kind::type, shown + " is called outside of the template that defines it", place);
    Runtime& runtime = context.runtime();
    if (alive_.lock() != runtime.alive) throw Failure(base::Kind::type, shown + " belongs to another evaluation", place);
    DepthGuard depth(context, place, "a macro");
    context.step(place);
    Restore<Instance*> instance(runtime.instance, instance_);
    FrameScope frame(runtime, frame_, &signature_.body.reads);
    Evaluator evaluator(context);

    std::size_t count = signature_.names.size(), first_default = count - signature_.defaults.size();
    if (given.positional.size() > count && !signature_.uses_varargs)
        throw Failure(base::Kind::type, shown + " takes not more than " + std::to_string(count) + " argument(s)", place);
    Map extra;
    std::vector<std::optional<Value>> named(count);
    Value caller;
    bool has_caller = false;
    for (auto& [key, value] : given.named) {
        std::size_t i = 0;
        while (i < count && signature_.names[i] != key) ++i;
        if (i < count) {
            if (i < given.positional.size()) throw Failure(base::Kind::type, shown + " got multiple values for argument '" + key + "'", place);
            named[i] = std::move(value);
        } else if (key == "caller" && signature_.uses_caller) {
            caller = std::move(value);
            has_caller = true;
        } else if (signature_.uses_kwargs) {
            extra.set(key, std::move(value));
        } else {
            throw Failure(base::Kind::type, shown + " takes no keyword argument '" + key + "'", place);
        }
    }
    if (signature_.uses_caller) frame->set("caller", has_caller ? caller : undefined_because("No caller defined", place));
    if (signature_.uses_kwargs) frame->set("kwargs", Value(std::move(extra)));
    if (signature_.uses_varargs) {
        List rest;
        for (std::size_t i = count; i < given.positional.size(); ++i) rest.push_back(std::move(given.positional[i]));
        frame->set("varargs", Value::tuple(std::move(rest)));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& name = signature_.names[i];
        if (i < given.positional.size()) frame->set(name, std::move(given.positional[i]));
        else if (named[i]) frame->set(name, std::move(*named[i]));
        else if (i >= first_default) frame->set(name, evaluator.eval(signature_.defaults[i - first_default]));
        else frame->set(name, Value::undefined(name, "parameter '" + name + "' was not provided", place));
    }
    std::string out;
    evaluator.run(signature_.body.body, out);
    return text_value(context, std::move(out));
}

std::string LoopObject::str() const { return "<LoopContext " + std::to_string(index + 1) + "/" + std::to_string(size()) + ">"; }

struct LoopMethods {
    static std::shared_ptr<LoopObject> shared(const LoopObject& loop) { return std::const_pointer_cast<LoopObject>(loop.shared_from_this()); }
    static Value cycle(std::shared_ptr<LoopObject> loop) {
        return closure("cycle", [loop](Context&, CallArguments& arguments, Place) -> Value {
            if (arguments.positional.empty()) fail_type("no items for cycling given");
            return arguments.positional[loop->index % arguments.positional.size()];
        });
    }
    static Value changed(std::shared_ptr<LoopObject> loop) {
        return closure("changed", [loop](Context&, CallArguments& arguments, Place) -> Value {
            if (loop->changed_ && values::equal(Value(*loop->changed_), Value(arguments.positional))) return false;
            loop->changed_ = arguments.positional;
            return true;
        });
    }
};

std::optional<Value> LoopObject::attribute(std::string_view name) const {
    struct Row { std::string_view name; Value (*get)(const LoopObject&); };
    static constexpr Row rows[] = {
        {"index", [](const LoopObject& l) { return Value(l.index + 1); }},
        {"index0", [](const LoopObject& l) { return Value(l.index); }},
        {"revindex", [](const LoopObject& l) { return Value(l.size() - l.index); }},
        {"revindex0", [](const LoopObject& l) { return Value(l.size() - l.index - 1); }},
        {"first", [](const LoopObject& l) { return Value(l.index == 0); }},
        {"last", [](const LoopObject& l) { return Value(l.index + 1 >= l.size()); }},
        {"length", [](const LoopObject& l) { return Value(l.size()); }},
        {"previtem", [](const LoopObject& l) { return l.index ? l.at(l.index - 1) : undefined_because("there is no previous item", l.place_); }},
        {"nextitem", [](const LoopObject& l) { return l.index + 1 < l.size() ? l.at(l.index + 1) : undefined_because("there is no next item", l.place_); }},
        {"depth", [](const LoopObject& l) { return Value(l.depth_ + 1); }},
        {"depth0", [](const LoopObject& l) { return Value(l.depth_); }},
        {"cycle", [](const LoopObject& l) { return LoopMethods::cycle(LoopMethods::shared(l)); }},
        {"changed", [](const LoopObject& l) { return LoopMethods::changed(LoopMethods::shared(l)); }},
    };
    for (const Row& row : rows) if (row.name == name) return row.get(*this);
    return std::nullopt;
}

Value LoopObject::call_in(Context& context, CallArguments& arguments, Place place) {
    Runtime& runtime = context.runtime();
    if (alive_.lock() != runtime.alive) throw Failure(base::Kind::type, "the loop has ended", place);
    if (!node_.recursive) throw Failure(base::Kind::type, "The loop must have the 'recursive' marker to be called recursively.", place);
    if (arguments.positional.size() != 1) throw Failure(base::Kind::type, "loop() takes the list to go on with", place);
    DepthGuard depth(context, place, "a recursive loop");
    Restore<Instance*> instance(runtime.instance, instance_);
    std::string out;
    Evaluator(context).run_loop(node_, arguments.positional[0], depth_ + 1, outer_, out, nullptr);
    return text_value(context, std::move(out));
}

std::string Namespace::str() const {
    std::string inside = values::repr(Value(values_));
    return "<Namespace " + inside + ">";
}
std::optional<Value> Namespace::attribute(std::string_view name) const {
    const Value* found = values_.find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
}
bool Namespace::set_attribute(std::string_view name, Value value) {
    values_.set(name, std::move(value));
    return true;
}

std::optional<Value> Module::attribute(std::string_view name) const {
    const Value* found = exports_.find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
}

std::optional<Value> SelfObject::attribute(std::string_view name) const {
    if (alive_.expired()) return std::nullopt;
    return block_function(instance_, name, 0);
}

namespace {

class BlockFunction : public ScriptObject {
public:
    BlockFunction(Instance* instance, std::string name, std::size_t level)
        : instance_(instance), name_(std::move(name)), level_(level), alive_(instance->alive) {}
    std::string type_name() const override { return "BlockReference"; }
    std::string str() const override { return "<BlockReference '" + name_ + "'>"; }
    std::optional<Value> attribute(std::string_view name) const override {
        return name == "super" && !alive_.expired() ? block_function(instance_, name_, level_ + 1) : std::nullopt;
    }
    Value call_in(Context& context, CallArguments&, Place place) override {
        if (alive_.lock() != context.runtime().alive) throw Failure(base::Kind::type, "block '" + name_ + "' belongs to another evaluation", place);
        std::string out;
        Evaluator(context).run_block(*instance_, name_, level_, context.runtime().frame, out, place);
        return text_value(context, std::move(out));
    }
private:
    Instance* instance_;
    std::string name_;
    std::size_t level_;
    std::weak_ptr<int> alive_;
};

}  // namespace

std::optional<Value> block_function(Instance* instance, std::string_view name, std::size_t level) {
    auto found = instance->blocks.find(name);
    if (found == instance->blocks.end() || level >= found->second.size()) return std::nullopt;
    auto function = std::make_shared<BlockFunction>(instance, std::string(name), level);
    return Value(std::static_pointer_cast<values::Object>(function));
}

}  // namespace fprov::jinja
