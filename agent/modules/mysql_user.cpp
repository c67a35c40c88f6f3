// SPDX-License-Identifier: Apache-2.0
// mysql_user: one account with password, privileges, TLS and limits. What is there comes from one run of the client; the
// statements that bring it to what is wanted are collected first, so that check mode only leaves out their running.
#include <algorithm>
#include <set>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/crypt.hpp"
#include "modules/support/mysql.hpp"
#include "modules/support/mysql_privileges.hpp"
#include "values/python.hpp"

namespace fprov::modules {
extern const Module mysql_user_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "Name of the account; empty for the anonymous one", .required = true, .aliases = "user"},
    {.name = "host", .help = "Host part of the account", .fallback = "localhost"},
    {.name = "host_all", .type = Type::boolean, .help = "Act on all host parts that the name has", .fallback = "no"},
    {.name = "password", .help = "Password, or its hash with encrypted", .secret = true},
    {.name = "encrypted", .type = Type::boolean, .help = "password is a mysql_native_password hash", .fallback = "no"},
    {.name = "update_password", .help = "Set the password always, for a new account, or only for a new name", .fallback = "always", .choices = "always|on_create|on_new_username"},
    {.name = "plugin", .help = "Authentication plugin"},
    {.name = "plugin_hash_string", .help = "Hash for the plugin (AS)", .aliases = "authentication_string", .secret = true},
    {.name = "plugin_auth_string", .help = "Secret for the plugin (BY)", .secret = true},
    {.name = "priv", .type = Type::raw, .help = "Privileges: DB.TABLE:P1,P2/OTHER.*:ALL,GRANT or a mapping"},
    {.name = "append_privs", .type = Type::boolean, .help = "Add privileges without revoking others", .fallback = "no"},
    {.name = "subtract_privs", .type = Type::boolean, .help = "Revoke the privileges named, and no others", .fallback = "no"},
    {.name = "tls_requires", .type = Type::dict, .help = "What a connection must have: SSL, X509, or CIPHER, SUBJECT and ISSUER"},
    {.name = "resource_limits", .type = Type::dict, .help = "MAX_QUERIES_PER_HOUR, MAX_UPDATES_PER_HOUR, MAX_CONNECTIONS_PER_HOUR, MAX_USER_CONNECTIONS"},
    {.name = "state", .help = "Whether the account exists", .fallback = "present", .choices = "absent|present"},
    {.name = "sql_log_bin", .type = Type::boolean, .help = "Whether the binary log gets the statements", .fallback = "yes"},
    {.name = "session_vars", .type = Type::dict, .help = "Session variables to set first"},
    {.name = "force_context", .type = Type::boolean, .help = "Use the database mysql first", .fallback = "no"},
    {.name = "check_implicit_admin", .type = Type::boolean, .help = "Try root without a password first", .fallback = "no"},
    FPROV_MYSQL_LOGIN_ARGS,
};
constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "append_privs,subtract_privs"}};

struct Limit { std::string_view name, column; };
constexpr Limit limits[] = {{"MAX_QUERIES_PER_HOUR", "max_questions"}, {"MAX_UPDATES_PER_HOUR", "max_updates"},
                            {"MAX_CONNECTIONS_PER_HOUR", "max_connections"}, {"MAX_USER_CONNECTIONS", "max_user_connections"}};

std::string native_hash(const std::string& password) {
    if (password.empty()) return {};
    return "*" + base::upper(base::sha1_hex(*base::digest_raw("sha1", password)));
}

class UserTask {
public:
    UserTask(const Args& args, Context& context) : args_(args), context_(context), server_(args, context, true), name_(args.text("name")) {}

    Outcome run() {
        if (args_.given("priv")) {
            try {
                wanted_ = parse_privileges(args_["priv"]);
            } catch (const base::Failure& failure) {
                fail(failure.error().what);
            }
        }
        const bool present = args_.text("state") == "present";
        look(args_.text("host", "localhost"));
        std::vector<std::string> hosts;
        if (args_.flag("host_all")) for (std::size_t i = 0; i < accounts_.rows.size(); ++i) hosts.push_back(accounts_.text(i, "Host"));
        else if (row_of(args_.text("host", "localhost"))) hosts.push_back(args_.text("host", "localhost"));
        if (!present) {
            for (const auto& host : hosts) statements_.push_back({"DROP USER " + account(host), {}, {}});
            changed_ = !hosts.empty();
            msg_ = hosts.empty() ? "User doesn't exist" : "User deleted";
        } else if (hosts.empty()) {
            if (args_.flag("host_all")) fail("host_all parameter cannot be used when adding a user");
            create(args_.text("host", "localhost"));
        } else {
            msg_ = "User unchanged";
            for (const auto& host : hosts) {
                if (host != looked_at_) look(host);
                change(host);
            }
        }
        if (!context_.check) apply();
        Outcome out;
        out.changed = changed_;
        out.set("user", name_).set("msg", msg_).set("password_changed", password_changed_);
        return out;
    }

private:
    struct Statement { std::string sql, sentence, end; };

