// SPDX-License-Identifier: Apache-2.0
// LVM, asked through its own report programs.
#pragma once
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

/// The rows of vgs, pvs or lvs, a text per column of `columns` ("vg_name,lv_count"); no rows when the program fails, unless it `must` run.
std::vector<std::vector<std::string>> lvm_report(Context& context, const std::string& program, const std::string& columns,
                                                 std::vector<std::string> more = {}, bool must = true);

}  // namespace fprov::modules
