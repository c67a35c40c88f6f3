// SPDX-License-Identifier: Apache-2.0
// From the words behind -i to an Inventory: folders, files, scripts and host lists, each tried in the formats it may have.
#include <unistd.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "inventory/names.hpp"
#include "inventory/reader.hpp"
#include "regex/regex.hpp"
#include "values/yaml.hpp"
#include "vault/vault.hpp"

namespace fprov::inventory {

using base::Failure;
using base::Kind;

namespace {

// Names in an inventory folder that are no sources.
constexpr std::string_view ignored_endings[] = {".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"};
constexpr std::string_view ignored_folders[] = {"group_vars", "host_vars", "vars_plugins"};
constexpr const char* default_source = "/etc/ansible/hosts";

std::string extension(const std::string& path) {
    const std::string name = base::basename(path);
    const std::size_t dot = name.rfind('.');
    return dot == std::string::npos || dot == 0 ? "" : name.substr(dot);
}

// hosts.old-2024-05-17: what `fprov init` put aside.
bool is_put_aside(const std::string& name) {
    const std::size_t at = name.rfind(".old-");
    return at != std::string::npos && at + 5 < name.size() && std::all_of(name.begin() + static_cast<std::ptrdiff_t>(at) + 5, name.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

std::string sentence(const Failure& failure) {
    const auto& error = failure.error();
    std::string out = error.where ? base::describe(error.where) + ": " : "";
    out += error.what;
    if (!error.hint.empty()) out += " (" + error.hint + ")";
    return out;
}

}  // namespace

std::string Target::group(const std::string& name) {
    if (is_valid_group_name(name) || name.empty()) return name;
    const std::string& how = options.transform_invalid_group_chars;
    if (how == "always" || how == "silently") {
        if (how == "always") warn("Invalid characters were found in group names and automatically replaced, use -vvvv to see details");
        return safe_group_name(name);
    }
    if (how == "never") warn("Invalid characters were found in group names but not replaced, use -vvvv to see details");
    return name;
}

void Target::host(const std::string& name, const std::string& group, std::optional<int> port) {
    if (name.empty()) throw Failure(Kind::parse, "Invalid empty host name provided: " + name);
    Host& host = inventory.add_host(name, {group});
    if (host.source.empty()) host.source = path;
    if (port) {
        host.port = *port;
        host.vars.set("ansible_port", Value(*port));
    }
}

void Target::host_variable(const std::string& host, Value key, Value value) {
    inventory.add_host(host).vars.set(std::move(key), std::move(value));
}

void Target::group_variable(const std::string& name, Value key, Value value) {
    Group& group = inventory.add_group(name);
    if (key.is_string() && key.string() == "ansible_group_priority") {
        const auto number = value.is_int() ? std::optional<std::int64_t>(value.integer()) : value.is_string() ? base::parse_int(value.string()) : std::nullopt;
        if (number) group.priority = static_cast<int>(*number);
        return;
    }
    group.vars.set(std::move(key), std::move(value));
}

void Target::warn(const std::string& text) {
    if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) warnings.push_back(text);
}

class Reader {
public:
    Reader(Inventory& inventory, const LoadOptions& options, std::vector<std::string>& warnings) : inventory_(inventory), options_(options), warnings_(warnings) {}

    bool source(const std::string& given) {
        const bool list = given.find(',') != std::string::npos && !base::exists(base::absolute_path(base::expand_user(given)));
        const bool parsed = list ? host_list(given) : one(base::absolute_path(base::expand_user(given)));
        if (!parsed) {
            const std::string text = "Unable to parse " + (list ? given : base::absolute_path(base::expand_user(given))) + " as an inventory source";
            if (options_.any_unparsed_is_failed) throw Failure(Kind::parse, "Completely failed to parse inventory source " + given, {}, text);
            warnings_.push_back(text);
        }
        return parsed;
    }

private:
    bool one(const std::string& path) {
        if (base::is_directory(path)) return folder(path);
        return base::exists(path) && file(path);
    }

    bool is_ignored(const std::string& name) const {
        auto ends = [&name](std::string_view end) { return name.ends_with(end); };
        if (options_.ignored_endings ? std::any_of(options_.ignored_endings->begin(), options_.ignored_endings->end(), ends) : std::any_of(std::begin(ignored_endings), std::end(ignored_endings), ends)) return true;
        return std::any_of(options_.ignored_patterns.begin(), options_.ignored_patterns.end(), [&name](const std::string& pattern) {
            auto compiled = regex::Regex::compile(pattern);
            return compiled && compiled->search(name);
        });
    }

    bool folder(const std::string& path) {
        bool any = false;
        for (const auto& name : base::list_directory(path)) {
            const std::string full = base::join_path(path, name);
            if (name.starts_with('.') || is_put_aside(name) || is_ignored(name)) continue;
            if (base::is_directory(full) && std::find(std::begin(ignored_folders), std::end(ignored_folders), name) != std::end(ignored_folders)) continue;
            const bool parsed = one(full);
            if (!parsed) warnings_.push_back("Unable to parse " + full + " as an inventory source");
            any |= parsed;
        }
        return any;
    }

    bool host_list(const std::string& given) {
        return attempt(given, "host_list", [&given](Target& target) {
            for (const auto& part : base::split(given, ',')) {
                const std::string_view name = base::trim(part);
                if (name.empty()) continue;
                auto address = parse_address(name);
                if (address && has_range(address->host)) address.reset();   // a list has no ranges
                const std::string host = address ? address->host : std::string(name);
                if (!target.inventory.host(host)) target.host(host, "ungrouped", address ? address->port : std::nullopt);
            }
        });
    }

