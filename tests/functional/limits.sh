#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inputs that grow without end: each must end with a clear error, soon, within 1.5 GB; never with a crash or a hang.
set -u
. "$(dirname "$0")/lib/program.sh"

# ends NAME SENTENCE COMMAND...: the command says SENTENCE (a regular expression) and is not killed.
ends() {
    local name=$1 sentence=$2 status
    shift 2
    (ulimit -v 1500000; exec timeout -k 1 60 "$@") >out 2>&1 </dev/null
    status=$?
    if [ $status -ge 124 ]; then echo "not ok - $name: ended with $status"; tail -c 300 out; echo
    elif ! grep -qE "$sentence" out; then echo "not ok - $name: nothing says '$sentence'"; head -c 600 out; echo
    else echo "ok - $name"; fi
}
# text PYTHON: prints what the expression gives.
text() { python3 -c "import sys; sys.stdout.write($1)"; }
# book NAME SENTENCE: a playbook from stdin.
book() { cat >book.yml; ends "$1" "$2" "$fprov" playbook -i localhost, -c local book.yml; }
# template NAME SENTENCE PYTHON: a template that the Python expression gives, as the message of a debug task.
template() {
    python3 -c "import json; print('- hosts: localhost\n  gather_facts: no\n  tasks:\n  - debug:\n      msg: ' + json.dumps($3))" | book "$1" "$2"
}

# --- nesting ---
vars='- hosts: localhost\n  vars:\n    x: '
text "'$vars' + '['*100000 + ']'*100000" | book "YAML: lists in lists" "nested more than 500 deep"
text "'$vars' + '{a: '*100000 + '}'*100000" | book "YAML: mappings in mappings" "nested more than 500 deep"
text "'- '*100000 + 'a'" | book "YAML: block lists" "nested more than 500 deep"
text "''.join(' '*i + 'a:\n' for i in range(3000))" | book "YAML: block mappings" "nested more than 500 deep"
text "'? '*100000 + 'a'" | book "YAML: keys that are mappings" "nested more than 500 deep"
template "Jinja: parentheses" "nested too deeply" "'{{ ' + '('*100000 + '1' + ')'*100000 + ' }}'"
template "Jinja: lists" "nested too deeply" "'{{ ' + '['*100000 + ']'*100000 + ' }}'"
template "Jinja: dictionaries" "nested too deeply" "'{{ ' + '{1:'*100000 + '1' + '}'*100000 + ' }}'"
template "Jinja: signs" "nested too deeply" "'{{ ' + '-'*100000 + '1 }}'"
template "Jinja: not" "nested too deeply" "'{{ ' + 'not '*100000 + '1 }}'"
template "Jinja: sums" "too long or nested too deeply" "'{{ ' + '1+'*100000 + '1 }}'"
template "Jinja: attributes" "too long or nested too deeply" "'{{ a' + '.a'*100000 + ' }}'"
template "Jinja: filters" "too long or nested too deeply" "'{{ 1' + '|int'*100000 + ' }}'"
template "Jinja: inline ifs" "nested too deeply" "'{{ ' + '1 if 1 else '*100000 + '1 }}'"
template "Jinja: blocks" "nested too deeply" "'{% if 1 %}'*20000 + '{% endif %}'*20000"
template "JSON" "nested too deeply" "'{{ (\"[\"*100000 ~ \"]\"*100000) | from_json }}'"
template "from_yaml" "nested more than 500 deep" "'{{ (\"[\"*100000 ~ \"]\"*100000) | from_yaml }}'"
template "a regular expression" "Invalid regular expression" "'{{ \"a\" is match(\"(\"*100000 ~ \")\"*100000) }}'"
template "values made in a loop" "recursion depth" "'{% set ns = namespace(s=[]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}'"

