// SPDX-License-Identifier: Apache-2.0
#include "modules/support/edit.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/support/backup.hpp"
#include "modules/support/diff.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {

std::vector<std::string> keep_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto at = text.find('\n');
        std::size_t length = at == std::string_view::npos ? text.size() : at + 1;
        lines.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += line;
    return out;
}

std::string_view bare(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    return line;
}

regex::Regex compile_pattern(const std::string& pattern, const char* parameter, regex::Flags flags) {
    auto compiled = regex::Regex::compile(pattern, flags);
    if (!compiled) fail("'" + pattern + "' in " + parameter + " is no regular expression: " + compiled.error().what);
    return *compiled;
}

std::string current_text(Context& context, const std::string& path) {
    auto text = context.machine.read_file(path);
    if (!text && text.error().kind != base::Kind::not_found) fail(text.error());
    return text.value_or("");
}

bool is_latin(std::string_view encoding) {
    const std::string name = base::replace_all(base::lower(encoding), "_", "-");
    return name == "latin-1" || name == "latin1" || name == "iso-8859-1" || name == "iso8859-1";
}

std::string from_latin(std::string_view text) {
    std::string out;
    for (unsigned char c : text)
        if (c < 0x80) out += static_cast<char>(c);
        else { out += static_cast<char>(0xc0 | c >> 6); out += static_cast<char>(0x80 | (c & 0x3f)); }
    return out;
}

std::string to_latin(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x80) { out += text[i]; continue; }
        if ((c != 0xc2 && c != 0xc3) || i + 1 == text.size()) fail("'latin-1' codec can't encode a character of the text: ordinal not in range(256)");
        out += static_cast<char>((c & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    }
    return out;
}

std::string write_edited(Context& context, const Args& args, const Edited& edited) {
    if (context.check) return {};
    auto& machine = context.machine;
    std::string backup;
    if (args.flag("backup") && edited.existed) backup = make_backup(context, edited.path);
    if (!edited.existed) {
        std::string folder = base::dirname(edited.path);
        if (!folder.empty() && !machine.is_directory(folder)) {
            std::vector<std::string> missing;
            for (; !folder.empty() && !machine.is_directory(folder); folder = base::dirname(folder)) missing.push_back(folder);
            for (auto at = missing.rbegin(); at != missing.rend(); ++at)
                if (auto made = machine.make_directory(*at, 0777 & ~machine.umask()); !made)
                    fail("Error creating " + *at + " (" + made.error().what + ")");
        }
    }
    auto options = write_options(context, edited.path, file_wishes(args));
    options.follow = edited.follow;
    if (auto old = machine.stat(edited.path); !edited.follow && old) options.mode = old->mode, options.uid = old->uid, options.gid = old->gid;
    options.validate = args.text("validate");
    if (!options.validate.empty() && options.validate.find("%s") == std::string::npos) fail("validate must contain %s: " + options.validate);
    if (auto written = machine.write_file(edited.path, edited.after, options); !written) fail(written.error());
    return backup;
}

std::string with_ownership(std::string message, bool ownership_changed) {
    if (!ownership_changed) return message;
    return message.empty() ? "ownership, perms or SE linux context changed" : message + " and ownership, perms or SE linux context changed";
}

void finish_edit(Context& context, const Args& args, const Edited& edited, Outcome& outcome, std::string message) {
    Map content = text_diff(edited.before, edited.after, edited.path + " (content)", edited.path + " (content)");
    if (context.check && !context.machine.exists(edited.path)) {
        outcome.set("msg", message);
        outcome.diff.push_back(Value(std::move(content)));
        return;
    }
    Map before, after;
    FileWishes wishes = file_wishes(args);
    wishes.follow = true;
    const auto born = fresh_file(context);
    const bool made = !edited.existed && outcome.changed && !context.check;
    bool ownership = apply_wishes(context, edited.path, wishes, &before, &after, made ? &born : nullptr);
    outcome.changed = outcome.changed || ownership;
    outcome.set("msg", with_ownership(std::move(message), ownership));
    Map attributes;
    if (!before.empty()) attributes.set("before", Value(std::move(before)));
    if (!after.empty()) attributes.set("after", Value(std::move(after)));
    attributes.set("before_header", edited.path + " (file attributes)");
    attributes.set("after_header", edited.path + " (file attributes)");
    outcome.diff.push_back(Value(std::move(content)));
    outcome.diff.push_back(Value(std::move(attributes)));
}

}  // namespace fprov::modules
