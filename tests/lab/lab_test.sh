#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the lab itself: raises two hosts, looks at all that tests of fprov rely on, crashes it, takes it down.
# usage: tests/lab/lab_test.sh [centos|debian]…   (as root; prints "ok N - text" or "not ok N - text", fails if any is not ok)
# shellcheck disable=SC2016
set -uo pipefail
lab=$(cd "$(dirname "$0")/../.." && pwd)/scripts/lab
export FPROV_LAB=selftest-$$
count=0 failed=0

# check TEXT COMMAND…: one line of the report; what the command printed is shown only when it failed.
check() {
    local text=$1 output; shift
    count=$((count + 1))
    if output=$("$@" 2>&1 < /dev/null); then echo "ok $count - $text"; return; fi
    echo "not ok $count - $text"
    failed=$((failed + 1))
    printf '%s\n' "$output" | tail -5 | sed 's/^/    /'
}

fails() { ! "$@"; }
# eventually COMMAND…: what takes its time on a busy machine is waited for, 30 seconds at most.
eventually() { local end=$((SECONDS + 30)); until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done; }
says() { local expected=$1 output; shift; output=$("$@"); [ "$output" = "$expected" ] || { echo "expected: $expected; got: $output"; return 1; }; }
on() { local host=$1; shift; "$lab" ssh "$host" "$@"; }
as() { local user=$1; shift; "$lab" ssh -u "$user" 1 "$@"; }

# ssh with app's password instead of a key, through ssh's own askpass door.
with_password() {
    local state askpass
    state=$("$lab" path state); askpass=$state/askpass
    printf '#!/bin/sh\ncat %s\n' "$("$lab" path app_password)" > "$askpass"; chmod 700 "$askpass"
    SSH_ASKPASS=$askpass SSH_ASKPASS_REQUIRE=force "$lab" run ssh -F "$state/ssh_config" -l app \
        -o PubkeyAuthentication=no -o PreferredAuthentications=password "$@"
}

sudo_with_password() { "$lab" ssh -u app 1 'sudo -S -p "" id -u' < "$("$lab" path app_password)"; }
no_processes_left() { ! pgrep -fa "fpl\.$FPROV_LAB\."; }
no_mounts_left() { ! grep -F "fprov-lab/$FPROV_LAB" /proc/mounts; }
no_namespaces_left() { ! compgen -G "/run/netns/fpl.$FPROV_LAB.*"; }
no_folders_left() { ! ls -d /run/fprov-lab/"$FPROV_LAB"* /var/lib/fprov-lab/"$FPROV_LAB" 2>/dev/null; }
no_cgroups_left() { ! find /sys/fs/cgroup -path "*/fprov-lab/$FPROV_LAB*" -print -quit | grep .; }
no_swap_left() { ! grep -F -- "-$FPROV_LAB" /proc/swaps; }

check_nothing_left() {
    local what
    for what in processes mounts namespaces folders cgroups swap; do check "$1: no $what left" "no_${what}_left"; done
}

check_any_flavour() {
    check "up again changes nothing and succeeds" "$lab" up 2
    check "root logs in by key" says 0 on 1 id -u
    check "ops logs in by key and has sudo without a password" says 0 as ops sudo -n id -u
    check "app logs in by key" says app as app id -un
    check "app logs in by password" says app with_password lab1 id -un
    check "app's group is apps (6000)" says apps:6000 as app 'echo $(id -gn):$(id -g)'
    check "app's sudo wants a password" fails as app sudo -n true
    check "app's sudo takes the password" says 0 sudo_with_password
    check "process 1 is systemd, and it came up whole" says running on 1 systemctl is-system-running --wait
    check "hosts have their own name" says lab1 on 1 hostname
    check "hosts have their own host key" fails says "$(on 1 cat /etc/ssh/ssh_host_ed25519_key.pub)" on 2 cat /etc/ssh/ssh_host_ed25519_key.pub
    check "exec runs as root inside the host" says lab1 "$lab" exec 1 hostname
    check "the controller reaches host 2 by address" "$lab" run bash -c 'exec 3<>/dev/tcp/192.168.0.2/22'
    check "host 1 reaches host 2" on 1 'exec 3<>/dev/tcp/192.168.0.2/22'
    check "hosts have a default route" on 1 'ip route | grep -q ^default'
    check "the host does not reach the machine's own addresses" fails on 1 "timeout 2 ping -c1 -W1 $machine_address"
    check "the host sees no interface but its own" says 'eth0 lo' on 1 'ls /sys/class/net | sort | xargs'
    check "the controller does not reach the machine's own addresses" fails "$lab" run timeout 2 bash -c "exec 3<>/dev/tcp/$machine_address/22"
    check "settings under net. can be changed" on 1 'sysctl -qw net.ipv4.ip_forward=1'
    check "settings of the whole machine cannot" fails on 1 'sysctl -qw vm.swappiness=11'
    check "a file system can be mounted" on 1 'mount -t tmpfs none /mnt && umount /mnt'
    check_swap
    check_service
}

