// SPDX-License-Identifier: Apache-2.0
// An inventory case: `files` (path → text; a text that begins with "#!" is executable) and `sources` (default: the first file), then any
// of: hosts, groups (name → hosts), vars (host → variables), group_vars (group → variables), match (pattern → hosts, or "error: …"),
// limit (limit → hosts of all), warnings (parts of texts; an empty list means none), prints (arguments → what ansible-inventory prints).
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "inventory/export.hpp"
#include "inventory/inventory.hpp"
#include "cases/suite.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::cases {

using values::Value;

namespace {

struct Folder {
    std::string path;
    Folder() {
        char name[] = "/tmp/fprov-case-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

std::string differ(const std::string& what, const std::string& expected, const std::string& got) {
    return expected == got ? "" : "  " + what + "\n    expected: " + expected + "\n    got:      " + got + "\n";
}

/// Sorted keys, so that the order in which a case was written does not matter.
std::string plain(const Value& value) { return values::write_json(value, {.sort_keys = true, .ensure_ascii = false}); }

/// What `ansible-inventory` prints for these words.
std::string printed(inventory::Inventory& loaded, const inventory::ExportVars& vars, const std::string& words) {
    inventory::ExportStyle style;
    std::string kind, name;
    bool with_vars = false;
    for (const auto& word : base::split(words, ' ')) {
        if (word == "-y") style.yaml = true;
        else if (word == "--export") style.export_form = true;
        else if (word == "--vars") with_vars = true;
        else if (word.starts_with("--")) kind = word;
        else name = word;
    }
    if (kind == "--list") return inventory::export_list(loaded, vars, style);
    if (kind == "--host") return inventory::export_host(loaded, name, vars, style);
    return inventory::export_graph(loaded, name.empty() ? "all" : name, with_vars ? &vars : nullptr);
}

std::string answer(const std::function<std::vector<std::string>()>& ask) {
    try {
        return plain(Value::strings(ask()));
    } catch (const base::Failure& failure) {
        return std::string("error: ") + failure.what();
    }
}

}  // namespace

std::string run_inventory(const Value& given) {
    const Folder folder;
    inventory::LoadOptions options;
    for (const auto& file : given.find("files")->map()) {
        const std::string path = base::join_path(folder.path, file.key.string());
        (void)base::make_directories(base::dirname(path));
        const std::string text(file.value.text_or(""));
        if (auto written = base::write_file_atomic(path, text, text.starts_with("#!") ? 0755 : 0644); !written) return written.error().what;
        if (options.sources.empty() && !given.find("sources")) options.sources.push_back(path);
    }
    if (const Value* sources = given.find("sources"))
        for (const auto& source : sources->list())
            options.sources.push_back(source.string().find(',') != std::string::npos ? source.string() : base::join_path(folder.path, source.string()));
    std::vector<std::string> warnings;
    inventory::Inventory loaded = inventory::load(options, warnings);
    std::string wrong;
    if (const Value* expected = given.find("hosts")) wrong += differ("hosts", plain(*expected), plain(Value::strings(loaded.hosts_of("all"))));
    if (const Value* expected = given.find("groups")) {
        values::Map got;
        for (const auto& name : loaded.group_names()) got.set(name, Value::strings(loaded.hosts_of(name)));
        wrong += differ("groups", plain(*expected), plain(Value(got)));
    }
    if (const Value* expected = given.find("vars"))
        for (const auto& entry : expected->map()) {
            const auto* host = loaded.host(entry.key.string());
            wrong += differ("vars of " + entry.key.string(), plain(entry.value), host ? plain(Value(host->vars)) : "no such host");
        }
    if (const Value* expected = given.find("group_vars"))
        for (const auto& entry : expected->map()) {
            const auto* group = loaded.group(entry.key.string());
            wrong += differ("vars of group " + entry.key.string(), plain(entry.value), group ? plain(Value(group->vars)) : "no such group");
        }
    for (const char* kind : {"match", "limit"})
        if (const Value* expected = given.find(kind))
            for (const auto& entry : expected->map()) {
                const std::string pattern = base::replace_all(values::str(entry.key), "@DIR", "@" + folder.path);
                std::vector<std::string> notes;   // a fresh inventory for each: the implicit localhost is made once and then stays
                inventory::Inventory fresh = inventory::load(options, notes);
                const std::string got = base::replace_all(answer([&] { return kind[0] == 'm' ? fresh.match(pattern) : fresh.limited(fresh.hosts_of("all"), pattern); }), folder.path, "DIR");
                wrong += differ(std::string(kind) + " " + pattern, entry.value.is_string() ? entry.value.string() : plain(entry.value), got);
            }
    if (const Value* expected = given.find("prints"))
        for (const auto& entry : expected->map()) {
            const std::string got = printed(loaded, inventory::inventory_vars(loaded, options), entry.key.string());
            wrong += differ("ansible-inventory " + entry.key.string(), "\n" + entry.value.string(), "\n" + got);
        }
    if (const Value* expected = given.find("warnings")) {
        const std::string all = base::replace_all(base::join(warnings, "\n"), folder.path, "DIR");
        if (expected->list().empty() && !all.empty()) wrong += "  unexpected warnings: " + all + "\n";
        for (const auto& part : expected->list())
            if (all.find(part.string()) == std::string::npos) wrong += "  missing warning: " + part.string() + "\n  got: " + all + "\n";
    }
    return wrong;
}

}  // namespace fprov::cases
