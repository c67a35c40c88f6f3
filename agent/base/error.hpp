// SPDX-License-Identifier: Apache-2.0
// What went wrong, where, and what to do: the one error value of fprov, and the one exception that carries it.
#pragma once
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/place.hpp"

namespace fprov::base {

enum class Kind : std::uint8_t {
    generic,      // exit code 1
    parse,        // the user's text is wrong: exit code 4, as ansible-core 2.14
    usage,        // wrong command line: exit code 2
    undefined,    // an undefined variable was used
    type,         // an operation got a value of a wrong type
    not_found,    // a file, role, host... is missing
    permission,
    conflict,
    limit,        // a depth, size or step limit was reached
    io,
    unreachable,  // the host cannot be reached
    secret,       // a vault secret is missing or wrong
};

struct Error {
    Kind kind = Kind::generic;
    std::string what;   // one sentence, no full stop
    Place where{};      // where the user wrote it
    std::string hint{};   // what to try next; may be empty
    std::vector<std::pair<std::string, Place>> trail{};  // what was being done, outermost last

    Error& at(Place place) { if (!where.line) where = place; return *this; }
    Error& advise(std::string text) { hint = std::move(text); return *this; }
    Error& during(std::string step, Place place = {}) { trail.emplace_back(std::move(step), place); return *this; }
};

/// The exception; thrown where recursion is deep and the caller has no choice (yaml, playbook, jinja, spec).
class Failure : public std::exception {
public:
    explicit Failure(Error error) : error_(std::move(error)) {}
    Failure(Kind kind, std::string what, Place where = {}, std::string hint = {})
        : error_{kind, std::move(what), where, std::move(hint)} {}
    const char* what() const noexcept override { return error_.what.c_str(); }
    Error& error() { return error_; }
    const Error& error() const { return error_; }

private:
    Error error_;
};

/// Full text for a terminal: "error: what", place, the line with a caret, trail, hint. No colour, ends with a newline.
std::string render(const Error& error);

}  // namespace fprov::base