    std::string account(const std::string& host) const { return Mysql::quote(name_) + "@" + Mysql::quote(host); }

    /// Version, accounts of this name, and the grants for one host, in one run of the client.
    void look(const std::string& host) {
        auto replies = server_.run({"SELECT VERSION() AS version", "SELECT *, HEX(authentication_string) AS fprov_hash FROM mysql.user WHERE user = " + Mysql::quote(name_),
                                    "SHOW GRANTS FOR " + account(host)}, true);
        version_ = replies[0].text(0, "version");
        mariadb_ = version_.find("MariaDB") != std::string::npos;
        if (!replies[1].ran) fail(Mysql::error_tuple(replies[1].code, replies[1].error));
        accounts_ = std::move(replies[1]);
        std::vector<std::string> lines;
        for (const auto& row : replies[2].rows)
            if (!row.empty() && row[0].second) lines.push_back(*row[0].second);
        grants_ = parse_grants(lines);
        looked_at_ = host;
    }

    std::optional<std::size_t> row_of(const std::string& host) const {
        for (std::size_t i = 0; i < accounts_.rows.size(); ++i)
            if (base::lower(accounts_.text(i, "Host")) == base::lower(host)) return i;
        return std::nullopt;
    }

    bool at_least(std::int64_t major, std::int64_t minor, std::int64_t patch = 0) const {
        const auto parts = base::split(version_.substr(0, version_.find('-')), '.');
        auto number = [&](std::size_t i) { return i < parts.size() ? base::parse_int(parts[i]).value_or(0) : 0; };
        return std::tuple(number(0), number(1), number(2)) >= std::tuple(major, minor, patch);
    }
    bool alter_user() const { return mariadb_ ? at_least(10, 2) : at_least(5, 7, 6); }

    std::string stored_hash(std::size_t row) const {
        auto text = base::unhex(base::lower(accounts_.text(row, "fprov_hash"))).value_or("");
        return text.empty() ? accounts_.text(row, "Password") : text;
    }

    bool password_fits(std::size_t row) const {
        const auto given = args_.text("password"), stored = stored_hash(row), plugin = accounts_.text(row, "plugin");
        if (args_.flag("encrypted")) return base::upper(stored) == base::upper(given);
        if (plugin == "caching_sha2_password") {   // $A$005$ + 20 bytes of salt + 43 of digest
            if (stored.size() != 70 || !stored.starts_with("$A$") || stored[6] != '$') return stored == given && given.empty();
            const auto rounds = base::parse_int(stored.substr(3, 3), 16).value_or(5) * 1000;
            return sha_crypt("sha256", given, stored.substr(7, 20), static_cast<unsigned>(rounds)) == stored.substr(27);
        }
        return base::upper(stored) == base::upper(native_hash(given));
    }

    /// IDENTIFIED … as the arguments want it; empty when they say nothing.
    std::string identified() const {
        if (args_.given("plugin")) {
            auto text = " IDENTIFIED WITH " + args_.text("plugin");
            if (args_.given("plugin_hash_string")) text += " AS " + Mysql::quote(args_.text("plugin_hash_string"));
            else if (args_.given("plugin_auth_string")) text += mariadb_ ? " USING PASSWORD(" + Mysql::quote(args_.text("plugin_auth_string")) + ")" : " BY " + Mysql::quote(args_.text("plugin_auth_string"));
            return text;
        }
        if (!args_.given("password")) return {};
        if (args_.flag("encrypted"))
            return mariadb_ || !at_least(5, 7, 6) ? " IDENTIFIED BY PASSWORD " + Mysql::quote(args_.text("password")) : " IDENTIFIED WITH mysql_native_password AS " + Mysql::quote(args_.text("password"));
        return " IDENTIFIED BY " + Mysql::quote(args_.text("password"));
    }

    std::map<std::string, std::string> wanted_tls() const {
        std::map<std::string, std::string> out;
        if (args_["tls_requires"].is_map())
            for (const auto& [key, value] : args_["tls_requires"].map()) out[base::upper(values::str(key))] = value.is_none() ? "" : values::str(value);
        return out;
    }
    static std::string require(const std::map<std::string, std::string>& tls) {
        if (tls.empty()) return " REQUIRE NONE";
        std::vector<std::string> parts;
        for (const auto& [key, value] : tls) parts.push_back(value.empty() ? key : key + " " + Mysql::quote(value));
        return " REQUIRE " + base::join(parts, " AND ");
    }
    std::map<std::string, std::string> current_tls(std::size_t row) const {
        const auto type = accounts_.text(row, "ssl_type");
        if (type == "ANY") return {{"SSL", ""}};
        if (type == "X509") return {{"X509", ""}};
        std::map<std::string, std::string> out;
        if (type == "SPECIFIED")
            for (const auto& [key, column] : {std::pair{"CIPHER", "ssl_cipher"}, std::pair{"ISSUER", "x509_issuer"}, std::pair{"SUBJECT", "x509_subject"}})
                if (const auto text = accounts_.text(row, column); !text.empty()) out[key] = text;
        return out;
    }

