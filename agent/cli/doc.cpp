// SPDX-License-Identifier: Apache-2.0
// fprov doc MODULE, fprov doc --list: from the same tables that check arguments.
#include <fmt/format.h>

#include <algorithm>

#include "actions/action.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "modules/module.hpp"
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

void describe(const modules::Module& module) {
    fmt::print("> {}.{}\n\n", base::upper(module.collection), base::upper(module.name));
    paragraph(module.summary, 8);
    const char* check = module.check_mode == modules::CheckMode::full ? "full" : module.check_mode == modules::CheckMode::partial ? "partial" : "none (skipped)";
    fmt::print("\n        check mode: {}\n\nOPTIONS (= is mandatory):\n\n", check);
    auto args = modules::all_args(module);
    options(args, 0);
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

}  // namespace

int run_doc(const Invocation& invocation) {
    std::vector<std::string> names;
    bool list = false, json = false;
    Arguments arguments(invocation.program, "Describes modules.");
    arguments.flag("-l,--list", list, "all modules, one line each");
    arguments.flag("-j,--json", json, "as JSON");
    arguments.positionals("module", names, "modules", false);
    arguments.parse(invocation.words);
    if (list || names.empty()) {
        if (!list) arguments.mistake("the following arguments are required: module");
        for (const auto& name : actions::names()) {
            const auto* module = modules::find(name);
            fmt::print("{:<40} {}\n", module ? std::string(module->collection) + "." + name : "ansible.builtin." + name, module ? module->summary : "(done by the controller)");
        }
        return 0;
    }
    Map all;
    for (const auto& name : names) {
        const auto* module = modules::find(name);
        auto known = actions::resolve(name);
        if (!module && known) module = modules::find(*known);
        if (!module && !known)
            throw base::Failure(base::Kind::generic, "module " + name + " not found", {}, base::did_you_mean(name, actions::names()));
        if (!module) {
            if (json) all.set(name, Value(Map{{"name", Value(*known)}}));
            else fmt::print("> ANSIBLE.BUILTIN.{}\n\n        Done by the controller; it has no parameters on a host.\n", base::upper(*known));
            continue;
        }
        auto args = modules::all_args(*module);
        if (json)
            all.set(name, Value(Map{{"name", Value(module->name)}, {"collection", Value(module->collection)}, {"summary", Value(module->summary)}, {"options", as_value(args)},
                                    {"notes", Value(module->notes)}, {"returns", Value(module->returns)}, {"example", Value(module->example)}}));
        else describe(*module);
    }
    if (json) fmt::print("{}\n", values::write_json(Value(std::move(all)), {.indent = 4, .ensure_ascii = false}));
    return 0;
}

}  // namespace fprov::cli
