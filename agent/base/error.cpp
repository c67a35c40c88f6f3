// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

namespace fprov::base {
namespace {

constexpr std::size_t longest_line = 160;

// The line and a caret under the column; long lines are shown around the column.
std::string excerpt(Place place) {
    std::string line = source_line(place.source, place.line);
    if (line.empty()) return {};
    std::size_t column = place.column ? place.column - 1 : 0;
    if (column > line.size()) column = line.size();
    std::size_t from = 0;
    if (line.size() > longest_line && column > longest_line / 2) from = column - longest_line / 2;
    std::string shown = line.substr(from, longest_line);
    for (char& c : shown)
        if (c == '\t') c = ' ';
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    std::string number = std::to_string(place.line);
    std::string margin(number.size() < 5 ? 5 - number.size() : 0, ' ');
    std::string text = margin + number + " | " + shown + "\n";
    if (place.column) text += std::string(margin.size() + number.size(), ' ') + " | " + std::string(column - from, ' ') + "^\n";
    return text;
}

}  // namespace

std::string render(const Error& error) {
    std::string text = "error: " + error.what + "\n";
    if (error.where) {
        text += "  " + describe(error.where) + "\n";
        if (error.where.line) text += excerpt(error.where);
    }
    for (const auto& [step, place] : error.trail) {
        text += "  while " + step;
        if (place) text += "   " + describe(place);
        text += "\n";
    }
    if (!error.hint.empty()) text += "  hint: " + error.hint + "\n";
    return text;
}

}  // namespace fprov::base
