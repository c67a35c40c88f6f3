// SPDX-License-Identifier: Apache-2.0
// fprov doc: modules, filters, keywords … from the same tables that the program itself uses. As JSON this is what
// scripts/compatibility compares with Ansible.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "actions/action.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "dialect/tables.hpp"
#include "jinja/builtins.hpp"
#include "modules/module.hpp"
#include "playbook/keywords.hpp"
#include "reporters/reporter.hpp"
#include "reporters/screen.hpp"
#include "values/json.hpp"

namespace fprov::cli {
namespace {

using values::Map;
using values::Value;

const char* type_text(spec::Type type) {
    static constexpr const char* names[] = {"str", "bool", "int", "float", "list", "dict", "path", "raw", "bits", "bytes", "json"};
    return names[static_cast<int>(type)];
}

void paragraph(std::string_view text, std::size_t indent) {
    for (const auto& line : base::split_lines(reporters::wrap(text, 79 - static_cast<int>(indent)))) fmt::print("{}{}\n", std::string(indent, ' '), line);
}

void options(std::span<const spec::Arg> args, std::size_t indent) {
    std::vector<const spec::Arg*> sorted;
    for (const auto& arg : args) if (!arg.name.starts_with("_fprov_")) sorted.push_back(&arg);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->name < b->name; });
    std::string margin(indent, ' '), inner(indent + 8, ' ');
    for (const auto* arg : sorted) {
        fmt::print("{}{} {}\n", margin, arg->required ? "=" : "-", arg->name == "_raw_params" ? "free_form" : arg->name);
        paragraph(arg->help, indent + 8);
        fmt::print("{}type: {}{}\n", inner, type_text(arg->type), arg->type == spec::Type::list && arg->elements != spec::Type::raw ? std::string(" of ") + type_text(arg->elements) : "");
        if (!arg->fallback.empty()) fmt::print("{}default: {}\n", inner, arg->fallback);
        if (!arg->choices.empty()) fmt::print("{}choices: [{}]\n", inner, base::join(base::split(arg->choices, '|'), ", "));
        if (!arg->aliases.empty()) fmt::print("{}aliases: [{}]\n", inner, base::join(base::split(arg->aliases, '|'), ", "));
        if (arg->secret) fmt::print("{}never shown\n", inner);
        if (!arg->suboptions.empty()) { fmt::print("{}OPTIONS:\n", inner); options(arg->suboptions, indent + 8); }
        fmt::print("\n");
    }
}

// Modules and what the controller does itself, seen alike.
struct Subject {
    std::string name, collection;
    std::string_view summary, notes, returns, example;
    std::vector<spec::Arg> args;
    const char* check_mode = "";
    bool free_form = false, open = false;      // open: any other name is a variable
};

std::optional<Subject> module_subject(const std::string& wanted) {
    auto known = actions::resolve(wanted);
    if (!known) return std::nullopt;
    static constexpr const char* modes[] = {"full", "none (skipped)", "partial"};
    if (const auto* module = modules::find(*known))
        return Subject{*known, std::string(module->collection), module->summary, module->notes, module->returns, module->example, modules::all_args(*module),
                       modes[static_cast<int>(module->check_mode)], module->free_form};
    Subject subject{*known, "ansible.builtin", "", "Done by the controller.", "", "", {}, "", actions::is_free_form(*known)};
    if (const auto* action = actions::find(*known); action && !action->in_check_mode) subject.check_mode = "none (skipped)";
    if (const auto* described = actions::describe(*known)) {
        subject.summary = described->summary;
        subject.args = actions::all_args(*described);
        subject.open = described->open;
    }
    return subject;
}

void describe(const Subject& module) {
    fmt::print("> {}.{}\n\n", base::upper(module.collection), base::upper(module.name));
    paragraph(module.summary, 8);
    if (*module.check_mode) fmt::print("\n        check mode: {}\n", module.check_mode);
    fmt::print("\nOPTIONS (= is mandatory):\n\n");
    options(module.args, 0);
    if (!module.notes.empty()) { fmt::print("NOTES:\n\n"); paragraph(module.notes, 8); fmt::print("\n"); }
    if (!module.returns.empty()) {
        fmt::print("RETURN VALUES:\n\n");
        for (const auto& line : base::split_lines(module.returns)) fmt::print("- {}\n", line);
        fmt::print("\n");
    }
    if (!module.example.empty()) fmt::print("EXAMPLE:\n\n{}{}", module.example, module.example.ends_with('\n') ? "" : "\n");
}

