// SPDX-License-Identifier: Apache-2.0
#include "dialect/templar.hpp"

#include <cstring>
#include <deque>
#include <random>
#include <unordered_map>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/python_plugins.hpp"
#include "dialect/scope.hpp"
#include "dialect/search_path.hpp"
#include "dialect/tables.hpp"
#include "dialect/text.hpp"
#include "jinja/objects.hpp"
#include "values/big_integer.hpp"

namespace fprov::dialect {

using base::Failure;
using base::Kind;

namespace {

constexpr std::size_t cache_limit = 50'000;   // compiled templates; then the cache starts anew
constexpr std::size_t large_size = 32;        // entries of a collection that is worth remembering as plain
constexpr std::size_t plain_limit = 1'000;
constexpr int depth_limit = 150;              // templates within templates: variables that need variables

std::string make_omit_token() {
    std::random_device device;
    std::string noise;
    for (int i = 0; i < 8; ++i) {
        const auto word = device();
        noise.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    return "__omit_place_holder__" + base::sha1_hex(noise);
}

/// Python's views and ranges are printed as the lists they stand for.
bool prints_as_list(const Value& value) {
    if (!value.is_object()) return false;
    const auto name = value.object()->type_name();
    for (std::string_view known : {"dict_items", "dict_keys", "dict_values", "filter", "generator", "map", "odict_items", "range", "zip"})
        if (name == known) return true;
    return false;
}

std::string finalize(const Value& value) {
    if (value.is_none()) return {};
    if (prints_as_list(value))
        if (auto items = value.object()->items()) return values::str(Value(std::move(*items)));
    return values::str(value);
}

/// Can the value skip the way through text? (What repr and literal_eval give back unchanged.)
/// A value that shares its parts may have more of them than can be looked at; its text then tells.
bool survives_text(const Value& value, std::size_t& budget) {
    if (budget-- == 0) return false;
    if (value.is_none() || value.is_bool() || value.is_int() || value.is_string() || value.object_as<values::BigInteger>()) return true;
    if (value.is_real()) return value.real() - value.real() == 0;   // inf and nan are no literals
    if (value.is_sequence()) {
        for (const auto& element : value.list())
            if (!survives_text(element, budget)) return false;
        return true;
    }
    if (value.is_map()) {
        for (const auto& entry : value.map())
            if (!survives_text(entry.key, budget) || !survives_text(entry.value, budget)) return false;
        return true;
    }
    return false;
}
bool survives_text(const Value& value) {
    std::size_t budget = 5'000'000;
    return survives_text(value, budget);
}

/// jinja2_native: any literal counts, except one of a text.
Value native_literal(std::string text, Trust trust, Place origin) {
    auto literal = jinja::literal_eval(text);
    if (literal && !literal->is_string()) return with_trust(*literal, trust).set_origin(origin);
    return Value(std::move(text), trust, origin);
}

std::size_t trailing_newlines(std::string_view text) {
    const auto last = text.find_last_not_of('\n');
    return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

/// A filter or test that is not there, in Ansible's words.
void name_what_is_missing(base::Error& error) {
    for (std::string_view words : {"No filter named '", "No test named '"})
        if (error.what.starts_with(words)) {
            const auto name = error.what.substr(words.size(), error.what.rfind('\'') - words.size());
            error.what = "Could not load \"" + name + "\": '" + name + "'";
        }
}

/// Puts Ansible's words before the reason; the innermost template that fails has the say.
void explain_failure(Failure& failure, std::string_view text) {
    auto& error = failure.error();
    if (error.what.find("while templating string: ") != std::string::npos || error.what.find("templating type error occurred on (") != std::string::npos) return;
    name_what_is_missing(error);
    if (error.kind == Kind::parse) error.what = "template error while templating string: " + error.what + ". String: " + std::string(text);
    else if (error.kind == Kind::type) error.what = "Unexpected templating type error occurred on (" + std::string(text) + "): " + error.what;
}

std::string cache_key(std::string_view text, const jinja::Syntax* syntax, Place origin, char kind) {
    std::string key(1, kind);
    key.append(reinterpret_cast<const char*>(&origin), sizeof origin);
    if (syntax) {
        key += static_cast<char>('0' + syntax->trim_blocks + 2 * syntax->lstrip_blocks + 4 * syntax->keep_trailing_newline);
        for (const auto* part : {&syntax->block_start, &syntax->block_end, &syntax->variable_start, &syntax->variable_end, &syntax->comment_start,
                                 &syntax->comment_end, &syntax->line_statement_prefix, &syntax->line_comment_prefix, &syntax->newline_sequence})
            key += *part + '\0';
    }
    key += text;
    return key;
}

}  // namespace

struct Templar::State {
    Options options;
    jinja::Environment environment;
    jinja::Syntax inline_syntax{.trim_blocks = true, .keep_trailing_newline = false};   // of strings in playbooks
    std::string omit;
    std::unique_ptr<PythonPlugins> plugins;
    std::deque<std::string> names;   // "ansible.builtin.x" spellings; the tables hold views
    mutable std::unordered_map<std::string, std::shared_ptr<const jinja::Template>> templates;
    mutable std::unordered_map<std::string, std::shared_ptr<const jinja::Expression>> expressions;
    // Large collections without a template (facts), so that they are looked through once. They are kept alive, or another one could
    // take their address.
    mutable std::unordered_map<const void*, Value> plain;
    mutable std::uint64_t volatile_uses = 0;
    mutable int depth = 0;

    std::shared_ptr<const jinja::Template> compile(std::string_view text, const jinja::Syntax& syntax, Place origin, bool escape) const {
        auto key = cache_key(text, &syntax, origin, escape ? 'e' : 't');
        if (auto known = templates.find(key); known != templates.end()) return known->second;
        if (templates.size() >= cache_limit) templates.clear();
        auto compiled = escape && text.find('\\') != std::string_view::npos ? environment.compile(escape_backslashes(text), syntax, origin)
                                                                            : environment.compile(text, syntax, origin);
        templates.emplace(std::move(key), compiled);
        return compiled;
    }
    std::shared_ptr<const jinja::Expression> compile_expression(std::string_view text, Place origin) const {
        auto key = cache_key(text, nullptr, origin, 'x');
        if (auto known = expressions.find(key); known != expressions.end()) return known->second;
        if (expressions.size() >= cache_limit) expressions.clear();
        auto compiled = environment.compile_expression(text, origin);
        expressions.emplace(std::move(key), compiled);
        return compiled;
    }
};

namespace {
struct Deeper {   // counts nested renderings; variables that need each other without naming themselves end here
    int& depth;
    Deeper(int& counter, Place origin, std::string_view text) : depth(counter) {
        if (++depth > depth_limit) {
            --depth;
            throw Failure(Kind::limit, "recursive loop detected in template string: " + std::string(text), origin,
                          "more than " + std::to_string(depth_limit) + " variables need one another in a chain");
        }
    }
    ~Deeper() { --depth; }
};

/// One template sees one value of a name, also of a variable that gives another one at each use (random, now, lookups).
class OneTemplate : public RawScope {
public:
    OneTemplate(const Templar& templar, const jinja::Scope& below) : templar_(templar), below_(below) {}
    std::optional<Value> lookup(std::string_view name) const override {
        for (const auto& [known, value] : kept_)
            if (known == name) return value;
        const auto before = templar_.volatile_uses();
        auto value = below_.lookup(name);
        if (value && templar_.volatile_uses() != before) kept_.emplace_back(name, *value);
        return value;
    }
    std::vector<std::string> names() const override { return below_.names(); }
    std::string explain(std::string_view name) const override { return below_.explain(name); }
    const Value* raw(std::string_view name) const override {
        const auto* below = dynamic_cast<const RawScope*>(&below_);
        return below ? below->raw(name) : nullptr;
    }

private:
    const Templar& templar_;
    const jinja::Scope& below_;
    mutable std::vector<std::pair<std::string, Value>> kept_;
};

template <class Row>
std::vector<Row> with_collection_names(const std::vector<Table<Row>>& tables, std::deque<std::string>& names) {
    std::vector<Row> rows;
    for (const auto& table : tables) {
        for (const Row& row : table.rows) {
            rows.push_back(row);
            Row full = row;
            full.name = names.emplace_back(std::string(table.collection) + "." + std::string(row.name));
            rows.push_back(full);
        }
    }
    return rows;
}
}  // namespace

Templar::Templar(Options options) : state_(std::make_unique<State>()) {
    auto& state = *state_;
    state.options = std::move(options);
    state.omit = make_omit_token();
    state.environment.finalize = finalize;
    state.environment.enable_do = state.options.do_statement;
    state.environment.enable_loopcontrols = state.options.loop_controls;
    state.environment.add_filters(with_collection_names(filter_tables(), state.names));
    state.environment.add_tests(with_collection_names(test_tables(), state.names));
    state.environment.add_globals(global_rows());
    state.environment.add_global("omit", Value(state.omit, Trust::template_ok));
    if (state.options.hooks.plugin_folders) {
        state.plugins = std::make_unique<PythonPlugins>(state.environment, state.options.hooks.plugin_folders, state.options.hooks.python_path);
        state.environment.find_more = [this](const std::string& name) { state_->plugins->load_for(name); };
    }
    state.environment.loader = [this](const std::string& name, const std::string& parent,
                                      jinja::Context& context) -> std::optional<jinja::Environment::Source> {
        const auto path = find_template(*this, context.scope, name, parent);
        if (!path) return std::nullopt;
        auto text = base::read_file(*path).value();
        const auto source = base::add_source(*path, text);
        return jinja::Environment::Source{std::move(text), source};
    };
}

Templar::~Templar() = default;

Value Templar::render(const Value& value, const jinja::Scope& scope) const {
    switch (value.type()) {
        case values::Type::string:
            return is_template(value) ? render_string(value, scope) : value;
        case values::Type::list:
        case values::Type::tuple: {
            if (value.is_list() && !is_template(value)) return value;
            List list;
            list.reserve(value.list().size());
            for (const auto& element : value.list()) list.push_back(render(element, scope));
            return Value(std::move(list)).set_origin(value.origin());
        }
        case values::Type::map: {
            if (!is_template(value)) return value;
            Map map;
            for (const auto& entry : value.map()) map.set(entry.key, render(entry.value, scope));
            return Value(std::move(map)).set_origin(value.origin());
        }
        case values::Type::object:
            if (auto encrypted = value.object_as<vault::EncryptedText>()) {
                return Value(encrypted->str(), Trust::data_only, value.origin());
            }
            return value;
        case values::Type::undefined:
            require_defined(value, value.origin());
            return value;
        default:
            return value;
    }
}

Value Templar::render_tolerant(const Value& value, const jinja::Scope& scope) const {
    if (value.is_list()) {
        List list;
        for (const auto& element : value.list()) list.push_back(render_tolerant(element, scope));
        return Value(std::move(list)).set_origin(value.origin());
    }
    if (value.is_map()) {
        Map map;
        for (const auto& entry : value.map()) map.set(entry.key, render_tolerant(entry.value, scope));
        return Value(std::move(map)).set_origin(value.origin());
    }
    try {
        return render(value, scope);
    } catch (const Failure& failure) {
        if (failure.error().kind != Kind::undefined) throw;
        return value;
    }
}

std::string Templar::render_text(const Value& value, const jinja::Scope& scope) const { return finalize(render(value, scope)); }

Value Templar::native(std::string text, Trust trust, Place origin) const {
    if (auto value = read_literal(text)) return with_trust(*value, trust).set_origin(origin);
    return Value(std::move(text), trust, origin);
}

Value Templar::render_string(const Value& value, const jinja::Scope& scope) const {
    const std::string& text = value.string();
    const Place origin = value.origin();
    Deeper deeper(state_->depth, origin, text);
    try {
        if (auto name = bare_name(text)) {
            // One variable alone keeps its type, unless the variable is itself text.
            const auto* variables = dynamic_cast<const RawScope*>(&scope);
            const Value* raw = variables ? variables->raw(*name) : nullptr;
            if (!raw || !raw->is_string()) {
                if (auto found = scope.lookup(*name)) {
                    require_defined(*found, origin);
                    if (found->is_none() || found->is_bool() || found->is_number() || found->is_list() || found->is_map() || found->object_as<values::BigInteger>()) return *found;
                    if (found->is_tuple()) return Value(List(found->list()));
                    if (found->is_object() && !prints_as_list(*found) && found->object()->items()) return *found;
                }
            }
        }
        jinja::Syntax syntax = state_->inline_syntax;
        const auto compiled = state_->compile(take_header(text, syntax, origin), syntax, origin, true);   // a text may have a template's header, too
        const OneTemplate names(*this, scope);
        jinja::Context context(state_->environment, names, const_cast<Templar*>(this));
        auto trust = [&] { return context.saw_data ? Trust::data_only : Trust::template_ok; };
        // Jinja drops one newline at the end, `-%}` all of them; Ansible puts back what then lacks.
        auto with_newlines = [&](std::string printed) {
            for (auto have = trailing_newlines(printed), want = trailing_newlines(text); have < want; ++have) printed += '\n';
            return printed;
        };
        if (auto single = jinja::evaluate_single(*compiled, context)) {
            require_defined(*single, origin);
            if (state_->options.jinja2_native) {
                if (prints_as_list(*single)) single = Value(single->object()->items().value_or(List{}));
                if (single->is_undefined()) single = Value("");   // the missing else of an inline if
                if (single->is_string() && !single->keeps_text()) return native_literal(single->string(), trust(), origin);
                return with_trust(*single, trust()).set_origin(origin);
            }
            if (single->is_string() && single->keeps_text())
                return Value(with_newlines(single->string()), trust(), origin).set_keeps_text();
            if (single->is_bool()) return single->set_origin(origin);
            if ((single->is_list() || single->is_map()) && survives_text(*single)) {   // what holds data inside stays data as a whole
                Value copy = *single;
                return (trust() == Trust::template_ok && jinja::holds_data(copy) ? with_trust(copy, Trust::data_only) : with_trust(copy, trust())).set_origin(origin);
            }
            auto printed = with_newlines(finalize(*single));
            Value result = native(std::move(printed), trust(), origin);
            return result.set_as_written(single->is_string() && single->as_written() && result.is_string());
        }
        auto printed = with_newlines(jinja::render(*compiled, context));
        if (state_->options.jinja2_native) return native_literal(std::move(printed), trust(), origin);
        return native(std::move(printed), trust(), origin);
    } catch (Failure& failure) {
        auto& error = failure.error();
        if (error.kind == Kind::undefined && !state_->options.error_on_undefined) return value;
        if (!error.where) error.where = origin;
        explain_failure(failure, text);
        throw;
    }
}

bool Templar::condition(const Value& when, const jinja::Scope& scope, std::string_view what) const {
    if (!when.is_list()) return one_condition(when, scope, what);
    for (const auto& part : when.list())
        if (!one_condition(part, scope, what)) return false;
    return true;
}

bool Templar::one_condition(const Value& when, const jinja::Scope& scope, std::string_view what) const {
    if (when.is_none()) return true;
    if (!when.is_string()) return when.truthy();
    std::string text = when.string();
    const Place origin = when.origin();
    if (text.empty()) return true;
    auto failed = [&](std::string reason) { return "The " + std::string(what) + " '" + when.string() + "' failed. The error was: " + std::move(reason); };
    try {
        auto refuse_data = [&](Trust trust) {
            if (trust == Trust::data_only) throw Failure(Kind::generic, "Conditional is marked as unsafe, and cannot be evaluated.", origin);
        };
        refuse_data(when.trust());
        if (jinja::has_markers(text, state_->inline_syntax)) {
            if (state_->options.hooks.warn)
                state_->options.hooks.warn("conditional statements should not include jinja2 templating delimiters such as {{ }} or {% %}. Found: " + text);
            const Value rendered = render_string(when, scope);
            if (!rendered.is_string()) return rendered.truthy();
            refuse_data(rendered.trust());
            text = rendered.string();
            if (text.empty()) return true;
        }
        Deeper deeper(state_->depth, origin, text);
        try {
            const auto compiled = state_->compile_expression(text, origin);
            const OneTemplate names(*this, scope);
            jinja::Context context(state_->environment, names, const_cast<Templar*>(this));
            const Value result = jinja::evaluate(*compiled, context);
            require_defined(result, origin);
            return result.truthy();
        } catch (Failure& failure) {
            explain_failure(failure, "{% if " + text + " %} True {% else %} False {% endif %}");
            throw;
        }
    } catch (Failure& failure) {
        auto& error = failure.error();
        if (error.what.rfind("The conditional check '", 0) == 0) throw;
        if (error.kind == Kind::undefined) error.what = failed("error while evaluating conditional (" + when.string() + "): " + error.what);
        else error.what = failed(error.what);
        if (!error.where) error.where = origin;
        throw;
    }
}

Value Templar::evaluate(std::string_view expression, const jinja::Scope& scope, Place origin) const {
    return render_string(Value("{{" + std::string(expression) + "}}", Trust::template_ok, origin), scope);
}

Value Templar::evaluate_raw(std::string_view expression, const jinja::Scope& scope, Place origin) const {
    const auto compiled = state_->compile_expression(expression, origin);
    const OneTemplate names(*this, scope);
    jinja::Context context(state_->environment, names, const_cast<Templar*>(this));
    return jinja::evaluate(*compiled, context);
}

std::string Templar::render_file(std::string_view text, const std::string& name, const jinja::Scope& scope, FileSyntax file, Place origin,
                                 bool* saw_data) const {
    std::vector<std::string> unknown;
    const auto body = take_header(text, file.syntax, origin, &unknown);
    for (const auto& key : unknown)
        if (state_->options.hooks.warn) state_->options.hooks.warn("the header of template " + name + " has an unknown setting '" + key + "', it is ignored");
    if (body.size() != text.size() && origin.line) ++origin.line;
    Deeper deeper(state_->depth, origin, name);
    try {
        const auto compiled = state_->compile(body, file.syntax, origin, false);
        const OneTemplate names(*this, scope);
        jinja::Context context(state_->environment, names, const_cast<Templar*>(this));
        context.template_name = name;
        auto printed = jinja::render(*compiled, context);
        if (saw_data) *saw_data = context.saw_data;
        for (auto have = trailing_newlines(printed), want = trailing_newlines(body); have < want; ++have) printed += file.syntax.newline_sequence;
        return printed;
    } catch (Failure& failure) {
        if (!failure.error().where) failure.error().where = origin;
        name_what_is_missing(failure.error());
        throw;
    }
}

const std::string& Templar::omit_token() const { return state_->omit; }
bool Templar::is_omitted(const Value& value) const { return value.is_string() && value.string() == state_->omit; }

Value Templar::strip_omitted(const Value& args) const {
    if (!args.is_map()) return args;
    Map kept;
    for (const auto& entry : args.map()) {
        if (is_omitted(entry.value)) continue;
        const Value& value = entry.value;
        if (value.is_list() && std::any_of(value.list().begin(), value.list().end(), [](const Value& one) { return one.is_map(); })) {
            List list;
            for (const auto& one : value.list()) list.push_back(strip_omitted(one));
            kept.set(entry.key, Value(std::move(list)).set_origin(value.origin()));
            continue;
        }
        kept.set(entry.key, strip_omitted(value));
    }
    return Value(std::move(kept)).set_origin(args.origin());
}

bool Templar::is_template(std::string_view text) const { return jinja::has_markers(text, state_->inline_syntax); }

bool Templar::is_template(const Value& value) const {
    if (value.is_string()) return value.trust() == Trust::template_ok && is_template(std::string_view(value.string()));
    if (value.is_tuple()) return true;   // becomes a list
    const bool large = (value.is_list() && value.list().size() >= large_size) || (value.is_map() && value.map().size() >= large_size);
    if (large && state_->plain.contains(value.identity())) return false;
    if (value.is_list()) {
        for (const auto& element : value.list())
            if (is_template(element)) return true;
    } else if (value.is_map()) {
        for (const auto& entry : value.map())
            if (is_template(entry.value)) return true;
    }
    if (large) {
        if (state_->plain.size() >= plain_limit) state_->plain.clear();
        state_->plain.emplace(value.identity(), value);
    }
    return value.is_object() && value.object_as<vault::EncryptedText>();
}

Value Templar::call_plugin(std::string_view kind, jinja::Call& call) const {
    List arguments = std::move(call.arguments);
    arguments.insert(arguments.end(), call.rest.begin(), call.rest.end());
    try {
        return state_->plugins->call(kind, call.name, arguments, call.keywords);
    } catch (Failure& failure) {
        if (!failure.error().where) failure.error().where = call.place;
        throw;
    }
}

bool Templar::has_lookup(const std::string& name) const { return find_lookup(name) || (state_->plugins && state_->plugins->has_lookup(name)); }

std::optional<List> Templar::plugin_lookup(const std::string& name, const List& terms, const Map& options, const jinja::Scope& scope) const {
    if (!state_->plugins || !state_->plugins->has_lookup(name)) return std::nullopt;
    Map variables;   // what lookups usually ask for; all of them would have to be rendered
    for (const char* wanted : {"inventory_hostname", "playbook_dir", "role_path", "role_name", "ansible_search_path", "inventory_dir", "group_names", "ansible_host", "ansible_user"})
        if (auto value = scope.lookup(wanted); value && !value->is_undefined()) variables.set(wanted, *value);
    return state_->plugins->lookup(name, terms, variables, options);
}

const jinja::Environment& Templar::environment() const { return state_->environment; }
const Options& Templar::options() const { return state_->options; }
Options& Templar::options() { return state_->options; }
void Templar::note_volatile() const { ++state_->volatile_uses; }
std::uint64_t Templar::volatile_uses() const { return state_->volatile_uses; }

const Templar& templar_of(const jinja::Context& context) { return *static_cast<const Templar*>(context.user); }

}  // namespace fprov::dialect
