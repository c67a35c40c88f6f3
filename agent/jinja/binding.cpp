// SPDX-License-Identifier: Apache-2.0
#include "jinja/binding.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "jinja/environment.hpp"
#include "jinja/undefined.hpp"
#include "values/python.hpp"

namespace fprov::jinja {
namespace {

using base::Failure;
using base::Kind;

// Splits at commas that are not inside quotes or brackets.
std::vector<std::string> parts(std::string_view text) {
    std::vector<std::string> result;
    std::string part;
    char quote = 0;
    int depth = 0;
    for (char c : text) {
        if (quote) { if (c == quote) quote = 0; }
        else if (c == '\'' || c == '"') quote = c;
        else if (c == '(' || c == '[' || c == '{') ++depth;
        else if (c == ')' || c == ']' || c == '}') --depth;
        else if (c == ',' && !depth) { result.push_back(part); part.clear(); continue; }
        part += c;
    }
    if (!base::trim(part).empty()) result.push_back(part);
    return result;
}

std::string counted(std::size_t count, std::string_view what) { return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s"); }

}  // namespace

Signature::Signature(std::string_view text) {
    for (const std::string& raw : parts(text)) {
        std::string_view part = base::trim(raw);
        if (part.starts_with("**")) { keywords_ = true; continue; }
        if (part.starts_with("*")) { rest_ = true; continue; }
        std::size_t equals = part.find('=');
        Parameter parameter;
        parameter.name = base::trim(part.substr(0, equals));
        if (equals != std::string_view::npos) {
            auto value = literal_eval(base::trim(part.substr(equals + 1)));
            if (!value) throw Failure(Kind::generic, "bad default in signature: " + std::string(text));
            if (value->is_string()) value->set_trust(values::Trust::template_ok);
            parameter.otherwise = *value;
            parameter.required = false;
        }
        parameters_.push_back(std::move(parameter));
    }
}

Call Signature::bind(Context& context, Place place, std::string_view name, Value first, bool has_first, CallArguments& given, bool takes_undefined) const {
    auto fail = [&](std::string what) { throw Failure(Kind::type, std::string(name) + "() " + what, place); };
    Call call{context, place, {}, {}, {}, name};
    std::size_t count = parameters_.size(), offset = has_first ? 1 : 0;
    call.arguments.reserve(count);
    if (has_first) {
        if (count) call.arguments.push_back(std::move(first));
        else call.rest.push_back(std::move(first));
    }
    for (Value& argument : given.positional) {
        if (call.arguments.size() < count) call.arguments.push_back(std::move(argument));
        else if (rest_) call.rest.push_back(std::move(argument));
        else fail("takes " + std::string(std::any_of(parameters_.begin(), parameters_.end(), [](const auto& p) { return !p.required; }) ? "from " : "") +
                  [&] {
                      auto required = static_cast<std::size_t>(std::count_if(parameters_.begin(), parameters_.end(), [](const auto& p) { return p.required; }));
                      return required == count ? counted(count, "positional argument")
                                               : std::to_string(required) + " to " + counted(count, "positional argument");
                  }() + " but " + std::to_string(given.positional.size() + offset) + (given.positional.size() + offset == 1 ? " was given" : " were given"));
    }
    std::size_t positional = call.arguments.size();
    for (std::size_t i = positional; i < count; ++i) call.arguments.push_back(parameters_[i].otherwise);
    std::vector<bool> named(given.named.empty() ? 0 : count, false);
    for (auto& [key, value] : given.named) {
        std::size_t i = 0;
        while (i < count && parameters_[i].name != key) ++i;
        if (i < count && !(i == 0 && has_first)) {
            if (i < positional || named[i]) fail("got multiple values for argument '" + key + "'");
            named[i] = true;
            call.arguments[i] = std::move(value);
        } else if (keywords_) {
            call.keywords.set(key, std::move(value));
        } else {
            fail("got an unexpected keyword argument '" + key + "'");
        }
    }
    for (std::size_t i = positional; i < count; ++i)
        if (parameters_[i].required && (named.empty() || !named[i])) fail("missing 1 required positional argument: '" + parameters_[i].name + "'");
    if (!takes_undefined) {
        auto check = [&](const Value& value) { if (value.is_undefined() && !value.undefined_info().lenient) fail_undefined(value, &context.scope); };
        for (const Value& value : call.arguments) check(value);
        for (const Value& value : call.rest) check(value);
        for (const auto& entry : call.keywords) check(entry.value);
    }
    return call;
}

}  // namespace fprov::jinja
