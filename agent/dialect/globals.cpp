// SPDX-License-Identifier: Apache-2.0
// Global functions that Ansible adds: lookup, query, now, undef.
#include "dialect/arguments.hpp"
#include "dialect/clock.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {

Value run_lookup(jinja::Call& call);
Value run_query(jinja::Call& call);

namespace {

Value now(Call& call) {
    const auto* templar = call.context.user ? &templar_of(call.context) : nullptr;
    if (templar) templar->note_volatile();
    const auto moment = moment_at(now_seconds(templar), flag_of(call, 0));
    if (!call[1].is_none() && call[1].truthy()) return Value(values::strftime(text_of(call, 1), moment));
    return values::make_datetime(moment);
}

Value undef(Call& call) {
    const auto hint = call[0].is_none() ? std::string("Mandatory variable has not been overridden") : text_of(call, 0);
    return Value::undefined("", hint, call.place);
}

constexpr jinja::Global rows[] = {
    {"lookup", "_name, *args, **kwargs", run_lookup, true, "What a lookup plugin finds, as text"},
    {"now", "utc=False, fmt=None", now, false, "The current date and time"},
    {"q", "_name, *args, **kwargs", run_query, true, "What a lookup plugin finds, as a list"},
    {"query", "_name, *args, **kwargs", run_query, true, "What a lookup plugin finds, as a list"},
    {"undef", "hint=None", undef, false, "A value that must be given elsewhere"},
};

}  // namespace

std::span<const jinja::Global> global_rows() { return rows; }

}  // namespace fprov::dialect
