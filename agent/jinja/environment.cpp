// SPDX-License-Identifier: Apache-2.0
#include "jinja/environment.hpp"

#include <algorithm>

#include "jinja/builtins.hpp"
#include "jinja/lexer.hpp"
#include "jinja/objects.hpp"
#include "jinja/parser.hpp"
#include "jinja/registry.hpp"
#include "jinja/template.hpp"

namespace fprov::jinja {

Environment::Environment() : registry_(std::make_unique<Registry>()) {
    for (auto rows : {string_filters(), sequence_filters(), number_filters(), structure_filters()}) add_filters(rows);
    add_tests(builtin_tests());
    add_globals(builtin_globals());
}
Environment::~Environment() = default;

void Environment::add_filters(std::span<const Filter> rows) { for (const auto& row : rows) registry_->filters.add(row); }
void Environment::add_tests(std::span<const Test> rows) { for (const auto& row : rows) registry_->tests.add(row); }
void Environment::add_globals(std::span<const Global> rows) {
    for (const auto& row : rows) {
        registry_->functions.add(row);
        auto function = std::make_shared<Function>(*registry_->functions.find(row.name));
        registry_->globals[std::string(row.name)] = Value(std::static_pointer_cast<values::Object>(function));
    }
}
void Environment::add_global(std::string name, Value value) { registry_->globals[std::move(name)] = std::move(value); }

const Filter* Environment::filter(std::string_view name) const {
    const auto* bound = registry_->find(registry_->filters, name, name_prefixes);
    return bound ? &bound->row : nullptr;
}
const Test* Environment::test(std::string_view name) const {
    const auto* bound = registry_->find(registry_->tests, name, name_prefixes);
    return bound ? &bound->row : nullptr;
}
const Bound<Filter>* Environment::bound_filter(std::string_view name) const {
    const auto* row = registry_->find(registry_->filters, name, name_prefixes);
    if (row || !find_more) return row;
    find_more(std::string(name));
    return registry_->find(registry_->filters, name, name_prefixes);
}
const Bound<Test>* Environment::bound_test(std::string_view name) const {
    const auto* row = registry_->find(registry_->tests, name, name_prefixes);
    if (row || !find_more) return row;
    find_more(std::string(name));
    return registry_->find(registry_->tests, name, name_prefixes);
}
namespace {
template <class Names> std::vector<std::string> sorted(const Names& names) {
    std::vector<std::string> result;
    for (const auto& entry : names) result.emplace_back(entry.first);
    std::sort(result.begin(), result.end());
    return result;
}
}  // namespace
std::vector<std::string> Environment::filter_names() const { return sorted(registry_->filters.names); }
std::vector<std::string> Environment::test_names() const { return sorted(registry_->tests.names); }
std::optional<Value> Environment::global(std::string_view name) const {
    auto found = registry_->globals.find(std::string(name));
    return found == registry_->globals.end() ? std::nullopt : std::optional<Value>(found->second);
}

namespace {

// The name in `{{ name }}`, when the text is nothing but that.
std::string bare_name(std::string_view text, const Syntax& syntax) {
    if (!text.starts_with(syntax.variable_start) || !text.ends_with(syntax.variable_end)) return {};
    if (text.size() < syntax.variable_start.size() + syntax.variable_end.size()) return {};
    text.remove_prefix(syntax.variable_start.size());
    text.remove_suffix(syntax.variable_end.size());
    while (!text.empty() && (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r'))) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || (text.back() >= '\t' && text.back() <= '\r'))) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace

std::shared_ptr<const Template> Environment::compile(std::string_view text, const Syntax& syntax, Place origin, std::uint32_t indent) const {
    auto result = std::make_shared<Template>();
    result->tree = parse_template(tokenize_template(text, syntax, {origin, indent}), *this);
    result->syntax = syntax;
    const auto& body = result->tree->root.body;
    if (body.size() == 1 && body[0]->kind == ast::Kind::print) {
        const auto* value = static_cast<const ast::Print*>(body[0])->value;
        if (value->kind == ast::Kind::name && static_cast<const ast::Name*>(value)->name == bare_name(text, syntax)) result->bare = bare_name(text, syntax);
    }
    return result;
}

std::shared_ptr<const Expression> Environment::compile_expression(std::string_view text, Place origin, std::uint32_t indent) const {
    auto result = std::make_shared<Expression>();
    result->tree = parse_expression(tokenize_expression(text, {origin, indent}), *this);
    return result;
}

bool has_markers(std::string_view text, const Syntax& syntax) {
    for (const std::string* marker : {&syntax.variable_start, &syntax.block_start, &syntax.comment_start, &syntax.line_statement_prefix, &syntax.line_comment_prefix})
        if (!marker->empty() && text.find(*marker) != std::string_view::npos) return true;
    return false;
}
std::optional<std::string> bare_variable(const Template& compiled) {
    return compiled.bare.empty() ? std::nullopt : std::optional<std::string>(compiled.bare);
}
bool is_constant(const Template& compiled) {
    return std::all_of(compiled.tree->root.body.begin(), compiled.tree->root.body.end(), [](const ast::Node* node) { return node->kind == ast::Kind::text; });
}
std::vector<std::string> free_names(const Template& compiled) { return compiled.tree->free_names; }
std::vector<std::string> free_names(const Expression& compiled) { return compiled.tree->free_names; }

}  // namespace fprov::jinja
