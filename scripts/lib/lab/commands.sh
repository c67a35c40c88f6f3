# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# One function per command of scripts/lab.

command_up() {
    local count='' flavour='' prefix='' bare=''
    while [ $# -gt 0 ]; do
        case $1 in
            --flavour|--flavor) flavour=${2:-}; shift 2 || die "--flavour needs centos or debian" ;;
            --flavour=*) flavour=${1#*=}; shift ;;
            --prefix) prefix=${2:-}; shift 2 || die "--prefix needs three numbers, as in 192.168.0" ;;
            --prefix=*) prefix=${1#*=}; shift ;;
            --bare) bare=yes; shift ;;
            *) [ -z "$count" ] || die "up takes one number, not also '$1'"; count=$1; shift ;;
        esac
    done
    [[ ${count:=1} =~ ^[1-9][0-9]{0,2}$ && $count -le 200 ]] || die "'$count' is no number of hosts; use 1 to 200"
    [ -z "$prefix" ] || [[ $prefix =~ ^([0-9]{1,3}\.){2}[0-9]{1,3}$ ]] || die "'$prefix' is no prefix; use three numbers, as in 192.168.0"
    ensure_prerequisites
    up_wanted_flavour=$flavour up_wanted_prefix=$prefix up_wanted_bare=$bare
    ensure_flavour "$(wanted_flavour)"
    with_lock "$run_dir/$lab_name.lock" up_locked "$count"
}

# A lab that is up keeps its flavour; a new one is centos unless told otherwise.
wanted_flavour() {
    local lab_flavour='' lab_layers='' lab_prefix lab_bare lab_count
    # shellcheck source=/dev/null
    [ ! -r "$state_dir/lab.conf" ] || . "$state_dir/lab.conf"
    echo "${up_wanted_flavour:-${lab_flavour:-centos}}"
}

# A lab that is up keeps what it was raised with; asking for something else is an error, not a silent mixture.
settle_lab() {
    local layers=$lab_layers
    if [ -r "$state_dir/lab.conf" ]; then
        load_lab
        [ -z "$up_wanted_flavour" ] || [ "$up_wanted_flavour" = "$lab_flavour" ] ||
            die "lab '$lab_name' is up with flavour $lab_flavour; take it down first, or use another --name"
        [ -z "$up_wanted_prefix" ] || [ "$up_wanted_prefix" = "$lab_prefix" ] ||
            die "lab '$lab_name' is up with prefix $lab_prefix; take it down first, or use another --name"
        [ -z "$up_wanted_bare" ] || [ "$up_wanted_bare" = "$lab_bare" ] ||
            die "lab '$lab_name' is up with the user app; take it down first, or use another --name"
        return
    fi
    [ ! -e "$hosts_dir" ] || { say "clearing what an earlier lab '$lab_name' left behind"; remove_lab; }
    lab_flavour=${up_wanted_flavour:-centos} lab_prefix=${up_wanted_prefix:-192.168.0} lab_bare=${up_wanted_bare:-no}
    lab_count=0 lab_layers=$layers
}

