#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: sh service.sh start|stop|status|restart|update NAME|all
# start and restart succeed only when the program runs, owns its ports and answers; otherwise they say what was found.
if [ -z "$BASH_VERSION" ]; then exec bash "$0" "$@"; fi
set +o posix
given_path=$PATH given_locale=${LC_ALL-unset}      # what `exec` hands on: the virtual environment must stay first
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
here=$(cd "$(dirname "$0")" && pwd)
IFS=: read -r server_ip server_port < <(sed -n 's,^serverurl=http://,,p' "$here/supervisord.conf" 2>/dev/null)
[ -n "$server_port" ] || { echo "$0: cannot read $here/supervisord.conf (run it as the owner of that file, or as root)" >&2; exit 1; }

# --- the table of services -------------------------------------------------------------------------------------------------
names=(); declare -A ports probe limit depends logs files
while IFS='|' read -r name a b c d e f; do
  case $name in ''|'#'*) continue ;; esac
  names+=("$name"); ports[$name]=${a//,/ }; probe[$name]=$b; limit[$name]=$c; depends[$name]=$d; logs[$name]=$e; files[$name]=$f
done < "$here/services.conf"

usage() { echo "Usage: $0 start|stop|status|restart|update name|all" >&2; exit 1; }

# --- supervisord, asked directly ---------------------------------------------------------------------------------------------
rpc() { # METHOD [PARAMETER…] -> the answer, on one line
  local body="<methodCall><methodName>supervisor.$1</methodName><params>" parameter answer
  shift
  for parameter; do body+="<param><value>$parameter</value></param>"; done
  body+="</params></methodCall>"
  answer=$(timeout 200 bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 7; IFS= read -r account < "$2" || exit 8
    printf "POST /RPC2 HTTP/1.0\r\nAuthorization: Basic %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" "$account" "${#3}" "$3" >&3
    cat <&3' "$server_ip" "$server_port" "$here/.account" "$body" 2>/dev/null) || return 1
  printf '%s' "${answer//$'\n'/}"
}
text() { printf '<string>%s</string>' "$1"; }

declare -A state pid since words status spawn
look() { # what supervisord knows about every program; fails where it does not answer
  local answer name
  state=(); pid=(); since=(); words=(); status=(); spawn=()
  answer=$(rpc getAllProcessInfo) || return 1
  case $answer in *'<methodResponse>'*) ;; *) return 1 ;; esac
  while IFS=$'\t' read -r name a b c d e f; do
    [ -n "$name" ] || continue
    state[$name]=$a; pid[$name]=$b; since[$name]=$c; status[$name]=$d; words[$name]=$e; spawn[$name]=$f
  done < <(printf '%s' "$answer" | awk 'BEGIN { RS = "</struct>" }
    function member(key,  at, rest) {
      at = index($0, "<name>" key "</name>"); if (!at) return ""
      rest = substr($0, at); sub(/^[^v]*<\/name>[^<]*<value>/, "", rest); sub(/<\/value>.*/, "", rest); gsub(/<[^>]*>/, "", rest)
      gsub(/&lt;/, "<", rest); gsub(/&gt;/, ">", rest); gsub(/&amp;/, "\\&", rest); gsub(/[\t]/, " ", rest)
      return rest
    }
    { name = member("name"); if (name != "") printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, member("statename"), member("pid"), member("start"),
        member("exitstatus"), member("description") == "" ? "-" : member("description"), member("spawnerr") }')
}
control() { supervisorctl -c "$here/supervisord.conf" "$@" 2>&1; }

# --- who owns a port, who answers --------------------------------------------------------------------------------------------
inodes_of() { # PORT: sockets that listen on it
  local hex
  printf -v hex ':%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p="$hex" '$4 == "0A" && substr($2, length($2) - 4) == p {print $10}'
}
holder_of() { # INODE [PID…]: the process that has this socket open; looks at the given ones first
  local inode=$1 found
  shift
  found=$(for one; do find "/proc/$one/fd" -maxdepth 1 -lname "socket:\[$inode\]" 2>/dev/null; done | head -1)
  [ -n "$found" ] || found=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\[$inode\]" 2>/dev/null | head -1)
  [ -n "$found" ] && echo "$found" | cut -d/ -f3
}
belongs() { # PID ROOT: is it that process, or a descendant of it?
  local one=$1
  while [ "${one:-0}" -gt 1 ]; do
    [ "$one" = "$2" ] && return 0
    one=$(awk '{sub(/.*\) /, ""); print $2}' "/proc/$one/stat" 2>/dev/null)
  done
  return 1
}
describe() { # PID
  [ -e "/proc/$1" ] || { echo "$1"; return; }
  echo "pid $1 ($(ps -o user= -p "$1" 2>/dev/null | tr -d ' ')): $(tr '\0' ' ' < "/proc/$1/cmdline" 2>/dev/null | cut -c1-160)"
}
answers_h2() { # HOST PORT: does it exchange HTTP/2 SETTINGS?
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0" >&3 && head -c 9 <&3 | od -An -tx1' "$1" "$2" 2>/dev/null |
    grep -q '^ .. .. .. 04'
}
answers_mysql() { # HOST PORT: a server greets first, with protocol 10
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && head -c 5 <&3 | od -An -tx1' "$1" "$2" 2>/dev/null | grep -q '0a$'
}
answers_http() { # PORT METHOD PATH BODY PATTERN
  timeout 15 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "%s %s HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" "$1" "$2" "${#3}" "$3" >&3 && cat <&3' \
    "$1" "$2" "$3" "$4" 2>/dev/null | tr -d '\r\n\0' | grep -qaE "$5"
}
answers() { # NAME: does it do its work?
  local how=${probe[$1]} port
  case $how in
    mysql:*) timeout 10 "${how#mysql:}/bin/mysqladmin" --defaults-file="${how#mysql:}/conf/root.cnf" ping > /dev/null 2>&1 ;;
    h2) port=${ports[$1]%% *}; answers_h2 127.0.0.1 "$port" ;;
    flow:*) answers_http "${how#flow:}" POST /v1/version/get '{"module":"FATE"}' '"retcode": ?0' ;;
    http:*) answers_http "${how#http:}" GET / '' '^HTTP/1.. 200 ' ;;
  esac
}
what_answers() {
  case ${probe[$1]} in mysql:*) echo 'mysql login' ;; h2) echo HTTP/2 ;; flow:*) echo /v1/version/get ;; http:*) echo 'GET /' ;; esac
}
depend_answers() { # KIND:HOST:PORT
  local kind host port
  IFS=: read -r kind host port <<< "$1"
  "answers_$kind" "$host" "$port"
}

