// SPDX-License-Identifier: Apache-2.0
// A MySQL or MariaDB server, spoken to through the host's own client program. Statements and passwords travel over standard
// input and a private option file, never through a process list.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

using SqlRow = std::vector<std::pair<std::string, std::optional<std::string>>>;   // column, value or NULL
struct SqlReply {
    bool ran = false;          // false: an earlier statement failed, or this one
    int code = 0;              // MySQL's error number
    std::string error;
    std::int64_t affected = 0; // ROW_COUNT(); -1 for a result set
    std::vector<SqlRow> rows;
    const std::optional<std::string>* cell(std::size_t row, std::string_view column) const;
    std::string text(std::size_t row, std::string_view column) const;   // empty for NULL and what is missing
};

class Mysql {
public:
    /// The login_* arguments of a mysql_* module. `unable_to_find`: how the failure begins when there is no option file.
    Mysql(const Args& args, Context& context, bool unable_to_find);

    /// All statements in one run of the client. With `go_on` a failing one does not stop the rest.
    std::vector<SqlReply> run(const std::vector<std::string>& statements, bool go_on = false, const std::string& database = {});
    /// One statement; fails with `sentence` + Python's "(code, 'text')" when the server refuses.
    SqlReply must(const std::string& statement, const std::string& sentence);
    /// The types of the columns of a statement's result, as the client calls them ("LONG", "DATETIME" …).
    std::vector<std::string> column_types(const std::string& statement, const std::string& database);
    /// The option file, for mysqldump and friends.
    const std::string& option_file() { prepare(); return file_; }

    static std::string quote(const std::string& text);       // 'text' with backslashes
    static std::string identifier(const std::string& name);  // `name`
    static std::string error_tuple(int code, const std::string& text);   // (1146, "Table 'x' …"): repr of Python's tuple

private:
    void prepare();
    void write_options(bool tcp);
    std::vector<std::string> argv() const;
    base::Finished client(std::vector<std::string> more, const std::string& input);
    [[noreturn]] void cannot_connect(int code, const std::string& text);

    const Args& args_;
    Context& context_;
    bool unable_to_find_, tcp_ = true, connected_ = false, implicit_ = false;   // implicit_: as root without a password
    std::string program_, file_;
};

/// The login arguments that all mysql_* modules share, to be put behind their own.
#define FPROV_MYSQL_LOGIN_ARGS \
    {.name = "login_user", .help = "Account to log in with"}, \
    {.name = "login_password", .help = "Its password", .secret = true}, \
    {.name = "login_host", .help = "Host of the server", .fallback = "localhost"}, \
    {.name = "login_port", .type = spec::Type::integer, .help = "Port of the server", .fallback = "3306"}, \
    {.name = "login_unix_socket", .help = "Socket of a local server"}, \
    {.name = "config_file", .type = spec::Type::path, .help = "Option file with the login of a [client] section", .fallback = "~/.my.cnf"}, \
    {.name = "connect_timeout", .type = spec::Type::integer, .help = "Seconds to wait for a connection", .fallback = "30"}, \
    {.name = "ca_cert", .type = spec::Type::path, .help = "Certificate of the authority, for TLS", .aliases = "ssl_ca"}, \
    {.name = "client_cert", .type = spec::Type::path, .help = "Own certificate, for TLS", .aliases = "ssl_cert"}, \
    {.name = "client_key", .type = spec::Type::path, .help = "Own key, for TLS", .aliases = "ssl_key"}, \
    {.name = "check_hostname", .type = spec::Type::boolean, .help = "Check the server's name in its certificate"}

}  // namespace fprov::modules
