// SPDX-License-Identifier: Apache-2.0
#include "modules/support/mysql.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

constexpr const char* delimiter = "$$fprov$$";

std::string unescape_xml(std::string_view text) {
    static constexpr std::pair<std::string_view, char> names[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
    std::string out;
    while (!text.empty()) {
        bool found = false;
        if (text[0] == '&')
            for (const auto& [name, c] : names)
                if (text.starts_with(name)) { out += c; text.remove_prefix(name.size()); found = true; break; }
        if (!found) { out += text[0]; text.remove_prefix(1); }
    }
    return out;
}

/// The client's --xml output: one list of rows for every <resultset>.
std::vector<std::vector<SqlRow>> parse_xml(std::string_view xml) {
    std::vector<std::vector<SqlRow>> sets;
    std::size_t at = 0;
    auto after = [&](std::string_view what) {
        const auto found = xml.find(what, at);
        if (found == std::string_view::npos) return false;
        at = found + what.size();
        return true;
    };
    while (after("<resultset ")) {
        auto& rows = sets.emplace_back();
        // The attribute holds the statement with <, > and " escaped, so that the next '>' closes the tag.
        const auto close = xml.find('>', at);
        if (close == std::string_view::npos) break;
        at = close + 1;
        if (xml[close - 1] == '/') continue;
        const auto end = xml.find("</resultset>", at);
        for (;;) {
            const auto row = xml.find("<row>", at);
            if (row == std::string_view::npos || row > end) break;
            at = row + 5;
            SqlRow one;
            for (;;) {
                const auto field = xml.find("<field name=\"", at), row_end = xml.find("</row>", at);
                if (field == std::string_view::npos || row_end < field) { at = row_end; break; }
                const auto name = field + 13, name_end = xml.find('"', name), tag_end = xml.find('>', name_end);
                const auto column = unescape_xml(xml.substr(name, name_end - name));
                if (xml.substr(name_end, tag_end - name_end).find("xsi:nil") != std::string_view::npos) {
                    one.emplace_back(column, std::nullopt);
                    at = tag_end + 1;
                    continue;
                }
                const auto value_end = xml.find("</field>", tag_end);
                one.emplace_back(column, unescape_xml(xml.substr(tag_end + 1, value_end - tag_end - 1)));
                at = value_end + 8;
            }
            rows.push_back(std::move(one));
        }
        if (end != std::string_view::npos) at = end + 12;
    }
    return sets;
}

struct ClientError { int code = 0; std::size_t line = 0; std::string text; };

/// "ERROR 1146 (42S02) at line 3: Table …" → number, line and text.
std::vector<ClientError> parse_errors(const std::string& text) {
    std::vector<ClientError> found;
    for (const auto& line : base::split_lines(text)) {
        const auto at = line.find("ERROR ");
        if (at != 0) {
            if (!found.empty() && !line.empty() && !line.starts_with("mysql: ") && !line.starts_with("WARNING")) found.back().text += "\n" + line;
            continue;
        }
        ClientError error;
        error.code = static_cast<int>(base::parse_int(line.substr(6, line.find_first_not_of("0123456789", 6) - 6)).value_or(0));
        const auto colon = line.find(": ");
        if (const auto number = line.find(" at line "); number != std::string::npos && number < colon)
            error.line = static_cast<std::size_t>(base::parse_int(line.substr(number + 9, colon - number - 9)).value_or(0));
        error.text = colon == std::string::npos ? line : line.substr(colon + 2);
        found.push_back(std::move(error));
    }
    return found;
}

std::string option_value(std::string text) {   // quotes and backslashes as option files read them
    return "\"" + base::replace_all(base::replace_all(std::move(text), "\\", "\\\\"), "\"", "\\\"") + "\"";
}

}  // namespace

const std::optional<std::string>* SqlReply::cell(std::size_t row, std::string_view column) const {
    if (row >= rows.size()) return nullptr;
    for (const auto& [name, value] : rows[row])
        if (base::lower(name) == base::lower(column)) return &value;
    return nullptr;
}

std::string SqlReply::text(std::size_t row, std::string_view column) const {
    const auto* found = cell(row, column);
    return found && *found ? **found : std::string();
}

Mysql::Mysql(const Args& args, Context& context, bool unable_to_find) : args_(args), context_(context), unable_to_find_(unable_to_find) {
    std::vector<std::string> folders;
    if (auto path = context.environment.find("PATH"); path != context.environment.end()) folders = base::split(path->second, ':');
    for (const char* name : {"mysql", "mariadb"})
        if (auto found = context.machine.which(name, folders); found && program_.empty()) program_ = *found;
    if (program_.empty()) fail("The mysql client program is needed on this host: neither mysql nor mariadb is on the PATH of this task.");
}

