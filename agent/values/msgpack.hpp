// SPDX-License-Identifier: Apache-2.0
// MessagePack, the encoding of values on the wire. Strings carry any bytes. Tuples travel as lists, objects as their text.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "values/value.hpp"

namespace fprov::values {

void append_msgpack(std::string& out, const Value& value);
/// Decodes exactly one value that fills `bytes`; depth limit 128, no allocation beyond the input's size. Strings are data_only.
base::Result<Value> read_msgpack(std::string_view bytes);

}  // namespace fprov::values
