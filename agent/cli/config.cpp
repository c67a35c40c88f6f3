// SPDX-License-Identifier: Apache-2.0
#include "cli/config.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "values/literal.hpp"
#include "values/yaml.hpp"

namespace fprov::cli {
namespace {

std::string unquote(std::string text) {
    if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) return text.substr(1, text.size() - 2);
    return text;
}

std::string resolve_path(std::string path, const std::string& base) {
    path = unquote(std::move(path));
    path = base::replace_all(std::move(path), "{{CWD}}", base::absolute_path("."));
    path = base::expand_variables(base::expand_user(path));
    if (path.empty() || path.front() == '/' || path.back() == ',') return path;
    return base::absolute_path(base.empty() ? path : base::join_path(base, path));
}

std::optional<bool> to_flag(std::string_view text) {
    std::string word = base::lower(base::trim(text));
    for (const char* yes : {"y", "yes", "on", "1", "true", "t", "1.0"}) if (word == yes) return true;
    for (const char* no : {"n", "no", "off", "0", "false", "f", "0.0"}) if (word == no) return false;
    return std::nullopt;
}

Value typed(const Setting& setting, const std::string& raw, const std::string& origin, const std::string& base) {
    auto wrong = [&](const char* kind) -> base::Failure {
        return base::Failure(base::Kind::generic, "Invalid type for configuration option setting: " + std::string(setting.key) + " (from " + origin + "): '" + raw + "' is not " + kind);
    };
    std::string text = unquote(std::string(base::trim(raw)));
    switch (setting.type) {
        case SettingType::flag: {
            if (setting.key == "ANSIBLE_NOCOLOR" && origin == "env: NO_COLOR") return true;   // any value counts (no-color.org)
            auto flag = to_flag(text);
            return flag.value_or(false);
        }
        case SettingType::integer: {
            if (text.empty()) return {};
            auto number = base::parse_int(text);
            if (!number) throw wrong("a whole number");
            return *number;
        }
        case SettingType::real: {
            auto number = base::parse_double(text);
            if (!number) throw wrong("a number");
            return *number;
        }
        case SettingType::path: return text.empty() ? Value() : Value(resolve_path(text, base));
        case SettingType::list: {
            List out;
            if (text == "[]") return out;
            for (const auto& part : base::split(text, ',')) if (auto word = std::string(base::trim(part)); !word.empty()) out.emplace_back(unquote(word));
            return out;
        }
        case SettingType::path_list:
        case SettingType::path_spec: {
            List out;
            if (setting.type == SettingType::path_list && text.ends_with(',')) return List{Value(text)};
            bool hosts = setting.type == SettingType::path_list && !base::exists(resolve_path(text, base)) && text.find(',') != std::string::npos && text.find('/') == std::string::npos;
            if (hosts) return List{Value(text)};
            for (const auto& part : base::split(text, setting.type == SettingType::path_spec ? ':' : ','))
                if (auto word = std::string(base::trim(part)); !word.empty()) out.emplace_back(resolve_path(word, base));
            return out;
        }
        case SettingType::text: break;
    }
    if (!setting.choices.empty()) {
        bool known = false;
        for (const auto& choice : base::split(setting.choices, '|')) known = known || choice == text;
        if (!known)
            throw base::Failure(base::Kind::generic, "Invalid value \"" + text + "\" for configuration option \"" + std::string(setting.key) + "\", valid values are: " +
                                                         base::join(base::split(setting.choices, '|'), ", "), {}, "from " + origin);
    }
    return Value(text);
}

}  // namespace

Ini parse_ini(const std::string& text, std::uint32_t source) {
    Ini ini;
    std::string section, key;
    std::uint32_t number = 0;
    for (std::string line : base::split_lines(text)) {
        ++number;
        std::string_view body = base::trim(line);
        if (body.empty() || body[0] == '#' || body[0] == ';') continue;
        // ";" after white space starts a comment.
        for (std::size_t i = 1; i < line.size(); ++i)
            if (line[i] == ';' && (line[i - 1] == ' ' || line[i - 1] == '\t')) { line.resize(i); break; }
        body = base::trim(line);
        if (body.empty()) continue;
        bool indented = line[0] == ' ' || line[0] == '\t';
        if (indented && !key.empty()) { ini[section][key] += "\n" + std::string(body); continue; }
        if (body[0] == '[') {
            auto close = body.find(']');
            if (close == std::string_view::npos)
                throw base::Failure(base::Kind::generic, "Error reading config file: a section's name ends with ']'", {source, number, 1});
            section = std::string(body.substr(1, close - 1));
            ini[section];
            key.clear();
            continue;
        }
        auto split = body.find_first_of("=:");
        if (section.empty())
            throw base::Failure(base::Kind::generic, "Error reading config file: File contains no section headers", {source, number, 1}, "the file begins with [defaults]");
        if (split == std::string_view::npos)
            throw base::Failure(base::Kind::generic, "Error reading config file: expected 'key = value'", {source, number, 1});
        key = base::lower(base::trim(body.substr(0, split)));
        ini[section][key] = std::string(base::trim(body.substr(split + 1)));
    }
    return ini;
}

