# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# One bridge in a namespace of its own, one namespace per host, one for the controller. Nothing leads outside:
# hosts have a default route (facts expect one), but the controller it points to does not forward.

netns_exists() { [ -e "/run/netns/$1" ]; }
in_controller() { ip netns exec "$controller_ns" "$@"; }

ensure_switch() {
    netns_exists "$switch_ns" || ip netns add "$switch_ns"
    ip -n "$switch_ns" link show br0 >/dev/null 2>&1 ||
        ip -n "$switch_ns" link add br0 type bridge stp_state 0 forward_delay 0
    ip -n "$switch_ns" link set br0 up
}

# plug NAMESPACE PORT ADDRESS: the namespace gets eth0 with ADDRESS, wired to PORT of the bridge.
plug() {
    local namespace=$1 port=$2 address=$3
    netns_exists "$namespace" || ip netns add "$namespace"
    ip -n "$namespace" link show eth0 >/dev/null 2>&1 && return 0
    ip -n "$switch_ns" link del "$port" 2>/dev/null || true
    ip link add eth0 netns "$namespace" type veth peer name "$port" netns "$switch_ns"
    ip -n "$switch_ns" link set "$port" master br0 up
    ip -n "$namespace" -batch - <<END
link set lo up
address add $address/24 dev eth0
link set eth0 up
END
}

ensure_network() {
    local host
    ensure_switch
    plug "$controller_ns" controller "$(controller_address)"
    for host in "$@"; do
        plug "$(host_ns "$host")" "port$host" "$(host_address "$host")"
        ip -n "$(host_ns "$host")" route replace default via "$(controller_address)"
    done
}

lab_namespaces() {
    local path
    for path in /run/netns/fpl."$lab_name".*; do
        if [ -e "$path" ]; then basename "$path"; fi
    done
}

# Whatever still runs in a namespace goes with it (ssh masters, relays, forgotten commands), but never this command itself.
remove_namespace() {
    local pid
    for pid in $(ip netns pids "$1" 2>/dev/null); do
        is_ancestor "$pid" || kill -9 "$pid" 2>/dev/null || true
    done
    ip netns del "$1"
}

is_ancestor() {
    local pid=$$
    while [ "$pid" -gt 1 ]; do
        [ "$pid" != "$1" ] || return 0
        pid=$(awk '{print $4}' "/proc/$pid/stat" 2>/dev/null || echo 0)
    done
    return 1
}
