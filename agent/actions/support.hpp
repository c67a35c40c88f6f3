// SPDX-License-Identifier: Apache-2.0
// What several actions share.
#pragma once
#include <string>
#include <string_view>

#include "actions/action.hpp"
#include "base/error.hpp"

namespace fprov::actions {

/// The argument as text, or an empty one.
std::string text(const Map& args, std::string_view name, std::string_view other = "");
bool flag(const Map& args, std::string_view name, bool other);
bool given(const Map& args, std::string_view name);
std::vector<std::string> texts(const Map& args, std::string_view name);   // a list, or a text split at commas
Value failed(std::string msg);
Immediate fail(std::string msg);
Immediate refuse(std::string msg);                        // what Ansible raises: the screen says so before the result
[[noreturn]] void raise(std::string msg);
Immediate skip(std::string msg);
std::string invalid_name(const std::string& name);        // what is said of a name that no variable may have
/// Names of arguments against the action's description: unknown ones are an error in Ansible's words.
std::optional<Immediate> check_names(std::string_view action, const Map& args);
/// Attaches a file of the controller to a call: checksum, size and mode, and its bytes when they are few.
void attach_file(Remote& remote, const std::string& path, std::string content, bool have_content);

}  // namespace fprov::actions
