// SPDX-License-Identifier: Apache-2.0
// What comes from hosts and from files that others wrote: frames, envelopes.
#include "fuzz/fuzz.hpp"
#include "values/msgpack.hpp"
#include "values/python.hpp"
#include "vault/vault.hpp"
#include "wire/message.hpp"

namespace fprov::fuzz {
namespace {

// All frames, or those before the mistake.
std::vector<std::string> frames(std::string_view input, std::size_t step, bool& broken) {
    std::vector<std::string> out;
    wire::Decoder decoder;
    try {
        for (std::size_t at = 0; at < input.size(); at += step) {
            decoder.feed(input.substr(at, step));
            wire::Frame frame;
            while (decoder.next(frame)) out.push_back(wire::encode(frame));
        }
    } catch (const base::Failure&) {
        broken = true;
    }
    return out;
}

}  // namespace

void wire(std::string_view input) {
    bool whole_broken = false, pieces_broken = false;
    auto whole = frames(input, input.size() + 1, whole_broken), pieces = frames(input, 7, pieces_broken);
    check(whole == pieces && whole_broken == pieces_broken, "frames do not depend on how their bytes arrive");
    for (const auto& bytes : whole) {
        bool broken = false;
        check(frames(bytes, bytes.size(), broken) == std::vector{bytes} && !broken, "an encoded frame decodes to itself");
    }
    auto value = values::read_msgpack(input);
    if (!value) return;
    std::string again;
    values::append_msgpack(again, *value);
    auto same = values::read_msgpack(again);
    check(same && values::repr(*same) == values::repr(*value), "an encoded value decodes to itself");
}

void vault(std::string_view input) {
    static const vault::Secrets secrets = [] {
        vault::Secrets made;
        made.add({"default", "secret"});
        return made;
    }();
    if (vault::is_encrypted(input)) (void)vault::decrypt(input, secrets);
    else if (input.size() > 4 && input.size() % 16 == 0) {    // seldom: keys cost time
        auto plain = vault::decrypt(vault::encrypt(input, secrets.all().front(), "a salt of one's own, thirty-two."), secrets);
        check(plain && *plain == input, "what was encrypted decrypts to itself");
    }
}

}  // namespace fprov::fuzz
