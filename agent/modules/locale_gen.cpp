// SPDX-License-Identifier: Apache-2.0
// locale_gen: a line of /etc/locale.gen, and locale-gen after it.
#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
extern const Module locale_gen_module;
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "Locale with its encoding, such as en_GB.UTF-8", .required = true},
    {.name = "state", .help = "Whether the host has it", .fallback = "present", .choices = "absent|present"},
};
constexpr const char* list_file = "/etc/locale.gen";

/// "de_CH.UTF-8" and "de_CH.utf8", as `locale -a` writes it, are one.
std::string plain(std::string_view name) {
    auto dot = name.find('.'), at = name.find('@');
    if (dot == std::string_view::npos) return std::string(name);
    std::string charset = base::replace_all(base::lower(name.substr(dot, at - dot)), "-", "");
    return std::string(name.substr(0, dot)) + charset + (at == std::string_view::npos ? "" : std::string(name.substr(at)));
}

struct Line { bool listed = false, active = false; };   // does it name the locale, and is it no comment?
Line parse(std::string_view line, const std::string& name) {
    std::string_view rest = base::trim(line);
    const bool comment = rest.starts_with('#');
    if (comment) rest = base::trim(rest.substr(1));
    auto blank = rest.find_first_of(" \t");
    const bool two = blank != std::string_view::npos && base::trim(rest.substr(blank)).find_first_of(" \t") == std::string_view::npos;
    return {two && rest.substr(0, blank) == name, !comment};
}

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name");
    const bool present = args.text("state") == "present";
    auto text = context.machine.read_file(list_file);
    if (!text) fail("/etc/locale.gen is missing. Is the package \"locales\" installed?");
    auto lines = keep_lines(*text);
    bool known = false;
    for (const auto& line : lines) known = known || parse(line, name).listed;
    if (!known) fail("The locale you've entered is not available on your system.");
    bool there = false;
    for (const auto& one : base::split_lines(context.must_run({"locale", "-a"}).output)) there = there || plain(one) == plain(name);
    Outcome out;
    out.changed = there != present;
    if (context.check) return out;
    if (out.changed) {
        for (auto& line : lines) {
            auto [listed, active] = parse(line, name);
            if (!listed || active == present) continue;
            line = present ? std::string(base::trim(std::string_view(base::trim(line)).substr(1))) + "\n" : "# " + line;
        }
        if (auto written = context.machine.write_file(list_file, join_lines(lines)); !written) fail(written.error());
        context.must_run({required_program(context, "locale-gen")});
    }
    return out.set("name", name).set("msg", "OK");
}

}  // namespace

const Module locale_gen_module{
    .name = "locale_gen", .collection = "community.general", .summary = "Have a locale", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "For hosts with /etc/locale.gen (Debian and its like).", .returns = "name: the locale | when it ran\nmsg: OK | when it ran",
    .example = "- locale_gen: {name: de_CH.UTF-8}\n"};

}  // namespace fprov::modules
