// SPDX-License-Identifier: Apache-2.0
// Filters, tests and global functions are rows of tables with a declared signature, so that binding, defaults and arity errors
// are written once.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "values/value.hpp"

namespace fprov::jinja {

using base::Place;
using values::CallArguments;
using values::List;
using values::Map;
using values::Value;

class Context;

/// One call with arguments already bound to the row's parameters, in order. Parameters not given hold their default.
struct Call {
    Context& context;              // scope, environment, limits; for map('filter') and the like
    Place place;
    std::vector<Value> arguments;  // [0] = the value that is filtered or tested
    List rest;                     // what "*args" collected
    Map keywords;                  // what "**kwargs" collected
    std::string_view name{};       // of the row, for those that serve many names
    const Value& operator[](std::size_t i) const { return arguments[i]; }
};

/// `signature`: parameter names with Python-literal defaults, "value, attribute=None, default='', *args, **kwargs".
/// Undefined arguments: a row gets them as they are only with `takes_undefined`; otherwise an undefined argument fails before
/// `run`, as Ansible's StrictUndefined would on first use.
struct Filter {
    std::string_view name;
    std::string_view signature;
    Value (*run)(Call&);
    bool takes_undefined = false;
    std::string_view summary{};
};
struct Test {
    std::string_view name;
    std::string_view signature;
    bool (*run)(Call&);
    bool takes_undefined = false;
    std::string_view summary{};
};
struct Global {   // range(), dict(), lookup(), now() …
    std::string_view name;
    std::string_view signature;
    Value (*run)(Call&);
    bool takes_undefined = false;
    std::string_view summary{};
};

}  // namespace fprov::jinja
