// SPDX-License-Identifier: Apache-2.0
// Templates with all of Ansible's filters and tests, but without lookups: they run programs.
#include "dialect/templar.hpp"
#include "fuzz/fuzz.hpp"
#include "values/literal.hpp"

namespace fprov::fuzz {
namespace {

using values::Value;

class Variables : public jinja::Scope {
public:
    std::optional<Value> lookup(std::string_view name) const override {
        if (name == "lookup" || name == "query" || name == "q" || name == "lipsum") return Value("not here");
        static const Value vars = *values::literal_eval("{'a': 1, 'b': 'text', 'c': [3, 1, 2], 'd': {'k': 'v', 'n': [1, {'x': None}]}, 'e': '', 'f': 2.5, 't': True, 'x': 'x', "
                                                        "'l': ['b', 'a'], 's': 'a b c', 'n': 5, 'users': [{'name': 'u', 'groups': ['g', 'h']}], 'item': 'one', 'list': [1, [2, [3]]], 'dict': {'one': 1}}");
        const Value* found = vars.find(name);
        return found ? std::optional<Value>(*found) : std::nullopt;
    }
};

}  // namespace

void jinja(std::string_view input) {
    if (input.find("password_hash") != std::string_view::npos) return;   // works as long as its rounds say, up to 999999999
    static const Variables scope;
    static auto& templar = [] () -> dialect::Templar& {
        dialect::Options options;
        options.base_dir = "/nowhere";
        static dialect::Templar made(options);
        // The limits of a run would let one input work for a minute.
        const_cast<jinja::Environment&>(made.environment()).limits = {.steps = 100'000, .size = std::size_t(4) << 20};
        return made;
    }();
    try {
        templar.render(Value(std::string(input), values::Trust::template_ok), scope);
    } catch (const base::Failure&) {
    }
    try {
        templar.evaluate_raw(input, scope);
    } catch (const base::Failure&) {
    }
    templar.render_file(input, "input", scope);
}

}  // namespace fprov::fuzz
