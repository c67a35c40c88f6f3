// SPDX-License-Identifier: Apache-2.0
// `invocation` of a result: the arguments a module was given, as Ansible tells them.
#pragma once
#include "values/value.hpp"

namespace fprov::modules { struct Module; }

namespace fprov::executor {

/// {"module_args": …}: typed, with defaults, those of aliases under both names, secrets hidden.
values::Value invocation_of(const modules::Module& module, const values::Map& given);

}  // namespace fprov::executor
