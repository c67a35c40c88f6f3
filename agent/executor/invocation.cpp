// SPDX-License-Identifier: Apache-2.0
#include "executor/invocation.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"

namespace fprov::executor {
namespace {

using values::List;
using values::Map;
using values::Value;

constexpr const char* hidden = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

Value without_secrets(std::span<const spec::Arg> args, const Value& value) {
    if (value.is_list()) {
        List all;
        for (const Value& one : value.list()) all.push_back(without_secrets(args, one));
        return Value(std::move(all));
    }
    if (!value.is_map()) return value;
    Map shown;
    for (const auto& [key, inner] : value.map()) {
        const auto arg = std::find_if(args.begin(), args.end(), [&](const spec::Arg& one) {
            if (!key.is_string() || one.name == key.string()) return key.is_string();
            const auto aliases = base::split(std::string(one.aliases), '|');
            return std::find(aliases.begin(), aliases.end(), key.string()) != aliases.end();
        });
        if (arg == args.end()) shown.set(key, inner);
        else if (arg->secret && !inner.is_none()) shown.set(key, Value(hidden));
        else shown.set(key, arg->suboptions.empty() ? inner : without_secrets(arg->suboptions, inner));
    }
    return Value(std::move(shown));
}

}  // namespace

Value invocation_of(const modules::Module& module, const Map& given) {
    const auto args = modules::all_args(module);
    Map told;
    for (const auto& [key, value] : given)
        if (key.is_string() && !key.string().starts_with("_fprov_")) told.set(key, value);
    auto checked = spec::check(module.name, args, module.rules, told);
    Map shown = checked.args.map();
    for (const spec::Arg& arg : args) if (!shown.contains(arg.name)) shown.set(arg.name, Value());
    for (const auto& [key, value] : told)
        if (!shown.contains(key.string())) shown.set(key, value);   // by its alias
    for (const char* own : {"cmd", "expand_argument_vars", "warn"}) if (!told.contains(own)) shown.erase(own);   // not of 2.14, or told as the free form
    return Value(Map{{"module_args", without_secrets(args, Value(std::move(shown)))}});
}

}  // namespace fprov::executor