check_swap() {
    local file=/data/swap-$FPROV_LAB
    local make="fallocate -l 16M $file && chmod 600 $file && mkswap -q $file && /sbin/swapon $file"
    check "a host starts without swap" says 'SwapTotal:             0 kB' on 1 'grep SwapTotal /proc/meminfo'
    check "swapon works on a file in /data" on 1 "$make"
    check "the host sees its swap" says "$file" on 1 '/sbin/swapon --noheadings --show=NAME'
    check "the other host does not see it" says '' on 2 '/sbin/swapon --noheadings --show=NAME'
    check "a swap file of the same name works on the other host" on 2 "$make"
    check "free shows each host its own" says 15 on 2 "free -m | awk '/Swap/ {print \$2}'"
    check "swapoff works" on 1 "/sbin/swapoff $file"
    check "then the host has none" says '' on 1 '/sbin/swapon --noheadings --show=NAME'
    check "and the other host still has its own" says "$file" on 2 '/sbin/swapon --noheadings --show=NAME'
}

check_service() {
    on 1 'printf "[Service]\nExecStart=/bin/sleep 1000\n" > /etc/systemd/system/probe.service && systemctl daemon-reload'
    check "systemctl starts a new unit" on 1 'systemctl start probe'
    check "the unit is active" says active on 1 'systemctl is-active probe'
    check "systemctl stops it" on 1 'systemctl stop probe'
}

check_centos() {
    check "os-release says centos 7" says 'centos 7' on 1 '. /etc/os-release; echo $ID $VERSION_ID'
    check "redhat-release says 7.9" says 'CentOS Linux release 7.9.2009 (Core)' on 1 'cat /etc/redhat-release'
    check "nothing says Debian" fails on 1 'ls /etc/debian_version /usr/bin/dpkg /usr/bin/apt-get'
    check "hostnamectl takes the guide's host name" says 'VM_0_1_centos VM_0_1_centos' on 2 'hostnamectl set-hostname VM_0_1_centos; echo $(hostname) $(cat /etc/hostname)'
    check "yum installs the guide's packages" on 1 'yum -y -q install gcc gcc-c++ make openssl-devel gmp-devel mpfr-devel libmpc-devel libaio numactl autoconf automake libtool libffi-devel lsof'
    check "rpm knows them" on 1 'rpm -q gcc gcc-c++ numactl libffi-devel'
    check "supervisor and jq need epel first" fails on 1 'yum -y -q install supervisor jq'
    check "epel-release brings epel" on 1 'yum -y -q install epel-release && yum -y -q install supervisor jq'
    check "jq works" says 2 on 1 "echo '{\"a\": 2}' | jq .a"
    check "supervisord starts as a service" on 1 'systemctl enable --now supervisord'
    check "supervisorctl answers" on 1 'supervisorctl pid | grep -qx "[0-9]*"'
    check "an old version of a package can be chosen" says 'fprov-lab-pkg 1.0' on 1 'yum -y -q install fprov-lab-pkg-1.0 >/dev/null; fprov-lab-pkg'
    check "and be updated" says 'fprov-lab-pkg 2.0' on 1 'yum -y -q update fprov-lab-pkg > /dev/null; fprov-lab-pkg'
    check "repoquery lists both versions" says '1.0 2.0' on 1 'dnf -q repoquery --qf "%{version}" fprov-lab-pkg | xargs'
    check "a package brings what it needs, and goes" on 1 'yum -y -q install fprov-lab-needs && yum -y -q remove fprov-lab-pkg && ! rpm -q fprov-lab-needs'
    check "a package's service can be enabled and started" says active on 1 'yum -y -q install fprov-lab-service >/dev/null; systemctl enable -q --now fprov-lab-service; systemctl is-active fprov-lab-service'
}

