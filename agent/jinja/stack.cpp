// SPDX-License-Identifier: Apache-2.0
#include "jinja/stack.hpp"

#include <pthread.h>

#include <cstddef>
#include <cstdint>

#include "base/error.hpp"

namespace fprov::jinja {
namespace {

// Lowest address that recursion may reach; asked for once per thread. The main thread's stack may be reported as unlimited.
std::uintptr_t lowest() {
    constexpr std::size_t reserve = std::size_t(512) << 10, assumed = std::size_t(6) << 20;
    auto now = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    pthread_attr_t attributes;
    void* begin = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return now - assumed;
    pthread_attr_getstack(&attributes, &begin, &size);
    pthread_attr_destroy(&attributes);
    auto bottom = reinterpret_cast<std::uintptr_t>(begin);
    if (!begin || now < bottom || now - bottom > (std::size_t(1) << 30)) return now - assumed;
    return bottom + reserve;
}

}  // namespace

void guard_stack(base::Place place) {
    thread_local const std::uintptr_t limit = lowest();
    if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < limit)
        throw base::Failure(base::Kind::limit, "maximum recursion depth exceeded", place, "a template, a macro or a variable refers to itself");
}

}  // namespace fprov::jinja
