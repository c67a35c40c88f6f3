#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two bare hosts become a running party; a second run changes nothing; the toy example succeeds.
# usage: tests/lab/fate_boot.sh   (as root; FPROV_PLAYBOOK, FATE_DIST, FPROV_LAB, FATE_KEEP: see fate_support)
# shellcheck source=/dev/null disable=SC2016,SC2154
. "$(dirname "$0")/fate_support"
trap 'finish || exit 1' EXIT
prepare

owned() { # HOST PORT WORD: the process that listens on PORT has WORD in its command line
    on "$1" "inode=\$(cat /proc/net/tcp /proc/net/tcp6 | awk -v p=\$(printf ':%04X' $2) '\$4 == \"0A\" && substr(\$2, length(\$2) - 4) == p {print \$10; exit}')
        pid=\$(find /proc/[0-9]*/fd -maxdepth 1 -lname \"socket:\\[\$inode\\]\" 2>/dev/null | head -1 | cut -d/ -f3); tr '\\0' ' ' < /proc/\$pid/cmdline" > "$scratch/printed"
    grep -qF -- "$3" "$scratch/printed" || { echo "port $2 on host $1: $(cat "$scratch/printed")"; return 1; }
}

check "check mode on bare hosts does not fail" play site.yml -C -D
check "check mode on bare hosts changes nothing" on 1 '[ ! -e /data/projects ] && [ ! -e /etc/sudoers.d/app ]'
check "boot succeeds" play site.yml -D || exit 1
check "no password in the diffs" output_lacks fate_dev
check "no root password in the diffs" output_lacks fatE168dev
check "second boot succeeds" play site.yml -D
check "second boot changes nothing" unchanged
check "check mode on installed hosts predicts nothing" eval 'play site.yml -C -D && unchanged'

for row in '1 3306 mysqld' '1 4670 ClusterManagerBootstrap' '2 4671 NodeManagerBootstrap' '1 9370 rollsite.Proxy' '1 9360 fate_flow_server.py' \
    '1 9380 fate_flow_server.py' '1 8080 fateboard.jar'; do
    # shellcheck disable=SC2086
    check "port ${row#* } on host ${row%% *}" owned $row
done
sleep 12    # supervisor calls a program RUNNING when it is older than its startsecs; what counts for boot is that it answers
check "service.sh status all on host 1" prints 'fate-fateflow +RUNNING' service 1 status all
check "service.sh status all on host 2" prints 'fate-nodemanager +RUNNING' service 2 status all
check "toy example succeeds" play verify.yml
check "the result is printed" output_has 'success to calculate secure_sum, it is 2000.0'
check "fateboard reads the jobs" prints '"data": [1-9]' on 1 'curl -s http://192.168.0.1:8080/job/query/totalrecord'

check "limits hold in a new login" prints "^65535$|^$(ulimit -Hn)$" as_app 1 'ulimit -n'
check "20-nproc.conf is moved away" on 1 '[ ! -e /etc/security/limits.d/20-nproc.conf ] && [ -e /etc/security/limits.d/20-nproc.conf_bak ]'
check "app has sudo without a password" as_app 1 'sudo -n true'
check "app gets from host 1 to host 2 by key" as_app 1 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes 192.168.0.2 true'
check "and from host 2 to itself" as_app 2 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes 192.168.0.2 true'
check "no password stands in any command line" on 1 '! grep -lsaE "[f]ate_dev|[f]atE168dev|[f]atesuper" /proc/[0-9]*/cmdline'
check "files with passwords are closed to others" on 1 '! find /data/projects -type f -perm /o+r -exec grep -lE "fate_dev|fatE168dev|fatesuper" {} + | grep .'

check "service.sh restart all on host 1" service 1 restart all
check "stop is done when it was done before" eval 'service 1 stop fate-fateboard && service 1 stop fate-fateboard'
check "status of a stopped program fails" fails service 1 status fate-fateboard
check "boot starts what was stopped" eval 'play site.yml && service 1 status fate-fateboard'
check "hosts come up again by themselves" eval 'on 1 "systemctl restart fate-supervisord" && service 1 start all'
