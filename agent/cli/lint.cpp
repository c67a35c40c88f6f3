// SPDX-License-Identifier: Apache-2.0
// fprov lint FILE…: every mistake that can be seen without a host. Playbooks, task files, variable files and folders of roles.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"
#include "cli/problems.hpp"
#include "cli/workspace.hpp"
#include "values/json.hpp"
#include "values/yaml.hpp"

namespace fprov::cli {
namespace {

using values::List;

struct Finding { std::string rule, path; std::uint32_t line = 0, column = 0; std::string text, hint, full; };

const char* rule_of(const base::Error& error) {
    std::string_view what = error.what;
    if (what.starts_with("couldn't resolve module/action")) return "unknown-module";
    if (what.find("is not a valid attribute") != std::string_view::npos) return "unknown-keyword";
    if (what.starts_with("the role '")) return "missing-role";
    if (what.starts_with("Unsupported parameters") || what.starts_with("missing required arguments") || what.starts_with("value of ") || what.find("are mutually exclusive") != std::string_view::npos)
        return "module-parameters";
    if (error.kind == base::Kind::not_found) return "missing-file";
    return "syntax";
}

Finding finding(const base::Error& error, const std::string& file) {
    Finding found;
    found.rule = rule_of(error);
    found.path = error.where ? base::source_name(error.where.source) : file;
    found.line = error.where.line;
    found.column = error.where.column;
    found.text = error.what;
    found.hint = error.hint;
    found.full = explain(error);
    return found;
}

std::string github_escape(std::string text) {
    text = base::replace_all(std::move(text), "%", "%25");
    return base::replace_all(base::replace_all(std::move(text), "\n", "%0A"), "\r", "%0D");
}

void print_text(const std::vector<Finding>& all) {
    for (const auto& one : all) fmt::print("{}\n", one.full);
}
void print_github(const std::vector<Finding>& all) {
    for (const auto& one : all)
        fmt::print("::error file={},line={},col={},title={}::{}\n", one.path, std::max(1u, one.line), std::max(1u, one.column), one.rule,
                   github_escape(one.hint.empty() ? one.text : one.text + " (" + one.hint + ")"));
}
void print_json(const std::vector<Finding>& all) {
    List rows;
    for (const auto& one : all) {
        Map row{{"rule", Value(one.rule)}, {"path", Value(one.path)}, {"line", one.line}, {"column", one.column}, {"message", Value(one.text)}};
        if (!one.hint.empty()) row.set("hint", Value(one.hint));
        rows.push_back(Value(std::move(row)));
    }
    fmt::print("{}\n", values::write_json(Value(std::move(rows)), {.indent = 2, .ensure_ascii = false}));
}
void print_sarif(const std::vector<Finding>& all) {
    List results, rules;
    std::vector<std::string> seen;
    for (const auto& one : all) {
        if (std::find(seen.begin(), seen.end(), one.rule) == seen.end()) { seen.push_back(one.rule); rules.push_back(Value(Map{{"id", Value(one.rule)}})); }
        Map region;
        if (one.line) region.set("startLine", one.line);
        if (one.column) region.set("startColumn", one.column);
        Map physical{{"artifactLocation", Value(Map{{"uri", Value(one.path)}})}};
        if (!region.empty()) physical.set("region", Value(std::move(region)));
        results.push_back(Value(Map{{"ruleId", Value(one.rule)}, {"level", "error"}, {"message", Value(Map{{"text", Value(one.hint.empty() ? one.text : one.text + " (" + one.hint + ")")}})},
                                    {"locations", Value(List{Value(Map{{"physicalLocation", Value(std::move(physical))}})})}}));
    }
    Map driver{{"name", "fprov"}, {"version", FPROV_VERSION}, {"rules", Value(std::move(rules))}};
    Map run{{"tool", Value(Map{{"driver", Value(std::move(driver))}})}, {"results", Value(std::move(results))}};
    Map log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Value(List{Value(std::move(run))})}};
    fmt::print("{}\n", values::write_json(Value(std::move(log)), {.indent = 2, .ensure_ascii = false}));
}

struct Format { std::string_view name; void (*print)(const std::vector<Finding>&); };
constexpr std::array formats{Format{"github", print_github}, Format{"json", print_json}, Format{"sarif", print_sarif}, Format{"text", print_text}};

// A playbook is a list of plays; a list without hosts or import_playbook is a task file.
enum class Content : std::uint8_t { playbook, tasks, other };
Content content_of(const Value& value) {
    if (!value.is_list()) return Content::other;
    bool play = false, task = false;
    for (const Value& one : value.list()) {
        if (one.find("hosts") || one.find("import_playbook") || one.find("ansible.builtin.import_playbook")) play = true;
        else if (one.is_map()) task = true;
    }
    return play || !task ? Content::playbook : Content::tasks;
}

