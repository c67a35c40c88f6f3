// SPDX-License-Identifier: Apache-2.0
// The agent's own printf and scanf against the C library's.
#include <doctest/doctest.h>

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

#include "runtime/slim_text.hpp"

using namespace fprov::runtime;

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

std::string ours(std::size_t size, const char* format, ...) {
    std::string out(2000, '#');
    va_list values;
    va_start(values, format);
    const int length = slim::format(out.data(), size, format, values);
    va_end(values);
    return std::to_string(length) + out.substr(0, size);
}

template <class... V> void same(const char* format, V... values) {
    for (std::size_t size : {2000, 5}) {
        std::string theirs(2000, '#');
        const int length = std::snprintf(theirs.data(), size, format, values...);
        CHECK_MESSAGE(ours(size, format, values...) == std::to_string(length) + theirs.substr(0, size), format, " of ", size, ": ", ours(size, format, values...), " / ", length, theirs.substr(0, size));
    }
}

int scanned(const char* text, const char* format, ...) {
    va_list targets;
    va_start(targets, format);
    const int found = slim::scan(text, format, targets);
    va_end(targets);
    return found;
}

TEST_CASE("whole numbers and texts") {
    for (int number : {0, 1, -1, 42, INT32_MAX, INT32_MIN})
        for (const char* format : {"%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%08.3d", "%u", "%x", "%#x", "%X", "%o", "%#o", "%04o", "%hd", "%hhu", "%02X%%"}) same(format, number);
    for (long long number : {0LL, -5LL, static_cast<long long>(INT64_MAX), static_cast<long long>(INT64_MIN)})
        for (const char* format : {"%lld", "%020lld", "%llx", "%zu", "%jd"}) same(format, number);
    same("%s|%10s|%-10s|%.2s|%*s", "abc", "abc", "abc", "abc", 6, "abc");
    same("%c%5c|%-3c|", 'a', 'b', 'c');
    same("%04d-%02d-%02d %02d:%02d:%02d.%06d", 2026, 1, 2, 3, 4, 5, 6);
}

TEST_CASE("real numbers") {
    std::mt19937_64 random(4);
    auto both = [](double number) {
        for (const char* format : {"%f", "%.0f", "%.2f", "%12.3f", "%-12.1f|", "%e", "%.0e", "%.16e", "%E", "%010.2f", "%+.1f"}) same(format, number);
        for (int precision = 0; precision < 19; ++precision) same("%.*e", precision, number);
    };
    for (double number : {0.0, -0.0, 0.5, 1.5, 2.5, 0.125, 9.5, 99.5, 9.995, 1e15, 1e16, 1e22, 123456789.0, 0.1, 1e-5, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, -3.25, 0.005, 0.015,
                          0.05, 0.06, 0.96, static_cast<double>(INFINITY), static_cast<double>(NAN)})
        both(number);
    for (int i = 0; i < 2000; ++i) {
        const std::uint64_t bits = random();
        double number = 0;
        static_assert(sizeof bits == sizeof number);
        __builtin_memcpy(&number, &bits, sizeof number);
        if (std::isfinite(number)) both(number);
        both(static_cast<double>(bits % 1000000) / 1000);
    }
}

TEST_CASE("what TZ is read with") {
    for (const char* text : {"1", "12:30", "5:4:3rest", "x", "", " 7:8", "3:", "3:x"}) {
        unsigned short a[3] = {9, 9, 9}, b[3] = {9, 9, 9};
        int end_a = -1, end_b = -1;
        CHECK(scanned(text, "%hu%n:%hu%n:%hu%n", &a[0], &end_a, &a[1], &end_a, &a[2], &end_a) ==
              std::sscanf(text, "%hu%n:%hu%n:%hu%n", &b[0], &end_b, &b[1], &end_b, &b[2], &end_b));
        CHECK(end_a == end_b);
        for (int i = 0; i < 3; ++i) CHECK(a[i] == b[i]);
    }
}
#pragma GCC diagnostic pop

}  // namespace
