#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# synchronize by ansible-playbook and by fprov on the same throw-away host: results (without the command line, where fprov adds BatchMode) and
# trees must be equal; then with a password instead of a key, which must stand in no argument list.
# usage: tests/lab/synchronize_lab.sh   (as root; takes the lab $FPROV_LAB, or raises one and removes it)
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
lab=$top/scripts/lab fprov=${FPROV:-$top/build/release/fprov}
work=$(mktemp -d)
if [ -z "${FPROV_LAB:-}" ]; then
    export FPROV_LAB=sync-$$
    trap '"$lab" down > /dev/null; rm -rf "$work"' EXIT
else trap 'rm -rf "$work"' EXIT; fi
command -v rsync > /dev/null || apt-get install -y -q rsync > /dev/null
"$lab" up 1 > /dev/null
# shellcheck disable=SC2046
tar -chf - /usr/bin/rsync $(ldd /usr/bin/rsync | grep -oE '/lib[^ ]+(popt|xxhash|lz4|zstd)[^ ]+') 2> /dev/null | "$lab" ssh 1 'tar -C / -xf -'
inventory=$("$lab" path inventory)

run() {   # NAME COMMAND…: everything undone first
    local name=$1; shift
    "$lab" ssh 1 'rm -rf /tmp/sync /tmp/sync-nobody /tmp/sync-app ~/sync; mkdir -p /tmp/sync'
    rm -rf "$work/tree"; mkdir -p "$work/tree/src/sub" "$work/play/files"
    echo a > "$work/tree/src/a"; echo b > "$work/tree/src/sub/b"; ln -s a "$work/tree/src/l"; echo x > "$work/play/files/beside"
    find "$work/tree" "$work/play" -exec touch -h -d '2026-01-01 00:00' {} +
    chmod -R go+rX "$work"
    cp "$top/tests/lab/synchronize.yml" "$work/play/"
    ANSIBLE_NOCOLOR=1 "$lab" run "$@" -v -i "$inventory" -e "tree=$work/tree" "$work/play/synchronize.yml" < /dev/null > "$work/$name.raw" 2>&1 || true
    (cd "$work/tree" && find . -printf '%P %y %m %l\n' | sort) >> "$work/$name.raw"
        sed -E 's/"cmd": "[^"\\]*(\\.[^"\\]*)*", //; s/"(start|end|delta)": "[^"]*", //g; s/"src": "[^"]*", "state": "file"/"state": "file"/; s/[0-9.,]+ bytes\/sec//; /^(Using|No config)/d; /\[WARNING\]/d' \
        "$work/$name.raw" | grep -v '^ *$' > "$work/$name"
}
run ansible ansible-playbook
run fprov "$fprov" playbook
passed=0 failed=0
check() { if [ "$2" = 0 ]; then echo "ok $1"; passed=$((passed + 1)); else echo "not ok $1"; failed=$((failed + 1)); fi; }
status=0; diff "$work/ansible" "$work/fprov" || status=1
check "the results of synchronize are Ansible's" $status
status=0; grep -q 'lab1 .*ok=2[0-9].*failed=0' "$work/fprov" || status=1
check "the play ran to its end" $status

# Ansible takes what is linked for unchanged; fprov looks at what rsync itemizes.
printf -- '- hosts: lab1\n  gather_facts: no\n  tasks:\n    - synchronize: {src: %s/tree/src, dest: /tmp/sync/linked, link_dest: [/tmp/sync/two]}\n' "$work" > "$work/link.yml"
status=0
for changes in 1 0; do
    "$lab" run "$fprov" playbook -i "$inventory" "$work/link.yml" < /dev/null > "$work/link.out" 2>&1 && grep -q "changed=$changes " "$work/link.out" || { cat "$work/link.out"; status=1; }
done
check "link_dest: changed, then not" $status

secret=$(cat "$("$lab" path app_password)")
printf '[all]\nlab1 ansible_host=192.168.0.1 ansible_user=app ansible_password="%s"\n' "$secret" > "$work/inventory"
printf -- '- hosts: all\n  gather_facts: no\n  tasks:\n    - synchronize: {src: %s/tree/src, dest: /tmp/sync-app, rsync_path: "sleep 2; rsync"}\n' "$work" > "$work/password.yml"
( for _ in $(seq 60); do ps -eo args; sleep 0.1; done ) > "$work/processes" &
watcher=$!
status=0; ANSIBLE_HOST_KEY_CHECKING=0 "$lab" run "$fprov" playbook -v -i "$work/inventory" "$work/password.yml" < /dev/null > "$work/password.out" 2>&1 || status=1
wait $watcher
grep -q 'changed=1' "$work/password.out" || status=1
[ $status = 0 ] || cat "$work/password.out"
check "rsync logs in with the password of the connection" $status
status=0
grep -q 'sleep 2; rsync' "$work/processes" || { echo "rsync was not seen"; status=1; }
if grep -F -- "$secret" "$work/processes"; then status=1; fi
check "the password stands in no argument list" $status
status=0; if compgen -G '/tmp/fprov-ssh-*' > /dev/null; then status=1; fi
check "the password's folder is gone" $status
echo "$passed passed, $failed failed"
[ $failed = 0 ]
