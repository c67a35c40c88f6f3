// SPDX-License-Identifier: Apache-2.0
#include "modules/support/fstab.hpp"

#include "base/text.hpp"
#include "modules/support/backup.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {

std::string fstab_escape(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == ' ') out += "\\040";
        else if (c == '\t') out += "\\011";
        else if (c == '\n') out += "\\012";
        else if (c == '\\') out += "\\134";
        else out += c;
    }
    return out;
}

std::string fstab_unescape(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size())
            if (auto code = base::parse_int(std::string_view(text).substr(i + 1, 3), 8)) {
                out += static_cast<char>(*code);
                i += 3;
                continue;
            }
        out += text[i];
    }
    return out;
}

namespace {

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::string plain(bare(line));
    for (auto& c : plain)
        if (c == '\t') c = ' ';
    for (auto& word : base::split(plain, ' '))
        if (!word.empty()) fields.push_back(std::move(word));
    return fields;
}

std::string line_of(const FstabEntry& entry) {
    return fstab_escape(entry.source) + " " + fstab_escape(entry.path) + " " + entry.type + " " + fstab_escape(entry.options) + " " + entry.dump + " " + entry.pass + "\n";
}

}  // namespace

Fstab::Fstab(Context& context, std::string path) : path_(std::move(path)) {
    before_ = current_text(context, path_);
    lines_ = keep_lines(before_);
}

std::vector<Fstab::Row> Fstab::rows() const {
    std::vector<Row> out;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        auto fields = fields_of(lines_[i]);
        if (fields.size() < 3 || fields[0].starts_with('#')) continue;
        FstabEntry entry;
        entry.source = fstab_unescape(fields[0]);
        entry.path = fstab_unescape(fields[1]);
        entry.type = fields[2];
        if (fields.size() > 3) entry.options = fstab_unescape(fields[3]);
        if (fields.size() > 4) entry.dump = fields[4];
        if (fields.size() > 5) entry.pass = fields[5];
        out.push_back({i, std::move(entry)});
    }
    return out;
}

void Fstab::replace(std::size_t line, const FstabEntry& entry) { lines_[line] = line_of(entry); }

void Fstab::append(const FstabEntry& entry) {
    if (!lines_.empty() && !lines_.back().empty() && !lines_.back().ends_with('\n')) lines_.back() += '\n';
    lines_.push_back(line_of(entry));
}

void Fstab::erase(std::size_t line) { lines_[line].clear(); }

std::string Fstab::text() const { return join_lines(lines_); }

std::string Fstab::write(Context& context, bool backup) {
    if (!changed() || context.check) return {};
    std::string name = backup ? make_backup(context, path_) : "";
    if (auto written = context.machine.write_file(path_, text()); !written) fail(written.error());
    return name;
}

}  // namespace fprov::modules
