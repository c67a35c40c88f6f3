#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TLS to the next hop: the second port, both sides' certificates, and keys that the real rollsite cannot read.
# shellcheck source=/dev/null disable=SC2016,SC2154
. "$(dirname "$0")/fate_support"
trap 'finish || exit 1' EXIT
prepare
guest=$env/group_vars/all/fate_guest.yml
keys=$scratch/keys/guest
mkdir -p "$keys"
authority() { # NAME
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=fdn_test_$1" -keyout "$scratch/$1-ca.key" -out "$scratch/$1-ca.pem" 2> /dev/null
}
issue() { # AUTHORITY FILE
    openssl ecparam -name prime256v1 -genkey -noout -out "$scratch/ec.key" 2> /dev/null
    openssl pkcs8 -topk8 -nocrypt -in "$scratch/ec.key" -out "$keys/$2.key"
    openssl req -new -key "$scratch/ec.key" -subj "/CN=$2" 2> /dev/null |
        openssl x509 -req -days 30 -CA "$scratch/$1-ca.pem" -CAkey "$scratch/$1-ca.key" -CAcreateserial -out "$keys/$2.pem" \
            -extfile <(printf 'subjectAltName=IP:192.168.0.1') 2> /dev/null
}
authority guest; authority host
issue guest guest-server; issue host host-client
cp "$scratch/guest-ca.pem" "$keys/"; cp "$scratch/host-ca.pem" "$keys/host-client-ca.pem"
echo "certificates: $scratch/keys" >> "$env/group_vars/all/lab.yml"

sed -i 's/is_secure: False/is_secure: True/' "$guest"
check "is_secure alone is refused" eval 'fails play site.yml && output_has "TLS also needs rollsite.server_secure and rollsite.client_secure"'
sed -i 's/server_secure: False/server_secure: True/; s/client_secure: False/client_secure: True/; /default_rules:/,/is_secure/ s/port: 9370/port: 9371/' "$guest"
check "boot with certificates succeeds" play site.yml -D
check "no key is shown" output_lacks 'BEGIN PRIVATE KEY'
check "second boot changes nothing" eval 'play site.yml && unchanged'
sleep 12    # RUNNING is said of what is older than its startsecs
check "rollsite owns both ports" prints 'fate-rollsite +RUNNING.*port 9370, 9371' service 1 status fate-rollsite
cp "$scratch/guest-ca.pem" "$(lab path host 2)/var/tmp/ca.pem"
check "the second one speaks TLS with the planned certificate" prints 'Verify return code: 0' \
    on 2 'openssl s_client -connect 192.168.0.1:9371 -alpn h2 -verify_ip 192.168.0.1 -CAfile /var/tmp/ca.pem < /dev/null'
check "the route is secure" prints '"is_secure": true' on 1 'cat /data/projects/fate/eggroll/conf/route_table.json'
check "keys are closed to others" on 1 '! find /data/projects/data/fate/keys -type f -perm /077 | grep .'
check "toy example succeeds" play verify.yml
openssl ec -in "$keys/guest-server.key" -out "$scratch/ec.key" 2> /dev/null && cp "$scratch/ec.key" "$keys/guest-server.key"
check "a key that is not PKCS#8: boot fails" fails play site.yml
check "and shows rollsite's words" output_has 'does not contain valid private key'
