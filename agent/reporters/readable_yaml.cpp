// SPDX-License-Identifier: Apache-2.0
// YAML for people: texts of several lines stand as blocks, without what would need quotes (trailing blanks, tabs, control characters).
#include "base/text.hpp"
#include "reporters/results.hpp"
#include "values/yaml.hpp"

namespace fprov::reporters {
namespace {

constexpr std::string_view mark = "FPROVBLOCK";

bool has_lines(std::string_view text) {
    return text.find_first_of("\n\r\x1c\x1d\x1e") != std::string_view::npos || text.find("\xc2\x85") != std::string_view::npos || text.find("\xe2\x80\xa8") != std::string_view::npos;
}

std::vector<std::string> block_lines(std::string_view text) {
    std::string clean;
    std::size_t column = 0;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '\n') { while (clean.ends_with(' ')) clean.pop_back(); clean += c; column = 0; continue; }
        if (c == '\t') { std::size_t gap = 8 - column % 8; clean.append(gap, ' '); column += gap; continue; }
        if (byte < 0x20 || byte == 0x7f) continue;
        clean += c;
        if ((byte & 0xc0) != 0x80) ++column;
    }
    while (!clean.empty() && (clean.back() == ' ' || clean.back() == '\n')) clean.pop_back();
    return base::split(clean, '\n');
}

// Texts of several lines give way to words that need no quotes; the blocks are put back line by line.
Value marked(const Value& value, std::vector<std::string>& texts) {
    if (value.is_string() && has_lines(value.string())) {
        texts.push_back(value.string());
        return Value(std::string(mark) + std::to_string(texts.size() - 1) + "E");
    }
    if (value.is_map()) {
        Map out;
        for (const auto& [key, inner] : value.map()) out.set(Value(key), marked(inner, texts));
        return Value(std::move(out));
    }
    if (value.is_sequence()) {
        List out;
        for (const Value& one : value.list()) out.push_back(marked(one, texts));
        return Value(std::move(out));
    }
    return value;
}

// The column of the key or dash that a value on this line belongs to.
std::size_t owner_column(std::string_view line) {
    std::size_t at = line.find_first_not_of(' '), last = at == std::string_view::npos ? 0 : at;
    while (at != std::string_view::npos && line[at] == '-' && at + 1 < line.size() && line[at + 1] == ' ') {
        last = at;
        std::size_t next = line.find_first_not_of(' ', at + 1);
        if (next == std::string_view::npos || line.substr(next).starts_with(mark)) return last;
        at = last = next;
    }
    return last;
}

}  // namespace

std::string to_readable_yaml(const Value& value, int indent, int width) {
    std::vector<std::string> texts;
    values::YamlStyle style;
    style.indent = indent;
    style.width = width;
    std::string out;
    for (const auto& line : base::split_lines(values::write_yaml(marked(value, texts), style))) {
        std::size_t at = line.rfind(mark);
        std::size_t end = at == std::string::npos ? at : line.find('E', at);
        std::optional<std::int64_t> number;
        if (end != std::string::npos && end + 1 == line.size()) number = base::parse_int(std::string_view(line).substr(at + mark.size(), end - at - mark.size()));
        if (!number || *number < 0 || static_cast<std::size_t>(*number) >= texts.size()) { out += line + "\n"; continue; }
        auto lines = block_lines(texts[static_cast<std::size_t>(*number)]);
        bool hint = lines.front().empty() || lines.front()[0] == ' ';
        if (lines.size() == 1 && lines[0].empty()) { out += line.substr(0, at) + "''\n"; continue; }
        out += line.substr(0, at) + "|" + (hint ? std::to_string(indent) : "") + "-\n";
        std::string margin(owner_column(line) + static_cast<std::size_t>(indent), ' ');
        for (const auto& one : lines) out += one.empty() ? "\n" : margin + one + "\n";
    }
    return out;
}

}  // namespace fprov::reporters
