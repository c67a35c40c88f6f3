// SPDX-License-Identifier: Apache-2.0
// Small readings that most collectors share.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace fprov::facts {

/// A file's text; empty when it cannot be read. /proc and /sys files are read to their end whatever their size says.
std::string file_text(machine::Machine& machine, const std::string& path);
/// The same without white space at both ends.
std::string file_word(machine::Machine& machine, const std::string& path);
std::vector<std::string> file_lines(machine::Machine& machine, const std::string& path);
/// Words split at white space, no empty ones.
std::vector<std::string> words(std::string_view text);
/// KEY=value lines with shell quotes removed (os-release and its kin).
std::map<std::string, std::string> shell_assignments(std::string_view text);
/// 270553174016 → "251.97 GB", as Ansible's bytes_to_human.
std::string human_size(double bytes);

}  // namespace fprov::facts
