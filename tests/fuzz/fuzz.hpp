// SPDX-License-Identifier: Apache-2.0
// Fuzz targets: any bytes at all must end in a value or in a base::Failure; never in a crash, a hang or gigabytes.
#pragma once
#include <string_view>

namespace fprov::fuzz {

void inventory(std::string_view input);     // INI and YAML sources, host patterns
void jinja(std::string_view input);         // lexer, parser, evaluation with Ansible's filters and tests
void json(std::string_view input);
void key_values(std::string_view input);    // "a=1 b='x y' free text"
void literal(std::string_view input);       // Python literals
void regex(std::string_view input);         // pattern, newline, text
void vault(std::string_view input);         // envelopes
void wire(std::string_view input);          // frames and MessagePack
void yaml(std::string_view input);

/// Aborts when a property that must hold does not.
void check(bool holds, const char* property);

}  // namespace fprov::fuzz
