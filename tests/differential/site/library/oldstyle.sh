#!/bin/bash
. "$1"
echo "{\"changed\": false, \"name\": \"$name\", \"check\": \"$_ansible_check_mode\"}"