check_debian() {
    check "os-release says debian 12" says 'debian 12' on 1 '. /etc/os-release; echo $ID $VERSION_ID'
    check "apt installs an old version" on 1 'apt-get -y -q install fprov-lab-pkg=1.0'
    check "and the present one" says 'fprov-lab-pkg 2.0' on 1 'apt-get -y -q install fprov-lab-pkg >/dev/null; fprov-lab-pkg'
    check "apt installs supervisor and jq" on 1 'apt-get -y -q install supervisor jq && supervisorctl status'
    check "a package brings what it needs, and goes" on 1 'apt-get -y -q install fprov-lab-needs && apt-get -y -q remove fprov-lab-pkg && ! dpkg -s fprov-lab-needs | grep -q "ok installed"'
    check "there is no yum" fails on 1 'command -v yum dnf rpm'
}

check_relay() {
    local pid began took
    "$lab" relay --delay-ms 100 1 > /dev/null & pid=$!
    check "the relay listens" eventually "$lab" run bash -c 'exec 3<>/dev/tcp/192.168.0.254/2201'
    began=$(date +%s%N)
    check "host 1 answers through the relay, with its own host key" says lab1 "$lab" run ssh -F "$("$lab" path ssh_config)" -p 2201 192.168.0.254 hostname
    took=$((($(date +%s%N) - began) / 1000000))
    check "and slowly: ssh needs several round trips of 200 ms ($took ms)" [ "$took" -ge 1000 ]
    kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null
}

check_crashes() {
    on 1 'touch /var/tmp/before /run/before'
    check "a host can be rebooted from inside" on 1 'setsid sh -c "sleep 0.3; systemctl reboot" > /dev/null 2>&1 &'
    check "it goes down" eventually fails on 1 'test -e /run/before'
    check "it comes back" "$lab" up 2
    check "with its root as it was, and a new /run" on 1 'test -e /var/tmp/before && test ! -e /run/before'
    check "and its own view of swap" says 'SwapTotal:             0 kB' on 1 'grep SwapTotal /proc/meminfo'
    pkill -9 -f -- "--machine=fpl\.$FPROV_LAB\.1( |$)" || true
    check "status tells a killed host" eventually bash -c "'$lab' status | grep -q '^lab1 .*stopped'"
    on 2 'touch /var/tmp/still-here'
    check "up boots it again" "$lab" up 2
    check "and leaves the other alone" on 2 'test -e /var/tmp/still-here'
    check "reset gives a fresh root" bash -c "'$lab' reset 2 && '$lab' ssh 2 'test ! -e /var/tmp/still-here'"
    on 1 "fallocate -l 16M /data/swap2-$FPROV_LAB && chmod 600 /data/swap2-$FPROV_LAB && mkswap -q /data/swap2-$FPROV_LAB && /sbin/swapon /data/swap2-$FPROV_LAB"
    pkill -9 -f "(--machine=|boot_host )fpl\.$FPROV_LAB\." || true
    rm -rf "/run/fprov-lab/$FPROV_LAB"
    check "down works after all was killed and its state lost" "$lab" down
}

machine_address=$(ip -4 -o address show scope global | awk '{print $4; exit}' | cut -d/ -f1)
trap '"$lab" down > /dev/null 2>&1' EXIT
[ $# -gt 0 ] || set -- centos
for flavour in "$@"; do
    check "two $flavour hosts come up" "$lab" up 2 --flavour "$flavour"
    check_any_flavour
    "check_$flavour"
    check_relay
    check "down succeeds" "$lab" down
    check_nothing_left "after down"
    check "bare $flavour hosts come up" "$lab" up 2 --flavour "$flavour" --bare
    check "they have no user app" fails on 1 id app
    check_crashes
    check_nothing_left "after a crash"
done
check "a wrong flavour is refused" fails "$lab" up 1 --flavour gentoo
check "a wrong number is refused" fails "$lab" up none
check "a lab that is not up is told so" fails "$lab" status
trap - EXIT
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ]
