#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many hosts run a task at once: forks and throttle under every strategy; and what meta: clear_facts means for the next play.
set -u
. "$(dirname "$0")/lib/program.sh"

# at_once STRATEGY THROTTLE EXPECTED FLAG...: the task tells when it begins and ends; five hosts.
at_once() {
    local strategy=$1 throttle=$2 expected=$3 most
    shift 3
    cat >book.yml <<BOOK
- hosts: all
  gather_facts: no
  connection: local
  strategy: $strategy
  tasks:
    - shell: "echo + >> log; sleep 0.4; echo - >> log"
      throttle: $throttle
BOOK
    : >log
    "$fprov" playbook -i a,b,c,d,e, "$@" book.yml >out 2>&1 </dev/null || { echo "not ok - $strategy ended with $?"; tail -n 5 out; return; }
    most=$(awk '/\+/ { if (++n > m) m = n } /-/ { --n } END { print m }' log)
    if [ "$(grep -c '+' log)" = 5 ] && [ "$most" = "$expected" ]; then echo "ok - $strategy $* throttle $throttle: $expected at once"
    else echo "not ok - $strategy $* throttle $throttle: $most at once, expected $expected"; fi
}
for strategy in linear free host_pinned; do
    at_once $strategy 2 2
    at_once $strategy 0 3 -f 3
    at_once $strategy 2 2 -f 3
    at_once $strategy 1 1 -f 3
done

cat >book.yml <<'BOOK'
- hosts: localhost
  connection: local
  tasks:
    - meta: clear_facts
    - assert: {that: ansible_facts | length == 0}
- hosts: localhost
  connection: local
  tasks:
    - assert: {that: ansible_distribution is defined}
BOOK
if ANSIBLE_GATHERING=smart "$fprov" playbook -i localhost, book.yml >out 2>&1 </dev/null; then echo "ok - clear_facts: smart gathering asks again"
else echo "not ok - clear_facts: smart gathering asks again"; cat out; fi
