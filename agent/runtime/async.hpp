// SPDX-License-Identifier: Apache-2.0
// Tasks in the background: a process of its own session that outlives connection and agent, and writes what it did where Ansible's
// async_status looks for it: ~/.ansible_async/<job>.
#pragma once
#include "machine/machine.hpp"
#include "runtime/identity.hpp"

namespace fprov::runtime {

/// Starts `fprov-agent --job` with the task on its stdin. The result that the controller shows at once.
values::Value start_job(const values::Value& task, const values::Value& async, const Identity& identity);
/// The job's process: reads the task, detaches, runs it, watches its time. Exit code of the program.
int run_job();

}  // namespace fprov::runtime
