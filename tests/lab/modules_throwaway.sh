#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares modules with Ansible on a throw-away copy of this machine: an overlay of / in mount, network and process namespaces of its own,
# so that partitions, firewall rules, locales and /etc may change. Loop devices are the kernel's own; what a file of steps uses, it releases.
# usage: tests/lab/modules_throwaway.sh [--show] [WORD…]   (as root; WORD: only files whose name contains it)
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${1:-}" = --inside ]; then
    shift
    work=$1; shift
    mount -t tmpfs throwaway "$work"
    mkdir "$work/upper" "$work/work" "$work/tree"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/tree"
    # A /dev of its own: no mistake of a module reaches the machine's.
    mount -t tmpfs dev "$work/tree/dev"
    for node in "null c 1 3" "zero c 1 5" "full c 1 7" "random c 1 8" "urandom c 1 9" "tty c 5 0" "ptmx c 5 2" "loop-control c 10 237"; do
        read -r name kind major minor <<< "$node"
        mknod -m 666 "$work/tree/dev/$name" "$kind" "$major" "$minor"
    done
    for number in 0 1 2 3 4 5 6 7; do mknod "$work/tree/dev/loop$number" b 7 "$number"; done
    mkdir "$work/tree/dev/shm" "$work/tree/dev/pts"
    mount -t tmpfs shm "$work/tree/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$work/tree/dev/pts"
    ln -s /proc/self/fd "$work/tree/dev/fd"
    ln -s fd/0 "$work/tree/dev/stdin"; ln -s fd/1 "$work/tree/dev/stdout"; ln -s fd/2 "$work/tree/dev/stderr"
    mount --rbind /sys "$work/tree/sys"
    mount -t proc proc "$work/tree/proc"
    mount -t tmpfs tmp "$work/tree/tmp"
    mount -t tmpfs run "$work/tree/run"
    mkdir -p "$work/tree/tests" "$work/tree/build"
    cp -r "$top/tests/lab" "$work/tree/tests/"
    cp "${FPROV_BUILD:-$top/build/release}/module_probe" "$work/tree/build/"
    # What is missing is installed in the throw-away machine only, and nothing of it is started.
    missing=()
    packages=$(for word; do case $word in *.yml) sed -n 's/^packages: *//p' "$top$word" ;; esac; done)
    for package in ansible $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    printf '#!/bin/sh\nexit 101\n' > "$work/tree/usr/sbin/policy-rc.d"; chmod 755 "$work/tree/usr/sbin/policy-rc.d"
    [ ${#missing[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive chroot "$work/tree" apt-get install -y -q --no-install-recommends "${missing[@]}" > /dev/null
    # shellcheck disable=SC2016
    exec unshare --net sh -c 'ip link set lo up; exec "$@"' sh chroot "$work/tree" /usr/bin/env -C /root HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /usr/bin/python3 -u /tests/lab/modules_lab.py --probe /build/module_probe "$@"
fi
options=() files=()
if [ "${1:-}" = --show ]; then options=(--show); shift; fi
for file in "$top"/tests/lab/throwaway/*.yml; do
    for word in "${@:-.}"; do
        if [[ $word = . || $(basename "$file") = *"$word"* ]]; then files+=("/tests/lab/throwaway/$(basename "$file")"); break; fi
    done
done
work=$(mktemp -d)
trap 'rmdir "$work" 2>/dev/null || true' EXIT
unshare --mount --pid --fork --kill-child "$0" --inside "$work" "${options[@]}" "${files[@]}"
