#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The playbooks in playbooks/ under ansible-playbook and under fprov: same screen, same exit code, same files left behind.
cd "$(dirname "$0")" && exec python3 compare.py "$@"