    bool file(const std::string& path) {
        failures_.clear();
        bool done = false;
        if (::access(path.c_str(), X_OK) == 0) {
            // An executable that is no script (copied from a foreign file system) may still be a text.
            auto head = base::read_file(path);
            if (head && head->starts_with("#!")) done = attempt(path, "script", [](Target& target) { read_script(target); });
        }
        if (!done) done = text_file(path);
        if (!done)
            for (const auto& failure : failures_) warnings_.push_back(" * Failed to parse " + path + " with " + failure.first + " plugin: " + failure.second);
        return done;
    }

    bool text_file(const std::string& path) {
        auto read = base::read_file(path);
        if (!read) {
            failures_.emplace_back("ini", read.error().what);
            return false;
        }
        if (options_.decrypt && vault::is_encrypted(*read)) {
            if (auto plain = options_.decrypt(*read, path)) *read = std::move(*plain);
        }
        const std::string ending = extension(path);
        const bool yaml = ending.empty() || ending == ".yml" || ending == ".yaml" || ending == ".json";
        if (yaml && attempt(path, "yaml", [&read](Target& target) { read_yaml_source(*read, target); })) return true;
        return attempt(path, "ini", [&read](Target& target) { read_ini(*read, target); });
    }

    template <class Read> bool attempt(const std::string& path, const char* format, const Read& read) {
        Inventory trial = inventory_.clone();
        std::vector<std::string> notes = warnings_;
        try {
            Target target(trial, options_, notes, path);
            read(target);   // put in order once, after the last source: hosts that only `all` has come last in ungrouped
        } catch (const Failure& failure) {
            if (failure.error().kind == Kind::secret) throw;   // a missing password is no format error
            failures_.emplace_back(format, sentence(failure));
            return false;
        }
        inventory_ = std::move(trial);
        warnings_ = std::move(notes);
        return true;
    }

    Inventory& inventory_;
    const LoadOptions& options_;
    std::vector<std::string>& warnings_;
    std::vector<std::pair<std::string, std::string>> failures_;
};

Inventory load(const LoadOptions& options, std::vector<std::string>& warnings) {
    Inventory out;
    Reader reader(out, options, warnings);
    std::vector<std::string> sources = options.sources;
    if (sources.empty() && base::exists(default_source)) sources.push_back(default_source);
    bool any = false;
    for (const auto& source : sources) {
        any |= reader.source(source);
        if (source.find(',') == std::string::npos) out.sources.push_back(base::absolute_path(base::expand_user(source)));
    }
    if (!any) {
        if (options.unparsed_is_failed)
            throw Failure(Kind::parse, "No inventory was parsed, please check your configuration and options.", {}, warnings.empty() ? "" : warnings.back());
        warnings.push_back("No inventory was parsed, only implicit localhost is available");
    }
    out.reconcile();
    const std::string* first = nullptr;
    for (const auto& host : out.host_names())
        if (is_local_name(host)) {
            if (first) warnings.push_back("A duplicate localhost-like entry was found (" + host + "). First found localhost was " + *first);
            else first = &host;
        }
    for (const auto& group : out.group_names())
        if (out.host(group)) warnings.push_back("Found both group and host with same name: " + group);
    return out;
}

namespace {

bool is_vars_ending(const std::string& ending) { return ending.empty() || ending == ".yml" || ending == ".yaml" || ending == ".json"; }

void collect(const std::string& folder, std::vector<std::string>& out, int depth = 0) {
    if (depth > 50) return;
    for (const auto& name : base::list_directory(folder)) {
        if (name.starts_with('.') || name.ends_with('~')) continue;
        const std::string full = base::join_path(folder, name);
        const std::string ending = extension(name);
        if (base::is_directory(full)) {
            if (ending.empty()) collect(full, out, depth + 1);
        } else if (is_vars_ending(ending)) {
            out.push_back(full);
        }
    }
}

}  // namespace

std::vector<VarsFile> read_vars_files(const std::string& directory, const std::string& kind, const std::string& name, const LoadOptions& options) {
    const std::string base_path = base::join_path(base::join_path(directory, kind), name);
    std::vector<std::string> paths;
    for (const char* ending : {"", ".yml", ".yaml", ".json"}) {
        const std::string path = base_path + ending;
        if (!base::exists(path)) continue;
        if (base::is_directory(path)) collect(path, paths);
        else paths.push_back(path);
        break;   // the first that exists is the one
    }
    std::vector<VarsFile> out;
    for (const auto& path : paths) {
        auto read = base::read_file(path);
        if (!read) throw Failure(read.error());
        std::string text = std::move(*read);
        if (vault::is_encrypted(text)) {
            auto plain = options.decrypt ? options.decrypt(text, path) : std::nullopt;
            if (!plain) throw Failure(Kind::secret, "Attempting to decrypt but no vault secrets found", {base::add_source(path, text), 0, 0}, "give one with --vault-password-file, --vault-id or --ask-vault-pass");
            text = std::move(*plain);
        }
        values::YamlOptions yaml;
        yaml.vault = options.vault;
        const Value data = values::read_data(text, base::add_source(path, text), yaml);
        if (data.is_none()) continue;
        if (!data.is_map()) throw Failure(Kind::parse, path + " must be stored as a dictionary/hash", data.origin());
        out.push_back({path, data.map()});
    }
    return out;
}

}  // namespace fprov::inventory
