// SPDX-License-Identifier: Apache-2.0
#include "values/literal.hpp"

#include "jinja/environment.hpp"

namespace fprov::jinja {

std::optional<Value> literal_eval(std::string_view text) { return values::literal_eval(text); }

}  // namespace fprov::jinja
