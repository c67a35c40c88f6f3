#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The system check on hosts as they should not be, and what boot says to a description that is wrong.
# shellcheck source=/dev/null disable=SC2016,SC2154
. "$(dirname "$0")/fate_support"
trap 'finish || exit 1' EXIT
prepare
sed -i 's/^check_min_swap_gb.*/check_min_swap_gb: 128/; s/^check_min_open_files.*/check_min_open_files: 64000/' "$env/group_vars/all/lab.yml"

on 1 'mkdir -p /data/projects/fate/x /data/projects/data/fate/mysql /data/projects/snmp /data/projects/common/supervisord/supervisord.d
    touch /etc/my.cnf /data/projects/common/supervisord/supervisord.d/fate-mysql.conf
    printf "import socket,time\nl=[]\nfor p in (4670,9370):\n s=socket.socket(); s.bind((\"0.0.0.0\",p)); s.listen(1); l.append(s)\ntime.sleep(9999)\n" > /var/tmp/fate_leftover.py
    setsid nohup python3 /var/tmp/fate_leftover.py > /dev/null 2>&1 & sleep 1'
on 2 'echo LANG=POSIX > /etc/locale.conf; rm -f /etc/default/locale'

check "check of unfit hosts fails" fails play check.yml
while IFS= read -r text; do
    check "it says: $text" output_has "$text"
done <<'T'
Warning: now swap is 0, need to turn up
Warning: now open files is 1024, and need to turn up to 64000
Warning: now max user processes is 4096, and need to turn up to 65535
Warning: key fate process exists, please has a check and clean
(user root): python3 /var/tmp/fate_leftover.py
Warning: these ports: 4670 9370 have been used
found: port 9370: pid
Warning: if reinstall mysql, please stop mysql, and rename /etc/my.cnf
Warning: please rename /data/projects/fate
Warning: please rename /data/projects/data/fate/mysql
Warning: please rename /data/projects/snmp
Warning: supervisor_fate_conf exists, please remove ls /data/projects/common/supervisord/supervisord.d/fate-*.conf
Warning: now LANG is POSIX
Please fix the above Warning first
T
check "the other host's warnings are shown too" eval '[ "$(grep -cE "Warning: now max user processes" "$scratch/last")" = 2 ]'
check "boot refuses" fails play site.yml
check "with the same words" output_has 'Warning: these ports: 4670 9370 have been used'
check "and has changed nothing" on 1 '[ ! -e /etc/sudoers.d/app ] && [ ! -e /data/projects/backups ]'

# --- descriptions that are wrong: one clear sentence each, before any host is touched ------------------------------------------
guest=$env/group_vars/all/fate_guest.yml init=$env/group_vars/all/fate_init.yml
wrong() { # TEXT FILE SED-EXPRESSION WORDS
    cp "$2" "$scratch/good"
    sed -i "$3" "$2"
    check "$1: boot refuses" fails play site.yml
    check "$1: it says so" output_has "$4"
    check "$1: no host was touched" output_lacks 'TASK [check'
    cp "$scratch/good" "$2"
}
wrong 'empty deploy_mode' "$init" 's/^deploy_mode:.*/deploy_mode: ""/' 'Please setup deploy_mode variable in the file whose name is fate_init first.'
wrong 'unknown deploy_mode' "$init" 's/^deploy_mode:.*/deploy_mode: instal/' "deploy_mode is 'instal'; it must be install or update"
wrong 'bad IP' "$guest" '0,/192.168.0.1$/s//192.168.0.1111/' "'192.168.0.1111' is not an IPv4 address"
wrong 'IP of no host' "$guest" 's/192.168.0.2$/192.168.0.7/' '192.168.0.7 is not a host of [fate] in the inventory'
wrong 'quoted port' "$guest" 's/port: 4670/port: "467o"/' "fate_guest.clustermanager.port is '467o'"
wrong 'missing key' "$guest" '/grpcPort/d' 'fate_guest.fate_flow.grpcPort is missing'
wrong 'party id' "$guest" 's/partyid: 9999/partyid: guest/' "fate_guest.partyid is 'guest'"
wrong 'heap' "$guest" 's/max_memory: 2048m/max_memory: 2GB/' "fate_guest.fateboard.max_memory is '2GB'"
wrong 'no fateflow rule' "$guest" 's/name: fateflow/name: fateflo/' "it must be default or fateflow"
wrong 'component gone' "$guest" 's/^  nodemanager:/  nodemanger:/' 'fate_guest.nodemanager is missing'
mv "$dist/jdk-8u192.tar.gz" "$dist/kept"
check "missing tarball: boot refuses" fails play site.yml
check "missing tarball: it says so" output_has 'jdk-8u192.tar.gz does not exist: manifest.yml names it for jdk'
mv "$dist/kept" "$dist/jdk-8u192.tar.gz"
printf x >> "$dist/eggroll.tar.gz"
check "damaged tarball: boot refuses" fails play site.yml
check "damaged tarball: it says which" output_has 'eggroll.tar.gz: FAILED'
truncate -s -1 "$dist/eggroll.tar.gz"
