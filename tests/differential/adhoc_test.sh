#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command lines of adhoc.txt under Ansible's programs and under fprov: same screen, exit code, files of --tree.
cd "$(dirname "$0")" && exec /usr/bin/python3 adhoc.py "$@"
