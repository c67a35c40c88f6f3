// SPDX-License-Identifier: Apache-2.0
// Stand-ins for functions of the C library whose own versions bring much along that the agent never uses (see slim_text.hpp; translated
// messages). Only in the static program: in a dynamic one they would replace the library's for every other library, too.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/slim_text.hpp"

namespace slim = fprov::runtime::slim;

extern "C" {

const char* strerrordesc_np(int) noexcept;
const char* sigdescr_np(int) noexcept;

char* strerror(int number) noexcept {
    if (const char* text = strerrordesc_np(number)) return const_cast<char*>(text);
    static thread_local char unknown[32];
    snprintf(unknown, sizeof unknown, "Unknown error %d", number);
    return unknown;
}
char* strerror_r(int number, char*, size_t) noexcept { return strerror(number); }
char* strsignal(int number) noexcept {
    if (const char* text = sigdescr_np(number)) return const_cast<char*>(text);
    static thread_local char unknown[32];
    snprintf(unknown, sizeof unknown, "Unknown signal %d", number);
    return unknown;
}

char* gettext(const char* text) noexcept { return const_cast<char*>(text); }
char* dcgettext(const char*, const char* text, int) noexcept { return const_cast<char*>(text); }
char* __dcgettext(const char*, const char* text, int) noexcept { return const_cast<char*>(text); }

void __assert_fail(const char* assertion, const char* file, unsigned line, const char*) noexcept {
    char text[512];
    snprintf(text, sizeof text, "%s:%u: %s does not hold\n", file, line, assertion);
    fputs(text, stderr);
    abort();
}

int vsnprintf(char* out, size_t size, const char* format, va_list values) noexcept { return slim::format(out, size, format, values); }
int snprintf(char* out, size_t size, const char* format, ...) noexcept {
    va_list values;
    va_start(values, format);
    const int length = slim::format(out, size, format, values);
    va_end(values);
    return length;
}
int __snprintf(char* out, size_t size, const char* format, ...) noexcept {   // as the C library calls it itself
    va_list values;
    va_start(values, format);
    const int length = slim::format(out, size, format, values);
    va_end(values);
    return length;
}
int sprintf(char* out, const char* format, ...) noexcept {
    va_list values;
    va_start(values, format);
    const int length = slim::format(out, static_cast<size_t>(1) << 30, format, values);
    va_end(values);
    return length;
}
int __asprintf(char** out, const char* format, ...) noexcept {   // the C library itself looks for time zones with it
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    const int length = slim::format(nullptr, 0, format, values);
    va_end(values);
    *out = static_cast<char*>(malloc(static_cast<size_t>(length) + 1));
    if (*out) slim::format(*out, static_cast<size_t>(length) + 1, format, again);
    va_end(again);
    return *out ? length : -1;
}
int fprintf(FILE* file, const char* format, ...) noexcept {   // malloc_stats is never called, but linked
    char text[512];
    va_list values;
    va_start(values, format);
    const int length = slim::format(text, sizeof text, format, values);
    va_end(values);
    fputs(text, file);
    return length;
}
int __fxprintf(FILE*, const char*, ...) noexcept { return 0; }   // complaints about /etc/host.conf
int __isoc99_sscanf(const char* text, const char* format, ...) noexcept {   // and reads TZ with it
    va_list targets;
    va_start(targets, format);
    const int found = slim::scan(text, format, targets);
    va_end(targets);
    return found;
}
}
