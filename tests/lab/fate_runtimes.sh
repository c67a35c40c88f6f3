#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same party on runtimes that are there already: java.home, python.home or an interpreter, a database server outside of the site.
# shellcheck source=/dev/null disable=SC2016,SC2154
. "$(dirname "$0")/fate_support"
trap 'finish || exit 1' EXIT
prepare
init=$env/group_vars/all/fate_init.yml guest=$env/group_vars/all/fate_guest.yml

# the distribution keeps the mysql tarball for its client only; java and python are not in it
small=$scratch/small
mkdir -p "$small"
cp "$dist"/{eggroll,python,fateboard,mysql-8.0.13}.tar.gz "$small/"
"$top/scripts/dist-manifest" "$small" > /dev/null
sed -i "s,^dist:.*,dist: $small," "$env/group_vars/all/lab.yml"
check "without a jdk boot refuses" eval 'fails play site.yml && output_has "there is no component jdk"'

for host in 1 2; do
    root=$(lab path host "$host")
    mkdir -p "$root/opt/jdk" "$root/opt/python"
    tar -xzf "$dist/jdk-8u192.tar.gz" -C "$root/opt/jdk" --strip-components=1
    tar -xzf "$dist/python-venv.tar.gz" -C "$root/opt/python" --strip-components=1
done
root=$(lab path host 2)
mkdir -p "$root/opt/db" && tar -xzf "$dist/mysql-8.0.13.tar.gz" -C "$root/opt/db" --strip-components=1
on 2 'cd /opt/db && mkdir -p run && chown app run && printf "[mysqld]\nport=3307\nbasedir=/opt/db\ndatadir=/opt/db/data\nsocket=/opt/db/run/sock\npid-file=/opt/db/run/pid\nskip_name_resolve\n" > my.cnf &&
    mkdir -p data && chown app data && bash bin/mysql_install_db --defaults-file=my.cnf --basedir=/opt/db --datadir=/opt/db/data --user=app --auth-root-authentication-method=normal > log 2>&1
    setsid runuser -u app -- bin/mysqld --defaults-file=my.cnf > log2 2>&1 < /dev/null &
    for i in $(seq 50); do /opt/db/bin/mysqladmin --no-defaults -S /opt/db/run/sock -u root ping > /dev/null 2>&1 && break; sleep 0.2; done
    echo "create user '"'root'@'192.168.0.1'"' identified by '"'fatE168dev'"'; grant all on *.* to '"'root'@'192.168.0.1'"' with grant option" | /opt/db/bin/mysql --no-defaults -S /opt/db/run/sock -u root'

sed -i 's,^  home: "",  home: /opt/wrong,' "$init"                      # both java.home and python.home
sed -i '/^  mysql:/,$ { s/enable: True/enable: False/; s/192.168.0.1$/192.168.0.2/; s/port: 3306/port: 3307/ }' "$guest"
sed -i '/^  zk:/,$ s/192.168.0.2/192.168.0.1/' "$guest"
check "a java.home that is not there is named" eval 'fails play site.yml && output_has "java.home in fate_init.yml is /opt/wrong"'
sed -i '/^java:/,/^$/ s,/opt/wrong,/opt/jdk,; /^python:/,/^$/ s,/opt/wrong,/opt/python,' "$init"
check "boot succeeds on existing runtimes" play site.yml
check "second boot changes nothing" eval 'play site.yml && unchanged'
check "no own mysql is planned" fails on 1 "ls $supervisor/supervisord.d/fate-mysql.conf"
check "no own jdk is unpacked" fails on 1 'ls /data/projects/fate/common/jdk'
check "toy example succeeds" play verify.yml

sed -i '/^python:/,/^$/ { s,home: /opt/python,home: "",; s,interpreter: "",interpreter: /usr/bin/python3, }' "$init"
for host in 1 2; do
    root=$(lab path host "$host")
    cp "$root/opt/python/lib/python3/site-packages/fate_requirements.py" "$root/usr/lib/python3/dist-packages/" && rm -rf "$root/opt/python"
done
check "an environment over an interpreter instead" play site.yml
check "toy example succeeds on it" play verify.yml

sed -i 's/^deploy_mode:.*/deploy_mode: update/' "$init"
check "update succeeds" eval 'play site.yml && unchanged'
check "a run on one host only changes nothing" eval 'play site.yml -l 192.168.0.2 && unchanged'
