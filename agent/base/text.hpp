// SPDX-License-Identifier: Apache-2.0
// Small text functions without project words.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fprov::base {

std::vector<std::string> split(std::string_view text, char separator);
/// Splits at newlines; a final newline gives no empty last line; "\r\n" counts as one break.
std::vector<std::string> split_lines(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);             // ASCII white space on both ends
std::string lower(std::string_view text);                 // ASCII only
std::string upper(std::string_view text);                 // ASCII only
std::string replace_all(std::string text, std::string_view from, std::string_view to);
std::optional<std::int64_t> parse_int(std::string_view text, int base = 10);   // the whole text or nothing
std::optional<double> parse_double(std::string_view text);
/// Splits like a POSIX shell does (quotes, backslashes), without expansion; nullopt for an unclosed quote.
std::optional<std::vector<std::string>> shell_split(std::string_view text);
/// Quotes for a POSIX shell, as Python's shlex.quote: plain words stay as they are.
std::string shell_quote(std::string_view text);
/// Shell patterns: * ? [seq] [!seq], as Python's fnmatch.fnmatchcase.
bool fnmatch(std::string_view name, std::string_view pattern);
/// Decodes one code point at `at` and moves on; invalid bytes give 0xDC80 + byte (Python's surrogateescape).
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);   // surrogate escapes turn back into their byte
std::size_t utf8_length(std::string_view text);            // number of code points
bool is_utf8(std::string_view text);
std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view text);
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace fprov::base
