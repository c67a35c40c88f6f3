// SPDX-License-Identifier: Apache-2.0
// Empty stand-ins for parts of libraries that the agent never uses but static linking would bring along: PCRE2's just-in-time compiler
// (fprov never compiles patterns that way) and the C++ name demangler of the default terminate handler. Part of the program only.
#include <cstddef>
#include <cstdlib>

extern "C" {
int pcre2_jit_match_8(const void*, const unsigned char*, std::size_t, std::size_t, unsigned, void*, void*) { return -45; }   // PCRE2_ERROR_JIT_BADOPTION
int pcre2_jit_compile_8(void*, unsigned) { return -45; }
void _pcre2_jit_free_8(void*, void*) {}
void _pcre2_jit_free_rodata_8(void*, void*) {}
std::size_t _pcre2_jit_get_size_8(void*) { return 0; }
int _pcre2_jit_check_exec_8() { return 0; }
const char* _pcre2_jit_get_target_8() { return "none"; }
}

namespace __gnu_cxx {
void __verbose_terminate_handler() { std::abort(); }
}