std::string Mysql::quote(const std::string& text) {
    std::string out = "'";
    static constexpr std::pair<char, const char*> escapes[] = {{'\0', "\\0"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\x1a', "\\Z"}, {'"', "\\\""}, {'\'', "\\'"}, {'\\', "\\\\"}};
    for (char c : text) {
        bool escaped = false;
        for (const auto& [plain, written] : escapes)
            if (c == plain) { out += written; escaped = true; break; }
        if (!escaped) out += c;
    }
    return out + "'";
}

std::string Mysql::identifier(const std::string& name) { return "`" + base::replace_all(name, "`", "``") + "`"; }

std::string Mysql::error_tuple(int code, const std::string& text) { return "(" + std::to_string(code) + ", " + values::repr(Value(text)) + ")"; }

void Mysql::write_options(bool tcp) {
    std::vector<std::pair<std::string, std::string>> options;
    auto set = [&](const std::string& name, const std::string& value) {
        std::erase_if(options, [&](const auto& row) { return row.first == name; });
        options.emplace_back(name, option_value(value));
    };
    if (auto text = context_.machine.read_file(args_.text("config_file"), 1u << 20)) {   // what the operator's own file says counts first
        bool client = false;
        for (const auto& raw : base::split_lines(*text)) {
            const auto line = base::trim(raw);
            if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == '!') continue;
            if (line[0] == '[') { client = line == "[client]"; continue; }
            if (!client) continue;
            const auto equals = line.find('=');
            std::string name(base::trim(line.substr(0, equals)));
            std::erase_if(options, [&](const auto& row) { return row.first == name; });
            options.emplace_back(name, equals == std::string_view::npos ? "" : std::string(base::trim(line.substr(equals + 1))));
        }
    }
    auto has = [&](const char* name) { return std::any_of(options.begin(), options.end(), [&](const auto& row) { return row.first == name; }); };
    if (args_.given("login_user")) set("user", args_.text("login_user"));
    if (args_.given("login_password")) set("password", args_.text("login_password"));
    if (args_.given("login_unix_socket")) {
        set("socket", args_.text("login_unix_socket"));
        set("protocol", "SOCKET");
    } else if (!has("socket") || args_.text("login_host", "localhost") != "localhost") {
        const auto host = args_.text("login_host", "localhost");
        if (!has("host") || host != "localhost") set("host", host);
        if (!has("port") || args_.integer("login_port", 3306) != 3306) set("port", std::to_string(args_.integer("login_port", 3306)));
        if (tcp) set("protocol", "TCP");   // as Ansible: `localhost` is reached over TCP unless a socket is named
    }
    if (implicit_) {
        set("user", "root");
        set("password", "");
    }
    set("default-character-set", "utf8mb4");
    if (args_.given("check_hostname")) {   // the one is MariaDB's, the other MySQL's
        set("loose-ssl-verify-server-cert", args_.flag("check_hostname") ? "1" : "0");
        if (args_.flag("check_hostname")) set("loose-ssl-mode", "VERIFY_IDENTITY");
    }
    for (const auto& [arg, option] : {std::pair{"ca_cert", "ssl-ca"}, std::pair{"client_cert", "ssl-cert"}, std::pair{"client_key", "ssl-key"}})
        if (args_.given(arg)) set(option, args_.text(arg));
    std::string text = "[client]\n";
    for (const auto& [name, value] : options) text += value.empty() ? name + "\n" : name + "=" + value + "\n";
    if (auto done = context_.machine.write_file(file_, text, {.mode = 0600}); !done) fail(done.error());
}

void Mysql::prepare() {
    if (!file_.empty()) return;
    auto made = context_.machine.temp_file("mysql");
    if (!made) fail(made.error());
    file_ = *made;
    implicit_ = args_.flag("check_implicit_admin");
    write_options(tcp_);
    if (!implicit_) return;
    auto words = argv();
    words.insert(words.end(), {"--execute", "SELECT 1"});
    auto done = context_.run(machine::Command{.argv = words});
    implicit_ = done && done->code == 0;
    if (!implicit_) write_options(tcp_);
}

std::vector<std::string> Mysql::argv() const { return {program_, "--defaults-file=" + file_, "--batch", "--binary-mode", "--unbuffered", "--skip-reconnect",
            "--connect-timeout=" + std::to_string(args_.integer("connect_timeout", 30))}; }

