#!/bin/sh
echo "args: $*"
echo "env: ${SITE_NAME:-none}"
pwd
exit "${CODE:-0}"