why=
healthy() { # NAME, after look: sets why where it is not
  local name=$1 port inode holder
  why=
  case ${state[$name]} in
    RUNNING|STARTING) ;;               # STARTING only says that it is young; what counts is below
    *) why="supervisor says ${state[$name]:-it has no such program}"; return 1 ;;
  esac
  for port in ${ports[$name]}; do
    holder=
    for inode in $(inodes_of "$port"); do
      holder=$(holder_of "$inode" "${pid[$name]}")
      [ -n "$holder" ] && belongs "$holder" "${pid[$name]}" && break
      holder="${holder:-somebody else}"
    done
    [ -n "$holder" ] || { why="runs as pid ${pid[$name]}, but nobody listens on port $port"; return 1; }
    belongs "$holder" "${pid[$name]}" 2>/dev/null || { why="port $port belongs to another process: $(describe "$holder")"; return 1; }
  done
  answers "$name" || { why="owns port ${ports[$name]// /, }, but does not answer ($(what_answers "$name"))"; return 1; }
}

foreign() { # NAME: sets why where a process that is not its own holds one of its ports
  local port inode holder
  for port in ${ports[$1]}; do
    for inode in $(inodes_of "$port"); do
      holder=$(holder_of "$inode" ${pid[$1]:+"${pid[$1]}"})
      if [ -z "$holder" ] || ! belongs "$holder" "${pid[$1]:-0}"; then
        why="port $port is already in use by $([ -n "$holder" ] && describe "$holder" || echo "a process that this user cannot see")"
        return 0
      fi
    done
  done
  return 1
}

evidence() { # NAME: everything an operator would look up next
  local name=$1 port inode holder one file
  echo "  supervisor: ${state[$name]:-no such program}, ${words[$name]:--}$([ "${status[$name]:-0}" = 0 ] || echo ", last exit status ${status[$name]}")${spawn[$name]:+, spawn error: ${spawn[$name]}}"
  for port in ${ports[$name]}; do
    holder=
    for inode in $(inodes_of "$port"); do holder=$(holder_of "$inode" ${pid[$name]:+"${pid[$name]}"}); done
    echo "  port $port: $([ -n "$holder" ] && describe "$holder" || echo "nobody listens")"
  done
  for one in ${depends[$name]}; do
    if depend_answers "$one"; then echo "  needs ${one#*:} (${one%%:*}): answers"; else echo "  needs ${one#*:} (${one%%:*}): DOES NOT ANSWER"; fi
  done
  for file in ${logs[$name]}; do
    if [ -s "$file" ]; then
      echo "  last lines of $file:"
      tail -n 12 "$file" | cut -c1-300 | sed 's/^/    | /'
    else
      echo "  $file: empty or not there"
    fi
  done
}

