#!/bin/bash
# args: $1 ${2:-} "${@}" {{ not a template }}
echo "$#"
