#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The playbooks of broken.yml under ansible-playbook and under fprov: same exit code, same recap.
cd "$(dirname "$0")" && exec /usr/bin/python3 broken.py "$@"
