# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Names, paths, messages and locks that all parts of the lab share.

cache_dir=${FPROV_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/fprov-lab}
disk_dir=${FPROV_LAB_DISK:-/var/lib/fprov-lab}
run_dir=/run/fprov-lab
relay_base=2200    # host I behind the slow relay is controller port 2200 + I

say() { printf 'lab: %s\n' "$*" >&2; }
die() { printf 'lab: error: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$lab_lib/../../lab"; }

# Everything a lab owns is found by its name alone, so that `down` works after any crash.
set_lab() {
    [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,19}$ ]] || die "'$1' is no lab name: use up to 20 of a-z, 0-9 and '-'"
    lab_name=$1
    state_dir=$run_dir/$lab_name
    hosts_dir=$disk_dir/$lab_name
    switch_ns=fpl.$lab_name.switch
    controller_ns=fpl.$lab_name.controller
}

host_ns() { printf 'fpl.%s.%s' "$lab_name" "$1"; }
host_dir() { printf '%s/%s' "$hosts_dir" "$1"; }
host_name() { printf 'lab%s' "$1"; }
host_address() { printf '%s.%s' "$lab_prefix" "$1"; }
controller_address() { printf '%s.254' "$lab_prefix"; }

# The lab's settings (flavour, prefix, bare, count, layers) stand in one file written by `up`.
load_lab() {
    [ -r "$state_dir/lab.conf" ] || die "lab '$lab_name' is not up; start it with: scripts/lab --name $lab_name up 2"
    # shellcheck source=/dev/null
    . "$state_dir/lab.conf"
}

save_lab() {
    local key
    for key in lab_flavour lab_prefix lab_bare lab_count lab_layers; do
        printf '%s=%q\n' "$key" "${!key}"
    done > "$state_dir/lab.conf.new"
    mv "$state_dir/lab.conf.new" "$state_dir/lab.conf"
}

check_host() {
    [[ ${1:-} =~ ^[0-9]+$ ]] || die "'${1:-}' is no host number; lab '$lab_name' has hosts 1 to $lab_count"
    if [ "$1" -lt 1 ] || [ "$1" -gt "$lab_count" ]; then
        die "there is no host $1; lab '$lab_name' has hosts 1 to $lab_count"
    fi
}

# Hold FILE's lock while COMMAND runs; children that outlive it must not inherit the lock (they are started with 9>&-).
with_lock() {
    local file=$1; shift
    mkdir -p "$(dirname "$file")"
    exec 9>"$file"
    flock -n 9 || { say "waiting for another lab command to finish ($file)"; flock 9; }
    "$@"
    exec 9>&-
}

# The cgroup hierarchies in which systemd keeps its tree: one on pure v2, two on hybrid machines.
cgroup_roots() {
    local root
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup; return; fi
    for root in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        if [ -d "$root" ]; then echo "$root"; fi
    done
}
