// SPDX-License-Identifier: Apache-2.0
// Where something stands in a user's file. Sources (files, command-line texts) are numbered once per run.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace fprov::base {

struct Place {
    std::uint32_t source = 0;  // id from add_source; 0 = nowhere
    std::uint32_t line = 0;    // from 1; 0 = the file as a whole
    std::uint32_t column = 0;  // from 1; 0 = the line as a whole
    explicit operator bool() const { return source != 0; }
    bool operator==(const Place&) const = default;
};

/// Registers a source under the name shown to users (path as the user would write it). The text is kept for error
/// messages; pass an empty text to have it read lazily from the path. Thread-safe. Same name and text give the same id.
std::uint32_t add_source(std::string name, std::string text = {});
/// The name a source was added under; empty for an unknown id.
std::string source_name(std::uint32_t source);
/// One line of a source without its newline; empty when out of range.
std::string source_line(std::uint32_t source, std::uint32_t line);
/// "file:line:column", leaving out what is 0.
std::string describe(Place place);

}  // namespace fprov::base
