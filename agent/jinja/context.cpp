// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "jinja/environment.hpp"
#include "jinja/evaluator.hpp"
#include "jinja/registry.hpp"
#include "jinja/undefined.hpp"

namespace fprov::jinja {

using base::Failure;
using base::Kind;

volatile bool interrupted = false;

Context::Context(const Environment& e, const Scope& s, void* u) : environment(e), scope(s), user(u) {}
Context::~Context() = default;

Runtime& Context::runtime() {
    if (!runtime_) runtime_ = std::make_unique<Runtime>();
    return *runtime_;
}

void Context::step(Place place) {
    if (interrupted) throw Failure(Kind::limit, "interrupted", place);
    if (++steps > environment.limits.steps)
        throw Failure(Kind::limit, "the template needs more than " + std::to_string(environment.limits.steps) + " steps", place, "is there an endless loop?");
}

DepthGuard::DepthGuard(Context& context, Place place, const char* what) : context_(context) {
    if (context.depth >= context.environment.limits.depth)
        throw Failure(Kind::limit, "maximum recursion depth exceeded", place, std::string(what) + " goes " + std::to_string(context.environment.limits.depth) + " levels deep: does it call itself?");
    ++context_.depth;
}

Value Context::apply_filter(std::string_view name, Value value, CallArguments arguments, Place place) {
    step(place);
    const auto* row = environment.bound_filter(name);
    if (!row) throw Failure(Kind::generic, "No filter named '" + std::string(name) + "'", place, base::did_you_mean(name, environment.filter_names()));
    return run_filter(*row, *this, std::move(value), arguments, place);
}

bool Context::apply_test(std::string_view name, Value value, CallArguments arguments, Place place) {
    step(place);
    const auto* row = environment.bound_test(name);
    if (!row) throw Failure(Kind::generic, "No test named '" + std::string(name) + "'", place, base::did_you_mean(name, environment.test_names()));
    return run_test(*row, *this, std::move(value), arguments, place);
}

Value Context::call(const Value& callable, CallArguments arguments, Place place) {
    step(place);
    return Evaluator(*this).call_value(callable, arguments, place);
}
Value Context::attribute(const Value& value, std::string_view name, Place place) {
    return Evaluator(*this).attribute(value, name, find_methods(name), place);
}
Value Context::item(const Value& value, const Value& key, Place place) { return Evaluator(*this).item(value, key, place); }

Value Context::path(const Value& value, std::string_view dotted, Place place) {
    Value current = value;
    for (const auto& part : base::split(dotted, '.')) {
        bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        auto number = digits ? base::parse_int(part) : std::nullopt;
        current = item(current, number ? Value(*number) : Value(part, values::Trust::template_ok), place);
    }
    return current;
}

namespace {

// The outermost names of one evaluation.
struct Root {
    Root(Context& context, const ast::Tree& tree) : runtime(context.runtime()), frame(runtime, nullptr, &tree.root.reads) {
        runtime.mutating = runtime.mutating || tree.mutates;
    }
    Runtime& runtime;
    FrameScope frame;
};

}  // namespace

std::string render(const Template& compiled, Context& context) {
    const ast::Tree& tree = *compiled.tree;
    Root root(context, tree);
    std::string out;
    Evaluator evaluator(context);
    Instance& instance = root.runtime.instances.emplace_back();
    instance.root = root.frame.get();
    instance.alive = root.runtime.alive;
    root.frame->captured = root.frame->captured || !tree.blocks.empty() || tree.extends;
    evaluator.run_template(compiled.shared_from_this(), root.frame.get(), instance, out);   // macros may outlive the call: it is kept
    return out;
}

Value evaluate(const Expression& compiled, Context& context) {
    Root root(context, *compiled.tree);
    return Evaluator(context).eval(compiled.tree->expression);
}

std::optional<Value> evaluate_single(const Template& compiled, Context& context) {
    const auto& body = compiled.tree->root.body;
    if (body.size() != 1 || body[0]->kind != ast::Kind::print) return std::nullopt;
    Root root(context, *compiled.tree);
    return Evaluator(context).eval(static_cast<const ast::Print*>(body[0])->value);
}

}  // namespace fprov::jinja
