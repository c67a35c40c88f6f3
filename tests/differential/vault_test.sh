#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What one of `fprov vault` and `ansible-vault` writes, the other reads; messages are the same. usage: vault_test.sh [FPROV]
set -u
cd "$(dirname "$0")/../.." || exit 1
fprov=$(readlink -f "${1:-$( [ -x build/release/fprov ] && echo build/release/fprov || echo build/fprov)}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export ANSIBLE_NOCOLOR=1
failures=0
ours() { timeout 120 "$fprov" vault "$@"; }
theirs() { timeout 120 ansible-vault "$@"; }
check() {
    local what=$1
    shift
    if "$@"; then echo "ok vault: $what"; else echo "not ok vault: $what"; failures=$((failures + 1)); fi
}
same() { [ "$1" = "$2" ] || { printf '%s\n---\n%s\n' "$1" "$2"; false; }; }
printf 'first\n' > pw
printf 'second\n' > pw2
printf '#!/bin/sh\necho first\n' > pw.sh
chmod +x pw.sh
printf 'text: päss\n' > plain

cp plain a; ours encrypt a --vault-password-file pw
check "ours is read by theirs" same "$(theirs view a --vault-password-file pw)" "$(cat plain)"
check "mode of an encrypted file" same "$(stat -c %a a)" 600
cp plain b; theirs encrypt b --vault-id dev@pw
check "theirs is read by ours" same "$(ours view b --vault-id dev@pw)" "$(cat plain)"
check "a label does not matter for reading" same "$(ours view b --vault-id x@pw2 --vault-id prod@pw)" "$(cat plain)"
check "a program gives the password" same "$(ours view b --vault-password-file pw.sh)" "$(cat plain)"
ours rekey b --vault-id dev@pw --new-vault-id prod@pw2 2> /dev/null
check "rekeyed by ours" same "$(theirs view b --vault-id prod@pw2)$(head -1 b)" "$(cat plain)\$ANSIBLE_VAULT;1.2;AES256;prod"
ours decrypt b --vault-id prod@pw2
check "decrypted in place" cmp -s b plain
check "through pipes" same "$(ours encrypt --vault-password-file pw < plain | theirs decrypt --vault-password-file pw)" "$(cat plain)"
check "to another file" ours encrypt plain --output c --vault-password-file pw
check "the other file" same "$(theirs decrypt c --output - --vault-password-file pw)" "$(cat plain)"
EDITOR="sh -c 'echo new: 1 > \$0'" ours create d --vault-password-file pw
check "created with an editor" same "$(theirs view d --vault-password-file pw)" "new: 1"
EDITOR="sh -c 'echo more: 2 >> \$0'" ours edit d --vault-password-file pw
check "edited with an editor" same "$(theirs view d --vault-password-file pw)" "$(printf 'new: 1\nmore: 2')"
ours encrypt_string --vault-password-file pw 'one two' --name k > vars.yml 2> /dev/null
check "a string, read by ansible" same "$(ansible localhost -i localhost, -c local -m debug -a 'msg={{ k }}' -e @vars.yml --vault-password-file pw 2> /dev/null)" \
    "$(printf 'localhost | SUCCESS => {\n    "msg": "one two"\n}')"
check "a string, read by fprov" same "$(timeout 120 "$fprov" adhoc localhost -i localhost, -c local -m debug -a 'msg={{ k }}' -e @vars.yml --vault-password-file pw 2> /dev/null)" \
    "$(printf 'localhost | SUCCESS => {\n    "msg": "one two"\n}')"

refusal() { # the first error line of both, without our hints, and the exit codes
    local a b ca cb
    a=$(ours "$@" 2>&1 < /dev/null); ca=$?
    b=$(theirs "$@" 2>&1 < /dev/null); cb=$?
    a=$(grep -m1 '^ERROR' <<< "$a") b=$(grep -m1 '^ERROR' <<< "$b")
    check "refusal of $*" same "$a ($ca)" "$b ($cb)"
}
refusal view a --vault-password-file pw2
refusal decrypt a --vault-password-file pw2
refusal view plain --vault-password-file pw
refusal decrypt plain --vault-password-file pw
refusal encrypt a --vault-password-file pw
refusal view nofile --vault-password-file pw
refusal encrypt nofile --vault-password-file pw
refusal view a --vault-password-file nopw
refusal create a --vault-password-file pw
refusal encrypt plain a --output x --vault-password-file pw
refusal encrypt plain --vault-id a@pw --vault-id b@pw2
refusal encrypt plain --encrypt-vault-id zz --vault-password-file pw
refusal encrypt_string '' --vault-password-file pw
[ $failures = 0 ]
