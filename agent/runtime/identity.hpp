// SPDX-License-Identifier: Apache-2.0
// Who this agent is: its program, its user, its folders.
#pragma once
#include <string>

#include "values/value.hpp"

namespace fprov::runtime {

struct Identity {
    std::string hash{};        // SHA-256 of the program
    std::string program{};     // its path
    std::string folder{};      // where the program lies
    std::string directory{};   // where modules run
    std::string user{}, home{};
    unsigned uid = 0;
    std::string temp{};        // private 0700 folder, removed at the end; made when first asked for
};

/// SHA-256 of the running program; empty when it cannot be read.
std::string own_hash();
Identity identify(const std::string& directory);
/// Makes the private folder (beside the program, else in the system's temporary folder) and gives its path; empty when nothing can
/// be written anywhere.
const std::string& make_temp(Identity& identity);
/// Removes the folders that killed agents left behind, and programs of other versions that nobody has used for days.
void sweep_old(const Identity& identity);
values::Value hello(const Identity& identity);

}  // namespace fprov::runtime