# --- verbs -------------------------------------------------------------------------------------------------------------------
wait_ready() { # NAME WORD: until it answers, or cannot any more
  local name=$1 end=$((SECONDS + ${limit[$1]})) began=$SECONDS last='' deaths=0
  while :; do
    look || { why="supervisord does not answer on $server_ip:$server_port"; break; }
    if healthy "$name"; then
      echo "$name: $2 (pid ${pid[$name]}, port ${ports[$name]// /, }, $(what_answers "$name") answers) after $((SECONDS - began)) s"
      return 0
    fi
    case ${state[$name]} in
      FATAL|EXITED|STOPPED|UNKNOWN) why="it ends by itself: ${state[$name]}"; break ;;
      BACKOFF) ;;
      *) if [ -n "$last" ] && [ "${pid[$name]:-0}" != 0 ] && [ "$last" != "${pid[$name]}" ]; then deaths=$((deaths + 1)); fi
         [ "${pid[$name]:-0}" = 0 ] || last=${pid[$name]} ;;
    esac
    [ $deaths -lt 4 ] || { why="it dies and is started again: $deaths times in $((SECONDS - began)) s"; break; }
    case $why in "port "*"belongs to another"*) [ $((SECONDS - began)) -lt 5 ] || break ;; esac
    [ $SECONDS -lt $end ] || { why="$why, for ${limit[$name]} s"; break; }
    sleep 0.2
  done
  echo "$name: NOT STARTED: $why"
  evidence "$name"
  return 1
}

need_supervisord() {
  look && return 0
  if ! systemctl -q is-active fate-supervisord 2>/dev/null; then bash "$here/boot.sh" > /dev/null 2>&1; fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do look && return 0; sleep 0.5; done
  echo "supervisord does not answer on $server_ip:$server_port: systemctl status fate-supervisord says $(systemctl is-active fate-supervisord 2>&1 | head -1)"
  for inode in $(inodes_of "$server_port"); do echo "  port $server_port: $(describe "$(holder_of "$inode")")"; done
  echo "  last lines of $here/logs/supervisord.log:"; tail -n 8 "$here/logs/supervisord.log" 2>/dev/null | sed 's/^/    | /'
  echo "  last lines of its unit:"; journalctl -q -u fate-supervisord -n 6 -o cat --no-pager 2>/dev/null | sed 's/^/    | /'
  exit 1
}

start() {
  need_supervisord
  if healthy "$1"; then echo "$1: already running (pid ${pid[$1]}, port ${ports[$1]// /, }, $(what_answers "$1") answers)"; return 0; fi
  case ${state[$1]} in
    RUNNING|STARTING) ;;
    *) if foreign "$1"; then echo "$1: NOT STARTED: $why"; return 1; fi
       if [ -z "${state[$1]}" ]; then
         [ -e "$here/supervisord.d/$1.conf" ] || { echo "$1: NOT STARTED: $here/supervisord.d/$1.conf does not exist"; return 1; }
         control update "$1" > /dev/null
       else
         rpc startProcess "$(text "$1")" '<boolean>0</boolean>' > /dev/null
       fi ;;
  esac
  wait_ready "$1" started
}

stop() {
  look || { echo "$1: stopped (supervisord does not run)"; return 0; }
  case ${state[$1]} in
    RUNNING|STARTING|BACKOFF|STOPPING) rpc stopProcess "$(text "$1")" '<boolean>1</boolean>' > /dev/null; look ;;
    *) echo "$1: already stopped"; return 0 ;;
  esac
  case ${state[$1]} in
    STOPPED|EXITED|FATAL) echo "$1: stopped" ;;
    *) echo "$1: NOT STOPPED: supervisor says ${state[$1]}, ${words[$1]}"; return 1 ;;
  esac
}

restart() { stop "$1" && start "$1"; }