Value as_value(std::span<const spec::Arg> args) {
    Map all;
    for (const auto& arg : args) {
        if (arg.name.starts_with("_fprov_")) continue;
        Map row{{"description", Value(arg.help)}, {"type", type_text(arg.type)}, {"required", arg.required}};
        if (!arg.fallback.empty()) row.set("default", Value(arg.fallback));
        if (!arg.choices.empty()) row.set("choices", Value::strings(base::split(arg.choices, '|')));
        if (!arg.aliases.empty()) row.set("aliases", Value::strings(base::split(arg.aliases, '|')));
        if (arg.type == spec::Type::list && arg.elements != spec::Type::raw) row.set("elements", type_text(arg.elements));
        if (!arg.suboptions.empty()) row.set("suboptions", as_value(arg.suboptions));
        all.set(arg.name, Value(std::move(row)));
    }
    return Value(std::move(all));
}

Value as_value(const Subject& module) {
    return Value(Map{{"name", Value(module.name)}, {"collection", Value(module.collection)}, {"summary", Value(module.summary)}, {"options", as_value(std::span<const spec::Arg>(module.args))},
                     {"free_form", module.free_form}, {"open", module.open}, {"check_mode", Value(module.check_mode)}, {"notes", Value(module.notes)}, {"returns", Value(module.returns)},
                     {"example", Value(module.example)}});
}

// Everything but modules is a name with a few facts.
using Entries = std::map<std::string, Map>;

template <class Tables, class Row> Entries jinja_entries(std::initializer_list<std::span<const Row>> plain, const Tables& tables) {
    Entries all;
    auto add = [&](const Row& row, std::string_view collection) {
        auto [at, fresh] = all.try_emplace(std::string(row.name), Map{{"collection", Value(collection)}, {"summary", Value(row.summary)}, {"signature", Value(row.signature)}});
        if (!fresh && collection != at->second.find("collection")->text_or("")) at->second.set("collection", Value(collection));   // Ansible's own takes the place of Jinja2's
    };
    for (auto rows : plain) for (const Row& row : rows) add(row, "jinja2");
    for (const auto& table : tables) for (const Row& row : table.rows) add(row, table.collection);
    return all;
}

Entries filters() {
    using namespace jinja;
    return jinja_entries<std::vector<dialect::Table<Filter>>, Filter>({string_filters(), sequence_filters(), number_filters(), structure_filters()}, dialect::filter_tables());
}
Entries tests() { return jinja_entries<std::vector<dialect::Table<jinja::Test>>, jinja::Test>({jinja::builtin_tests()}, dialect::test_tables()); }
Entries functions() {
    return jinja_entries<std::vector<dialect::Table<jinja::Global>>, jinja::Global>({jinja::builtin_globals()}, std::vector<dialect::Table<jinja::Global>>{{"ansible.builtin", dialect::global_rows()}});
}
Entries lookups() {
    Entries all;
    for (auto rows : {dialect::file_lookups(), dialect::list_lookups(), dialect::tree_lookups(), dialect::value_lookups()})
        for (const auto& row : rows) all.try_emplace(std::string(row.name), Map{{"summary", Value(row.summary)}});
    return all;
}
Entries keywords() {
    static constexpr std::pair<playbook::On, const char*> places[] = {
        {playbook::on_play, "Play"}, {playbook::on_role, "Role"}, {playbook::on_block, "Block"}, {playbook::on_task, "Task"}, {playbook::on_handler, "Handler"}};
    Entries all;
    for (const auto& keyword : playbook::keywords()) {
        List where;
        for (auto [bit, name] : places) if (keyword.where & bit) where.emplace_back(name);
        all.try_emplace(std::string(keyword.name), Map{{"summary", Value(keyword.help)}, {"applies_to", Value(std::move(where))}});
    }
    return all;
}
Entries callbacks() {
    Entries all;
    for (const auto& kind : reporters::table())
        all.try_emplace(std::string(kind.name), Map{{"collection", Value(kind.collection)}, {"summary", Value(kind.summary)}});
    return all;
}
Entries settings() {
    Entries all;
    for (const auto& row : settings_table()) {
        Map entry{{"summary", Value(row.help)}, {"environment", Value::strings(base::split(row.environment, '|'))}, {"places", Value::strings(base::split(row.places, '|'))}};
        if (!row.fallback.empty()) entry.set("default", Value(row.fallback));
        if (!row.choices.empty()) entry.set("choices", Value::strings(base::split(row.choices, '|')));
        all.try_emplace(std::string(row.key), std::move(entry));
    }
    return all;
}
Entries module_names() {
    Entries all;
    for (const auto& name : actions::names()) {
        auto subject = *module_subject(name);
        all.try_emplace(subject.name, Map{{"collection", Value(subject.collection)}, {"summary", Value(subject.summary)}});
    }
    return all;
}

