#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The transport against real sshd, sudo and su: ways in, ways to become somebody else, and what can go wrong on each.
# usage: tests/lab/transport_lab.sh [PATTERN]   (as root; only checks whose name matches; needs session_probe and fprov-agent in $FPROV_BUILD)
# shellcheck disable=SC2016,SC2034
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${FPROV_BUILD:-build}
lab_name=${FPROV_LAB:-transport}
pattern=${1:-}
probe=$(realpath "$build/session_probe") || exit 1
export FPROV_AGENT
FPROV_AGENT=$(realpath "$build/fprov-agent") || exit 1
lab() { scripts/lab --name "$lab_name" "$@"; }
scratch=$(mktemp -d)
passed=0 failed=0
trap 'restore > /dev/null 2>&1; lab down > /dev/null 2>&1; rm -rf "$scratch"' EXIT
lab up 2 --flavour debian > "$scratch/up" 2>&1 || { cat "$scratch/up"; exit 1; }
config=$(lab path ssh_config)
key=$(lab path key)
password=$(cat "$(lab path app_password)")
out=$scratch/out

on() { local host=$1; shift; lab exec "$host" /bin/sh -c "$*"; }                # as root on the host, without ssh
run() { lab run timeout 120 "$probe" "$@" > "$out" 2>&1; code=$?; return 0; }   # a probe; its lines in $out
root() { run --ssh-args "-F $config ${args:-}" "$@"; }
app() { run --user app --ssh-args "-F $config ${args:-}" "$@"; }
has() { grep -qF -- "$1" "$out"; }
lacks() { ! grep -qF -- "$1" "$out"; }
quick() { [ "$elapsed" -le "$1" ]; }                                            # seconds, of the last timed command
timed() { local begin=$SECONDS; "$@"; elapsed=$((SECONDS - begin)); }
restart_sshd() { on "$1" 'systemctl reset-failed ssh sshd 2>/dev/null; systemctl restart ssh || systemctl restart sshd'; on "$1" 'for i in $(seq 50); do grep -q ":0016 .* 0A " /proc/net/tcp && break; sleep 0.1; done'; reconfigured=yes; }
restore() { # what checks change on the hosts
    for host in 1 2; do
        on $host 'rm -f /etc/sudoers.d/test /etc/ssh/sshd_config.d/test.conf /etc/profile.d/test.sh; sed -i "/# test$/d" ~root/.bashrc ~app/.bashrc 2>/dev/null
            usermod -s /bin/bash app; umount -l /home/app /tmp /var/tmp /dev/shm /run/user/1000 2>/dev/null; rm -rf /home/app/.cache /home/app/.fprov /tmp/.fprov-* /var/tmp/.fprov-* /dev/shm/.fprov-*
            pkill -f "[s]leep 12[0-9][0-9]$"'
        if [ -n "$reconfigured" ]; then restart_sshd $host; fi
    done
}
check() { # NAME FUNCTION
    case $1 in *"$pattern"*) ;; *) return ;; esac
    : > "$out"
    args= reconfigured=
    local begin=$SECONDS
    if "$2"; then
        passed=$((passed + 1))
        echo "ok: $1 ($((SECONDS - begin)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        sed 's/^/    /' "$out" | cut -c1-1000 | tail -12
    fi
    restore > /dev/null 2>&1
}
sudoers() { # HOST LINE
    on "$1" "echo '$2' > /etc/sudoers.d/test; chmod 440 /etc/sudoers.d/test"
}
sshd_option() { # HOST LINES
    on "$1" "printf '$2\n' > /etc/ssh/sshd_config.d/test.conf"
    restart_sshd "$1"
}
no_agents() { # no agent, worker or temporary folder is left on HOST
    local i
    for i in $(seq 50); do
        [ "$(on "$1" 'ps -eo comm= | grep -c "^fprov"')" = 0 ] && break
        sleep 0.1
    done
    on "$1" 'ps -eo pid,ppid,args | grep "[f]prov"; ls -lad ~/.cache/fprov/tmp.* /home/app/.cache/fprov/tmp.*' >> "$out" 2>&1
    [ "$(on "$1" 'ps -eo comm= | grep -c "^fprov"')" = 0 ] && [ -z "$(on "$1" 'ls -d ~/.cache/fprov/tmp.* /home/app/.cache/fprov/tmp.* 2>/dev/null')" ]
}

