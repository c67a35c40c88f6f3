#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `fprov inventory` and `ansible-inventory` print the same bytes and exit alike. usage: inventory_test.sh [FPROV]
set -u
cd "$(dirname "$0")/../.." || exit 1
fprov=$(readlink -f "${1:-$( [ -x build/release/fprov ] && echo build/release/fprov || echo build/fprov)}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export ANSIBLE_NOCOLOR=1
failures=0

mkdir -p site/group_vars/web site/host_vars site/sub
cat > small.ini <<'I'
h0 x=1 list=[1,2] text="two words" flag=True
[web]
w[01:03].ex.com a=1
w1 ansible_host=10.0.0.1
[web:vars]
g=[1, {"a": None}]
[db]
d1:2222
w1 b=2
[prod:children]
web
db
[other:children]
db
[empty]
[all:vars]
av=text with spaces # and a hash
I
cat > small.yml <<'I'
all:
  vars: {port: 22, when: 2001-01-01, long: &l [a, b], again: *l, unsafe: !unsafe "{{ x }}", t: "{{ port }}"}
  hosts: {z: , a: {x: é, multi: "a\nb\n"}}
  children:
    web:
      hosts: {"w[1:2]": {n: 1}, a: }
      vars: {ansible_group_priority: 5}
    all_web: {children: {web: }}
I
cat > script.sh <<'I'
#!/bin/sh
echo '{"web": {"hosts": ["s1", "s2"], "vars": {"v": [1, null, 1.5]}, "children": ["sub"]}, "sub": ["s3"], "_meta": {"hostvars": {"s1": {"a": {"b": true}}}}}'
I
chmod +x script.sh
printf '[web]\nh1 a=1\nh2\n' > site/hosts
printf 'all:\n  hosts:\n    y1: {b: 2}\n' > site/more.yml
printf 'h9\n' > site/sub/extra
printf 'h_ignored\n' > site/old.ini
printf 'all_var: 1\nsecret: !vault |\n' > site/group_vars/all.yml
printf 'password\n' > password
printf 'the secret' | ansible-vault encrypt --vault-password-file password 2>/dev/null | sed 's/^/  /' >> site/group_vars/all.yml
printf 'one: 1\n' > site/group_vars/web/one.yml
printf '{"two": [2]}' > site/group_vars/web/two.json
printf 'own: {deep: [x]}\n' > site/host_vars/h1
printf 'h1\n[broken\n' > broken.ini

compare() {
    local code_a code_b
    timeout 120 "$fprov" inventory "$@" --vault-password-file password > ours 2> ours.err
    code_a=$?
    timeout 120 ansible-inventory "$@" --vault-password-file password > theirs 2> theirs.err
    code_b=$?
    # Usage errors print the whole help first; only the rest can be the same.
    sed -i '/^usage:/,$d' theirs
    if cmp -s ours theirs && [ $code_a = $code_b ]; then
        echo "ok inventory $*"
    else
        echo "not ok inventory $* (exit codes $code_a and $code_b)"
        diff ours theirs | head -20
        head -3 ours.err
        failures=$((failures + 1))
    fi
}

for source in small.ini small.yml script.sh site a,b:22,localhost, nope; do
    for words in --list "--list -y" "--list --export" "--list -y --export" --graph "--graph --vars"; do
        # shellcheck disable=SC2086
        compare -i $source $words
    done
done
compare -i small.ini -i small.yml --list
compare -i small.yml -i small.ini --graph --vars
compare -i small.ini --graph prod --vars
compare -i small.ini --graph nope
compare -i small.ini --host w1
compare -i small.ini --host w1 -y
compare -i small.ini --host nope
compare -i small.ini --host web
compare -i site --host h1
compare -i site --host h1 -y
[ $failures = 0 ]
