// SPDX-License-Identifier: Apache-2.0
// Recursion ends with an error, not with a crash: is there room left on this thread's stack?
#pragma once
#include "base/place.hpp"

namespace fprov::jinja {

/// Throws Failure (limit) when less than 512 KiB are left.
void guard_stack(base::Place place);

}  // namespace fprov::jinja
