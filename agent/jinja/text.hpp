// SPDX-License-Identifier: Apache-2.0
// Python's view of text: code points, case, character classes (through the C library's UTF-8 tables).
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace fprov::jinja {

bool is_ascii(std::string_view text);
std::vector<std::string_view> code_points(std::string_view text);
std::u32string decode(std::string_view text);
std::string encode(std::u32string_view text);
std::size_t char_count(std::string_view text);

bool is_space(char32_t c);
bool is_alpha(char32_t c);
bool is_digit(char32_t c);
bool is_alnum(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_cased(char32_t c);
char32_t to_upper(char32_t c);
char32_t to_lower(char32_t c);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string casefold(std::string_view text);
std::string capitalize(std::string_view text);   // first letter upper, the others lower
std::string swapcase(std::string_view text);
std::string title(std::string_view text);        // str.title: a letter after a non-letter is upper

std::string strip(std::string_view text);
std::vector<std::string> split_space(std::string_view text, long limit = -1);
std::vector<std::string> split_lines(std::string_view text, bool keep_ends);
/// The byte offset of code point number `index`; the size when beyond the end.
std::size_t offset_of(std::string_view text, std::size_t index);

}  // namespace fprov::jinja
