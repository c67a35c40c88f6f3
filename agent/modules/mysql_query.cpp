// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/mysql.hpp"
#include "values/python.hpp"

namespace fprov::modules {
extern const Module mysql_query_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "query", .type = Type::raw, .help = "SQL statement, or a list of them; %s and %(name)s take arguments", .required = true},
    {.name = "positional_args", .type = Type::list, .help = "Values for %s in order"},
    {.name = "named_args", .type = Type::dict, .help = "Values for %(name)s"},
    {.name = "login_db", .help = "Database to use"},
    {.name = "single_transaction", .type = Type::boolean, .help = "All statements in one transaction: all or nothing", .fallback = "no"},
    FPROV_MYSQL_LOGIN_ARGS,
};
constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "positional_args,named_args"}};

constexpr std::string_view ddl[] = {"CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE"};
constexpr std::string_view dml[] = {"INSERT", "UPDATE", "DELETE", "REPLACE"};

std::string first_word(const std::string& query) {
    const auto begin = query.find_first_not_of(" \t\r\n(");
    if (begin == std::string::npos) return {};
    const auto end = query.find_first_of(" \t\r\n(;", begin);
    return base::upper(query.substr(begin, end == std::string::npos ? end : end - begin));
}
template <class List> bool one_of(const List& words, const std::string& word) {
    for (auto known : words)
        if (known == word) return true;
    return false;
}

std::string literal(const Value& value) {
    if (value.is_none()) return "NULL";
    if (value.is_bool()) return value.boolean() ? "true" : "false";
    if (value.is_int()) return std::to_string(value.integer());
    if (value.is_real()) {
        auto text = values::repr_float(value.real());
        return text.find('e') == std::string::npos ? text + "e0" : text;
    }
    if (value.is_sequence()) {
        std::vector<std::string> parts;
        for (const auto& item : value.list()) parts.push_back(literal(item));
        return "(" + base::join(parts, ",") + ")";
    }
    return Mysql::quote(values::str(value));
}

/// Python's % formatting, as the drivers do it; `problem` gets its complaint.
std::string fill(const std::string& query, const Args& args, std::string& problem) {
    const bool named = args.given("named_args");
    if (!args.given("positional_args") && !named) return query;
    const List none;
    const auto& positional = named ? none : args["positional_args"].list();
    std::size_t used = 0;
    std::string out;
    for (std::size_t i = 0; i < query.size(); ++i) {
        if (query[i] != '%') { out += query[i]; continue; }
        if (i + 1 >= query.size()) { problem = "incomplete format"; return {}; }
        const char next = query[++i];
        if (next == '%') { out += '%'; continue; }
        if (next == 's' && !named) {
            if (used >= positional.size()) { problem = "not enough arguments for format string"; return {}; }
            out += literal(positional[used++]);
            continue;
        }
        if (next == '(' && named) {
            const auto close = query.find(")s", i);
            if (close == std::string::npos) { problem = "incomplete format key"; return {}; }
            const auto name = query.substr(i + 1, close - i - 1);
            const Value* value = args["named_args"].map().find(name);
            if (!value) { problem = values::repr(Value(name)); return {}; }
            out += literal(*value);
            i = close + 1;
            continue;
        }
        char code[8];
        std::snprintf(code, sizeof code, "0x%x", static_cast<unsigned char>(next));
        problem = "unsupported format character '" + std::string(1, next) + "' (" + code + ") at index " + std::to_string(i);
        return {};
    }
    if (used < positional.size()) problem = "not all arguments converted during string formatting";
    return out;
}

Value typed(const std::optional<std::string>& cell, const std::string& type) {
    if (!cell) return {};
    static constexpr std::string_view integers[] = {"TINY", "SHORT", "LONG", "LONGLONG", "INT24", "YEAR"};
    const auto word = type.substr(0, type.find(' '));
    if (one_of(integers, word))
        if (auto number = base::parse_int(*cell)) return *number;
    if (word == "FLOAT" || word == "DOUBLE")
        if (auto number = base::parse_double(*cell)) return *number;
    if ((word == "DATETIME" || word == "TIMESTAMP") && cell->size() >= 19 && (*cell)[10] == ' ') {
        auto text = *cell;
        text[10] = 'T';
        if (const auto dot = text.find('.'); dot != std::string::npos) {   // as Python's isoformat: none or six digits
            text.resize(dot + 7, '0');
            if (text.substr(dot + 1) == "000000") text.resize(dot);
        }
        return text;
    }
    return *cell;
}

