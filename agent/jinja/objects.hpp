// SPDX-License-Identifier: Apache-2.0
// Callable things of a template: functions, bound methods, macros, loop, namespace, cycler …
#pragma once
#include <string>

#include "jinja/ast.hpp"
#include "jinja/binding.hpp"
#include "jinja/methods/methods.hpp"
#include "jinja/runtime.hpp"

namespace fprov::jinja {

/// An object whose calls need the running evaluation.
class ScriptObject : public values::Object {
public:
    bool callable() const override { return true; }
    virtual Value call_in(Context& context, CallArguments& arguments, Place place) = 0;
};

class Function : public ScriptObject {   // a row of a globals table
public:
    explicit Function(const BoundGlobal& bound) : bound_(bound) {}
    std::string type_name() const override { return "function"; }
    std::string str() const override { return "<function " + std::string(bound_.row.name) + ">"; }
    Value call_in(Context& context, CallArguments& arguments, Place place) override;
private:
    const BoundGlobal& bound_;
};

class BoundMethod : public ScriptObject {   // {{ d.items }} without the call
public:
    BoundMethod(Value self, const Method* method, const Signature* signature) : self_(std::move(self)), method_(method), signature_(signature) {}
    std::string type_name() const override { return "builtin_function_or_method"; }
    std::string str() const override;
    Value call_in(Context& context, CallArguments& arguments, Place place) override;
private:
    Value self_;
    const Method* method_;
    const Signature* signature_;
};

/// A function of C++ bound to what it needs (super(), loop.cycle, cycler.next …).
class Closure : public ScriptObject {
public:
    using Body = std::function<Value(Context&, CallArguments&, Place)>;
    Closure(std::string name, Body body) : name_(std::move(name)), body_(std::move(body)) {}
    std::string type_name() const override { return "method"; }
    std::string str() const override { return "<bound method " + name_ + ">"; }
    Value call_in(Context& context, CallArguments& arguments, Place place) override { return body_(context, arguments, place); }
private:
    std::string name_;
    Body body_;
};
Value closure(std::string name, Closure::Body body);

class MacroObject : public ScriptObject {
public:
    MacroObject(const ast::Signature& signature, std::string name, Runtime& runtime);
    std::string type_name() const override { return "Macro"; }
    std::string str() const override { return "<Macro " + (name_.empty() ? std::string("anonymous") : "'" + name_ + "'") + ">"; }
    std::optional<Value> attribute(std::string_view name) const override;
    Value call_in(Context& context, CallArguments& arguments, Place place) override;
private:
    const ast::Signature& signature_;
    std::string name_;
    Frame* frame_;
    Instance* instance_;
    std::weak_ptr<int> alive_;
};

class LoopObject : public ScriptObject, public std::enable_shared_from_this<LoopObject> {
public:
    LoopObject(const ast::Loop& node, Value items, int depth, Frame* outer, Instance* instance, std::weak_ptr<int> alive)
        : node_(node), place_(node.place), items_(std::move(items)), depth_(depth), outer_(outer), instance_(instance), alive_(std::move(alive)) {}
    std::string type_name() const override { return "LoopContext"; }
    std::string str() const override;
    std::optional<Value> attribute(std::string_view name) const override;
    Value call_in(Context& context, CallArguments& arguments, Place place) override;   // recursive loops
    std::size_t size() const { return items_.list().size(); }
    const Value& at(std::size_t i) const { return items_.list()[i]; }
    std::size_t index = 0;
private:
    const ast::Loop& node_;
    Place place_;
    Value items_;   // a list; may grow while it is walked, as in Python
    int depth_;
    Frame* outer_;
    Instance* instance_;
    std::weak_ptr<int> alive_;
    std::optional<List> changed_;
    friend struct LoopMethods;
};

class Namespace : public values::Object {
public:
    explicit Namespace(Map values) : values_(std::move(values)) {}
    std::string type_name() const override { return "Namespace"; }
    std::string str() const override;
    std::optional<Value> attribute(std::string_view name) const override;
    bool set_attribute(std::string_view name, Value value) override;
private:
    Map values_;
};

class Module : public values::Object {   // {% import 'x' as m %}
public:
    Module(std::string name, Map exports, std::string body) : name_(std::move(name)), exports_(std::move(exports)), body_(std::move(body)) {}
    std::string type_name() const override { return "TemplateModule"; }
    std::string str() const override { return body_; }
    std::string repr() const override { return "<TemplateModule '" + name_ + "'>"; }
    std::optional<Value> attribute(std::string_view name) const override;
private:
    std::string name_;
    Map exports_;
    std::string body_;
};

/// `self` of a template: its blocks as functions.
class SelfObject : public values::Object {
public:
    explicit SelfObject(Instance* instance) : instance_(instance), alive_(instance->alive) {}
    std::string type_name() const override { return "TemplateReference"; }
    std::string str() const override { return "<TemplateReference>"; }
    std::optional<Value> attribute(std::string_view name) const override;
private:
    Instance* instance_;
    std::weak_ptr<int> alive_;
};

/// The text of block `name` from inheritance level `level` on, as a function; nothing when there is none.
std::optional<Value> block_function(Instance* instance, std::string_view name, std::size_t level);

/// Calls a row after binding, and gives a text result the trust that its arguments have.
Value run_filter(const BoundFilter& bound, Context& context, Value value, CallArguments& arguments, Place place);
bool run_test(const BoundTest& bound, Context& context, Value value, CallArguments& arguments, Place place);
Value run_method(const Method& method, const Signature& signature, Context& context, Value self, CallArguments& arguments, Place place);

/// Is there a text of a host in the value? Looks at a bounded number of elements; too many count as yes.
bool holds_data(const Value& value);
/// The same with every text below as one that may be compiled as a template.
Value as_template(const Value& value);

}  // namespace fprov::jinja