Config Config::load(std::vector<std::string>& warnings) {
    Config config;
    std::vector<std::string> candidates;
    for (const char* name : {"FPROV_CONFIG", "ANSIBLE_CONFIG"}) {
        const char* set = std::getenv(name);
        if (!set || !*set) continue;
        std::string path = base::absolute_path(base::expand_variables(base::expand_user(set)));
        if (base::is_directory(path)) path = base::join_path(path, "ansible.cfg");
        candidates.push_back(path);
        break;
    }
    std::string here = base::absolute_path(".");
    struct stat info{};
    bool open_to_all = ::stat(here.c_str(), &info) == 0 && (info.st_mode & S_IWOTH);
    std::string local = base::join_path(here, "ansible.cfg");
    if (open_to_all && base::exists(local))
        warnings.push_back("Ansible is being run in a world writable directory (" + here + "), ignoring it as an ansible.cfg source. For more information see "
                           "https://docs.ansible.com/ansible/devel/reference_appendices/config.html#cfg-in-world-writable-dir");
    else candidates.push_back(local);
    candidates.push_back(base::expand_user("~/.ansible.cfg"));
    candidates.push_back("/etc/ansible/ansible.cfg");
    for (const auto& path : candidates) {
        if (!base::is_file(path) || ::access(path.c_str(), R_OK) != 0) continue;
        auto text = base::read_file(path);
        if (!text) continue;
        config.file_ = path;
        config.ini_ = parse_ini(*text, base::add_source(path, *text));
        break;
    }
    return config;
}

std::optional<Config::Found> Config::raw(const Setting& setting) const {
    std::optional<Found> found;
    for (const auto& name : base::split(setting.environment, '|')) {
        if (name.empty()) continue;
        std::string own = name.starts_with("ANSIBLE_") ? "FPROV_" + name.substr(8) : name;
        for (const auto& candidate : {name, own}) {
            const char* set = std::getenv(candidate.c_str());
            if (set && (*set || candidate != "NO_COLOR")) found = Found{set, "env: " + candidate, ""};
        }
    }
    if (found) return found;
    for (const auto& place : base::split(setting.places, '|')) {
        auto colon = place.find(':');
        if (colon == std::string::npos) continue;
        auto section = ini_.find(place.substr(0, colon));
        if (section == ini_.end()) continue;
        auto key = section->second.find(place.substr(colon + 1));
        if (key != section->second.end()) found = Found{key->second, file_, base::dirname(file_)};
    }
    return found;
}

Value Config::value(std::string_view key) const {
    const Setting* setting = find_setting(key);
    if (!setting) return {};
    if (auto found = raw(*setting)) return typed(*setting, found->text, found->origin, found->base);
    if (setting->fallback.empty()) return {};
    return typed(*setting, std::string(setting->fallback), "default", "");
}

std::string Config::origin(std::string_view key) const {
    const Setting* setting = find_setting(key);
    if (!setting) return {};
    auto found = raw(*setting);
    return found ? found->origin : "default";
}

std::string Config::text(std::string_view key, std::string_view other) const {
    Value found = value(key);
    return found.is_string() ? found.string() : std::string(other);
}
bool Config::flag(std::string_view key) const { return value(key).bool_or(false); }
int Config::integer(std::string_view key, int other) const { return static_cast<int>(value(key).int_or(other)); }
std::vector<std::string> Config::list(std::string_view key) const {
    std::vector<std::string> out;
    Value found = value(key);
    if (found.is_list()) for (const Value& one : found.list()) out.push_back(one.text_or(""));
    return out;
}

Map Config::all() const {
    Map out;
    for (const Setting& setting : settings_table()) out.set(setting.key, value(setting.key));
    return out;
}
void Config::check() const { (void)all(); }

}  // namespace fprov::cli
