// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry point; FPROV_FUZZ_TARGET names the target.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace fprov;

struct Target { const char* name; void (*run)(std::string_view); };
constexpr Target targets[] = {
    {"inventory", fuzz::inventory}, {"jinja", fuzz::jinja}, {"json", fuzz::json}, {"key_values", fuzz::key_values}, {"literal", fuzz::literal},
    {"regex", fuzz::regex},         {"vault", fuzz::vault}, {"wire", fuzz::wire}, {"yaml", fuzz::yaml},
};

void (*chosen())(std::string_view) {
    const char* name = std::getenv("FPROV_FUZZ_TARGET");
    for (const Target& target : targets)
        if (name && std::strcmp(name, target.name) == 0) return target.run;
    std::fputs("FPROV_FUZZ_TARGET must name one of:", stderr);
    for (const Target& target : targets) std::fprintf(stderr, " %s", target.name);
    std::fputs("\n", stderr);
    std::exit(2);
}

}  // namespace

namespace fprov::fuzz {

void check(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "property does not hold: %s\n", property);
    std::abort();
}

}  // namespace fprov::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto run = chosen();
    try {
        run({reinterpret_cast<const char*>(data), size});
    } catch (const base::Failure&) {
        // a clear error is a good end
    }
    return 0;
}
