// SPDX-License-Identifier: Apache-2.0
// Regular expressions as Python's `re` reads them (PCRE2 behind it): what filters, tests and modules such as lineinfile are given.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace fprov::regex {

struct Flags {
    bool ignore_case = false;   // re.I
    bool multiline = false;     // re.M: ^ and $ at every line
    bool dotall = false;        // re.S
    bool verbose = false;       // re.X
    bool ascii = false;         // re.A: \w \d \s \b know ASCII only
    bool bytes = false;         // a bytes pattern (as lineinfile, blockinfile use): no UTF-8, implies ascii
    bool operator==(const Flags&) const = default;
};

/// Byte offsets into the text that was searched.
struct Group {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t begin = none, end = none;
    bool matched() const { return begin != none; }
    std::string_view of(std::string_view text) const { return matched() ? text.substr(begin, end - begin) : std::string_view{}; }
};

struct Match {
    std::vector<Group> groups;   // [0] = the whole match
    std::size_t begin() const { return groups[0].begin; }
    std::size_t end() const { return groups[0].end; }
};

/// A compiled pattern: immutable, cheap to copy, shared by threads. Searching throws base::Failure (limit) when a pattern
/// needs too many steps; everything else that can go wrong is found by compile.
class Regex {
public:
    /// Errors are Python's ("bad escape \\q at position 2", "missing ), unterminated subpattern at position 0").
    static base::Result<Regex> compile(std::string_view pattern, Flags flags = {});

    std::optional<Match> search(std::string_view text, std::size_t from = 0) const;
    std::optional<Match> match(std::string_view text, std::size_t from = 0) const;       // anchored at `from`
    std::optional<Match> fullmatch(std::string_view text, std::size_t from = 0) const;
    /// All non-overlapping matches, empty ones as in Python 3.7+; count 0 = no limit.
    std::vector<Match> find_all(std::string_view text, std::size_t count = 0) const;
    /// re.split: the groups stand between the parts ("" for a group that took no part).
    std::vector<std::string> split(std::string_view text, std::size_t maxsplit = 0) const;
    /// re.sub / re.subn with Python's template syntax (\1 \g<1> \g<name> \n …).
    base::Result<std::string> replace(std::string_view text, std::string_view replacement, std::size_t count = 0,
                                      std::size_t* made = nullptr) const;
    /// match.expand: the replacement template filled from one match.
    base::Result<std::string> expand(const Match& match, std::string_view text, std::string_view replacement) const;

    std::size_t group_count() const;                                              // without group 0
    const std::vector<std::pair<std::string, std::size_t>>& group_names() const;  // sorted by name
    std::optional<std::size_t> group_number(std::string_view name) const;
    const std::string& pattern() const;

private:
    struct State;
    explicit Regex(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::optional<Match> run(std::string_view text, std::size_t from, unsigned options) const;
    std::shared_ptr<const State> state_;
};

/// re.escape.
std::string escape(std::string_view text);
/// fnmatch.translate: a shell pattern as a regular expression that must match fully.
std::string from_shell_pattern(std::string_view pattern);

}  // namespace fprov::regex
