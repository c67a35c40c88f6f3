#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stand-in: the JVM of one session.
config=; all=("$@")
while [ $# -gt 1 ]; do [ "$1" = --config ] && config=$2; shift; done
get() { grep "^eggroll.resourcemanager.bootstrap.roll_pair_master.$1=" "$config" | tail -1 | cut -d= -f2-; }
cd "${EGGROLL_HOME:?}" || exit 1
unset EGGROLL_LOG_FILE
# shellcheck disable=SC2046
exec "$(get javahome)/bin/java" $(get jvm.options) -cp "$(get classpath)" "$(get mainclass)" "${all[@]}"
