#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stand-in: one egg, in the interpreter and with the paths that eggroll.properties names.
config=; all=("$@")
while [ $# -gt 1 ]; do [ "$1" = --config ] && config=$2; shift; done
get() { grep "^eggroll.resourcemanager.bootstrap.egg_pair.$1=" "$config" | tail -1 | cut -d= -f2-; }
venv=$(get venv)
if [ -n "$venv" ]; then
  . "$venv/bin/activate" || { echo "$venv/bin/activate: no such environment" >&2; exit 1; }
  python=$venv/bin/python
else
  python=$(command -v python) || { echo "python: not found on PATH" >&2; exit 1; }
fi
PYTHONPATH=$(get pythonpath) exec "$python" "${EGGROLL_HOME:?}/$(get filepath)" "${all[@]}"