    void create(const std::string& host) {
        changed_ = true;
        msg_ = "User added";
        password_changed_ = context_.check ? Value() : Value(true);
        auto how = identified();
        if (args_.text("update_password") == "on_new_username" && !accounts_.rows.empty()) {   // as its other host parts have it
            password_changed_ = context_.check ? Value() : Value(false);
            const auto plugin = accounts_.text(0, "plugin"), hash = stored_hash(0);
            how = mariadb_ || plugin.empty() ? " IDENTIFIED BY PASSWORD " + Mysql::quote(hash) : " IDENTIFIED WITH " + plugin + " AS " + Mysql::quote(hash);
        }
        const auto tls = wanted_tls();
        statements_.push_back({"CREATE USER " + account(host) + how + (tls.empty() || !alter_user() ? "" : require(tls)), {}, {}});
        for (const auto& [object, privileges] : wanted_) grant(host, object, privileges);
        limit(host, std::nullopt);
    }

    void change(const std::string& host) {
        const auto row = *row_of(host);
        if (args_.given("plugin")) {
            const bool other = accounts_.text(row, "plugin") != args_.text("plugin") ||
                               (args_.given("plugin_hash_string") && stored_hash(row) != args_.text("plugin_hash_string"));
            if (other) {
                statements_.push_back({"ALTER USER " + account(host) + identified(), {}, {}});
                note("Password updated (new style)", true);
            }
        } else if (args_.given("password") && args_.text("update_password") == "always" && !password_fits(row)) {
            const auto hash = args_.flag("encrypted") ? Mysql::quote(args_.text("password")) : "PASSWORD(" + Mysql::quote(args_.text("password")) + ")";
            if (alter_user()) statements_.push_back({"ALTER USER " + account(host) + identified(), {}, {}});
            else statements_.push_back({"SET PASSWORD FOR " + account(host) + " = " + hash, {}, {}});
            note(context_.check ? "Password updated" : alter_user() ? "Password updated (new style)" : "Password updated (old style)", true);
        }
        if (args_.given("priv")) privileges(host);
        if (const auto tls = wanted_tls(); tls != current_tls(row)) {
            statements_.push_back({alter_user() ? "ALTER USER " + account(host) + require(tls) : "GRANT USAGE ON *.* TO " + account(host) + require(tls), {}, {}});
            note("TLS requires updated");
        }
        limit(host, row);
    }

    void note(const std::string& msg, bool password = false) {
        changed_ = true;
        msg_ = msg;
        if (password) password_changed_ = true;
    }

    static std::string repr(const std::vector<std::string>& names) { return values::repr(Value::strings(names)); }

    void privileges(const std::string& host) {
        Privileges wanted = wanted_, current = grants_;
        unify_names(current, wanted);
        for (auto& [object, set] : wanted)
            if (set.contains("ALL"))
                if (auto at = current.find(object); at != current.end() && is_all(object, at->second)) at->second = at->second.contains("GRANT") ? std::set<std::string>{"ALL", "GRANT"} : std::set<std::string>{"ALL"};
        const bool append = args_.flag("append_privs"), subtract = args_.flag("subtract_privs");
        if (!append && !subtract)
            for (const auto& [object, set] : current) {
                if (wanted.contains(object) || name_ == "root") continue;
                if (object == "*.*" && set == std::set<std::string>{"USAGE"}) continue;
                revoke(host, object, set);
                note("Privileges updated");
            }
        for (const auto& [object, set] : wanted) {
            if (current.contains(object) || subtract || (object == "*.*" && set == std::set<std::string>{"USAGE"})) continue;
            grant(host, object, set);
            note("New privileges granted");
        }
        for (const auto& [object, set] : wanted) {
            const auto at = current.find(object);
            if (at == current.end()) continue;
            std::vector<std::string> granted, revoked, told;
            for (const auto& privilege : set)
                if (!at->second.contains(privilege) && !subtract && !(append && privilege == "USAGE") && !(append && at->second.contains("ALL") && privilege != "GRANT")) granted.push_back(privilege);
            for (const auto& privilege : at->second)
                if (subtract ? set.contains(privilege) && privilege != "USAGE" : !append && !set.contains(privilege)) revoked.push_back(privilege);
            const auto counts = [](const std::string& privilege) { return privilege != "USAGE"; };
            if (std::none_of(granted.begin(), granted.end(), counts) && std::none_of(revoked.begin(), revoked.end(), counts)) continue;
            if (!revoked.empty()) revoke(host, object, {revoked.begin(), revoked.end()});
            if (!granted.empty()) grant(host, object, {granted.begin(), granted.end()});
            std::copy_if(revoked.begin(), revoked.end(), std::back_inserter(told), counts);
            note("Privileges updated: granted " + repr(granted) + ", revoked " + repr(told));
        }
    }