up_locked() {
    local count=$1 host started=$SECONDS fresh=() surplus=()
    settle_lab
    mkdir -p "$state_dir/hosts" "$hosts_dir"
    chmod 755 "$state_dir"
    for ((host = count + 1; host <= lab_count; host++)); do surplus+=("$host"); done
    for host in "${surplus[@]}"; do remove_host "$host"; done
    lab_count=$count
    save_lab
    # shellcheck disable=SC2046
    set -- $(seq "$count")
    make_keys "$@"
    make_lab_layer
    ensure_network "$@"
    for host in "$@"; do leader_of "$host" >/dev/null || { start_host "$host"; fresh+=("$host"); }; done
    write_known_hosts
    write_ssh_config
    print_inventory root no > "$state_dir/inventory"
    [ ${#fresh[@]} = 0 ] || say "booting ${#fresh[@]} host(s)"
    wait_for_hosts "$@"
    say "lab '$lab_name' is up: $count $lab_flavour host(s) from $(host_address 1), ready after $((SECONDS - started)) s"
}

command_down() {
    local name
    [ "${1:-}" = --all ] || { with_lock "$run_dir/$lab_name.lock" remove_lab; report_removed; return; }
    for name in $(all_labs); do
        set_lab "$name"
        with_lock "$run_dir/$lab_name.lock" remove_lab
        report_removed
    done
}

report_removed() { rm -f "$run_dir/$lab_name.lock"; say "lab '$lab_name' is down, nothing is left of it"; }

# Every lab that left any trace: state, disks, namespaces or cgroups.
all_labs() {
    local root
    {
        ls "$disk_dir" 2>/dev/null
        find "$run_dir" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null
        find /run/netns -name 'fpl.*' -printf '%f\n' 2>/dev/null | cut -d. -f2
        for root in $(cgroup_roots); do find "$root/fprov-lab" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null; done
    } | sort -u
}

# Hosts are found by every trace they may have left, not by what a state file says.
traced_hosts() {
    local root
    {
        ls "$hosts_dir" 2>/dev/null
        find /run/netns -name "fpl.$lab_name.*" -printf '%f\n' 2>/dev/null | cut -d. -f3
        for root in $(cgroup_roots); do ls "$root/fprov-lab/$lab_name" 2>/dev/null; done
    } | grep -x '[0-9]*' | sort -un || true
}

remove_lab() {
    local host namespace root
    for host in $(traced_hosts); do remove_host "$host" & done
    wait
    for namespace in $(lab_namespaces); do remove_namespace "$namespace"; done
    for root in $(cgroup_roots); do
        remove_cgroups "$root/fprov-lab/$lab_name"
        rmdir "$root/fprov-lab" 2>/dev/null || true
    done
    rm -rf --one-file-system "$hosts_dir" "$state_dir"
    rmdir "$disk_dir" 2>/dev/null || true
    local left
    left=$(residue)
    [ -z "$left" ] || die "lab '$lab_name' could not be removed entirely; left: $left"
}

# Whatever of the lab is still on the machine, one word each.
residue() {
    local root
    lab_namespaces
    for root in $(cgroup_roots); do find "$root/fprov-lab/$lab_name" -maxdepth 0 2>/dev/null || true; done
    grep -o " $hosts_dir/[^ ]*" /proc/mounts || true
    find "$hosts_dir" "$state_dir" -maxdepth 0 2>/dev/null || true
    pgrep -f -- "(--machine=|boot_host )fpl\.$lab_name\." || true
}

command_status() {
    local host leader since
    load_lab
    printf 'lab %s: %s host(s), flavour %s, controller %s (scripts/lab run CMD…)\n' "$lab_name" "$lab_count" "$lab_flavour" "$(controller_address)"
    for ((host = 1; host <= lab_count; host++)); do
        if leader=$(leader_of "$host"); then
            since=$(ps -o etime= -p "$leader" | tr -d ' ')
            printf '%-6s %-15s running for %s\n' "$(host_name "$host")" "$(host_address "$host")" "$since"
        else
            printf '%-6s %-15s stopped\n' "$(host_name "$host")" "$(host_address "$host")"
        fi
    done
}

command_ssh() {
    local user=root host
    if [ "${1:-}" = -u ]; then user=${2:-}; shift 2 || die "-u needs a user"; fi
    load_lab
    host=${1:-}; check_host "$host"; shift
    exec ip netns exec "$controller_ns" ssh -F "$state_dir/ssh_config" -l "$user" "$(host_name "$host")" "$@"
}

command_exec() {
    local host=${1:-} leader group
    load_lab
    check_host "$host"; shift
    [ $# -gt 0 ] || die "exec needs a command to run on host $host"
    leader=$(leader_of "$host") || die "host $host does not run; boot it with: scripts/lab --name $lab_name up $lab_count"
    for group in $(host_cgroups "$host"); do
        echo $$ > "$group/host/payload/init.scope/cgroup.procs" 2>/dev/null || echo $$ > "$group/host/cgroup.procs" 2>/dev/null || true
    done
    exec nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
        /usr/bin/env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

command_run() {
    load_lab
    [ $# -gt 0 ] || die "run needs a command"
    exec ip netns exec "$controller_ns" "$@"
}

command_inventory() {
    local user=root format=print_inventory relayed=no
    while [ $# -gt 0 ]; do
        case $1 in
            --json) format=print_json_inventory; shift ;;
            --user) user=${2:-}; shift 2 || die "--user needs a user" ;;
            --relay) relayed=yes; shift ;;
            *) die "inventory knows --json, --relay and --user, not '$1'" ;;
        esac
    done
    load_lab
    "$format" "$user" "$relayed"
}

command_reset() {
    ensure_prerequisites
    load_lab
    [ $# -gt 0 ] || { local all; mapfile -t all < <(seq "$lab_count"); set -- "${all[@]}"; }
    local host
    for host in "$@"; do check_host "$host"; done
    with_lock "$run_dir/$lab_name.lock" reset_locked "$@"
}

reset_locked() {
    local host
    make_lab_layer
    for host in "$@"; do { kill_host "$host"; rm -rf --one-file-system "$(host_dir "$host")"; } & done
    wait
    ensure_network "$@"
    for host in "$@"; do start_host "$host"; done
    wait_for_hosts "$@"
}

command_relay() {
    load_lab
    local delay=100 routes=() host
    while [ $# -gt 0 ]; do
        case $1 in
            --delay-ms) delay=${2:-}; shift 2 || die "--delay-ms needs a number" ;;
            --delay-ms=*) delay=${1#*=}; shift ;;
            *) check_host "$1"; routes+=("$((relay_base + $1))=$(host_address "$1"):22"); shift ;;
        esac
    done
    [[ $delay =~ ^[0-9]+([.][0-9]+)?$ ]] || die "'$delay' is no number of milliseconds"
    if [ ${#routes[@]} = 0 ]; then
        for ((host = 1; host <= lab_count; host++)); do routes+=("$((relay_base + host))=$(host_address "$host"):22"); done
    fi
    exec ip netns exec "$controller_ns" /usr/bin/python3 "$lab_lib/relay.py" "$delay" "${routes[@]}"
}

command_path() {
    case ${1:-state} in
        base) ensure_prerequisites; ensure_base; echo "$base_dir/root" ;;
        state) load_lab; echo "$state_dir" ;;
        inventory|key|ssh_config|known_hosts|app_password) load_lab; echo "$state_dir/$1" ;;
        host) load_lab; check_host "${2:-}"; echo "/proc/$(leader_of "$2")/root" ;;
        *) die "path knows state, inventory, key, ssh_config, known_hosts, app_password, base and host I, not '$1'" ;;
    esac
}

command_build() {
    local flavour=centos
    case ${1:-} in
        --flavour|--flavor) flavour=${2:-} ;;
        --flavour=*) flavour=${1#*=} ;;
    esac
    ensure_prerequisites
    ensure_flavour "$flavour"
    echo "$flavour_dir"
}

command_clean() { with_lock "$cache_dir/lock" clean_cache; }
