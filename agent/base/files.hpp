// SPDX-License-Identifier: Apache-2.0
// Whole files of the controller and paths as text.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace fprov::base {

Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t(1) << 31);
/// Temporary file in the same folder, mode before content, fsync, rename.
Result<Done> write_file_atomic(const std::string& path, std::string_view content, unsigned mode = 0644);
bool exists(const std::string& path);
bool is_directory(const std::string& path);
bool is_file(const std::string& path);
Result<Done> make_directories(const std::string& path, unsigned mode = 0755);
std::vector<std::string> list_directory(const std::string& path);   // names, sorted; empty when unreadable
std::string join_path(std::string_view a, std::string_view b);      // as os.path.join
std::string dirname(std::string_view path);
std::string basename(std::string_view path);
std::string normalize_path(std::string_view path);                  // as os.path.normpath
std::string absolute_path(std::string_view path);                   // against the working directory, normalized
std::string real_path(const std::string& path);                     // links resolved; what does not exist stays
std::string expand_user(std::string_view path);                     // ~ and ~name
std::string expand_variables(std::string_view text);                // $NAME and ${NAME}; unknown ones stay
std::string home_directory();

}  // namespace fprov::base
