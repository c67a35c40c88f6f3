#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares modules with Ansible on a Debian host of the lab and, where nothing but files is needed, on this machine; then a playbook by fprov alone.
# usage: tests/lab/modules_debian.sh [WORD]   (as root; WORD: only files whose name contains it)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
lab=modules-debian-$$ build=${FPROV_BUILD:-build/release} word=${1:-} passed=0 failed=0
trap 'scripts/lab --name "$lab" down > /dev/null 2>&1' EXIT

tally() {   # the counts that a comparison printed last
    local output counts
    output=$(/usr/bin/python3 tests/lab/modules_lab.py --probe "$build/module_probe" "$@" 2>&1)
    printf '%s\n' "$output" | sed '$d'
    counts=$(tail -1 <<< "$output")
    case $counts in
        *' passed, '*) passed=$((passed + ${counts%% *})); counts=${counts#*, }; failed=$((failed + ${counts%% *})) ;;
        *) echo "FAILED $*: $counts"; failed=$((failed + 1)) ;;
    esac
}
check() {
    local text=$1
    shift
    if "$@"; then passed=$((passed + 1)); else echo "FAILED $text"; failed=$((failed + 1)); fi
}
wanted() { [[ $1 == *"$word"* ]]; }

for file in git pip rpm_key yum_repository; do
    if wanted "$file"; then tally "tests/lab/modules/$file.yml"; fi
done
scripts/lab --name "$lab" up 1 --flavour debian > /dev/null || { echo "FAILED the lab does not come up"; exit 1; }
for file in apt apt_key apt_repository cron dpkg_debconf; do
    if wanted "$file"; then tally --lab "$lab" "tests/lab/modules/$file.yml"; fi
done

if wanted playbook; then
    inventory=$(scripts/lab --name "$lab" path inventory)
    fprov() { scripts/lab --name "$lab" run "$build/fprov" playbook -i "$inventory" tests/lab/modules/packages_playbook.yml "$@" 2>&1; }
    unchanged() { grep -q 'lab1 .* changed=0 .* failed=0 ' <<< "$1"; }
    changed() { grep -q 'lab1 .* changed=[1-9].* failed=0 ' <<< "$1"; }
    output=$(fprov --check)
    check "check mode tells of changes" changed "$output"
    output=$(fprov)
    check "the first run changes: $(tail -3 <<< "$output")" changed "$output"
    output=$(fprov)
    check "the second run changes nothing: $(grep -B3 '^changed' <<< "$output")" unchanged "$output"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