# --- growth ---
head='- hosts: localhost\n  vars:\n    a0: &a0 '
text "'$head' + '[x, x, x]\n' + ''.join('    a%d: &a%d [' % (i, i) + ', '.join(['*a%d' % (i-1)]*9) + ']\n' for i in range(1, 12))" | book "YAML: aliases of lists" "through its aliases"
text "'$head' + '{k: x}\n' + ''.join('    a%d: &a%d {a: *a%d, b: *a%d}\n' % (i, i, i-1, i-1) for i in range(1, 40))" | book "YAML: aliases of mappings" "through its aliases"
text "'$head' + '{k: x}\n' + ''.join('    a%d: &a%d {<<: [*a%d, *a%d], k%d: 1}\n' % (i, i, i-1, i-1, i) for i in range(1, 30))" | book "YAML: merge keys" "through its aliases"
template "range" "the list has more than" "'{{ range(10**12) | list | length }}'"
template "a loop over a range" "the list has more than" "'{% for i in range(10**12) %}{% endfor %}'"
template "a repeated text" "larger than 256 MiB" "'{{ \"x\" * 10**12 }}'"
template "a repeated list" "the list has more than" "'{{ [1] * 10**12 }}'"
template "a repeated list of texts" "larger than 256 MiB" "'{{ [\"x\" * 10000] * 100000 }}'"
template "a power" "64-bit integer" "'{{ 2**10**9 }}'"
template "a doubled text" "larger than 256 MiB" "'{% set ns = namespace(s=\"x\" * 1000000) %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}'"
template "a doubled list" "the list has more than" "'{% set ns = namespace(s=[1] * 1000) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}'"
template "center" "larger than 256 MiB" "'{{ \"x\".center(10**12) }}'"
template "a format" "Too many decimal digits" "'{{ \"%1000000000000d\" % 1 }}'"
template "indent" "larger than 256 MiB" "'{{ (\"x\\\\n\" * 100000) | indent(10**9) }}'"
template "slice" "the list has more than" "'{{ range(10) | slice(10**12) | list }}'"
template "combinations" "more than 8000000 elements" "'{{ range(60) | combinations(30) | list | length }}'"
template "product" "more than 2000000 rows" "'{{ range(1000) | product(range(1000), range(1000)) | list | length }}'"
template "product with itself" "more than 8000000 elements" "'{{ [1] | product(repeat=10**12) | list | length }}'"
template "a sequence" "more than 5000000 items" "'{{ lookup(\"sequence\", \"start=0 end=1000000000000\") }}'"
template "a password" "too long" "'{{ lookup(\"password\", \"/dev/null length=1000000000000\") }}'"
template "lorem ipsum" "larger than 256 MiB" "'{{ lipsum(n=10**9, html=false) }}'"
shared='{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}'
template "a value that shares its parts, as text" "larger than 256 MiB" "'$shared{{ ns.s }}'"
template "… as JSON" "more than 50000000 steps" "'$shared{{ ns.s | to_json }}'"
template "… as YAML" "more than 50000000 steps" "'$shared{{ ns.s | to_nice_yaml }}'"
template "… flattened" "too many elements to flatten" "'$shared{{ ns.s | flatten }}'"
template "… compared" "too large to be compared" "'$shared{% set a = ns.s %}$shared{{ a == ns.s }}'"
template "a regular expression with nested repetitions" "needs too many steps" "'{{ (\"a\" * 40 ~ \"b\") is match(\"(a+)+\$\") }}'"
template "a regular expression with many ways" "needs too many steps" "'{{ (\"a\" * 40 ~ \"b\") | regex_replace(\"(?:(a|aa)|(aaa))+\$\", \"\") }}'"
printf 'web[0:9999999999]\n' >hosts.ini; ends "INI: a range" "more than 100000 hosts" "$fprov" inventory -i hosts.ini --list
printf 'web[0:9][0:9][0:9][0:9][0:9][0:9][0:9][0:9]\n' >hosts.ini; ends "INI: ranges of ranges" "more than 100000 hosts" "$fprov" inventory -i hosts.ini --list
text "'w' + '[1:1]'*100000" >hosts.ini; ends "INI: very many ranges" "too many host ranges" "$fprov" inventory -i hosts.ini --list
printf 'all:\n  hosts:\n    web[0:9999999999]:\n' >hosts.yml; ends "YAML: a range" "more than 100000 hosts" "$fprov" inventory -i hosts.yml --list
printf '[a:children]\nb\n[b:children]\na\n' >hosts.ini; ends "INI: groups in a circle" "loop|recursive|itself" "$fprov" inventory -i hosts.ini --list

# --- recursion ---
mkdir -p templates roles/a/tasks roles/a/meta roles/b/meta roles/c/tasks
echo '{% include "i.j2" %}' >templates/i.j2
echo '{% extends "e.j2" %}' >templates/e.j2
echo '{% import "m.j2" as m %}{{ m.x }}' >templates/m.j2
echo '{{ lookup("template", "t.j2") }}' >templates/t.j2
echo '- include_tasks: tasks.yml' >tasks.yml
echo '- import_tasks: static.yml' >static.yml
echo 'dependencies: [b]' >roles/a/meta/main.yml
echo 'dependencies: [a]' >roles/b/meta/main.yml
echo '- include_role: {name: c}' >roles/c/tasks/main.yml
play='- hosts: localhost\n  gather_facts: no\n  tasks:\n  - '
for name in i:goes.200.levels e:goes.200.levels m:goes.200.levels t:recursive.loop; do
    printf '%b' "$play{template: {src: ${name%%:*}.j2, dest: $folder/never}}" | book "template ${name%%:*}.j2" "${name#*:}"
done
template "a macro" "recursion depth" "'{% macro a(x) %}{{ a(x + 1) }}{% endmacro %}{{ a(1) }}'"
printf '%b' "- hosts: localhost\n  gather_facts: no\n  vars: {a: '{{ b }}', b: '{{ c }}', c: '{{ a }}'}\n  tasks: [{debug: {msg: '{{ a }}'}}]" | book "variables" "recursive loop detected"
printf '%b' "${play}include_tasks: tasks.yml" | book "include_tasks" "nested more than 200 deep"
printf '%b' "${play}import_tasks: static.yml" | book "import_tasks" "imports itself"
printf '%b' "${play}include_role: {name: c}" | book "include_role" "recursion loop"
printf '%b' "- hosts: localhost\n  roles: [a]" | book "dependencies of roles" "recursion loop"
echo '- import_playbook: book.yml' | book "import_playbook" "imports itself"
