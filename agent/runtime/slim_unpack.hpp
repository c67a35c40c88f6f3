// SPDX-License-Identifier: Apache-2.0
// PCRE2's Unicode tables (110 KB) lie in the agent as runs: pairs or triples of bytes, told by unicode_tables.cpp, unpacked when the agent starts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fprov::runtime::slim {

/// A run: a byte of delta + 64 to the last value, or 0x80 | high byte and low byte of a value; then length - 1, with bit 7 for an ascending run.
/// Writes every `stride` bytes; `wide`: two bytes each, in the machine's order.
inline void unpack(const unsigned char* packed, std::size_t size, unsigned char* out, std::size_t stride, bool wide) {
    unsigned value = 0;
    for (const unsigned char* end = packed + size; packed < end;) {
        const unsigned head = *packed++;
        value = head < 128 ? value + head - 64 : (head & 127) << 8 | *packed++;
        const unsigned length = *packed & 127, ascending = *packed >> 7;
        ++packed;
        for (unsigned i = 0;; ++i) {
            out[0] = static_cast<unsigned char>(value);
            if (wide) out[1] = static_cast<unsigned char>(value >> 8);
            out += stride;
            if (i == length) break;
            value += ascending;
        }
    }
}

}  // namespace fprov::runtime::slim
