// SPDX-License-Identifier: Apache-2.0
// The text behind a YAML document: places of scalars, and what probably went wrong where the scanner gave up.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace fprov::values {

struct ScalarSite {
    base::Place place;        // of the first character of the text: behind a quote, at the indentation of a block
    bool plain = true;        // neither quoted nor a block
    int ends = -1;            // newlines that the text ends with, where yaml-cpp counts them wrong
    bool unclosed = false;    // a quote without its partner (yaml-cpp accepts that at the end of a file)
};

/// Lines and columns are yaml-cpp's (from 0, in bytes); places are ours (from 1).
class YamlText {
public:
    YamlText(std::string_view text, std::uint32_t source);
    base::Place place(int line, int column) const;
    std::string_view line(int number) const;                 // without its newline
    std::string_view at(base::Place place) const;            // the rest of the text from there
    int characters_before(base::Place place) const;          // in its line
    bool is_null_word(int line, int column) const;           // "~", "null", … and nothing else stands there
    bool has_colon(base::Place key) const;                   // behind a key of a block mapping, or a '?' before it
    bool is_bare_colon(int line, int column) const;          // a ':' with nothing before it
    bool has_document_marker(int from, int to) const;        // a line `---` or `...` between these lines, both included
    ScalarSite scalar_site(int line, int column, std::string_view value) const;
    /// The text for yaml-cpp, which ends a plain scalar of a flow collection at any '?': those inside words are hidden from it.
    std::string for_scanner() const;
    /// A scalar as yaml-cpp gave it, with hidden characters back, and the escapes \_ and \N (single bytes there) as UTF-8.
    static std::string repaired(const std::string& value);
    void check_characters() const;                           // throws for what YAML never allows
    /// The scanner's complaint in our words, with the best guess at the reason.
    base::Failure failure(std::string_view complaint, int line, int column) const;
    base::Failure unquoted_template(base::Place place) const;

    static std::string with_end(std::string value, int newlines);   // newlines < 0: as it is

private:
    int kept_newlines(int header, std::size_t indent) const;   // of a folded block that keeps them
    std::size_t offset(int line, int column) const;
    std::string guess(int line) const;
    std::string_view text_;
    std::uint32_t source_;
    std::vector<std::size_t> starts_;   // offset of each line
};

}  // namespace fprov::values
