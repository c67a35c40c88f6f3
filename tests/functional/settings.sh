#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Settings of ansible.cfg and ANSIBLE_* variables that change what a run does, each off and on.
set -u
. "$(dirname "$0")/lib/program.sh"

# says NAME PATTERN COMMAND...; lacks NAME PATTERN COMMAND...
says() { local name=$1 wanted=$2; shift 2; "$@" >out 2>&1 </dev/null; if grep -qE "$wanted" out; then echo "ok - $name"; else echo "not ok - $name: nothing says '$wanted'"; head -n 12 out; fi; }
lacks() { local name=$1 wanted=$2; shift 2; "$@" >out 2>&1 </dev/null; if grep -qE "$wanted" out; then echo "not ok - $name: says '$wanted'"; else echo "ok - $name"; fi; }
run() { "$fprov" playbook -i localhost, -c local "$@"; }

cat >fail.yml <<'Y'
- hosts: localhost
  gather_facts: no
  tasks: [{fail: {msg: no}}]
Y
lacks "no retry file unless wanted" "retry" run fail.yml
says "a retry file" "to retry, use: --limit @$folder/kept/fail.retry" env ANSIBLE_RETRY_FILES_ENABLED=1 ANSIBLE_RETRY_FILES_SAVE_PATH="$folder/kept" "$fprov" playbook -i localhost, -c local fail.yml
says "the retry file names the host" "^localhost$" cat kept/fail.retry

printf -- '- hosts: nobody\n  tasks: []\n' >nobody.yml
says "a pattern without hosts warns" "WARNING.*Could not match supplied host pattern" run nobody.yml
says "… is an error" "ERROR.*Could not match supplied host pattern" env ANSIBLE_HOST_PATTERN_MISMATCH=error "$fprov" playbook -i localhost, nobody.yml
lacks "… is nothing" "Could not match" env ANSIBLE_HOST_PATTERN_MISMATCH=ignore "$fprov" playbook -i localhost, nobody.yml

printf -- '- hosts: localhost\n  gather_facts: no\n  vars: {a: 1, a: 2}\n  tasks: [{debug: {var: a}}]\n' >twice.yml
says "a repeated key warns" "a duplicate dict key .a." run twice.yml
lacks "… is ignored" "duplicate" env ANSIBLE_DUPLICATE_YAML_DICT_KEY=ignore "$fprov" playbook -i localhost, -c local twice.yml
says "… is an error" "ERROR.*duplicate dict key" env ANSIBLE_DUPLICATE_YAML_DICT_KEY=error "$fprov" playbook -i localhost, -c local twice.yml

printf -- '- hosts: localhost\n  gather_facts: no\n  tasks:\n  - debug: {msg: "{%% for i in [1, 2, 3] %%}{%% if i == 2 %%}{%% break %%}{%% endif %%}<{{ i }}>{%% endfor %%}"}\n' >break.yml
says "break needs its extension" "unknown tag 'break'" run break.yml
printf '[defaults]\njinja2_extensions = jinja2.ext.do,jinja2.ext.loopcontrols\n' >ansible.cfg
says "… and has it" '"msg": "<1>"' run break.yml
rm ansible.cfg

mkdir -p inv facts
echo one >inv/hosts; echo two >inv/more.old; echo three >inv/hosts.cfg
says "inventory folders: usual endings" '"one",?$' "$fprov" inventory -i inv --list
lacks "… .cfg is passed over" three "$fprov" inventory -i inv --list
lacks "… endings of one's own" two env ANSIBLE_INVENTORY_IGNORE=.old,.cfg "$fprov" inventory -i inv --list
lacks "… patterns" two env ANSIBLE_INVENTORY_IGNORE_REGEX='^mo' "$fprov" inventory -i inv --list
printf '[g]\nh\n[g:vars]\nv=1\n' >group.ini
says "the inventory for export" '"vars"' env ANSIBLE_INVENTORY_EXPORT=1 "$fprov" inventory -i group.ini --list

echo '{"k": "here"}' >facts/mine.fact
printf -- '- hosts: localhost\n  tasks: [{debug: {msg: "{{ ansible_local }}"}}]\n' >facts.yml
says "folder of local facts" here env ANSIBLE_FACT_PATH="$folder/facts" "$fprov" playbook -i localhost, -c local facts.yml

echo one >pass1; echo two >pass2
"$fprov" vault encrypt_string --vault-id a@pass1 --encrypt-vault-id a -n secret x >vars.yml 2>/dev/null
printf -- '- hosts: localhost\n  gather_facts: no\n  vars_files: [vars.yml]\n  tasks: [{debug: {var: secret}}]\n' >vault.yml
says "any vault password may fit" '"secret": "x"' run --vault-id b@pass1 vault.yml
says "only the one with the label" "Decryption failed" env ANSIBLE_VAULT_ID_MATCH=1 "$fprov" playbook -i localhost, -c local --vault-id b@pass1 vault.yml
says "… which does" '"secret": "x"' env ANSIBLE_VAULT_ID_MATCH=1 "$fprov" playbook -i localhost, -c local --vault-id b@pass2 --vault-id a@pass1 vault.yml

unset ANSIBLE_NOCOLOR
says "a colour of one's own" $'\033\\[1;34mfatal' env ANSIBLE_FORCE_COLOR=1 ANSIBLE_COLOR_ERROR="bright blue" "$fprov" playbook -i localhost, -c local fail.yml
says "a colour by number" $'\033\\[38;5;208mfatal' env ANSIBLE_FORCE_COLOR=1 ANSIBLE_COLOR_ERROR=color208 "$fprov" playbook -i localhost, -c local fail.yml
