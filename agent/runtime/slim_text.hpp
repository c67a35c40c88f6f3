// SPDX-License-Identifier: Apache-2.0
// printf and scanf as far as the agent and the parts of the C library in it use them. The C library's own bring wide characters, character set
// conversion and long double along: 150 KB of a static program. slim_libc.cpp puts these in their place.
#pragma once
#include <cstdarg>
#include <cstddef>

namespace fprov::runtime::slim {

/// As vsnprintf, for %d %i %u %x %X %o %c %s %p %e %E %f and %% with flags, width, precision and length. Aborts at any other directive.
int format(char* out, std::size_t size, const char* text, va_list values);
/// As vsscanf, for %hu %u %d %n and literal characters; stops at any other directive.
int scan(const char* text, const char* format, va_list targets);

}  // namespace fprov::runtime::slim
