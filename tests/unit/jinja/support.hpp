// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/error.hpp"
#include "jinja/environment.hpp"
#include "values/python.hpp"

namespace fprov::jinja::testing {

using values::Map;
using values::Trust;
using values::Value;

class Names : public Scope {
public:
    Names() = default;
    explicit Names(Map map) : map_(std::move(map)) {}
    std::optional<Value> lookup(std::string_view name) const override {
        const Value* found = map_.find(name);
        return found ? std::optional<Value>(*found) : std::nullopt;
    }
    std::vector<std::string> names() const override {
        std::vector<std::string> out;
        for (const auto& entry : map_) out.push_back(entry.key.string());
        return out;
    }
private:
    Map map_;
};

inline std::string rendered(const std::string& text, Map map = {}, const Environment& environment = Environment()) {
    Names names(std::move(map));
    Context context(environment, names);
    return render(*environment.compile(text, {}, {0, 1, 1}), context);
}

/// The error of rendering; fails the test when there is none.
inline base::Error error_of(const std::string& text, Map map = {}, const Environment& environment = Environment(), Place origin = {0, 1, 1}, std::uint32_t indent = 0) {
    try {
        Names names(std::move(map));
        Context context(environment, names);
        std::string out = render(*environment.compile(text, {}, origin, indent), context);
        return {base::Kind::generic, "no error, but: " + out.substr(0, 200)};
    } catch (const base::Failure& failure) {
        return failure.error();
    }
}

}  // namespace fprov::jinja::testing
