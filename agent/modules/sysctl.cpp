// SPDX-License-Identifier: Apache-2.0
// sysctl: one kernel setting in a file and, when asked, in the running kernel.
#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "The setting, such as vm.swappiness", .required = true, .aliases = "key"},
    {.name = "value", .help = "Its value", .aliases = "val"},
    {.name = "state", .help = "In the file or not", .fallback = "present", .choices = "present|absent"},
    {.name = "reload", .type = spec::Type::boolean, .help = "Load the file (sysctl -p) when it changed", .fallback = "yes"},
    {.name = "sysctl_set", .type = spec::Type::boolean, .help = "Set it in the running kernel (sysctl -w), too", .fallback = "no"},
    {.name = "ignoreerrors", .type = spec::Type::boolean, .help = "Unknown settings are no failure", .fallback = "no"},
    {.name = "sysctl_file", .type = spec::Type::path, .help = "The file", .fallback = "/etc/sysctl.conf"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::required_if, .names = "value", .when_name = "state", .when_value = "present"}};

std::string squeezed(std::string_view text) {
    std::string out;
    for (char c : base::trim(text)) {
        bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank) out += c;
        else if (!out.ends_with(' ')) out += ' ';
    }
    return out;
}

/// Ansible writes booleans as numbers.
std::string plain_value(std::string_view text) {
    std::string value(base::trim(text)), word = base::lower(value);
    if (word == "yes" || word == "true" || word == "on") return "1";
    if (word == "no" || word == "false" || word == "off") return "0";
    return value;
}

std::optional<std::string> running(Context& context, const std::string& name) {
    std::string path = "/proc/sys/" + base::replace_all(base::replace_all(base::replace_all(name, ".", "\1"), "/", "."), "\1", "/");
    auto text = context.machine.read_file(path, 1 << 20);
    if (!text) return std::nullopt;
    return squeezed(*text);
}

Outcome run(const Args& args, Context& context) {
    std::string name(base::trim(args.text("name")));
    if (name.empty()) fail("name cannot be blank");
    bool present = args.text("state") == "present";
    if (present && base::trim(args.text("value")).empty()) fail("value cannot be blank");
    std::string value = plain_value(args.text("value"));

    Edited edited;
    edited.path = args.text("sysctl_file");
    edited.existed = context.machine.exists(edited.path);
    if (edited.existed) edited.before = context.machine.read_file(edited.path).value();
    // The last line of a name counts. Only what differs is written again; all else stays as it is.
    std::vector<std::string> lines = keep_lines(edited.before), kept;
    std::optional<std::string> in_file;
    std::size_t place = 0;
    for (const auto& line : lines) {
        std::string_view plain = base::trim(line);
        auto at = plain.find('=');
        bool comment = plain.empty() || plain[0] == '#' || plain[0] == ';' || at == std::string_view::npos;
        if (comment || base::trim(plain.substr(0, at)) != name) { kept.push_back(line); continue; }
        if (!in_file) { place = kept.size(); kept.push_back(line); }
        in_file = std::string(base::trim(plain.substr(at + 1)));
    }
    bool file_differs = present ? !in_file || squeezed(*in_file) != squeezed(value) : in_file.has_value();
    Outcome outcome;
    if (file_differs) {
        std::string line = name + "=" + value + "\n";
        if (!present) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(place));
        else if (in_file) kept[place] = line;
        else {
            if (!kept.empty() && !kept.back().ends_with('\n')) kept.back() += '\n';
            kept.push_back(line);
        }
        edited.after = join_lines(kept);
        outcome.changed = true;
        if (context.diff)
            outcome.diff.push_back(Value(Map{{"before", edited.before}, {"after", edited.after}, {"before_header", edited.path}, {"after_header", edited.path}}));
    }
    bool set = false;
    if (present && args.flag("sysctl_set")) {
        auto is = running(context, name);
        if (!is && !args.flag("ignoreerrors") && context.check)
            outcome.warnings.push_back("the running kernel does not know " + name + "; setting it would fail");
        set = !is || *is != squeezed(value);
        if (set && (is || !args.flag("ignoreerrors"))) outcome.changed = true;
    }
    if (context.check) return outcome;
    if (set) {
        std::vector<std::string> argv{"sysctl"};
        if (args.flag("ignoreerrors")) argv.push_back("-e");
        argv.push_back("-w");
        argv.push_back(name + "=" + value);
        auto finished = context.must_run(argv, false);
        if (finished.code != 0 || finished.error_output.find("Invalid argument") != std::string::npos)
            fail("setting " + name + " failed: " + finished.output + finished.error_output);
    }
    if (file_differs) {
        write_edited(context, args, edited);
        if (args.flag("reload")) {
            std::vector<std::string> argv{"sysctl"};
            if (args.flag("ignoreerrors")) argv.push_back("-e");
            argv.push_back("-p");
            argv.push_back(edited.path);
            auto finished = context.must_run(argv, false);
            if (finished.code != 0 || finished.error_output.find("Invalid argument") != std::string::npos)
                fail("Failed to reload sysctl: " + finished.error_output);
        }
    }
    return outcome;
}

}  // namespace

extern const Module sysctl_module{
    .name = "sysctl",
    .collection = "ansible.posix",
    .summary = "Keep a kernel setting",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::full,
    .file_common = false,
    .free_form = false,
    .lookahead = true,
    .run = run,
    .notes = "Other lines of the file stay as they are.",
    .returns = "changed",
    .example = "- sysctl: {name: vm.swappiness, value: '10', sysctl_set: yes}",
};

}  // namespace fprov::modules
