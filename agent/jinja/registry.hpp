// SPDX-License-Identifier: Apache-2.0
// What an Environment knows by name. Rows live as long as the Environment: compiled templates point at them.
#pragma once
#include <deque>
#include <string>
#include <unordered_map>

#include "jinja/binding.hpp"

namespace fprov::jinja {

class Registry {
public:
    template <class Row> struct Table {
        std::deque<Bound<Row>> rows;
        std::unordered_map<std::string_view, const Bound<Row>*> names;
        void add(const Row& row) { names[row.name] = &rows.emplace_back(row); }
        const Bound<Row>* find(std::string_view name) const {
            auto found = names.find(name);
            return found == names.end() ? nullptr : found->second;
        }
    };
    template <class Row> const Bound<Row>* find(const Table<Row>& table, std::string_view name, const std::vector<std::string>& prefixes) const {
        if (const auto* row = table.find(name)) return row;
        for (const auto& prefix : prefixes)
            if (name.starts_with(prefix)) if (const auto* row = table.find(name.substr(prefix.size()))) return row;
        return nullptr;
    }

    Table<Filter> filters;
    Table<Test> tests;
    Table<Global> functions;
    std::unordered_map<std::string, Value> globals;   // functions too, as callable objects
};

}  // namespace fprov::jinja