status() {
  look || { printf '%-32s DOWN      supervisord does not answer on %s:%s\n' "$1" "$server_ip" "$server_port"; return 1; }
  if [ -z "${state[$1]}" ]; then printf '%-32s UNKNOWN   supervisor has no such program\n' "$1"; return 1; fi
  if healthy "$1"; then printf '%-32s %-9s %s, port %s, %s answers\n' "$1" "${state[$1]}" "${words[$1]}" "${ports[$1]// /, }" "$(what_answers "$1")"; return 0; fi
  printf '%-32s %-9s %s, NOT OK: %s\n' "$1" "${state[$1]}" "${words[$1]}" "$why"
  return 1
}

update() { need_supervisord; control update "$1"; [ ! -e "$here/supervisord.d/$1.conf" ] || wait_ready "$1" updated; }

newer_than() { # SECONDS FILE…: the first file that changed after that moment
  local moment=$1 file
  shift
  for file; do [ -e "$file" ] && [ "$(stat -L -c %Y "$file")" -gt "$moment" ] && echo "$file" && return 0; done
  return 1
}

converge() { # what a deployment wants: running, answering, and not older than the files it reads
  local changed
  need_supervisord
  if [ -z "${state[$1]}" ]; then start "$1"; return; fi
  case ${state[$1]} in
    RUNNING|STARTING|BACKOFF|FATAL|EXITED)
      if changed=$(newer_than "${since[$1]}" "$here/supervisord.d/$1.conf"); then
        control update "$1" > /dev/null
        look
        if newer_than "${since[$1]}" "$here/supervisord.d/$1.conf" > /dev/null; then stop "$1" > /dev/null; rpc startProcess "$(text "$1")" '<boolean>0</boolean>' > /dev/null; fi
        wait_ready "$1" "restarted, as $changed changed"; return
      fi
      # shellcheck disable=SC2086
      if changed=$(newer_than "${since[$1]}" ${files[$1]}); then
        stop "$1" > /dev/null
        rpc startProcess "$(text "$1")" '<boolean>0</boolean>' > /dev/null
        wait_ready "$1" "restarted, as $changed changed"; return
      fi ;;
  esac
  start "$1"
}

prune() { # programs of the party that the table does not name any more
  local file name
  for file in "$here"/supervisord.d/fate-*.conf; do
    name=$(basename "$file" .conf)
    [ -e "$file" ] || continue
    case " ${names[*]} " in *" $name "*) continue ;; esac
    look && rpc stopProcess "$(text "$name")" '<boolean>1</boolean>' > /dev/null
    rm -f "$file"
    look && control update "$name" > /dev/null
    echo "$name: removed, as it is not planned on this host any more"
  done
}

wait_and_run() { # NAME COMMAND…: what this program would wait for silently, waited for aloud
  local name=$1 missing one seen=' ' said=0
  shift
  while :; do
    missing=
    for one in ${depends[$name]}; do
      case $seen in *" $one "*) continue ;; esac
      if depend_answers "$one"; then seen+="$one "; else missing+=" ${one#*:} (${one%%:*})"; fi
    done
    [ -n "$missing" ] || break
    [ $((SECONDS - said)) -lt 10 ] && [ $said -gt 0 ] || { echo "$(date '+%F %T') $name waits for$missing"; said=$((SECONDS + 1)); }
    sleep 1
  done
  export PATH=$given_path
  if [ "$given_locale" = unset ]; then unset LC_ALL; else LC_ALL=$given_locale; fi
  exec "$@"
}

verb=$1
if [ "$verb" = exec ] && [ $# -gt 2 ]; then shift; wait_and_run "$@"; fi
if [ "$verb" = prune ]; then prune; exit; fi
[ $# = 2 ] || usage
case $verb in start|stop|status|restart|update|converge) ;; *) usage ;; esac
if [ "$2" = all ]; then chosen=("${names[@]}")
else
  case " ${names[*]} " in *" $2 "*) chosen=("$2") ;; *) echo "$0: there is no $2 on this host; there are: ${names[*]}" >&2; exit 1 ;; esac
fi
failed=0
if [ "$2" = all ] && { [ "$verb" = stop ] || [ "$verb" = restart ]; }; then
  for ((at = ${#chosen[@]} - 1; at >= 0; at--)); do stop "${chosen[at]}" || failed=1; done
  [ "$verb" = stop ] || for name in "${chosen[@]}"; do start "$name" || failed=1; done
else
  for name in "${chosen[@]}"; do "$verb" "$name" || failed=1; done
fi
exit $failed
