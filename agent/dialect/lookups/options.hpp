// SPDX-License-Identifier: Apache-2.0
// "term key=value key2='two words'": how older lookups carry options inside a term.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "dialect/tables.hpp"

namespace fprov::dialect {

struct TermOptions {
    std::string term;                                         // the words that are no option, joined by blanks
    std::vector<std::pair<std::string, std::string>> named;
};
/// Splits at blanks outside of quotes; quotes around values are taken off.
TermOptions parse_options(LookupCall& call, const std::string& text);

/// An option of a lookup: given by keyword, else a variable of the same name as plugins allow, else nothing.
const Value* option(const LookupCall& call, std::string_view name);
std::string text_option(const LookupCall& call, std::string_view name, std::string otherwise);
bool flag_option(const LookupCall& call, std::string_view name, bool otherwise);
std::int64_t int_option(const LookupCall& call, std::string_view name, std::int64_t otherwise);

/// One file of the search path, as lookups find it; throws "could not locate file in lookup: x".
std::string located(LookupCall& call, const std::string& name, std::string_view subfolder = "files");
/// Content of a file of the controller; vault envelopes are decrypted.
std::string content_of(LookupCall& call, const std::string& path);

}  // namespace fprov::dialect
