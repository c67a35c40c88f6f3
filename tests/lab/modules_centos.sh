#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares modules with Ansible on a CentOS host of the lab: packages by dnf, services, accounts, waits, commands, supervisor.
# usage: tests/lab/modules_centos.sh [WORD]   (as root; WORD: only files whose name contains it)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
lab=modules-centos-$$ build=${FPROV_BUILD:-build/release} word=${1:-} passed=0 failed=0
trap 'scripts/lab --name "$lab" down > /dev/null 2>&1' EXIT
scripts/lab --name "$lab" up 1 > /dev/null || { echo "FAILED the lab does not come up"; exit 1; }
for file in command supervisorctl systemd user wait_for yum; do
    [[ $file == *"$word"* ]] || continue
    output=$(/usr/bin/python3 tests/lab/modules_lab.py --probe "$build/module_probe" --lab "$lab" "tests/lab/modules/$file.yml" 2>&1)
    printf '%s\n' "$output" | sed '$d'
    counts=$(tail -1 <<< "$output")
    case $counts in
        *' passed, '*) passed=$((passed + ${counts%% *})); counts=${counts#*, }; failed=$((failed + ${counts%% *})) ;;
        *) echo "FAILED $file: $counts"; failed=$((failed + 1)) ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
