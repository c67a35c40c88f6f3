#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A running party is broken in ways that happen; every time the evidence names the cause, and a boot repairs what it owns.
# shellcheck source=/dev/null disable=SC2016,SC2154
. "$(dirname "$0")/fate_support"
trap 'finish || exit 1' EXIT
prepare
home=/data/projects/fate toy='source /data/projects/fate/init_env.sh; cd /data/projects/fate/python/examples/toy_example; timeout 150 python run_toy_example.py'
check "boot succeeds" play site.yml || exit 1

# --- service.sh tells the truth --------------------------------------------------------------------------------------------------
on 1 "cp $home/eggroll/conf/route_table.json /var/tmp/kept; sed -i '/permission/,/}/d; s/},\$/}/' $home/eggroll/conf/route_table.json; echo '{\"route_table\": {}}' > $home/eggroll/conf/route_table.json"
check "route table without permission: restart fails" fails service 1 restart fate-rollsite
check "and shows rollsite's own words" prints 'NullPointerException: permission' service 1 restart fate-rollsite
on 1 "cp /var/tmp/kept $home/eggroll/conf/route_table.json"
check "repaired: start succeeds" service 1 start fate-rollsite

service 1 stop fate-rollsite > /dev/null
on 1 'setsid nohup python3 -c "import socket,time
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"0.0.0.0\",9370)); s.listen(1); time.sleep(9999)" > /dev/null 2>&1 & echo $! > /var/tmp/squatter; sleep 1'
check "busy port: start fails at once" prints 'NOT STARTED: port 9370 is already in use by' service 1 start fate-rollsite
on 1 'kill $(cat /var/tmp/squatter)'
check "port free: start succeeds" service 1 start fate-rollsite

on 1 "cp $home/eggroll/conf/eggroll.properties /var/tmp/kept; sed -i '/rollsite.coordinator/d' $home/eggroll/conf/eggroll.properties"
check "required key gone: the key is named" prints 'key eggroll.rollsite.coordinator is not set' service 1 restart fate-rollsite
check "boot puts the file right and restarts what read it" eval 'play site.yml && service 1 status fate-rollsite'
check "and then changes nothing more" eval 'play site.yml && unchanged'

service 2 stop fate-nodemanager > /dev/null
on 1 "sed -i 's/|300|/|12|/' $supervisor/services.conf"
check "nodemanager down: fate_flow does not start" fails service 1 restart fate-fateflow
check "and the nodemanager is named" prints '192.168.0.2:4671 .h2.: DOES NOT ANSWER' service 1 start fate-fateflow
check "its log says what it waits for" prints 'waits for 192.168.0.2:4671' on 1 'cat /data/logs/fate/fateflow/info.log'
service 2 start fate-nodemanager > /dev/null
check "nodemanager up: fate_flow comes by itself" service 1 start fate-fateflow

on 1 "sed -i 's/^\\(  passwd: \\).*/\\1wrong/' $home/python/arch/conf/base_conf.yaml"
check "wrong database password: the server's words are shown" prints 'OperationalError.*1045' service 1 restart fate-fateflow
check "boot repairs it" eval 'play site.yml && service 1 status all'

on 2 'kill -9 $(pgrep -f NodeManagerBootstrap)'
check "a killed program comes back" eval 'sleep 6; service 2 start fate-nodemanager'

# --- the toy example fails as the real one does --------------------------------------------------------------------------------
check "unknown peer: the other party is blamed" prints 'Please check if the fate flow server of the other party is started' as_app 1 "$toy 9999 10000 1"
on 1 "cp $home/python/arch/conf/server_conf.json /var/tmp/kept; sed -i 's/\"fateflow\": {\"host\": \"192.168.0.1\"/\"fateflow\": {\"host\": \"127.0.0.1\"/' $home/python/arch/conf/server_conf.json"
service 1 stop fate-fateflow > /dev/null
check "fate_flow down: connection refused" prints 'Connection refused, Please check if the fate flow service is started' as_app 1 "$toy 9999 9999 1"
on 1 "cp /var/tmp/kept $home/python/arch/conf/server_conf.json"; service 1 start fate-fateflow > /dev/null
on 2 "mv $home/common/python/venv $home/common/python/gone"
check "environment gone on the node: processes do not start" prints 'unable to start all processors for session id' \
    as_app 1 "sed -i s/=180000/=8000/ $home/eggroll/conf/eggroll.properties; cd $supervisor; sh service.sh restart fate-clustermanager > /dev/null; $toy 9999 9999 1"
on 2 "mv $home/common/python/gone $home/common/python/venv"
check "boot repairs, toy succeeds" eval 'play site.yml && play verify.yml'

# --- half done work and changed plans ----------------------------------------------------------------------------------------------
on 2 "rm -f $home/eggroll/.fprov-* $home/eggroll/lib/eggroll-core-2.0.2.jar"
check "half unpacked tree is unpacked again" eval 'play site.yml && service 2 status all && on 2 "[ -e $home/eggroll/lib/eggroll-core-2.0.2.jar ]"'
sed -i 's/max_memory: 2048m/max_memory: 900000g/' "$env/group_vars/all/fate_guest.yml"
check "heap larger than memory: boot fails" fails play site.yml
check "with the JVM's words" output_has 'Could not reserve enough space'
sed -i 's/max_memory: 900000g/max_memory: 1024m/' "$env/group_vars/all/fate_guest.yml"
check "right heap: boot succeeds" play site.yml
sed -i 's/passwd: fatE168dev/passwd: another/' "$env/group_vars/all/fate_init.yml"
check "another root password than the server has: boot fails" fails play site.yml
check "and says which one" output_has 'root cannot log in to MySQL with the password of fate_init.yml'
sed -i 's/passwd: another/passwd: fatE168dev/' "$env/group_vars/all/fate_init.yml"
sed -i '/^  nodemanager:/,/port:/ s/      - 192.168.0.2/      - 192.168.0.1\n      - 192.168.0.2/' "$env/group_vars/all/fate_guest.yml"
check "a second nodemanager is added by a boot" play site.yml
check "it has its row" prints '192.168.0.1.*4671.*NODE_MANAGER.*HEALTHY' on 1 "$home/common/mysql/mysql-8.0.13/bin/mysql --defaults-file=$home/common/mysql/mysql-8.0.13/conf/root.cnf eggroll_meta -e 'select host, port, node_type, status from server_node'"
check "and takes part in the toy example" play verify.yml
sed -i '/^  nodemanager:/,/port:/ {/      - 192.168.0.1/d}' "$env/group_vars/all/fate_guest.yml"
check "removed from the plan, boot succeeds" play site.yml
check "its program is gone" fails on 1 'pgrep -f NodeManagerBootstrap'
check "its row is HEALTHY no more" prints '192.168.0.1.*4671.*NODE_MANAGER.*LOSS' on 1 "$home/common/mysql/mysql-8.0.13/bin/mysql --defaults-file=$home/common/mysql/mysql-8.0.13/conf/root.cnf eggroll_meta -e 'select host, port, node_type, status from server_node'"
