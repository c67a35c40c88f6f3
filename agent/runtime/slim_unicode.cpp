// SPDX-License-Identifier: Apache-2.0
// Stands in for the object of PCRE2 that holds the Unicode tables.
#include "runtime/slim_unpack.hpp"

#include "slim_unicode.inc"   // made by unicode_tables

[[gnu::constructor]] static void prepare_tables() { unpack_all(); }
