// SPDX-License-Identifier: Apache-2.0
#include "modules/support/lvm.hpp"

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {

std::vector<std::vector<std::string>> lvm_report(Context& context, const std::string& program, const std::string& columns, std::vector<std::string> more, bool must) {
    std::vector<std::string> argv{required_program(context, program), "--noheadings", "--nosuffix", "--separator", ";", "-o", columns};
    argv.insert(argv.end(), more.begin(), more.end());
    auto ran = context.must_run(std::move(argv), must);
    std::vector<std::vector<std::string>> rows;
    if (ran.code != 0) return rows;
    for (const auto& line : base::split_lines(ran.output)) {
        if (base::trim(line).empty()) continue;
        auto row = base::split(base::trim(line), ';');
        row.resize(base::split(columns, ',').size());
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace fprov::modules
