// SPDX-License-Identifier: Apache-2.0
// The time as templates see it.
#pragma once
#include "dialect/templar.hpp"
#include "values/date.hpp"

namespace fprov::dialect {

double now_seconds(const Templar* templar);              // since the epoch; the templar's clock, else the system's
values::Moment moment_at(double seconds, bool utc);      // in UTC or in the local zone

}  // namespace fprov::dialect
