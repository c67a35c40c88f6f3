#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent must load on every x86-64 Linux from 3.10 on: fully static, no newer kernel demanded, no newer system call needed.
# usage: tests/functional/agent_binary.sh [AGENT [OLD_KERNEL]]   (default: build/fprov-agent build/old_kernel)
set -uo pipefail
cd "$(dirname "$0")/../.."
agent=${1:-build/fprov-agent}
old_kernel=${2:-build/old_kernel}
failures=0
check() {
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failures=$((failures + 1)); fi
}
no_dynamic_section() { readelf -d "$agent" | grep -q 'no dynamic section'; }
no_interpreter() { ! readelf -l "$agent" | grep -q INTERP; }
stripped() { ! readelf -S "$agent" | grep -q '\.symtab'; }
baseline() { ! readelf -n "$agent" | grep -q 'x86-64-v[234]'; }
kernel_note() { # the ABI note names the oldest kernel that the C library accepts
    local version
    version=$(readelf -n "$agent" | sed -n 's/.*OS: Linux, ABI: //p')
    [ -n "$version" ] && [ "$(printf '%s\n3.10.0\n' "$version" | sort -V | tail -1)" = 3.10.0 ]
}
hash_matches() { [ "$("$agent" --hash)" = "$(sha256sum < "$agent" | cut -d' ' -f1)" ]; }
runs_on_old_kernel() { [ "$("$old_kernel" "$agent" --hash)" = "$(sha256sum < "$agent" | cut -d' ' -f1)" ]; }
speaks_on_old_kernel() { # hello comes, then the end of its input ends it
    local out
    out=$("$old_kernel" "$agent" /tmp < /dev/null | tr -d '\0' | head -c 400)
    case $out in *version*hash*) true ;; *) false ;; esac
}
works_on_old_kernel() { # a module with files, temporary names, renames and a child process
    local dir
    dir=$(mktemp -d)
    FPROV_AGENT="$(realpath "$agent")" HOME="$dir" "$old_kernel" "$(dirname "$agent")/session_probe" --local -- \
        copy "{\"content\":\"x\",\"_raw_content\":\"x\",\"dest\":\"$dir/a\"}" file "{\"path\":\"$dir/b\",\"state\":\"touch\"}" > "$dir/out" 2>&1
    grep -q '"event": "ready"' "$dir/out" && grep -q '"state": "done"' "$dir/out"
    local code=$?
    rm -rf "$dir"
    return $code
}

knows_unicode() { # its tables are packed; letters, cases and digits beyond ASCII come from them
    local dir
    dir=$(mktemp -d)
    printf 'ÄÖ ßüñ ЖЗ ١٢ 7\n' > "$dir/a"
    FPROV_AGENT="$(realpath "$agent")" HOME="$dir" "$(dirname "$agent")/session_probe" --local -- \
        replace "{\"path\":\"$dir/a\",\"regexp\":\"(?i)^(äö) (\\\\w+) (жз) (\\\\d+) \",\"replace\":\"\\\\4 \\\\2 \\\\3 \\\\1 \"}" > "$dir/out" 2>&1
    [ "$(cat "$dir/a")" = '١٢ ßüñ ЖЗ ÄÖ 7' ]
    local code=$?
    rm -rf "$dir"
    return $code
}

check "no dynamic section" no_dynamic_section
check "no program interpreter" no_interpreter
check "stripped" stripped
check "no newer processor demanded" baseline
check "the C library accepts Linux 3.10" kernel_note
check "knows its own hash" hash_matches
check "starts without system calls newer than Linux 3.10" runs_on_old_kernel
check "speaks without system calls newer than Linux 3.10" speaks_on_old_kernel
if [ -x "$(dirname "$agent")/session_probe" ]; then check "knows letters beyond ASCII" knows_unicode; check "runs modules without system calls newer than Linux 3.10" works_on_old_kernel; fi
exit $((failures > 0))