struct Kind { std::string_view name; Entries (*entries)(); };
constexpr Kind kinds[] = {{"callback", callbacks}, {"filter", filters}, {"function", functions}, {"keyword", keywords}, {"lookup", lookups}, {"module", module_names}, {"setting", settings}, {"test", tests}};

void print_list(const Entries& entries) {
    for (const auto& [name, entry] : entries) {
        const Value* collection = entry.find("collection");
        std::string shown = !collection || collection->text_or("") == "jinja2" ? name : collection->text_or("") + "." + name;
        const Value* summary = entry.find("summary");
        fmt::print("{:<40} {}\n", shown, summary ? summary->text_or("") : "");
    }
}

void print_entry(const std::string& name, const Map& entry) {
    fmt::print("> {}\n\n", base::upper(name));
    for (const auto& [key, value] : entry) {
        if (value.is_string() && value.string().empty()) continue;
        if (key.text_or("") == "summary") { paragraph(value.text_or(""), 8); continue; }
        std::vector<std::string> parts;
        if (value.is_list()) for (const Value& one : value.list()) parts.push_back(one.text_or(""));
        fmt::print("        {}: {}\n", key.text_or(""), value.is_list() ? base::join(parts, ", ") : value.text_or(""));
    }
    fmt::print("\n");
}

void print_json(Map all) { fmt::print("{}\n", values::write_json(Value(std::move(all)), {.indent = 4, .ensure_ascii = false})); }

}  // namespace

int run_doc(const Invocation& invocation) {
    std::vector<std::string> names;
    std::string type = "module";
    bool list = false, json = false;
    Arguments arguments(invocation.program, "Describes modules, filters, tests, lookups, keywords, callbacks and settings.");
    arguments.value("-t,--type", type, "callback, filter, function, keyword, lookup, module (default), setting or test", "TYPE");
    arguments.flag("-l,--list", list, "all of them, one line each");
    arguments.flag("-j,--json", json, "as JSON");
    arguments.positionals("name", names, "names", false);
    arguments.parse(invocation.words);
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& one) { return one.name == type; });
    if (kind == std::end(kinds)) arguments.mistake("argument -t/--type: invalid choice: '" + type + "'");
    if (!list && names.empty()) arguments.mistake("the following arguments are required: name");
    Entries entries = kind->entries();
    if (list) {
        if (!json) { print_list(entries); return 0; }
        Map all;
        for (auto& [name, entry] : entries) all.set(name, Value(std::move(entry)));
        print_json(std::move(all));
        return 0;
    }
    std::vector<std::string> known;
    for (const auto& [name, entry] : entries) known.push_back(name);
    Map all;
    for (const auto& name : names) {
        auto unknown = [&] { return base::Failure(base::Kind::generic, type + " " + name + " not found", {}, base::did_you_mean(name, known)); };
        if (type == "module") {
            auto subject = module_subject(name);
            if (!subject) throw unknown();
            if (json) all.set(name, as_value(*subject));
            else describe(*subject);
            continue;
        }
        auto at = entries.find(name);
        if (auto dot = name.rfind('.'); at == entries.end() && dot != std::string::npos) at = entries.find(name.substr(dot + 1));
        if (at == entries.end()) throw unknown();
        if (json) all.set(at->first, Value(at->second));
        else print_entry(at->first, at->second);
    }
    if (json) print_json(std::move(all));
    return 0;
}

}  // namespace fprov::cli
