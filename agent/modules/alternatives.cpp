// SPDX-License-Identifier: Apache-2.0
// alternatives: one program behind a generic name, through update-alternatives (Debian) or alternatives (Red Hat). Both tell by
// --display what is there; Red Hat's leaves the links out, they stand in /var/lib/alternatives/NAME.
#include <map>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module alternatives_module;
namespace {

using spec::Type;

constexpr Arg subcommand_args[] = {
    {.name = "name", .help = "Generic name of the subcommand", .required = true},
    {.name = "path", .type = Type::path, .help = "Its program", .required = true},
    {.name = "link", .type = Type::path, .help = "Its link", .required = true},
};
constexpr Arg args[] = {
    {.name = "name", .help = "Generic name", .required = true},
    {.name = "path", .type = Type::path, .help = "The program", .required = true},
    {.name = "link", .type = Type::path, .help = "The link that leads to it; needed for a name that the host does not know"},
    {.name = "priority", .type = Type::integer, .help = "Priority; 50 for a new alternative"},
    {.name = "state", .help = "Known, known and chosen, chosen by priority, or not known", .fallback = "selected", .choices = "present|selected|auto|absent"},
    {.name = "subcommands", .type = Type::list, .help = "What is switched along", .aliases = "slaves", .elements = Type::dict, .suboptions = subcommand_args},
};

struct Known {
    bool name = false, automatic = false;
    std::string current, link;
    std::map<std::string, std::string> sub_links;                                                        // of the name
    struct Choice { std::int64_t priority = 0; std::string family{}; std::map<std::string, std::string> subs; };
    std::map<std::string, Choice> choices;                                                               // by path
};

Known look(Context& context, const std::string& program, const std::string& name) {
    Known known;
    auto ran = run_program(context, {program, "--display", name});
    if (ran.code != 0) return known;
    Known::Choice* choice = nullptr;
    for (const auto& whole : base::split_lines(ran.output)) {
        std::string line(base::trim(whole));
        auto after = [&](std::string_view word) { auto at = line.find(word); return at == std::string::npos ? std::string() : line.substr(at + word.size()); };
        if (line.starts_with(name + " - ")) {
            known.name = true;
            known.automatic = after(" - ").find("auto") != std::string::npos;
        } else if (const auto dash = line.rfind(" - "); line.starts_with('/') && dash != std::string::npos && line.find("priority ", dash) != std::string::npos) {
            choice = &known.choices[line.substr(0, dash)];   // "/x - priority 5"; Red Hat's also "/x - family F priority 5"
            choice->priority = base::parse_int(after("priority ")).value_or(0);
            if (const auto words = base::split(line.substr(dash + 3), ' '); words[0] == "family") choice->family = words[1];
        } else if (line.starts_with("link currently points to ")) {
            known.current = after("points to ");
        } else if (line.starts_with("link " + name + " is ")) {
            known.link = after(" is ");
        } else if (line.starts_with("slave ") || line.starts_with("follower ")) {
            std::string rest = after(" ");
            if (auto colon = rest.find(": "); choice && colon != std::string::npos) choice->subs[rest.substr(0, colon)] = rest.substr(colon + 2);
            else if (auto is = rest.find(" is "); is != std::string::npos) known.sub_links[rest.substr(0, is)] = rest.substr(is + 4);
        }
    }
    if (known.link.empty())
        if (auto text = context.machine.read_file("/var/lib/alternatives/" + name)) {
            auto lines = base::split(*text, '\n');   // mode, link, then name and link of each subcommand up to an empty line
            if (lines.size() > 1) known.link = lines[1];
            for (std::size_t i = 2; i + 1 < lines.size() && !lines[i].empty(); i += 2) known.sub_links[lines[i]] = lines[i + 1];
        }
    return known;
}

using Subs = std::map<std::string, std::pair<std::string, std::string>>;   // name → link, path

Value to_list(const Subs& subs) {
    List list;
    for (const auto& [name, sub] : subs) list.emplace_back(Map{{"name", Value(name)}, {"path", Value(sub.second)}, {"link", Value(sub.first)}});
    return Value(std::move(list));
}

Map described(const std::string& state, const std::string& path, std::int64_t priority, const std::string& link, const Subs& subs) {
    Map map{{"state", Value(state)}, {"path", Value(path)}, {"priority", Value(priority)}, {"link", Value(link)}};
    if (!subs.empty()) map.set("subcommands", to_list(subs));
    return map;
}

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name"), path = args.text("path"), state = args.text("state");
    const std::string program = required_program(context, context.machine.which("update-alternatives") ? "update-alternatives" : "alternatives");
    const Known known = look(context, program, name);
    const auto found = known.choices.find(path);
    const bool there = found != known.choices.end();
    Subs subs, wanted;
    if (there)
        for (const auto& [sub, target] : found->second.subs)
            if (!target.empty()) subs[sub] = {known.sub_links.contains(sub) ? known.sub_links.at(sub) : "", target};
    wanted = subs;
    if (args.given("subcommands")) {
        wanted.clear();
        for (const auto& one : args["subcommands"].list())
            wanted[one.find("name")->text_or("")] = {one.find("link")->text_or(""), one.find("path")->text_or("")};
    }
    const bool chosen = known.current == path && !known.automatic;
    Map before, after;
    if (there) before = described(chosen ? "selected" : "present", path, found->second.priority, known.link, subs);
    else if (known.name) before.set("state", "absent");
    std::vector<std::string> messages;
    auto act = [&](std::vector<std::string> words, const std::string& message) {
        messages.push_back(message);
        words.insert(words.begin(), program);
        if (!context.check) context.must_run(std::move(words));
    };
    if (state == "absent") {
        if (there) {
            act({"--remove", name, path}, "Remove alternative '" + path + "' from '" + name + "'.");
            after.set("state", "absent");
        }
    } else {
        const std::int64_t priority = args.given("priority") ? args.integer("priority") : there ? found->second.priority : 50;
        if (!there || priority != found->second.priority || wanted != subs) {
            if (!context.machine.exists(path)) fail("Specified path " + path + " does not exist");
            const std::string link = args.given("link") ? args.text("link") : known.link;
            if (link.empty()) fail("Needed to install the alternative, but unable to do so as we are missing the link");
            std::vector<std::string> words{"--install", link, name, path, std::to_string(priority)};
            if (there && !found->second.family.empty()) words.insert(words.end(), {"--family", found->second.family});
            for (const auto& [sub, where] : wanted) words.insert(words.end(), {"--slave", where.first, sub, where.second});
            act(std::move(words), "Install alternative '" + path + "' for '" + name + "'.");
            after = described("present", path, priority, link, wanted);
        }
        if (state == "selected" && known.current != path) {
            act({"--set", name, path}, "Set alternative '" + path + "' for '" + name + "'.");
            after.set("state", "selected");
        } else if (state == "auto" && !known.automatic) {
            act({"--auto", name}, "Set alternative to auto for '" + name + "'.");
            after.set("state", "present");
        }
    }
    Outcome out;
    out.changed = !messages.empty();
    out.set("msg", base::join(messages, " "));
    out.diff.push_back(Value(Map{{"before", Value(std::move(before))}, {"after", Value(std::move(after))}}));
    return out;
}

}  // namespace

const Module alternatives_module{
    .name = "alternatives", .collection = "community.general", .summary = "Choose the program behind a generic name", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "msg: what was done | always", .example = "- alternatives: {name: java, path: /usr/lib/jvm/java-11/bin/java}\n"};

}  // namespace fprov::modules
