// SPDX-License-Identifier: Apache-2.0
#include "jinja/methods/methods.hpp"

#include <deque>
#include <unordered_map>

namespace fprov::jinja {
namespace {

struct Index {
    std::deque<Signature> signatures;
    std::unordered_map<std::string_view, MethodNames> names;

    void add(std::span<const Method> rows, MethodNames::Entry MethodNames::*slot, MethodNames::Entry MethodNames::*second = nullptr) {
        for (const Method& row : rows) {
            MethodNames& entry = names[row.name];
            const Signature* signature = &signatures.emplace_back(row.signature);
            entry.*slot = {&row, signature};
            if (second) entry.*second = {&row, signature};
            entry.mutates = entry.mutates || row.mutates;
        }
    }
    Index() {
        add(str_methods(), &MethodNames::str);
        add(list_methods(), &MethodNames::list);
        add(tuple_methods(), &MethodNames::tuple);
        add(dict_methods(), &MethodNames::dict);
        add(number_methods(), &MethodNames::integer, &MethodNames::real);
    }
};

}  // namespace

MethodNames::Entry MethodNames::of(const Value& value) const {
    switch (value.type()) {
        case values::Type::string: return str;
        case values::Type::list: return list;
        case values::Type::tuple: return tuple;
        case values::Type::map: return dict;
        case values::Type::boolean: case values::Type::integer: return integer;
        case values::Type::real: return real;
        default: return {};
    }
}

const MethodNames* find_methods(std::string_view name) {
    static const Index index;
    auto found = index.names.find(name);
    return found == index.names.end() ? nullptr : &found->second;
}

}  // namespace fprov::jinja
