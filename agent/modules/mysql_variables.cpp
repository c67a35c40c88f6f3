// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/mysql.hpp"

namespace fprov::modules {
extern const Module mysql_variables_module;
namespace {

constexpr Arg args[] = {
    {.name = "variable", .help = "Name of the server variable", .required = true},
    {.name = "value", .help = "Value to set; without it the value is only told"},
    {.name = "mode", .help = "Set it until the next start, for good, or for the next start only", .fallback = "global", .choices = "global|persist|persist_only"},
    FPROV_MYSQL_LOGIN_ARGS,
};

/// A number where the text is one, ON and OFF as words: what equality and the SET statement go by.
struct Typed { bool number = false; double value = 0; std::string text; };
Typed typed(const std::string& text) {
    Typed out{false, 0, text};
    if (auto number = base::parse_double(text); number && !text.empty()) out = {true, *number, text};
    return out;
}

Outcome run(const Args& args, Context& context) {
    const auto variable = args.text("variable"), mode = args.text("mode", "global");
    if (variable.empty() || !std::all_of(variable.begin(), variable.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; }))
        fail("invalid variable name \"" + variable + "\"");
    Mysql server(args, context, true);
    const auto replies = server.run({"SELECT VERSION() AS version", "SHOW VARIABLES WHERE Variable_name = " + Mysql::quote(variable)});
    if (mode != "global") {
        const auto version = replies[0].text(0, "version");
        if (version.find("MariaDB") != std::string::npos || base::parse_int(version.substr(0, version.find('.'))).value_or(0) < 8) fail("Server version must be 8.0 or greater.");
    }
    if (!replies[1].ran) fail(Mysql::error_tuple(replies[1].code, replies[1].error));
    if (replies[1].rows.empty()) fail("Variable not available \"" + variable + "\"");
    auto current = replies[1].text(0, "Value");
    Outcome out;
    if (!args.given("value")) {
        out.set("msg", typed(current).number && current.find('.') == std::string::npos ? Value(current) : Value(current));
        return out;
    }
    const auto is = typed(current), wanted = typed(args.text("value"));
    const auto shown = is.number && current.find('.') != std::string::npos ? [&] {   // 10.000000 is told as 10.0
        auto text = current;
        while (text.size() > 1 && text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
        return text;
    }() : current;
    if (is.number == wanted.number && (is.number ? is.value == wanted.value : is.text == wanted.text) && mode == "global")
        { out.set("msg", "Variable is already set to requested value."); return out; }
    static constexpr std::pair<const char*, const char*> words[] = {{"global", "GLOBAL"}, {"persist", "PERSIST"}, {"persist_only", "PERSIST_ONLY"}};
    std::string scope = "GLOBAL";
    for (const auto& [name, word] : words)
        if (mode == name) scope = word;
    if (mode != "global") {   // what is kept for the next start already
        auto kept = server.run({"SELECT VARIABLE_VALUE AS v FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = " + Mysql::quote(variable)}, true);
        if (kept[0].ran && !kept[0].rows.empty() && kept[0].text(0, "v") == args.text("value") && (mode == "persist_only" || is.text == wanted.text))
            { out.set("msg", "Variable is already set to requested value."); return out; }
    }
    const auto name = base::replace_all(Mysql::identifier(variable), ".", "`.`");
    const auto statement = "SET " + scope + " " + name + " = ";
    auto reply = server.run({statement + (wanted.number ? args.text("value") : Mysql::quote(args.text("value")))}).front();
    if (!reply.ran) fail(Mysql::error_tuple(reply.code, reply.error));
    out.changed = true;
    out.set("msg", "Variable change succeeded prev_value=" + shown).set("queries", List{statement + args.text("value")});
    return out;
}

}  // namespace

const Module mysql_variables_module{
    .name = "mysql_variables", .collection = "community.mysql", .summary = "Tell or set a server variable of MySQL or MariaDB", .args = args, .rules = {},
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false, .run = run, .notes = "",
    .returns = "msg: the value, or what was done | always\nqueries: statement that was run | when changed",
    .example = "- mysql_variables:\n    variable: max_connections\n    value: 500\n"};

}  // namespace fprov::modules
