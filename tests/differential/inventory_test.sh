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
mkdir -p made/group_vars made/host_vars
cat > made/1_hosts <<'I'
[web]
web1 tier=front size=3 ports="[80, 443]"
web2 tier=back size=5
[db]
db1 tier=data size=9 environment=x
[db:vars]
engine=mysql
[top:children]
db
I
cat > made/2.yml <<'I'
plugin: ansible.builtin.constructed
use_vars_plugins: yes
compose: {big: size|int > 4, n: size|int + 1, two: n, none_at_all: none, url: "'http://' ~ inventory_hostname ~ ':' ~ (ports|default([8080]))[0]", from_file: filed, nope: missing.x, names: group_names}
groups: {large: size|int >= 5, fronts: tier == "front", bad-name: "'top' in group_names", errs: undefined_thing.foo, not_in: "'false'", empty: "''"}
keyed_groups:
  - key: tier
  - {key: tier, prefix: t, parent_group: "all_{{ tier }}s"}
  - {key: size|string, prefix: sz, separator: ""}
  - {key: engine, prefix: eng}
  - {key: "['', 'q']", default_value: dv, prefix: li}
  - {key: "{'k': '', 'j': 'v'}", default_value: dv, prefix: di}
  - {key: "{'k': '', 'j': 'v'}", trailing_separator: no, prefix: dt}
  - {key: own, prefix: "a b", separator: "-"}
I
echo 'filed: [1, "{{ tier }}"]' > made/group_vars/web.yml
echo 'own: {k1: v1, k-2: "v 2"}' > made/host_vars/db1.yml
sed 's/^plugin.*/&\nleading_separator: no\nstrict: yes/; s/^compose.*//; s/^groups.*//; s/.*engine.*//; s/.*key: own.*//' made/2.yml > strict.yml
cat > layers.yml <<'I'
plugin: generator
hosts:
  name: "{{ what }}_{{ where }}"
  parents:
    - {name: "{{ what }}", vars: {what: "{{ what }}", n: "1"}, parents: [{name: everything}, {name: "in_{{ where }}", vars: {environment: "{{ where }}"}}]}
    - name: runner
layers: {what: [build, launch], where: [dev, test]}
I
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

for source in small.ini small.yml script.sh site made "made/1_hosts -i strict.yml" a,b:22,localhost, nope; do
    for words in --list "--list -y" "--list --export" "--list -y --export" --graph "--graph --vars"; do
        # shellcheck disable=SC2086
        compare -i $source $words
    done
done
for words in --list "--list -y --export" "--graph --vars"; do
    # shellcheck disable=SC2086
    compare -i layers.yml $words
done
compare -i small.ini --list -e x=5 -e new=1
ANSIBLE_INVENTORY_USE_EXTRA_VARS=1 compare -i made --list -e tier=zz
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
