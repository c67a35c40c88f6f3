// SPDX-License-Identifier: Apache-2.0
#include "modules/support/apt.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {

std::string update_package_lists(const Args& args, Context& context) {
    const auto program = required_program(context, "apt-get");
    const auto retries = args.integer("update_cache_retries", 5), longest = args.integer("update_cache_retry_max_delay", 12);
    for (std::int64_t i = 0;; ++i) {
        auto ran = run_program(context, {program, "-q", "-o", "DPkg::Lock::Timeout=" + std::to_string(args.integer("lock_timeout", 60)), "update"});
        std::string reasons;
        for (const auto& line : base::split_lines(ran.error_output))
            if (line.starts_with("E: ") || (line.starts_with("W: Failed") && ran.code == 0)) reasons += (reasons.empty() ? "" : ", ") + line.substr(0, 2) + line.substr(3);
        if (ran.code == 0 && reasons.empty()) return "";
        if (reasons.empty()) reasons = base::trim(ran.error_output);
        if (i + 1 >= retries) return reasons.empty() ? "unknown reason" : reasons;
        context.machine.sleep(static_cast<double>(std::min(std::int64_t{1} << std::min<std::int64_t>(i, 20), longest)));
    }
}

}  // namespace fprov::modules
