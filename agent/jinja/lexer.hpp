// SPDX-License-Identifier: Apache-2.0
// Text to tokens: finds the tags, trims white space around them, and cuts what is inside into names, literals and operators.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/place.hpp"
#include "jinja/environment.hpp"

namespace fprov::jinja {

enum class TokenKind : std::uint8_t { text, block_begin, block_end, variable_begin, variable_end, name, string, integer, real, symbol, end };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text{};        // content of text, name, string and symbol
    std::int64_t integer = 0;
    double real = 0;
    Place place{};
};

/// Where the text stands: place of its first character, and the column that later lines start at (1 = the text's own lines).
struct Origin {
    Place place{};
    std::uint32_t indent = 0;   // added to the column on all lines but the first
};

std::vector<Token> tokenize_template(std::string_view text, const Syntax& syntax, Origin origin);
std::vector<Token> tokenize_expression(std::string_view text, Origin origin);

/// Decodes the inside of a Python string literal ("\n", "\x41", "\u00e4"; unknown escapes stay). False for a broken escape.
bool decode_escapes(std::string_view inside, std::string& out);

}  // namespace fprov::jinja
