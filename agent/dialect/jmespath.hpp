// SPDX-License-Identifier: Apache-2.0
// JMESPath (jmespath.org) over values, for json_query.
#pragma once
#include <string_view>

#include "values/value.hpp"

namespace fprov::dialect {

/// Throws base::Failure (parse, type) with the reason.
values::Value jmespath(std::string_view expression, const values::Value& data);

}  // namespace fprov::dialect
