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
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
    mount --rbind /dev "$work/root/dev"
    mount --rbind /sys "$work/root/sys"
    mount -t proc proc "$work/root/proc"
    mount -t tmpfs tmp "$work/root/tmp"
    mount -t tmpfs run "$work/root/run"
    mkdir -p "$work/root/tests" "$work/root/build"
    cp -r "$top/tests/lab" "$work/root/tests/"
    cp "${FPROV_BUILD:-$top/build/release}/module_probe" "$work/root/build/"
    ip link set lo up
    exec chroot "$work/root" /usr/bin/env -C /root HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /usr/bin/python3 /tests/lab/modules_lab.py --probe /build/module_probe "$@"
fi
options=() files=()
if [ "${1:-}" = --show ]; then options=(--show); shift; fi
for file in "$top"/tests/lab/throwaway/*.yml; do
    for word in "${@:-.}"; do
        if [[ $word = . || $(basename "$file") = *"$word"* ]]; then files+=("/tests/lab/throwaway/$(basename "$file")"); break; fi
    done
done
missing=()
for package in ansible rsync parted lvm2 ufw iptables at kmod locales python3-passlib xfsprogs btrfs-progs dosfstools e2fsprogs git make util-linux; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || apt-get install -y -q --no-install-recommends "${missing[@]}" > /dev/null
work=$(mktemp -d)
trap 'rmdir "$work" 2>/dev/null || true' EXIT
unshare --mount --net --pid --fork --kill-child "$0" --inside "$work" "${options[@]}" "${files[@]}"
