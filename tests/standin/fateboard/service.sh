#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stand-in for fateboard's script. JAVA_HOME ships empty, as in the real one.
export JAVA_HOME=
export PATH=$PATH:$JAVA_HOME/bin
here=$(cd "$(dirname "$0")" && pwd)
case "$1" in
  start|starting) exec "$JAVA_HOME/bin/java" -Dspring.config.location="$here/conf/application.properties" -jar "$here/fateboard.jar" ;;
  *) echo "usage: $0 start" >&2; exit 1 ;;
esac
