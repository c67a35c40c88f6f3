// SPDX-License-Identifier: Apache-2.0
#include "machine/machine.hpp"

namespace fprov::machine {

Result<Done> Machine::exchange(const std::string& host, int port, double, std::string_view, const std::function<bool(std::string_view)>&) {
    return base::Error{base::Kind::io, "this machine does not talk to " + host + ":" + std::to_string(port)};
}

}  // namespace fprov::machine
