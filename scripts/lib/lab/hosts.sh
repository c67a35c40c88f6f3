# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The life of hosts: prepare a disk, boot, find, wait for sshd, kill.

host_cgroups() {
    local root
    for root in $(cgroup_roots); do printf '%s/fprov-lab/%s/%s\n' "$root" "$lab_name" "$1"; done
}

# The process id of the host's keeper (boot_host), if it runs.
keeper_of() {
    local pid
    pid=$(cat "$state_dir/hosts/$1.pid" 2>/dev/null) || return 1
    grep -qzxaF -- "fpl.$lab_name.$1" "/proc/$pid/cmdline" 2>/dev/null || return 1
    echo "$pid"
}

children_of() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }

# The host's own process 1, as this machine numbers it: keeper, systemd-nspawn, then it.
leader_of() {
    local keeper child leader
    keeper=$(keeper_of "$1") || return 1
    for child in $(children_of "$keeper"); do
        for leader in $(children_of "$child"); do
            if [ "$(awk '/^NSpid:/ {print $NF}' "/proc/$leader/status" 2>/dev/null)" = 1 ]; then echo "$leader"; return 0; fi
        done
    done
    return 1
}

# What differs between hosts is written into the upper layer before the first boot.
prepare_host() {
    local host=$1 dir name
    dir=$(host_dir "$host"); name=$(host_name "$host")
    [ ! -e "$dir/prepared" ] || return 0
    rm -rf --one-file-system "$dir"
    mkdir -p "$dir"/{upper/etc/ssh,work,root,proc,data}
    chmod 755 "$dir/upper" "$dir/upper/etc" "$dir/data"
    echo "$name" > "$dir/upper/etc/hostname"
    printf '127.0.0.1 localhost localhost.localdomain\n::1 localhost localhost.localdomain\n%s %s\n' \
        "$(host_address "$host")" "$name" > "$dir/upper/etc/hosts"
    tr -d - < /proc/sys/kernel/random/uuid > "$dir/upper/etc/machine-id"
    cp -p "$state_dir/keys/host$host/"ssh_host_* "$dir/upper/etc/ssh/"
    touch "$dir/prepared"
}

start_host() {
    local host=$1 cgroups
    mapfile -t cgroups < <(host_cgroups "$host")
    kill_host "$host"
    prepare_host "$host"
    setsid unshare --mount --propagation private "$lab_lib/boot_host" "fpl.$lab_name.$host" "$(host_dir "$host")" \
        "$state_layer:$lab_layers" "$(host_ns "$host")" "${cgroups[@]}" \
        < /dev/null > "$state_dir/hosts/$host.log" 2>&1 9>&- &
    echo $! > "$state_dir/hosts/$host.pid"
    disown
}

cgroup_processes() {
    local group
    for group in $(host_cgroups "$1"); do
        [ -d "$group" ] || continue
        find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
    done | sort -u
}

remove_cgroups() {
    local group
    for group in "$@"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

# Kill everything in the host's cgroups; with process 1 go all others of its process namespace.
# systemd-nspawn gets a moment to notice by itself, because it then clears its own lock files.
kill_host() {
    local host=$1 pids tries leader keeper
    if leader=$(leader_of "$host"); then
        keeper=$(keeper_of "$host")
        kill -9 "$leader" 2>/dev/null || true
        for tries in {1..20}; do kill -0 "$keeper" 2>/dev/null || break; sleep 0.05; done
    fi
    for tries in {1..100}; do
        pids=$(cgroup_processes "$host")
        [ -n "$pids" ] || break
        # shellcheck disable=SC2086
        kill -9 $pids 2>/dev/null || true
        [ "$tries" = 1 ] || sleep 0.05
    done
    # shellcheck disable=SC2046
    remove_cgroups $(host_cgroups "$host")
    swap_off "$host"
    rm -rf --one-file-system "/run/systemd/nspawn/propagate/fpl.$lab_name.$host" "/run/systemd/nspawn/unix-export/fpl.$lab_name.$host"
    rm -f "$state_dir/hosts/$host.pid"
}

# Swap files of a host stay in use by the kernel after the host is gone; they must be let go before they can be removed.
swap_off() {
    local data name path
    data=$(host_dir "$1")/data
    [ -d "$data" ] || return 0
    while read -r name _; do
        while read -r path; do swapoff "$path" 2>/dev/null || true; done < <(find "$data" -type f -name "$(basename "$name")")
    done < <(tail -n +2 /proc/swaps)
}

remove_host() {
    local host=$1 namespace
    kill_host "$host"
    namespace=$(host_ns "$host")
    ! netns_exists "$namespace" || remove_namespace "$namespace"
    rm -rf --one-file-system "$(host_dir "$host")" "$state_dir/hosts/$host.log"
}

# Wait, from the controller's side, until every host's sshd greets.
wait_for_hosts() {
    local host deadline=$((SECONDS + 60))
    for host in "$@"; do
        # shellcheck disable=SC2016
        until in_controller timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/22" && read -r -t 1 -u 3 line && [[ $line == SSH-* ]]' \
            lab "$(host_address "$host")" 2>/dev/null
        do
            keeper_of "$host" >/dev/null ||
                die "host $host stopped while booting: $(tail -1 "$state_dir/hosts/$host.log") (log: $state_dir/hosts/$host.log)"
            [ "$SECONDS" -lt "$deadline" ] || die "host $host did not start its sshd in time; look at $state_dir/hosts/$host.log"
            sleep 0.1
        done
    done
}
