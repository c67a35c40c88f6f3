// SPDX-License-Identifier: Apache-2.0
// apt_repository: lines of sources.list and the files beside it.
#include <algorithm>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/apt.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "repo", .help = "The line: deb http://… SUITE COMPONENT …", .required = true},
    {.name = "state", .help = "Whether it is there", .fallback = "present", .choices = "absent|present"},
    {.name = "mode", .type = Type::raw, .help = "Mode of a new file, 0644 otherwise"},
    {.name = "update_cache", .type = Type::boolean, .help = "Fetch the lists of packages after a change", .fallback = "yes", .aliases = "update-cache"},
    {.name = "update_cache_retries", .type = Type::integer, .help = "How often to try that again", .fallback = "5"},
    {.name = "update_cache_retry_max_delay", .type = Type::integer, .help = "Longest wait between two tries, in seconds", .fallback = "12"},
    {.name = "filename", .help = "File without .list in sources.list.d; made from the URL otherwise"},
    {.name = "codename", .help = "Accepted; only PPAs need it"},
    {.name = "install_python_apt", .type = Type::boolean, .help = "Accepted and not needed", .fallback = "yes"},
    {.name = "validate_certs", .type = Type::boolean, .help = "Accepted; only PPAs need it", .fallback = "yes"},
};

struct Line { bool valid = false, enabled = true; std::string source, comment, raw; };

std::string squeeze(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\t') c = ' ';
        if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
    }
    return std::string(base::trim(out));
}

Line parse(const std::string& raw) {
    Line line{.raw = raw};
    std::string text(base::trim(raw));
    if (text.starts_with('#')) {
        line.enabled = false;
        text = base::trim(std::string_view(text).substr(text.find_first_not_of('#') == std::string::npos ? text.size() : text.find_first_not_of('#')));
    }
    if (const auto hash = text.find('#'); hash != std::string::npos) {
        line.comment = base::trim(text.substr(hash + 1));
        text.resize(hash);
    }
    line.source = squeeze(text);
    const auto type = line.source.substr(0, line.source.find(' '));
    line.valid = (type == "deb" || type == "deb-src") && line.source.find(' ') != std::string::npos;
    return line;
}

struct File { std::string before; std::vector<Line> lines; bool existed = true; machine::Stat stat; };

std::string render(const File& file) {
    std::string out;
    for (const auto& line : file.lines) {
        std::string text = line.enabled ? "" : "# ";
        text += line.source;
        if (!line.comment.empty()) text += (text.empty() || text.ends_with(' ') ? "# " : " # ") + line.comment;
        out += std::string(base::trim(text)) + "\n";
    }
    return out;
}

/// deb [options] http://user:password@host/path … → host_path
std::string file_name(const std::string& source) {
    std::string text = source.substr(source.find(' ') + 1);
    if (text.starts_with('['))
        if (const auto end = text.find(']'); end != std::string::npos) text = base::trim(std::string_view(text).substr(end + 1));
    text.resize(std::min(text.find(' '), text.size()));
    if (const auto scheme = text.find("://"); scheme != std::string::npos) text.erase(0, scheme + 3);
    if (const auto at = text.find('@'); at != std::string::npos) text.erase(0, at + 1);
    std::string out;
    for (char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c))) out += c;
        else if (!out.empty() && out.back() != '_') out += '_';
    }
    while (out.ends_with('_')) out.pop_back();
    return out;
}

Outcome run(const Args& given, Context& context) {
    auto& machine = context.machine;
    const std::string repo = given.text("repo"), state = given.text("state"), folder = "/etc/apt/sources.list.d";
    if (base::trim(repo).empty()) fail("Please set argument 'repo' to a non-empty value");
    if (repo.starts_with("ppa:")) fail("ppa: repositories are Ubuntu's own; give the line that stands for " + repo + " instead.");
    const Line wanted = parse(repo);
    if (!wanted.valid || !wanted.enabled) fail("Invalid repository string: " + repo);
    std::map<std::string, File> files;
    auto read = [&](const std::string& path) {
        auto& file = files[path];
        file.before = current_text(context, path);
        if (auto stat = machine.stat(path)) file.stat = *stat;
        for (const auto& line : base::split_lines(file.before)) file.lines.push_back(parse(line));
    };
    if (machine.exists("/etc/apt/sources.list")) read("/etc/apt/sources.list");
    for (const auto& name : machine.list(folder).value_or({}))
        if (name.ends_with(".list")) read(base::join_path(folder, name));

    bool changed = false, found = false;
    for (auto& [path, file] : files) {
        if (state == "absent") {
            changed |= std::erase_if(file.lines, [&](const Line& line) { return line.valid && line.source == wanted.source; }) > 0;
            continue;
        }
        for (auto& line : file.lines) {
            if (!line.valid || line.source != wanted.source) continue;
            found = true;
            if (!line.enabled) changed = line.enabled = true;
        }
    }
    if (state == "present" && !found) {
        const auto path = base::join_path(folder, given.text("filename", file_name(wanted.source)) + ".list");
        auto at = files.find(path);
        if (at == files.end()) at = files.emplace(path, File{.existed = false}).first;
        at->second.lines.push_back(wanted);
        changed = true;
    }
    Outcome out;
    out.changed = changed;
    out.set("repo", repo).set("state", state);
    if (!changed) return out;
    std::vector<std::string> touched;
    for (const auto& [path, file] : files) {
        const auto after = render(file);
        const bool gone = file.lines.empty() && path != "/etc/apt/sources.list";
        if (after == file.before && file.existed && !gone) continue;
        // Files whose lines are only written in another way stay as they are.
        const auto old = base::split_lines(file.before);
        if (file.existed && !gone && std::equal(old.begin(), old.end(), file.lines.begin(), file.lines.end(), [](const std::string& raw, const Line& line) {
                return raw == line.raw && parse(raw).enabled == line.enabled;
            })) continue;
        out.diff.push_back(Value(Map{{"before", file.before}, {"after", gone ? "" : after}, {"before_header", file.existed ? path : "/dev/null"}, {"after_header", gone ? "/dev/null" : path}}));
        touched.push_back(path);
        if (context.check) continue;
        if (gone) { if (file.existed) machine.remove_file(path).value(); continue; }
        std::optional<unsigned> mode;
        if (!file.existed) mode = given["mode"].is_none() ? 0644 : parse_mode(given["mode"], {}, machine.umask());
        machine.make_directory(folder, 0755).ok();
        machine.write_file(path, after, {.mode = mode}).value();
    }
    if (context.check || !given.flag("update_cache", true)) return out;
    if (const auto reasons = update_package_lists(given, context); !reasons.empty()) {
        for (const auto& path : touched) {   // as it was
            const auto& file = files[path];
            if (file.existed) (void)machine.write_file(path, file.before, {.mode = file.stat.mode, .uid = file.stat.uid, .gid = file.stat.gid});
            else (void)machine.remove_file(path);
        }
        fail("Failed to update apt cache: " + reasons);
    }
    return out;
}

}  // namespace

extern const Module apt_repository_module{
    .name = "apt_repository", .collection = "ansible.builtin", .summary = "Keep repositories of apt", .args = args, .rules = {}, .check_mode = CheckMode::full,
    .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "PPAs by their short name are not supported.",
    .returns = "repo: as given | always\nstate: as given | always",
    .example = "- apt_repository:\n    repo: deb http://mirror/debian bookworm main\n    filename: mirror\n"};

}  // namespace fprov::modules
