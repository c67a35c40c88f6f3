// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/python_random.hpp"
#include "dialect/tables.hpp"

namespace fprov::dialect {
namespace filters {
namespace {

PythonRandom generator(Call& call, std::size_t seed) {
    if (!call[seed].is_none()) {
        require_defined(call[seed], call.place);
        return PythonRandom(call[seed]);
    }
    if (call.context.user) templar_of(call.context).note_volatile();
    return PythonRandom();
}

Value random(Call& call) {
    require_defined(call[0], call.place);
    auto source = generator(call, 3);
    if (call[0].is_int() || call[0].is_bool()) {
        const auto start = call[1].is_none() ? 0 : integer_of(call, 1);
        const auto step = call[2].truthy() ? integer_of(call, 2) : 1;
        return Value(source.range(start, integer_of(call, 0), step));
    }
    auto elements = values::elements(call[0]);
    if (!elements || call[0].is_map()) fail(call, "random can only be used on sequences and integers");
    if (!call[1].is_none() || !call[2].is_none()) fail(call, "start and step can only be used with integer values");
    if (elements->empty()) fail(call, "Cannot choose from an empty sequence");
    return (*elements)[source.below(elements->size())];
}

Value shuffle(Call& call) {
    require_defined(call[0], call.place);
    auto elements = values::elements(call[0]);
    if (!elements) return call[0];
    generator(call, 1).shuffle(*elements);
    return Value(std::move(*elements));
}

// community.general.random_mac: a prefix of one to five bytes completed at random.
Value random_mac(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_string()) fail(call, "Invalid value type (<class '" + values::type_name(call[0]) + "'>) for random_mac (" + values::str(call[0]) + ")");
    auto prefix = base::lower(call[0].string());
    auto parts = base::split(prefix, ':');
    std::erase(parts, "");
    auto bad = [&](const std::string& why) { fail(call, "Invalid value (" + prefix + ") for random_mac: " + why); };
    if (parts.size() > 5) bad("5 colon(:) separated items max");
    for (auto& part : parts) {
        auto byte = part.size() == 2 ? base::parse_int(part, 16) : std::nullopt;
        if (!byte) bad(part + " not hexa byte");
    }
    if (parts.empty()) bad("could not be empty");
    std::string mac = base::join(parts, ":");
    // Always five bytes are drawn, and as many of them used as are missing.
    const auto number = generator(call, 1).range(std::int64_t{1} << 36, std::int64_t{1} << 40);
    for (int i = 4; mac.size() < 17; --i) {
        const char byte = static_cast<char>(number >> (8 * i) & 0xff);
        mac += ":" + base::hex(std::string_view(&byte, 1));
    }
    return Value(mac);
}

constexpr jinja::Filter rows[] = {
    {"random", "end, start=None, step=None, seed=None", random, false, "A random number below an integer, or a random element"},
    {"shuffle", "mylist, seed=None", shuffle, false, "A list in random order"},
};
constexpr jinja::Filter general_rows[] = {
    {"random_mac", "value, seed=None", random_mac, false, "Completes a prefix to a MAC address"},
};

}  // namespace

std::span<const jinja::Filter> randoms() { return rows; }
std::span<const jinja::Filter> random_general() { return general_rows; }

}  // namespace filters
}  // namespace fprov::dialect