class Linter {
public:
    explicit Linter(Workspace& workspace) : workspace_(workspace) {}
    std::vector<base::Error> errors;

    void path(const std::string& path) {
        if (base::is_directory(path)) {
            if (base::is_file(base::join_path(path, "tasks/main.yml")) || base::is_file(base::join_path(path, "tasks/main.yaml"))) return role(path);
            for (const auto& name : base::list_directory(path))
                if (std::string inner = base::join_path(path, name); !name.starts_with('.') && (base::is_directory(inner) || name.ends_with(".yml") || name.ends_with(".yaml"))) this->path(inner);
            return;
        }
        file(path);
    }

private:
    void file(const std::string& path) {
        try {
            Value value = workspace_.loader().read_file(path);
            switch (content_of(value)) {
                case Content::playbook: collect(workspace_.loader().load(path)); break;
                case Content::tasks: through_play(path, "import_tasks", Value(base::absolute_path(path), values::Trust::template_ok)); break;
                case Content::other:
                    if (value.is_none() && base::basename(base::dirname(path)) == "playbooks") collect(workspace_.loader().load(path));
                    break;   // variables, meta …: well-formed YAML is all that can be asked
            }
        } catch (const base::Failure& failure) {
            errors.push_back(failure.error());
        }
    }
    void role(const std::string& path) {
        through_play(path, "import_role", Value(Map{{"name", Value(base::absolute_path(path), values::Trust::template_ok)}}));
        for (const auto& name : base::list_directory(base::join_path(path, "tasks")))   // what dynamic includes reach
            if ((name.ends_with(".yml") || name.ends_with(".yaml")) && !name.starts_with("main.")) file(base::join_path(base::join_path(path, "tasks"), name));
        for (const char* part : {"defaults", "vars", "meta"})
            for (const auto& name : base::list_directory(base::join_path(path, part)))
                if (name.ends_with(".yml") || name.ends_with(".yaml")) file(base::join_path(base::join_path(path, part), name));
    }
    // Reads a task file or a role as a play would.
    void through_play(const std::string& path, const char* action, Value target) {
        Value play(List{Value(Map{{"hosts", Value("localhost")}, {"gather_facts", false}, {"tasks", Value(List{Value(Map{{action, std::move(target)}})})}})});
        collect(workspace_.loader().load_value(play, base::absolute_path(path)));
    }
    void collect(playbook::Playbook book) {
        for (const auto& error : workspace_.loader().take_errors()) errors.push_back(error);
        workspace_.books = {std::move(book)};
        for (auto& error : workspace_.parameter_mistakes()) errors.push_back(std::move(error));
    }
    Workspace& workspace_;
};

}  // namespace

int run_lint(const Invocation& invocation) {
    Flags flags;
    std::vector<std::string> files;
    std::string format;
    Arguments arguments(invocation.program, "Finds mistakes in playbooks, task files and roles without touching a host. Exit code 1 when there are any.");
    arguments.value("-f,--format", format, "text, json, sarif or github (default: text; github inside GitHub Actions)", "FORMAT");
    arguments.values("-e,--extra-vars", flags.extra_vars, "variables: k=v, YAML/JSON, or @file", "EXTRA_VARS");
    add_vault_flags(arguments, flags);
    arguments.positionals("file", files, "files and folders (default: ./playbooks and ./roles)", false);
    arguments.parse(invocation.words);
    if (format.empty()) format = std::getenv("GITHUB_ACTIONS") ? "github" : "text";
    auto wanted = std::find_if(formats.begin(), formats.end(), [&](const Format& row) { return row.name == format; });
    if (wanted == formats.end()) arguments.mistake("argument -f/--format: invalid choice: '" + format + "' (choose from 'text', 'json', 'sarif', 'github')");
    if (files.empty())
        for (const char* folder : {"playbooks", "roles"}) if (base::is_directory(folder)) files.emplace_back(folder);
    if (files.empty()) arguments.mistake("the following arguments are required: file");
    std::vector<std::string> warnings;
    WorkspaceOptions options;
    options.own_roles = own_roles_path();
    Workspace workspace(Config::load(warnings), std::move(flags), std::move(options));
    for (const auto& warning : warnings) workspace.warn(warning);
    workspace.load_secrets();
    workspace.load_playbooks({});
    Linter linter(workspace);
    for (const auto& file : files) {
        if (!base::exists(file)) throw base::Failure(base::Kind::not_found, "there is no file " + file);
        linter.path(file);
    }
    std::vector<Finding> all;
    std::vector<std::string> seen;
    for (const auto& error : linter.errors) {
        std::string key = base::describe(error.where) + error.what;
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
        seen.push_back(key);
        all.push_back(finding(error, ""));
    }
    wanted->print(all);
    if (format == "text") std::fprintf(stderr, "%zu mistakes\n", all.size());
    return all.empty() ? 0 : 1;
}

}  // namespace fprov::cli
