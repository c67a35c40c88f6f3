// SPDX-License-Identifier: Apache-2.0
// Templates that use templates: extends, blocks, include, import.
#include "base/text.hpp"
#include "jinja/evaluator.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {

using namespace ast;
using base::Failure;

void Evaluator::run_template(const std::shared_ptr<const Template>& compiled, Frame* root, Instance& instance, std::string& out) {
    const Tree& tree = *compiled->tree;
    runtime_.kept.push_back(compiled);
    runtime_.mutating = runtime_.mutating || tree.mutates;
    if (!root->reads) root->reads = &tree.root.reads;
    for (const Block* block : tree.blocks) instance.blocks[block->name].push_back(block);
    std::shared_ptr<const Template> parent;
    {
        Restore<std::string> name(context_.template_name, compiled->name.empty() ? context_.template_name : compiled->name);
        Restore<Frame*> frame(runtime_.frame, root);
        Restore<Instance*> current(runtime_.instance, &instance);
        Restore<const Template*> source(instance.current, compiled.get());
        run(tree.root.body, out);
        parent = std::exchange(instance.parent, nullptr);
    }
    if (!parent) return;
    out.resize(instance.output_kept);
    DepthGuard depth(context_, {}, "{% extends %}");
    run_template(parent, root, instance, out);
}

void Evaluator::run_block(Instance& instance, std::string_view name, std::size_t level, Frame* outer, std::string& out, Place place) {
    auto found = instance.blocks.find(name);
    if (found == instance.blocks.end() || level >= found->second.size())
        throw Failure(base::Kind::undefined, "there is no block called '" + std::string(name) + "'", place);
    DepthGuard depth(context_, place, "{% block %}");
    const Block& block = *found->second[level];
    if (block.required && level == 0) throw Failure(base::Kind::generic, "Required block '" + block.name + "' not found", place);
    Restore<Instance*> current(runtime_.instance, &instance);
    bool scoped = false;   // the template that places the block decides
    for (const Block* each : found->second) scoped = scoped || each->scoped;
    FrameScope frame(runtime_, scoped && outer ? outer : instance.root, &block.body.reads);
    if (auto super = block_function(&instance, name, level + 1)) frame->set("super", *super);
    else frame->set("super", undefined_because("there is no parent block called '" + block.name + "'", place));
    run(block.body.body, out);
}

std::shared_ptr<const Template> Evaluator::load(const std::string& name, Place place) {
    const Environment& environment = context_.environment;
    if (!environment.loader) throw Failure(base::Kind::generic, "no loader for this environment specified", place);
    const Template* from = runtime_.instance ? runtime_.instance->current : nullptr;
    std::string key = context_.template_name + '\n' + name;
    if (auto known = runtime_.loaded.find(key); known != runtime_.loaded.end()) return known->second;
    auto source = environment.loader(name, context_.template_name, context_);
    if (!source) return nullptr;
    static const Syntax plain;
    auto compiled = environment.compile(source->text, from ? from->syntax : plain, Place{source->source, 1, 1});
    std::const_pointer_cast<Template>(compiled)->name = name;   // nobody else has it yet
    runtime_.kept.push_back(compiled);
    runtime_.loaded[key] = compiled;
    return compiled;
}

// A name, or the first that exists of several.
std::shared_ptr<const Template> Evaluator::load_one_of(const Value& names, Place place) {
    require_defined(names, &context_.scope);
    std::vector<std::string> tried;
    List all = names.is_sequence() ? names.list() : List{names};
    for (const Value& name : all) {
        require_defined(name, &context_.scope);
        tried.push_back(values::str(name));
        if (auto compiled = load(tried.back(), place)) return compiled;
    }
    if (tried.empty()) throw Failure(base::Kind::not_found, "Tried to select from an empty list of templates", place);
    if (tried.size() == 1) throw Failure(base::Kind::not_found, "the template '" + tried[0] + "' does not exist", place);
    throw Failure(base::Kind::not_found, "none of the templates given were found: " + base::join(tried, ", "), place);
}

void Evaluator::run_include(const Include& node, std::string& out) {
    std::shared_ptr<const Template> compiled;
    try {
        compiled = load_one_of(eval(node.source), node.place);
    } catch (const Failure& failure) {
        if (!node.ignore_missing || failure.error().kind != base::Kind::not_found) throw;
        return;
    }
    DepthGuard depth(context_, node.place, "{% include %}");
    Instance& instance = runtime_.instances.emplace_back();
    FrameScope root(runtime_, node.with_context ? runtime_.frame : nullptr, nullptr);
    root->isolated = !node.with_context;
    root->captured = true;
    instance.root = root.get();
    instance.alive = runtime_.alive;
    if (node.with_context) root->set("loop", undefined_name("loop", node.place));   // an included template sees all names but this
    run_template(compiled, root.get(), instance, out);
}

void Evaluator::run_import(const Import& node) {
    Value source = eval(node.source);
    auto compiled = load_one_of(source, node.place);
    DepthGuard depth(context_, node.place, "{% import %}");
    Instance& instance = runtime_.instances.emplace_back();
    std::string body;
    Map exports;
    {
        FrameScope root(runtime_, node.with_context ? runtime_.frame : nullptr, nullptr);
        root->isolated = !node.with_context;
        root->captured = true;
        instance.root = root.get();
        instance.alive = runtime_.alive;
        run_template(compiled, root.get(), instance, body);
        for (const auto& [name, value] : root->names) if (!name.starts_with('_')) exports.set(name, value);
    }
    std::string name = source.is_string() ? source.string() : "?";
    if (node.kind == Kind::import) {
        auto module = std::make_shared<Module>(name, std::move(exports), std::move(body));
        runtime_.frame->set(node.name, Value(std::static_pointer_cast<values::Object>(module)));
        return;
    }
    for (const auto& [wanted, alias] : node.names) {
        const Value* found = exports.find(wanted);
        runtime_.frame->set(alias, found ? *found : undefined_because("the template '" + name + "' does not export the requested name '" + wanted + "'", node.place));
    }
}

}  // namespace fprov::jinja
