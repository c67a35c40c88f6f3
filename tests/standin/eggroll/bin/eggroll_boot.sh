#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stand-in: start "SCRIPT ARGUMENTS" NAME, in EGGROLL_HOME.
cd "${EGGROLL_HOME:?EGGROLL_HOME is not set}" || exit 1
[ "$1" = start ] || { echo "usage: $0 start COMMAND NAME" >&2; exit 1; }
exec bash -c "exec bash $2"
