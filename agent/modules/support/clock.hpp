// SPDX-License-Identifier: Apache-2.0
// Times as Python prints them.
#pragma once
#include <string>

namespace fprov::modules {

std::string timestamp(double seconds);   // local time, "2026-11-21 03:40:36.359671"
std::string duration(double seconds);    // str(timedelta): "0:00:00.005805", "1 day, 0:00:01"

}  // namespace fprov::modules
