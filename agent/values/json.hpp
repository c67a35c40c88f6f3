// SPDX-License-Identifier: Apache-2.0
// JSON in and out, with Python's json.dumps layouts.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "values/value.hpp"

namespace fprov::values {

struct JsonStyle {
    int indent = -1;               // < 0: one line with ", " and ": " as json.dumps; >= 0: that many spaces, "," + newline
    bool sort_keys = false;
    bool ensure_ascii = true;      // \uXXXX for non-ASCII
    bool compact = false;          // separators "," and ":" (only without indent)
    std::string item_separator{}, key_separator{};   // json.dumps' separators; empty = as the above gives
};

/// Reads one JSON document (NaN, Infinity accepted as Python does); depth limit 512. Strings become data_only.
base::Result<Value> read_json(std::string_view text);
std::string write_json(const Value& value, const JsonStyle& style = {});

}  // namespace fprov::values
