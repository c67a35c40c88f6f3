# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the fate_*.sh tests: a lab of two hosts, the stand-in distribution, the site as an inventory folder.
# FPROV_PLAYBOOK is the executor (default: ansible-playbook); FATE_DIST a distribution that exists already.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export FPROV_LAB=${FPROV_LAB:-fate-$$}
executor=${FPROV_PLAYBOOK:-ansible-playbook}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/fate-test.XXXXXX")
env=$scratch/inventory/lab
dist=${FATE_DIST:-$scratch/dist}
count=0 failed=0
supervisor=/data/projects/common/supervisord

lab() { "$top/scripts/lab" "$@"; }
on() { local host=$1; shift; lab exec "$host" bash -c "$*"; }
as_app() { local host=$1; shift; lab exec "$host" su - app -c "$*"; }
service() { local host=$1; shift; as_app "$host" "cd $supervisor && sh service.sh $*"; }

# play PLAYBOOK [ARGUMENT…]: the executor on the controller; its output goes to $scratch/last
play() {
    local playbook=$1; shift
    # shellcheck disable=SC2086
    ANSIBLE_ROLES_PATH=$top/roles ANSIBLE_LIBRARY=$scratch/library ANSIBLE_PIPELINING=True ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=False \
        lab run $executor -i "$env" "$top/playbooks/$playbook" "$@" > "$scratch/last" 2>&1 < /dev/null
}

# check TEXT COMMAND…: one line of the report; what the command printed is shown only when it failed.
check() {
    local text=$1 output; shift
    count=$((count + 1))
    if output=$("$@" 2>&1 < /dev/null); then echo "ok $count - $text"; return 0; fi
    echo "not ok $count - $text"
    failed=$((failed + 1))
    { printf '%s\n' "$output"; [ ! -e "$scratch/last" ] || tail -n 15 "$scratch/last" | cut -c1-1500; } | sed 's/^/    /'
    return 1
}
fails() { ! "$@"; }
output_has() { grep -qF -- "$1" "$scratch/last"; }
output_lacks() { ! grep -qF -- "$1" "$scratch/last"; }
prints() { local wanted=$1; shift; "$@" > "$scratch/printed" 2>&1; grep -qE -- "$wanted" "$scratch/printed" || { cat "$scratch/printed"; return 1; }; }
unchanged() { ! grep -E 'changed=[1-9]|failed=[1-9]|unreachable=[1-9]' "$scratch/last" && grep -qE 'changed=0' "$scratch/last"; }

prepare() { # [bare-lab arguments]: lab, distribution, inventory
    case $executor in
        *ansible-playbook)     # Ansible knows no swapfile module: it must be able to name it, and is not to run it
            export FATE_SWAP=no
            mkdir -p "$scratch/library"
            echo 'raise SystemExit("swapfile is a module of fprov")' > "$scratch/library/swapfile.py" ;;
    esac
    [ -e "$dist/manifest.yml" ] || "$top/tests/standin/build" "$dist" > "$scratch/dist.log" 2>&1 || { cat "$scratch/dist.log"; exit 1; }
    lab up 2 --flavour centos > "$scratch/lab.log" 2>&1 || { cat "$scratch/lab.log"; exit 1; }
    "$top/tests/lab/fate_env" "$env" "$dist"
    case $executor in
        *ansible-playbook) echo 'yum_backend: dnf' >> "$env/group_vars/all/lab.yml" ;;
    esac
}
finish() {
    [ -n "${FATE_KEEP:-}" ] || { lab down > /dev/null 2>&1; rm -rf "$scratch"; }
    echo "$((count - failed)) passed, $failed failed"
    [ "$failed" = 0 ]
}
