// SPDX-License-Identifier: Apache-2.0
#include "modules/support/mysql_privileges.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

/// Splits at a character that stands outside of parentheses and backticks.
std::vector<std::string> split_outside(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    int depth = 0;
    bool quoted = false;
    for (char c : text) {
        if (c == '`') quoted = !quoted;
        if (!quoted && c == '(') ++depth;
        if (!quoted && c == ')') --depth;
        if (c == separator && depth == 0 && !quoted) parts.emplace_back();
        else parts.back() += c;
    }
    for (auto& part : parts) part = base::trim(part);
    return parts;
}

std::string back_quoted(std::string name) {
    if (name == "*") return name;
    if (name.size() >= 2 && name.front() == '`' && name.back() == '`') return name;
    return "`" + base::replace_all(std::move(name), "`", "``") + "`";
}

std::string object_name(const std::string& text) {
    std::string kind, name = text;
    for (const char* word : {"FUNCTION ", "PROCEDURE ", "TABLE "})
        if (base::upper(name).starts_with(word)) { kind = word == std::string("TABLE ") ? "" : word; name = name.substr(std::string(word).size()); }
    auto parts = split_outside(std::string(base::trim(name)), '.');
    if (parts.size() == 1) return kind + back_quoted(parts[0]);
    const auto database = parts[0];
    std::string rest = parts[1];
    for (std::size_t i = 2; i < parts.size(); ++i) rest += "." + parts[i];
    return kind + back_quoted(database) + "." + back_quoted(rest);
}

/// "select ( b,a )" → "SELECT (A, B)"; names otherwise in upper case with single blanks.
std::string privilege_name(const std::string& text) {
    const auto open = text.find('(');
    std::string word(base::trim(text.substr(0, open)));
    word = base::upper(word);
    if (word == "ALL PRIVILEGES") word = "ALL";
    if (word == "GRANT OPTION" || word == "WITH GRANT OPTION") word = "GRANT";
    if (open == std::string::npos) return word;
    auto columns = base::split(text.substr(open + 1, text.rfind(')') - open - 1), ',');
    for (auto& column : columns) column = base::upper(base::replace_all(std::string(base::trim(column)), "`", ""));
    std::sort(columns.begin(), columns.end());
    return word + " (" + base::join(columns, ", ") + ")";
}

constexpr const char* global_privileges[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE",
    "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE",
    "REPLICATION CLIENT", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE"};
constexpr const char* database_privileges[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
    "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT", "TRIGGER"};

constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"BINLOG MONITOR", "REPLICATION CLIENT"}, {"REPLICA MONITOR", "SLAVE MONITOR"}, {"REPLICATION REPLICA", "REPLICATION SLAVE"},
    {"REPLICATION REPLICA ADMIN", "REPLICATION SLAVE ADMIN"}, {"DELETE VERSIONING ROWS", "DELETE HISTORY"}};

}  // namespace

Privileges parse_privileges(const values::Value& given) {
    Privileges out;
    std::vector<std::pair<std::string, std::string>> pairs;
    if (given.is_map()) {
        for (const auto& [key, value] : given.map()) pairs.emplace_back(values::str(key), values::str(value));
    } else {
        if (!given.is_string()) throw base::Failure(base::Kind::type, "priv parameter must be str or dict but <class '" + values::type_name(given) + "'> was passed");
        for (const auto& item : split_outside(given.string(), '/')) {
            const auto colon = item.rfind(':');
            if (colon == std::string::npos) throw base::Failure(base::Kind::usage, "invalid privileges string: '" + item + "' is not DB.TABLE:PRIVILEGES");
            pairs.emplace_back(std::string(base::trim(item.substr(0, colon))), std::string(base::trim(item.substr(colon + 1))));
        }
    }
    for (const auto& [object, list] : pairs) {
        auto& set = out[object_name(object)];
        for (const auto& privilege : split_outside(list, ','))
            if (!privilege.empty()) set.insert(privilege_name(privilege));
    }
    if (!out.contains("*.*")) out["*.*"] = {"USAGE"};
    return out;
}

Privileges parse_grants(const std::vector<std::string>& lines) {
    Privileges out;
    for (const auto& line : lines) {
        if (!line.starts_with("GRANT ")) continue;
        std::size_t on = std::string::npos;
        int depth = 0;
        bool quoted = false;
        for (std::size_t i = 6; i + 4 < line.size(); ++i) {   // the first " ON " outside of names and columns
            if (line[i] == '`') quoted = !quoted;
            if (!quoted && line[i] == '(') ++depth;
            if (!quoted && line[i] == ')') --depth;
            if (!quoted && depth == 0 && line.compare(i, 4, " ON ") == 0) { on = i; break; }
        }
        if (on == std::string::npos) continue;   // GRANT `role` TO …
        quoted = false;
        auto to = std::string::npos;
        for (std::size_t i = on + 4; i + 4 <= line.size(); ++i) {
            if (line[i] == '`') quoted = !quoted;
            if (!quoted && line.compare(i, 4, " TO ") == 0) { to = i; break; }
        }
        const auto list = line.substr(6, on - 6);
        if (list == "PROXY") continue;
        auto& set = out[object_name(line.substr(on + 4, to - on - 4))];
        for (const auto& privilege : split_outside(list, ',')) set.insert(privilege_name(privilege));
        if (to != std::string::npos && line.find("WITH GRANT OPTION", to) != std::string::npos) set.insert("GRANT");
    }
    for (auto& [object, set] : out)
        if (set.size() > 1) set.erase("USAGE");
    for (auto& [object, set] : out)
        if (set.size() == 1 && set.contains("GRANT")) set.insert("USAGE");
    return out;
}

void unify_names(Privileges& current, const Privileges& wanted) {
    for (auto& [object, set] : current) {
        const auto at = wanted.find(object);
        if (at == wanted.end()) continue;
        for (const auto& [one, two] : other_names)
            for (const auto& [ours, theirs] : {std::pair(one, two), std::pair(two, one)})
                if (at->second.contains(std::string(ours)) && !set.contains(std::string(ours)) && set.erase(std::string(theirs))) set.insert(std::string(ours));
    }
}

bool is_all(const std::string& object, const std::set<std::string>& privileges) {
    if (privileges.contains("ALL")) return true;
    const auto holds = [&](auto& list) { return std::all_of(std::begin(list), std::end(list), [&](const char* name) { return privileges.contains(name); }); };
    if (object == "*.*") return holds(global_privileges);
    return object.ends_with(".*") && holds(database_privileges);
}

}  // namespace fprov::modules
