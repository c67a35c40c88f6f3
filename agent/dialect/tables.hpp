// SPDX-License-Identifier: Apache-2.0
// The tables of what Ansible adds to Jinja2, by subject.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "dialect/templar.hpp"
#include "jinja/callable.hpp"

namespace fprov::dialect {

/// One table and the collection that its names may be prefixed with ("ansible.builtin.b64encode").
template <class Row>
struct Table {
    std::string_view collection;
    std::span<const Row> rows;
};

const std::vector<Table<jinja::Filter>>& filter_tables();
const std::vector<Table<jinja::Test>>& test_tables();
std::span<const jinja::Global> global_rows();

namespace filters {
std::span<const jinja::Filter> paths();
std::span<const jinja::Filter> regexes();
std::span<const jinja::Filter> encodings();
std::span<const jinja::Filter> sets();
std::span<const jinja::Filter> combines();
std::span<const jinja::Filter> maths();
std::span<const jinja::Filter> times();
std::span<const jinja::Filter> serials();
std::span<const jinja::Filter> randoms();
std::span<const jinja::Filter> urls();
std::span<const jinja::Filter> plain();       // bool, ternary, mandatory, quote, comment …
std::span<const jinja::Filter> general();     // community.general: counter, dict_kv …
std::span<const jinja::Filter> random_general();
std::span<const jinja::Filter> time_general();
std::span<const jinja::Filter> networks();    // ansible.utils: ipaddr …
std::span<const jinja::Filter> queries();     // json_query
}  // namespace filters

namespace tests {
std::span<const jinja::Test> results();
std::span<const jinja::Test> texts();
std::span<const jinja::Test> files();
std::span<const jinja::Test> sets();
}  // namespace tests

/// One lookup plugin: terms and options as given, the list of results.
struct LookupCall {
    const Templar& templar;
    const jinja::Scope& scope;
    const List& terms;
    const Map& options;
    Place place;
};
struct Lookup {
    std::string_view name;
    List (*run)(LookupCall&);
    std::string_view summary{};
};
std::span<const Lookup> file_lookups();
std::span<const Lookup> tree_lookups();
std::span<const Lookup> list_lookups();
std::span<const Lookup> value_lookups();
const Lookup* find_lookup(std::string_view name);   // short or ansible.builtin. name

}  // namespace fprov::dialect
