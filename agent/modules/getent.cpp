// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module getent_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "database", .help = "Which database: passwd, group, hosts, services ...", .required = true},
    {.name = "key", .help = "Name to look up; everything otherwise"},
    {.name = "split", .help = "Character that separates the fields"},
    {.name = "fail_key", .type = Type::boolean, .help = "Whether a missing key fails the task", .fallback = "yes"},
    {.name = "service", .help = "Source to ask (such as files or ldap)"},
};

std::vector<std::string> fields(const std::string& line, const std::string& separator) {
    std::vector<std::string> out;
    if (!separator.empty()) {
        std::size_t at = 0;
        for (;;) {
            const auto next = line.find(separator, at);
            out.push_back(line.substr(at, next == std::string::npos ? next : next - at));
            if (next == std::string::npos) return out;
            at = next + separator.size();
        }
    }
    std::string word;
    for (char c : line + " ") {
        if (c != ' ' && c != '\t') { word += c; continue; }
        if (!word.empty()) out.push_back(word);
        word.clear();
    }
    return out;
}

Outcome run(const Args& args, Context& context) {
    static constexpr std::string_view colon[] = {"passwd", "shadow", "group", "gshadow"};
    const auto database = args.text("database"), key = args.text("key");
    auto separator = args.text("split");
    for (auto name : colon)
        if (separator.empty() && !args.given("split") && database == name) separator = ":";
    std::vector<std::string> argv{required_program(context, "getent")};
    if (args.given("service")) argv.insert(argv.end(), {"-s", args.text("service")});
    argv.push_back(database);
    if (args.given("key")) argv.push_back(key);
    auto ran = run_program(context, argv);
    Outcome out;
    Map found;
    const char* missing = "One or more supplied key could not be found in the database.";
    if (ran.code == 0) {
        std::string last;
        for (const auto& line : base::split_lines(ran.output)) {
            auto parts = fields(line, separator);
            if (parts.empty()) continue;
            const auto name = parts.front();
            parts.erase(parts.begin());
            if (Value* before = found.find(name)) {   // the same key again: its lists stand in a list
                if (!before->list().empty() && before->list().front().is_list()) before->mutable_list().push_back(Value::strings(parts));
                else *before = List{*before, Value::strings(parts)};
            } else {
                found.set(name, Value::strings(parts));
            }
        }
    } else if (ran.code == 2) {
        if (args.flag("fail_key", true)) fail(missing);
        found.set(key, Value());
        out.msg = missing;
    } else if (ran.code == 1) {
        fail("Missing arguments, or database unknown.");
    } else if (ran.code == 3) {
        fail("Enumeration not supported on this database.");
    } else {
        fail("Unexpected failure!");
    }
    out.facts.set("getent_" + database, std::move(found));
    return out;
}

}  // namespace

const Module getent_module{
    .name = "getent", .collection = "ansible.builtin", .summary = "Ask the host's name databases", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "ansible_facts: getent_DATABASE, keys and their fields | always", .example = "- getent:\n    database: passwd\n    key: app\n"};

}  // namespace fprov::modules
