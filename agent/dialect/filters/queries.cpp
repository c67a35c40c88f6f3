// SPDX-License-Identifier: Apache-2.0
#include "dialect/arguments.hpp"
#include "dialect/jmespath.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

Value json_query(Call& call) {
    const auto expression = text_of(call, 1);
    try {
        return jmespath(expression, call[0]);
    } catch (const base::Failure& failure) {
        const bool syntax = failure.error().kind == base::Kind::parse;
        fail(call, (syntax ? "JMESPathError in json_query filter plugin:\n" : "Error in jmespath.search in json_query filter plugin:\n") + failure.error().what,
             "the expression is " + expression);
    }
}

constexpr jinja::Filter rows[] = {
    {"json_query", "data, expr", json_query, false, "What a JMESPath expression finds"},
};

}  // namespace

std::span<const jinja::Filter> queries() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
