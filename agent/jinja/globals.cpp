// SPDX-License-Identifier: Apache-2.0
// The functions that every template knows: range, dict, namespace, cycler, joiner, lipsum.
#include <algorithm>

#include "base/text.hpp"
#include "jinja/builtins.hpp"
#include "jinja/filters/support.hpp"
#include "jinja/objects.hpp"
#include "jinja/text.hpp"

namespace fprov::jinja {
namespace {

Value range(Call& call) {
    auto& given = call.rest;
    if (given.empty()) fail_type("range expected at least 1 argument, got 0");
    if (given.size() > 3) fail_type("range expected at most 3 arguments, got " + std::to_string(given.size()));
    std::int64_t numbers[3] = {0, 0, 1};
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!is_integral(given[i])) fail_type("'" + values::type_name(given[i]) + "' object cannot be interpreted as an integer");
        numbers[given.size() == 1 ? 1 : i] = as_integer(given[i]);
    }
    auto [start, stop, step] = numbers;
    if (step == 0) fail_value("range() arg 3 must not be zero");
    auto distance = step > 0 ? static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start) : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
    bool empty = step > 0 ? start >= stop : start <= stop;
    std::uint64_t width = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
    std::uint64_t count = empty ? 0 : (distance - 1) / width + 1;
    check_list(limits_of(call), count);
    List out;
    out.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) out.push_back(Value(static_cast<std::int64_t>(static_cast<std::uint64_t>(start) + i * static_cast<std::uint64_t>(step))));
    return out;
}

void merge(Map& map, const Call& call, const Value& given) {
    if (given.is_map()) {
        for (const auto& [key, value] : given.map()) map.set(key, value);
        return;
    }
    for (const Value& pair : iterate(call, given)) {
        auto both = values::elements(pair);
        if (!both || both->size() != 2) fail_value("dictionary update sequence element needs a key and a value");
        map.set((*both)[0], (*both)[1]);
    }
}
Map collected(const Call& call, const char* name) {
    Map map;
    if (call.rest.size() > 1) fail_type(std::string(name) + " expected at most 1 argument, got " + std::to_string(call.rest.size()));
    if (!call.rest.empty()) merge(map, call, call.rest[0]);
    for (const auto& [key, value] : call.keywords) map.set(key, value);
    return map;
}
Value dict(Call& call) { return collected(call, "dict"); }
Value make_namespace(Call& call) {
    return Value(std::static_pointer_cast<values::Object>(std::make_shared<Namespace>(collected(call, "namespace"))));
}

class Cycler : public values::Object, public std::enable_shared_from_this<Cycler> {
public:
    explicit Cycler(List items) : items_(std::move(items)) {}
    std::string type_name() const override { return "Cycler"; }
    std::string str() const override { return "<Cycler>"; }
    std::optional<Value> attribute(std::string_view name) const override {
        if (name == "current") return items_[at_];
        auto self = std::const_pointer_cast<Cycler>(shared_from_this());
        if (name == "next") return closure("next", [self](Context&, CallArguments&, Place) {
            Value item = self->items_[self->at_];
            self->at_ = (self->at_ + 1) % self->items_.size();
            return item;
        });
        if (name == "reset") return closure("reset", [self](Context&, CallArguments&, Place) { self->at_ = 0; return Value(); });
        return std::nullopt;
    }
private:
    List items_;
    std::size_t at_ = 0;
};
Value cycler(Call& call) {
    if (call.rest.empty()) fail_type("at least one item has to be provided");
    return Value(std::static_pointer_cast<values::Object>(std::make_shared<Cycler>(call.rest)));
}
Value joiner(Call& call) {
    auto used = std::make_shared<bool>(false);
    Value separator = call[0];
    return closure("joiner", [used, separator](Context&, CallArguments&, Place) { return std::exchange(*used, true) ? separator : Value(std::string(), values::Trust::template_ok); });
}

Value lipsum(Call& call) {
    static constexpr std::string_view words[] = {
        "lorem", "ipsum", "dolor", "sit", "amet", "consectetuer", "adipiscing", "elit", "sed", "diam", "nonummy", "nibh", "euismod",
        "tincidunt", "ut", "laoreet", "dolore", "magna", "aliquam", "erat", "volutpat", "wisi", "enim", "ad", "minim", "veniam"};
    std::int64_t paragraphs = integer_of(call, 0), least = integer_of(call, 2), most = integer_of(call, 3);
    bool html = flag_of(call, 1);
    if (paragraphs < 0 || least < 0 || most <= least) fail_value("lipsum() needs n >= 0 and min < max");
    check_text(limits_of(call), static_cast<std::size_t>(std::min<std::int64_t>(paragraphs, 1 << 30)) * static_cast<std::size_t>(std::min<std::int64_t>(most, 1 << 20)) * 8);
    std::string out;
    for (std::int64_t p = 0; p < paragraphs; ++p) {
        auto count = static_cast<std::uint64_t>(least) + random_number(call.context, static_cast<std::uint64_t>(most - least));
        std::string text;
        bool start = true;
        for (std::uint64_t i = 0; i < count; ++i) {
            call.context.step(call.place);
            std::string word(words[random_number(call.context, std::size(words))]);
            if (start) word = capitalize(word);
            start = i + 1 == count || random_number(call.context, 12) == 0;
            text += (text.empty() ? "" : " ") + word + (start ? "." : "");
        }
        if (p) out += html ? "\n" : "\n\n";
        out += html ? "<p>" + text + "</p>" : text;
    }
    return Value(std::move(out), values::Trust::template_ok);
}

constexpr Global rows[] = {
    {"cycler", "*items", cycler, false, "gives its items in turn: next(), current, reset()"},
    {"dict", "*args, **kwargs", dict, true, "a mapping"},
    {"joiner", "sep=', '", joiner, false, "nothing at the first call, the separator later"},
    {"lipsum", "n=5, html=True, min=20, max=100", lipsum, false, "filler text"},
    {"namespace", "*args, **kwargs", make_namespace, true, "an object whose attributes {% set %} may change"},
    {"range", "*args", range, false, "integers: range(stop), range(start, stop, step)"},
};

}  // namespace

std::span<const Global> builtin_globals() { return rows; }

}  // namespace fprov::jinja
