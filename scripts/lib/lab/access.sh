# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Ways in: keys, passwords, known_hosts, ssh_config and inventories, all in the lab's state directory.

make_keys() {
    local host dir
    mkdir -p "$state_dir/keys"
    [ -s "$state_dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C "fprov-lab-$lab_name" -f "$state_dir/key"
    for host in "$@"; do
        dir=$state_dir/keys/host$host
        [ ! -e "$dir/complete" ] || continue
        rm -rf --one-file-system "$dir"; mkdir -p "$dir"
        ssh-keygen -q -t ed25519 -N '' -C "$(host_name "$host")" -f "$dir/ssh_host_ed25519_key"
        ssh-keygen -q -t ecdsa -N '' -C "$(host_name "$host")" -f "$dir/ssh_host_ecdsa_key"
        touch "$dir/complete"
    done
}

# The lab's own layer holds what all its hosts share: users, keys, the password of app.
make_lab_layer() {
    state_layer=$hosts_dir/layer
    [ ! -e "$state_layer.complete" ] || return 0
    rm -rf --one-file-system "$state_layer" "$state_layer.spare"; mkdir -p "$hosts_dir"
    (umask 077; [ -s "$state_dir/app_password" ] || openssl rand -base64 12 | tr '+/' 'xy' > "$state_dir/app_password"
        printf 'app:%s\n' "$(cat "$state_dir/app_password")" > "$state_dir/app_password.line")
    key=$state_dir/key.pub bare=$lab_bare app_password_line=$state_dir/app_password.line \
        run_layered "$lab_layers" "$state_layer" "$recipe_dir/lab/layer" > "$state_dir/layer.log" 2>&1 ||
        die "the lab's users could not be made: $(tail -1 "$state_dir/layer.log")"
    rm -f "$state_dir/app_password.line"
    touch "$state_layer.complete"
}

write_known_hosts() {
    local host file
    for ((host = 1; host <= lab_count; host++)); do
        for file in "$state_dir/keys/host$host/"*.pub; do
            printf '%s,%s,[%s]:%s %s\n' "$(host_name "$host")" "$(host_address "$host")" "$(controller_address)" "$((relay_base + host))" "$(cut -d' ' -f1,2 "$file")"
        done
    done > "$state_dir/known_hosts"
}

write_ssh_config() {
    local host
    {
        for ((host = 1; host <= lab_count; host++)); do
            printf 'Host %s\n    HostName %s\n' "$(host_name "$host")" "$(host_address "$host")"
        done
        printf 'Host lab* %s.*\n    User root\n    IdentityFile %s\n    IdentitiesOnly yes\n' "$lab_prefix" "$state_dir/key"
        printf '    UserKnownHostsFile %s\n    GlobalKnownHostsFile /dev/null\n    StrictHostKeyChecking yes\n' "$state_dir/known_hosts"
        printf '    ControlPath none\n    LogLevel ERROR\n'
    } > "$state_dir/ssh_config"
}

ssh_arguments() {
    printf -- '-o UserKnownHostsFile=%s -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes' "$state_dir/known_hosts"
}

# host_variables HOST RELAYED SEPARATOR FORMAT: how the host is reached, directly or through the slow relay.
host_variables() {
    local address port=''
    address=$(host_address "$1")
    [ "$2" != yes ] || { address=$(controller_address); port=$((relay_base + $1)); }
    # shellcheck disable=SC2059
    printf "$4" ansible_host "$address"
    # shellcheck disable=SC2059
    [ -z "$port" ] || { printf '%s' "$3"; printf "$4" ansible_port "$port"; }
}

print_inventory() {
    local user=$1 relayed=$2 host
    printf '[lab]\n'
    for ((host = 1; host <= lab_count; host++)); do
        printf '%s %s\n' "$(host_name "$host")" "$(host_variables "$host" "$relayed" ' ' '%s=%s')"
    done
    printf '\n[lab:vars]\nansible_user=%s\nansible_ssh_private_key_file=%s\n' "$user" "$state_dir/key"
    printf "ansible_ssh_common_args='%s'\nansible_python_interpreter=/usr/bin/python3\n" "$(ssh_arguments)"
}

print_json_inventory() {
    local user=$1 relayed=$2 host comma='' hosts='' variables=''
    for ((host = 1; host <= lab_count; host++)); do
        hosts+="$comma\"$(host_name "$host")\""
        variables+="$comma\"$(host_name "$host")\": {$(host_variables "$host" "$relayed" ', ' '"%s": "%s"')}"
        comma=', '
    done
    printf '{"lab": {"hosts": [%s], "vars": {"ansible_user": "%s", "ansible_ssh_private_key_file": "%s", ' "$hosts" "$user" "$state_dir/key"
    printf '"ansible_ssh_common_args": "%s", "ansible_python_interpreter": "/usr/bin/python3"}}, ' "$(ssh_arguments)"
    printf '"_meta": {"hostvars": {%s}}}\n' "$variables"
}
