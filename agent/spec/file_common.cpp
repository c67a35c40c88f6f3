// SPDX-License-Identifier: Apache-2.0
#include "spec/argument.hpp"

namespace fprov::spec {
namespace {
constexpr Arg common[] = {
    {.name = "mode", .type = Type::raw, .help = "Permissions: octal text ('0644'), a YAML octal number or symbolic (u=rw,g=r,o=r)"},
    {.name = "owner", .help = "Name or number of the owning user"},
    {.name = "group", .help = "Name or number of the owning group"},
    {.name = "seuser", .help = "User part of the SELinux context; _default takes the policy's"},
    {.name = "serole", .help = "Role part of the SELinux context"},
    {.name = "selevel", .help = "Level part of the SELinux context"},
    {.name = "setype", .help = "Type part of the SELinux context"},
    {.name = "attributes", .help = "Attributes as for chattr: '+i', '-a', '=ie'", .aliases = "attr"},
    {.name = "unsafe_writes", .type = Type::boolean, .help = "Write in place where the file cannot be replaced atomically",
     .fallback = "no"},
};
}  // namespace

std::span<const Arg> file_common_args() { return common; }

}  // namespace fprov::spec