    void grant(const std::string& host, const std::string& object, const std::set<std::string>& set) {
        std::vector<std::string> names;
        for (const auto& privilege : set)
            if (privilege != "GRANT") names.push_back(privilege);
        if (names.empty()) names.emplace_back("USAGE");
        const auto list = base::join(names, ",");
        const auto query = "GRANT " + list + " ON " + object + " TO ";
        const std::string option = set.contains("GRANT") ? " WITH GRANT OPTION" : "";
        statements_.push_back({query + account(host) + option,
            "Error granting privileges, invalid priv string: " + list + " , params: (" + values::repr(Value(name_)) + ", " + values::repr(Value(host)) + "), query: " + query + "%s@%s" + option + " , exception: ", "."});
    }

    void revoke(const std::string& host, const std::string& object, const std::set<std::string>& set) {
        if (set.contains("GRANT")) statements_.push_back({"REVOKE GRANT OPTION ON " + object + " FROM " + account(host), {}, {}});
        std::vector<std::string> names;
        for (const auto& privilege : set)
            if (privilege != "GRANT" && privilege != "USAGE") names.push_back(privilege);
        if (!names.empty()) statements_.push_back({"REVOKE " + base::join(names, ",") + " ON " + object + " FROM " + account(host), {}, {}});
    }

    void limit(const std::string& host, std::optional<std::size_t> row) {
        if (!args_["resource_limits"].is_map()) return;
        std::vector<std::string> parts;
        for (const auto& [key, value] : args_["resource_limits"].map()) {
            const auto name = values::str(key);
            const auto at = std::find_if(std::begin(limits), std::end(limits), [&](const Limit& l) { return l.name == name; });
            if (at == std::end(limits)) fail("resource_limits: key '" + name + "' is unsupported.");
            if (row && accounts_.text(*row, at->column) == values::str(value)) continue;
            parts.push_back(name + " " + values::str(value));
        }
        if (parts.empty()) return;
        const auto with = " WITH " + base::join(parts, " ");
        statements_.push_back({alter_user() ? "ALTER USER " + account(host) + with : "GRANT USAGE ON *.* TO " + account(host) + with, {}, {}});
        changed_ = true;
    }

    void apply() {
        if (statements_.empty()) return;
        std::vector<std::string> sql;
        if (args_.flag("force_context")) sql.emplace_back("USE mysql");
        if (!args_.flag("sql_log_bin", true)) sql.emplace_back("SET SQL_LOG_BIN=0");
        if (args_["session_vars"].is_map())
            for (const auto& [key, value] : args_["session_vars"].map())
                sql.push_back("SET SESSION " + values::str(key) + " = " + (value.is_number() ? values::str(value) : Mysql::quote(values::str(value))));
        const auto before = sql.size();
        for (const auto& statement : statements_) sql.push_back(statement.sql);
        const auto replies = server_.run(sql);
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (replies[i].ran) continue;
            const auto& sentence = i >= before ? statements_[i - before].sentence : "";
            const auto end = i >= before ? statements_[i - before].end : "";
            fail(sentence + Mysql::error_tuple(replies[i].code, replies[i].error) + end);
        }
    }

    const Args& args_;
    Context& context_;
    Mysql server_;
    std::string name_, version_, looked_at_, msg_;
    bool mariadb_ = false, changed_ = false;
    Value password_changed_ = false;
    SqlReply accounts_;
    Privileges wanted_, grants_;
    std::vector<Statement> statements_;
};

}  // namespace

const Module mysql_user_module{
    .name = "mysql_user", .collection = "community.mysql", .summary = "Have a MySQL or MariaDB account, with privileges", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return UserTask(args, context).run(); },
    .notes = "Passwords of caching_sha2_password accounts are compared, too: a second run changes nothing.",
    .returns = "user: the name | always\nmsg: what was done | always\npassword_changed: whether the password was set | always",
    .example = "- mysql_user:\n    name: fate\n    host: 192.168.0.%\n    password: \"{{ fate_db_password }}\"\n    priv: \"eggroll_meta.*:ALL/fate_flow.*:ALL\"\n"};

}  // namespace fprov::modules