base::Finished Mysql::client(std::vector<std::string> more, const std::string& input) {
    prepare();
    for (;;) {
        auto words = argv();
        words.insert(words.end(), more.begin(), more.end());
        machine::Command command{.argv = words, .input = input};
        auto done = context_.run(command);
        if (!done) fail(done.error());
        if (done->code != 0 && !connected_) {
            const auto errors = parse_errors(done->error_output);
            const int code = errors.empty() ? 0 : errors.front().code;
            const bool local = args_.text("login_host", "localhost") == "localhost" && !args_.given("login_unix_socket");
            if (tcp_ && local && (code == 2002 || code == 2003)) {   // no TCP here: the client's own socket may answer
                tcp_ = false;
                write_options(false);
                auto again = context_.run(command);
                if (again && (again->code == 0 || (!parse_errors(again->error_output).empty() && parse_errors(again->error_output).front().line > 0))) {
                    connected_ = true;
                    return std::move(*again);
                }
            }
            if (errors.empty() || errors.front().line == 0)
                cannot_connect(code, errors.empty() ? std::string(base::trim(done->error_output)) : errors.front().text);
        }
        connected_ = true;
        return std::move(*done);
    }
}

void Mysql::cannot_connect(int code, const std::string& text) {
    const auto config = args_.text("config_file");
    const auto detail = "Exception message: " + error_tuple(code, text);
    if (unable_to_find_ && !context_.machine.exists(config)) fail("unable to find " + config + ". " + detail);
    fail("unable to connect to database, check login_user and login_password are correct or " + config + " has the credentials. " + detail);
}

std::vector<SqlReply> Mysql::run(const std::vector<std::string>& statements, bool go_on, const std::string& database) {
    std::string input = std::string("DELIMITER ") + delimiter + "\n";
    std::vector<std::size_t> first_line;
    std::size_t line = 2;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        first_line.push_back(line);
        auto statement = statements[i];
        while (!statement.empty() && (std::isspace(static_cast<unsigned char>(statement.back())) || statement.back() == ';')) statement.pop_back();
        // After each statement its number comes back: what stands between two numbers belongs to the latter.
        const auto text = statement + "\n" + delimiter + "\nSELECT 'fprov' AS fprov_mark, " + std::to_string(i) + " AS fprov_number, ROW_COUNT() AS fprov_rows\n" + delimiter + "\n";
        line += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        input += text;
    }
    std::vector<std::string> more{"--xml"};
    if (go_on) more.push_back("--force");
    if (!database.empty()) more.push_back("--database=" + database);
    auto done = client(more, input);

    std::vector<SqlReply> replies(statements.size());
    std::vector<SqlRow> pending;
    for (auto& set : parse_xml(done.output)) {
        if (!set.empty() && !set[0].empty() && set[0][0].first == "fprov_mark") {
            const auto number = static_cast<std::size_t>(base::parse_int(set[0][1].second.value_or("0")).value_or(0));
            if (number < replies.size()) {
                replies[number].ran = true;
                replies[number].rows = std::move(pending);
                replies[number].affected = base::parse_int(set[0][2].second.value_or("0")).value_or(0);
            }
            pending.clear();
        } else {
            pending = std::move(set);
        }
    }
    for (const auto& error : parse_errors(done.error_output)) {
        std::size_t which = 0;
        for (std::size_t i = 0; i < first_line.size(); ++i)
            if (first_line[i] <= error.line) which = i;
        replies[which].ran = false;
        replies[which].code = error.code;
        replies[which].error = error.text;
        replies[which].rows.clear();
    }
    return replies;
}

SqlReply Mysql::must(const std::string& statement, const std::string& sentence) {
    auto reply = run({statement}).front();
    if (!reply.ran) fail(sentence + error_tuple(reply.code, reply.error));
    return reply;
}

std::vector<std::string> Mysql::column_types(const std::string& statement, const std::string& database) {
    std::vector<std::string> more{"--table", "--column-type-info"};
    if (!database.empty()) more.push_back("--database=" + database);
    const std::string input = std::string("DELIMITER ") + delimiter + "\nSET SESSION sql_select_limit=0\n" + delimiter + "\n" + statement + "\n" + delimiter + "\n";
    std::vector<std::string> types;
    auto done = client(more, input);
    for (const auto& line : base::split_lines(done.output))
        if (line.starts_with("Type:")) types.emplace_back(base::trim(std::string_view(line).substr(5)));
    return types;
}

}  // namespace fprov::modules
