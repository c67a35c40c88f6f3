// SPDX-License-Identifier: Apache-2.0
// Ends a worker together with what it started. Every command that a module runs has a session of its own, so the family is found through
// the parents: a daemon that detached itself (its parent ended, init has adopted it) is no member any more and lives on, as it should.
#pragma once
#include <sys/types.h>

#include <string>

namespace fprov::runtime {

/// SIGTERM to all descendants of `root` (and to it when `with_root`), up to `grace` seconds, then SIGKILL. Root itself is not waited for.
void end_family(pid_t root, bool with_root, double grace);
/// SIGKILL only; uses no memory allocation, so that a signal handler may call it.
void kill_family(pid_t root, bool with_root);
/// rm -r for a temporary folder of ours; follows no links.
void remove_folder(const std::string& path);

}  // namespace fprov::runtime