# --- ways in ---
t_key() { root lab1 -- ping; [ $code = 0 ] && has '"pong"' && has '"user": "root"'; }
check "a key from the configuration file" t_key
t_inventory_key() { run --user root --key "$key" --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts)" 192.168.0.1 -- ping; [ $code = 0 ]; }
check "a key from the inventory, an address" t_inventory_key
t_password() { args='-o PubkeyAuthentication=no'; app --password "$password" lab1 -- ping; [ $code = 0 ] && has '"user": "app"'; }
check "a password" t_password
t_kbdint() { sshd_option 1 'PasswordAuthentication no\nKbdInteractiveAuthentication yes'; args='-o PubkeyAuthentication=no'; app --password "$password" lab1 -- ping; [ $code = 0 ]; }
check "a password by keyboard-interactive" t_kbdint
t_wrong_password() { args='-o PubkeyAuthentication=no'; timed app --password wrong lab1 -- ping; [ $code = 4 ] && has '"phase": "auth"' && has 'check the password' && lacks wrong && quick 15; }
check "a wrong password" t_wrong_password
t_nothing() { app --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts) -o IdentityFile=none" 192.168.0.1 -- ping; [ $code = 4 ] && has '"phase": "auth"' && has 'name a key'; }
check "nothing to authenticate with" t_nothing
t_encrypted() {
    ssh-keygen -q -t ed25519 -N secret -f "$scratch/locked" && run --user root --key "$scratch/locked" --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts)" 192.168.0.1 -- ping
    [ $code = 4 ] && has 'has a passphrase' && has 'ssh-add'
}
check "a key with a passphrase" t_encrypted
t_agent() {
    local result
    cp "$key" "$scratch/agent_key" && ssh-keygen -q -p -N secret -f "$scratch/agent_key" 2> /dev/null
    eval "$(ssh-agent)" > /dev/null
    ssh-add -q "$key" 2> /dev/null
    run --user root --key "$scratch/agent_key" --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts)" 192.168.0.1 -- ping
    result=$code
    ssh-agent -k > /dev/null
    [ "$result" = 0 ]
}
check "ssh-agent holds the key" t_agent
t_jump() { args='-J lab2'; root 192.168.0.1 -- ping; [ $code = 0 ]; }
check "a jump host" t_jump
t_jump_two() { args='-J lab1,lab2,lab1'; root lab2 -- ping; [ $code = 0 ]; }
check "three jump hosts in a row" t_jump_two
t_jump_shared() {
    args='-J lab2'
    root 192.168.0.1 192.168.0.1 192.168.0.1 192.168.0.1 -- command '{"_raw_params": "echo $SSH_CONNECTION", "_uses_shell": true}'
    [ $code = 0 ] && [ "$(grep -c '"stdout": "192.168.0.2 ' "$out")" = 4 ]
}
check "hosts behind a jump host share its connection" t_jump_shared
t_jump_refused() { args='-J lab2'; root 192.168.0.77 -- ping; [ $code = 4 ] && has 'jump host lab2 cannot reach 192.168.0.77'; }
check "a host that the jump host cannot reach" t_jump_refused
t_proxy() { args="-o 'ProxyCommand=ssh -F $config -W %h:%p lab2'"; root 192.168.0.1 -- ping; [ $code = 0 ]; }
check "a ProxyCommand" t_proxy
t_proxy_fails() { args="-o 'ProxyCommand=echo no way to %h >&2; exit 3'"; timed root lab1 -- ping; [ $code = 4 ] && has 'no way to 192.168.0.1' && quick 5; }
check "a ProxyCommand that fails" t_proxy_fails

# --- host keys ---
known() { run --user root --key "$key" --ssh-args "-F none -o UserKnownHostsFile=$scratch/known" "$@"; }
t_unknown() { : > "$scratch/known"; known 192.168.0.1 192.168.0.2 -- ping; [ $code = 4 ] && has '"phase": "key"' && has 'SHA256:' && has 'ssh-keyscan' && [ ! -s "$scratch/known" ]; }
check "unknown host keys are refused" t_unknown
t_accept() { : > "$scratch/known"; known --accept 192.168.0.1 192.168.0.2 -- ping; [ $code = 0 ] && [ "$(wc -l < "$scratch/known")" = 2 ] && known 192.168.0.1 192.168.0.2 -- ping && [ $code = 0 ]; }
check "unknown host keys are noted when somebody accepts them" t_accept
t_no_check() { : > "$scratch/known"; known --no-check 192.168.0.1 -- ping; [ $code = 0 ]; }
check "no host key checking" t_no_check
t_changed() {
    ssh-keygen -q -t ed25519 -N '' -f "$scratch/other" && printf '# a comment\n192.168.0.1 %s\n' "$(cut -d' ' -f1,2 "$scratch/other.pub")" > "$scratch/known"
    known --accept 192.168.0.1 -- ping
    [ $code = 4 ] && has '"phase": "key"' && has "$scratch/known:2" && [ "$(grep -o SHA256: "$out" | wc -l)" = 2 ] && has 'ssh-keygen -f'
}
check "a changed host key" t_changed
t_changed_hashed() { t_changed; ssh-keygen -q -H -f "$scratch/known" > /dev/null 2>&1; known 192.168.0.1 -- ping; [ $code = 4 ] && has "has changed"; }
check "a changed host key in a hashed file" t_changed_hashed
t_revoked() { printf '@revoked * %s\n' "$(on 1 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub')" > "$scratch/known"; known --accept 192.168.0.1 -- ping; [ $code = 4 ] && has revoked; }
check "a revoked host key" t_revoked

# --- becoming somebody else ---
become() { app --become root "$@" lab1 -- command '{"_raw_params": "id -un"}'; }
t_sudo_free() { sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; become; [ $code = 0 ] && has '"stdout": "root"'; }
check "sudo without a password" t_sudo_free
t_sudo() { become --become-password "$password"; [ $code = 0 ] && has '"stdout": "root"'; }
check "sudo with a password" t_sudo
t_sudo_wrong() { timed become --become-password wrong-one; [ $code = 2 ] && has 'Incorrect sudo password' && has '"phase": "become"' && lacks wrong-one && quick 10; }
check "a wrong sudo password" t_sudo_wrong
t_sudo_missing() { become; [ $code = 2 ] && has 'Missing sudo password'; }
check "no sudo password" t_sudo_missing
t_sudo_tty() { sudoers 1 'Defaults requiretty
app ALL=(ALL) NOPASSWD: ALL'; become; [ $code = 0 ]; }
check "sudo with requiretty" t_sudo_tty
t_sudo_lecture() { sudoers 1 'Defaults lecture=always'; become --become-password "$password"; [ $code = 0 ]; }
check "sudo with its lecture" t_sudo_lecture
t_sudo_no_pty() { sudoers 1 'Defaults !use_pty, !visiblepw, targetpw'; on 1 'echo root:root-password | chpasswd'; become --become-password root-password; [ $code = 0 ]; }
check "sudo that asks for the other user's password, without use_pty" t_sudo_no_pty
t_sudo_denied() { sudoers 1 'app ALL=(ALL) NOPASSWD: /bin/true'; on 1 'gpasswd -d app sudo'; become; local r=$code; on 1 'gpasswd -a app sudo'; [ $r = 2 ] && has '"phase": "become"'; }
check "sudo for one command only" t_sudo_denied
t_sudo_quotes() { on 1 "printf '%s' 'app:p\"ä'\"'\"' \$x' | chpasswd"; become --become-password "p\"ä' \$x"; local r=$code; on 1 "echo 'app:$password' | chpasswd"; [ $r = 0 ]; }
check "a sudo password with quotes and umlauts" t_sudo_quotes
t_sudo_expired() { on 1 'chage -E 2020-01-01 app'; sudoers 1 'app ALL=(ALL) ALL'; become --become-password "$password"; local r=$code; on 1 'chage -E -1 app'; [ $r != 0 ]; }
check "an expired account" t_sudo_expired
t_sudo_locale() { on 1 "echo 'export LANG=zh_CN.UTF-8 LC_ALL=zh_CN.UTF-8 # test' >> /home/app/.bashrc"; become --become-password "$password"; [ $code = 0 ]; }
check "a login in Chinese" t_sudo_locale
t_sudo_user() { sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; app --become nobody lab1 -- command '{"_raw_params": "id -un"}' command '{"_raw_params": "id -un"}'; [ $code = 0 ] && [ "$(grep -c '"stdout": "nobody"' "$out")" = 2 ]; }
check "an unprivileged user who cannot read our home" t_sudo_user
t_sudo_secret() {
    lab run timeout 20 "$probe" --user app --ssh-args "-F $config" --become root --become-password "$password" lab1 -- command '{"_raw_params": "sleep 2"}' > "$out" 2>&1 &
    sleep 1.2
    on 1 "grep -lsa -- '[${password:0:1}]${password:1}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ" > "$scratch/found"
    wait
    [ ! -s "$scratch/found" ] && has '"state": "done"'
}
check "the password stands in no command line and no environment" t_sudo_secret
t_su() { on 1 'echo root:root-password | chpasswd'; become --become-method su --become-password root-password; [ $code = 0 ] && has '"stdout": "root"'; }
check "su with a password" t_su
t_su_wrong() { timed become --become-method su --become-password wrong-one; [ $code = 2 ] && has 'Incorrect su password' && quick 10; }
check "a wrong su password" t_su_wrong
t_su_root() { root --become-method su --become app lab1 -- command '{"_raw_params": "id -un"}'; [ $code = 0 ] && has '"stdout": "app"'; }
check "su from root" t_su_root
t_unknown_user() { sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; app --become nosuch lab1 -- ping; [ $code = 2 ] && has 'unknown user'; }
check "an unknown user" t_unknown_user

# --- hosts that make it hard ---
t_noise() { on 1 'for f in ~root/.bashrc ~app/.bashrc; do printf "%s\n" "echo noise; head -c 1000000 /dev/urandom; echo more >&2; printf \"no newline\"; set -x # test" | cat - $f > $f.new; cat $f.new > $f; rm $f.new; done'; app lab1 -- ping; [ $code = 0 ]; }
check "noisy start files" t_noise
t_banner() { on 1 'head -c 200000 /dev/zero | tr "\\0" x > /etc/issue.test'; sshd_option 1 'Banner /etc/issue.test\nPrintMotd yes'; app lab1 -- ping; [ $code = 0 ]; }
check "a banner of 200 kB" t_banner
t_no_sftp() { on 1 'sed -i.bak /^Subsystem/d /etc/ssh/sshd_config; rm -rf /home/app/.cache/fprov'; restart_sshd 1; app lab1 -- ping; local r=$code; on 1 'mv /etc/ssh/sshd_config.bak /etc/ssh/sshd_config'; [ $r = 0 ]; }
check "no sftp subsystem" t_no_sftp
t_max_sessions() { sshd_option 1 'MaxSessions 1'; sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; app --become root lab1 -- ping; [ $code = 0 ]; }
check "MaxSessions 1" t_max_sessions
t_max_startups() { sshd_option 1 'MaxStartups 1:100:1'; root lab1 lab1 lab1 lab1 -- ping; [ $code = 0 ]; }
check "MaxStartups 1:100:1" t_max_startups
t_nologin() { on 1 'usermod -s /usr/sbin/nologin app'; timed app lab1 -- ping; [ $code = 4 ] && has '"phase": "shell"' && has nologin && quick 5; }
check "a nologin shell" t_nologin
t_rbash() { on 1 'usermod -s /bin/rbash app'; timed app lab1 -- ping; [ $code = 4 ] && has '"phase": "shell"' && has restricted && quick 5; }
check "a restricted shell" t_rbash
t_force_command() { sshd_option 1 'Match User app\n ForceCommand internal-sftp'; timed app lab1 -- ping; [ $code = 4 ] && has '"phase": "shell"' && has ForceCommand && quick 70; }
check "a ForceCommand" t_force_command
t_shells() {
    local shell good=0
    for shell in csh tcsh fish zsh dash; do
        on 1 "command -v $shell > /dev/null" || continue
        on 1 "usermod -s \$(command -v $shell) app"
        app lab1 -- ping
        [ $code = 0 ] || return 1
        good=1
    done
    [ $good = 1 ]
}
check "other login shells" t_shells
t_noexec_tmp() { on 1 'for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec tmpfs $d; done'; app lab1 -- ping; [ $code = 0 ]; }
check "temporary folders mounted noexec" t_noexec_tmp
t_noexec_home() { on 1 'mount -t tmpfs -o noexec,mode=1777 tmpfs /home/app; chown app /home/app'; args="-o IdentityFile=$key"; app --password "$password" lab1 -- ping; [ $code = 0 ]; }
check "a home mounted noexec" t_noexec_home
t_noexec_all() { on 1 'for d in /tmp /var/tmp /dev/shm /home/app; do mount -t tmpfs -o noexec,mode=1777 tmpfs $d; done; chown app /home/app; chmod 700 /home/app; mkdir -p /run/user; chmod 755 /run/user'; app --password "$password" lab1 -- ping; [ $code = 4 ] && has '"phase": "agent"' && has 'mounted noexec' && has /var/tmp; }
check "everything mounted noexec" t_noexec_all
t_readonly_home() { on 1 'mount --bind /home/app /home/app; mount -o remount,bind,ro /home/app'; app lab1 -- ping; [ $code = 0 ]; }
check "a read-only home" t_readonly_home
t_full() { on 1 'mount -t tmpfs -o size=64k,mode=700 tmpfs /home/app; chown app /home/app'; app --password "$password" lab1 -- ping; [ $code = 0 ]; }
check "a full home: another folder is taken" t_full
t_squat() { on 1 'chmod 500 /home/app; for d in /var/tmp /tmp /dev/shm; do mkdir -p $d/.fprov-1000; chmod 777 $d/.fprov-1000; done'; app lab1 -- ping; local r=$code; on 1 'chmod 755 /home/app; ls /var/tmp/.fprov-1000 /tmp/.fprov-1000' > "$scratch/squat"; [ $r = 4 ] && has 'belongs to somebody else' && ! grep -q '[0-9a-f]\{64\}' "$scratch/squat"; }
check "folders squatted by somebody else are refused" t_squat
t_flipped() { app lab1 -- ping; on 1 'f=$(ls -t /home/app/.cache/fprov/* | grep -E "[0-9a-f]{64}$" | head -1); printf X | dd of=$f bs=1 seek=1000000 conv=notrunc 2>/dev/null'; app lab1 -- ping; [ $code = 0 ]; }
check "an installed agent with a flipped byte is replaced" t_flipped
t_truncated() { app lab1 -- ping; on 1 'f=$(ls -t /home/app/.cache/fprov/* | grep -E "[0-9a-f]{64}$" | head -1); truncate -s 100000 $f'; app lab1 -- ping; [ $code = 0 ]; }
check "a truncated agent is replaced" t_truncated
t_no_gzip() { on 1 'rm -rf ~/.cache/fprov; mv $(command -v gzip) /tmp/gzip.away'; root lab1 -- ping; local r=$code; on 1 'mv /tmp/gzip.away /usr/bin/gzip'; [ $r = 0 ]; }
check "a host without gzip" t_no_gzip
t_env() { on 1 "echo 'unset HOME; export POSIXLY_CORRECT=1 PATH=/usr/bin:/bin LC_ALL=zh_CN.GB18030 http_proxy=http://x # test' | cat - /home/app/.bashrc > /home/app/new; cat /home/app/new > /home/app/.bashrc; rm /home/app/new"; app lab1 -- command '{"_raw_params": "pwd"}'; [ $code = 0 ] && has '"stdout": "/home/app"'; }
check "a strange environment" t_env
t_slow_profile() { on 1 "printf '%s\n' 'sleep 6 # test' | cat - /home/app/.bashrc > /home/app/new; cat /home/app/new > /home/app/.bashrc; rm /home/app/new"; app --timeout 3 lab1 -- ping; [ $code = 0 ]; }
check "start files that take longer than the connection may" t_slow_profile

# --- accidents ---
task() { lab run timeout 100 "$probe" --user app --ssh-args "-F $config" "$@" > "$out" 2>&1 & }
await() { local i; for i in $(seq 100); do on 1 "pgrep -f '$1'" > /dev/null && return 0; sleep 0.1; done; return 1; }
t_worker_killed() { task lab1 -- command '{"_raw_params": "sleep 1234"}'; await '[s]leep 1234$'; on 1 'pkill -9 -x fprov-worker'; wait; has '"state": "lost"' && has 'signal 9' && sleep 0.5 && ! on 1 'pgrep -f "[s]leep 1234$"' > /dev/null; }
check "the task's process is killed" t_worker_killed
t_agent_killed() { task lab1 -- command '{"_raw_params": "sleep 1235"}'; await '[s]leep 1235$'; on 1 'pkill -9 -x fprov-agent'; wait; has '"unreachable"' && has '"phase": "agent"' && has 'was killed' && sleep 3 && ! on 1 'pgrep -f "[s]leep 1235$"' > /dev/null && no_agents 1; }
check "the agent is killed in the middle of a task" t_agent_killed
t_sshd_killed() { task lab1 -- command '{"_raw_params": "sleep 1236"}'; await '[s]leep 1236$'; on 1 'pkill -9 -f "^sshd: app"'; wait; has '"unreachable"' && has '"phase": "connect"' && sleep 3 && ! on 1 'pgrep -f "[s]leep 1236$"' > /dev/null && no_agents 1; }
check "its sshd is killed in the middle of a task" t_sshd_killed
t_controller_killed() {
    sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'
    task --become root lab1 -- command '{"_raw_params": "sleep 1237"}'
    await '[s]leep 1237$'
    pkill -9 -f "^$probe"
    wait
    sleep 3
    ! on 1 'pgrep -f "[s]leep 1237$"' > /dev/null && no_agents 1
}
check "the controller is killed in the middle of a task" t_controller_killed
t_detached() { task lab1 -- command '{"_raw_params": "setsid -f sleep 1238; sleep 0.3", "_uses_shell": true}'; wait; sleep 1; local r=1; on 1 'pgrep -f "[s]leep 1238$"' > /dev/null && r=0; on 1 'pkill -f "[s]leep 1238$"'; [ $r = 0 ]; }
check "a daemon that a task started stays" t_detached
t_cancel() { sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; task --become root --cancel-after 2 lab1 -- command '{"_raw_params": "sleep 1239"}'; wait; has '"state": "lost"' && sleep 0.5 && ! on 1 'pgrep -f "[s]leep 1239$"' > /dev/null; }
check "a cancelled task of another user" t_cancel
t_timeout() { sudoers 1 'app ALL=(ALL) NOPASSWD: ALL'; timed app --become root --task-timeout 1 lab1 -- command '{"_raw_params": "sleep 1240"}'; has 'failed to execute in the expected time frame (1) and was terminated' && quick 5 && ! on 1 'pgrep -f "[s]leep 1240$"' > /dev/null; }
check "a task that takes too long" t_timeout
t_dead() { timed root --timeout 4 lab1 192.168.0.99 -- ping; [ $code = 4 ] && has '"pong"' && has '"phase": "connect"' && quick 8; }
check "a dead host does not delay the other" t_dead
t_refused() { timed run --user root --port 4444 --key "$key" --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts)" 192.168.0.1 -- ping; [ $code = 4 ] && has 'Connection refused' && quick 5; }
check "nobody listens on the port" t_refused
t_silent_port() {
    on 1 'nohup python3 -c "import socket,time;s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind((\"0.0.0.0\",4445));s.listen();c=s.accept();time.sleep(60)" > /dev/null 2>&1 &'
    sleep 0.5
    timed run --user root --port 4445 --timeout 3 --key "$key" --ssh-args "-F none -o UserKnownHostsFile=$(lab path known_hosts)" 192.168.0.1 -- ping
    on 1 'pkill -f 4445'
    [ $code = 4 ] && has 'did not answer in time' && quick 8
}
check "a port that says nothing" t_silent_port
t_big() {
    head -c 104857600 /dev/urandom > "$scratch/big"
    local sum
    sum=$(sha1sum < "$scratch/big" | cut -d' ' -f1)
    timed root --content "$scratch/big" lab1 -- copy "{\"dest\": \"/var/tmp/big\", \"src\": \"$scratch/big\", \"_fprov_checksum\": \"$sum\", \"_fprov_size\": 104857600}"
    [ "$code" = 0 ] && [ "$(on 1 'sha1sum < /var/tmp/big' | cut -d' ' -f1)" = "$sum" ] && quick 20 && echo "   (upload of 100 MB: $elapsed s)" &&
        timed root --fetch lab1 -- /var/tmp/big && has '104857600 bytes' && quick 20 && echo "   (fetch of 100 MB: $elapsed s)"
}
check "a big file up and down" t_big
t_fetch() { root --fetch lab1 -- /etc/hostname /nonexistent; has '"text": "lab1' && has 'No such file'; }
check "fetch" t_fetch
t_huge_output() { timed app lab1 -- command '{"_raw_params": "yes | head -c 600000000", "_uses_shell": true}'; has 'cut here' && quick 60; }
check "huge output is cut" t_huge_output
t_raw() { app --raw lab1 -- 'echo "$0 out"; echo err >&2; exit 3'; has '"rc": 3' && has 'out' && has 'err'; }
check "raw" t_raw
t_raw_nologin() { on 1 'usermod -s /bin/rbash app'; app --raw lab1 -- 'echo works'; has works; }
check "raw where no agent can run" t_raw_nologin
t_raw_become() { app --raw --become root --become-password "$password" lab1 -- 'id -un; echo é'; has 'root' && has '"rc": 0'; }
check "raw as another user" t_raw_become
t_raw_become_wrong() { timed app --raw --become root --become-password wrong-one lab1 -- 'id -un'; has 'Incorrect sudo password' && quick 10; }
check "raw with a wrong password" t_raw_become_wrong
t_async() {
    app --async 30 lab1 -- command '{"_raw_params": "sleep 1; echo done", "_uses_shell": true}'
    has ansible_job_id && has '"finished": 0' && sleep 2.5 && on 1 'cat /home/app/.ansible_async/*' > "$out" && has '"finished": 1' && has '"stdout": "done"'
}
check "a job in the background" t_async
t_async_timeout() { on 1 'rm -rf /home/app/.ansible_async'; app --async 1 lab1 -- command '{"_raw_params": "sleep 1242"}'; sleep 2.5; on 1 'cat /home/app/.ansible_async/*' > "$out"; has 'Timeout exceeded' && ! on 1 'pgrep -f "[s]leep 1242$"' > /dev/null; }
check "a job in the background that takes too long" t_async_timeout
t_names() { task lab1 -- command '{"_raw_params": "sleep 1243"}'; await '[s]leep 1243$'; on 1 'ps -eo args= | grep -i fprov | grep -v grep' > "$scratch/names"; on 1 'pkill -f "[s]leep 1243$"'; wait; ! grep -qE 'fate|supervisor|python|java|/home' "$scratch/names" && grep -q fprov-agent "$scratch/names"; }
check "the agent's command line says nothing that people kill" t_names
t_left() { no_agents 1 && no_agents 2; }
check "nothing is left on the hosts" t_left

t_half_open() {
    args='-o ServerAliveInterval=2 -o ServerAliveCountMax=3'
    lab run timeout 100 "$probe" --user app --ssh-args "-F $config $args" lab1 lab2 -- command '{"_raw_params": "sleep 1241"}' command '{"_raw_params": "echo over"}' > "$out" 2>&1 &
    await '[s]leep 1241$'
    sleep 1
    on 1 'ip link set lo down; for i in $(ls /sys/class/net | grep -v lo); do ip link set $i down; done'
    on 2 'pkill -f "[s]leep 1241$"'
    local begin=$SECONDS
    wait
    elapsed=$((SECONDS - begin)); on 1 'ip -br link' >> "$out"
    has '"unreachable"' && has 'has not answered for' && quick 15
}
check "a pulled cable is noticed" t_half_open

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