Outcome run(const Args& args, Context& context) {
    std::vector<std::string> queries;
    if (args["query"].is_string()) queries.push_back(args["query"].string());
    else if (args["query"].is_list()) {
        for (const auto& item : args["query"].list()) {
            if (!item.is_string()) fail("the elements in query list must be strings, passed '" + values::str(item) + "' <class '" + values::type_name(item) + "'>");
            queries.push_back(item.string());
        }
    } else fail("the query option value must be a string or list, passed " + values::type_name(args["query"]));

    Mysql server(args, context, false);
    const auto database = args.text("login_db");
    const Value given = args.given("named_args") ? args["named_args"] : args.given("positional_args") ? args["positional_args"] : Value();
    std::vector<std::string> statements, problems;
    for (const auto& query : queries) {
        std::string problem;
        statements.push_back(fill(query, args, problem));
        problems.push_back(problem);
    }
    const auto shown = [&] { return given.is_map() ? values::repr(given) : "[" + values::repr(given) + "]"; }();
    auto refuse = [&](std::size_t which, const std::string& why) { fail("Cannot execute SQL '" + queries[which] + "' args " + shown + ": " + why); };
    // What cannot be filled in stops the list there; what stands before it is run (and undone in a single transaction).
    std::size_t good = 0;
    while (good < statements.size() && problems[good].empty() && !base::trim(statements[good]).empty()) ++good;
    const bool transaction = args.flag("single_transaction");
    std::vector<SqlReply> replies;
    if (good > 0 && !(transaction && good < statements.size())) {
        std::vector<std::string> sent(statements.begin(), statements.begin() + static_cast<std::ptrdiff_t>(good));
        if (transaction) { sent.insert(sent.begin(), "START TRANSACTION"); sent.emplace_back("COMMIT"); }
        replies = server.run(sent, false, database);
        if (transaction) {   // a failing statement ended the client: the server has rolled back
            if (!replies.front().ran) refuse(0, Mysql::error_tuple(replies.front().code, replies.front().error));
            replies.erase(replies.begin());
        }
    }
    Outcome out;
    List results, executed, counts;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (i >= good) refuse(i, problems[i].empty() ? Mysql::error_tuple(1065, "Query was empty") : problems[i]);
        const auto& reply = replies[i];
        if (!reply.ran) refuse(i, Mysql::error_tuple(reply.code, reply.error));
        List rows;
        if (!reply.rows.empty()) {
            const auto types = server.column_types(statements[i], database);
            for (const auto& row : reply.rows) {
                Map one;
                for (std::size_t c = 0; c < row.size(); ++c) one.set(row[c].first, typed(row[c].second, c < types.size() ? types[c] : ""));
                rows.emplace_back(std::move(one));
            }
        }
        const auto word = first_word(queries[i]);
        if (one_of(ddl, word) || (one_of(dml, word) && reply.affected > 0)) out.changed = true;
        counts.emplace_back(reply.affected < 0 ? static_cast<std::int64_t>(reply.rows.size()) : reply.affected);
        results.emplace_back(std::move(rows));
        executed.emplace_back(statements[i]);
    }
    out.set("executed_queries", std::move(executed)).set("query_result", std::move(results)).set("rowcount", std::move(counts));
    return out;
}

}  // namespace

const Module mysql_query_module{
    .name = "mysql_query", .collection = "community.mysql", .summary = "Run SQL statements on a MySQL or MariaDB server", .args = args, .rules = rules,
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false, .run = run,
    .notes = "Through the client program of the host. DECIMAL and TIME values come as text.",
    .returns = "executed_queries: statements with their arguments | success\nquery_result: rows of every statement | success\nrowcount: rows of every statement, found or changed | success",
    .example = "- mysql_query:\n    login_unix_socket: /data/mysql/run/mysql.sock\n    query: SELECT name FROM app.users WHERE id = %s\n    positional_args: [7]\n"};

}  // namespace fprov::modules
