// SPDX-License-Identifier: Apache-2.0
// git_config: read, set and unset one setting of git, or list them.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module git_config_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "list_all", .type = Type::boolean, .help = "List all settings", .fallback = "no"},
    {.name = "name", .help = "Name of the setting; read when no value is given"},
    {.name = "repo", .type = Type::path, .help = "Repository, for scope local"},
    {.name = "file", .type = Type::path, .help = "File, for scope file"},
    {.name = "scope", .help = "Where the setting stands; system when not given", .choices = "file|local|global|system"},
    {.name = "state", .help = "Set or not; absent goes before value", .fallback = "present", .choices = "present|absent"},
    {.name = "value", .help = "The value"},
};
constexpr Rule rules[] = {
    {Rule::Kind::mutually_exclusive, "list_all,name"},
    {Rule::Kind::mutually_exclusive, "list_all,value"},
    {Rule::Kind::required_if, "repo", "scope", "local"},
    {Rule::Kind::required_if, "file", "scope", "file"},
};

Outcome run(const Args& args, Context& context) {
    const bool all = args.flag("list_all"), absent = args.text("state") == "absent";
    const std::string name = args.text("name"), git = required_program(context, "git");
    if (!all && name.empty()) fail("name says which setting is meant; list_all lists all of them");
    std::string scope = args.text("scope");
    if (scope.empty() && !all) scope = "system";
    std::vector<std::string> argv{git, "config", "--includes"};
    if (scope == "file") argv.insert(argv.end(), {"-f", args.text("file")});
    else if (!scope.empty()) argv.push_back("--" + scope);
    std::string folder = scope == "local" || scope.empty() ? args.text("repo") : "";
    if (folder.empty() || !context.machine.is_directory(folder)) folder = "/";
    auto text_of = [](const std::vector<std::string>& words) { return base::join(words, " "); };
    auto call = [&](std::vector<std::string> more) {
        auto words = argv;
        words.insert(words.end(), more.begin(), more.end());
        return run_program(context, std::move(words), {}, folder);
    };
    Ran read = all ? call({"-l", "-z"}) : call({name});
    Outcome out;
    if (all) {
        if (read.code >= 128 && read.error_output.find("unable to read config file") == std::string::npos)
            fail(read.error_output, Map{{"rc", read.code}, {"cmd", Value(text_of(argv) + " -l")}});
        Map values;
        for (const auto& item : base::split(read.output, '\0'))
            if (!item.empty()) {
                auto end = item.find('\n');   // a name without one is set to nothing
                values.set(item.substr(0, end), end == std::string::npos ? "" : item.substr(end + 1));
            }
        return out.set("msg", "").set("config_values", Value(std::move(values)));
    }
    if (read.code >= 2) fail(read.error_output, Map{{"rc", read.code}, {"cmd", Value(text_of(argv) + " " + name)}});
    const bool there = read.code == 0;
    std::string is = read.output;
    while (is.ends_with('\n')) is.pop_back();
    if (!absent && !args.given("value")) return out.set("msg", "").set("config_value", is);
    if (absent && !there) return out.set("msg", "no setting to unset");
    const std::string wanted = absent ? "" : args.text("value");
    if (!absent && there && is == wanted) return out.set("msg", "");
    out.changed = true;
    out.set("msg", "setting changed");
    auto header = argv;
    if (!context.check) {
        if (absent) header.emplace_back("--unset");
        auto ran = absent ? call({"--unset", name}) : call({name, wanted});
        if (ran.code != 0) {
            auto words = argv;
            if (absent) words.insert(words.end(), {"--unset", name}); else words.insert(words.end(), {name, wanted});
            fail(ran.error_output, Map{{"rc", ran.code}, {"cmd", Value::strings(words)}});
        }
    }
    header.push_back(name);
    out.diff.push_back(Value(Map{{"before_header", Value(text_of(header))}, {"before", Value(is + "\n")}, {"after_header", Value(text_of(header))}, {"after", Value(wanted + "\n")}}));
    return out;
}

}  // namespace

const Module git_config_module{
    .name = "git_config", .collection = "community.general", .summary = "Read and write git's settings", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "config_value: the setting's value | when it is read\nconfig_values: all settings | with list_all\nmsg: what happened | always",
    .example = "- git_config: {name: user.email, scope: global, value: ops@example.org}\n",
    .unasked_diff = UnaskedDiff::all};

}  // namespace fprov::modules
