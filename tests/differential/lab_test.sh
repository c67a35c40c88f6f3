#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The playbooks in lab/playbooks/ by ansible-playbook and by fprov (over ssh), each against two throw-away hosts of its own.
set -u
cd "$(dirname "$0")" || exit 1
lab=../../scripts/lab
export LAB_ANSIBLE=diffa$$ LAB_FPROV=diffb$$
trap '$lab --name $LAB_ANSIBLE down; $lab --name $LAB_FPROV down' EXIT
$lab --name $LAB_ANSIBLE up 2 && $lab --name $LAB_FPROV up 2 || exit 1
python3 lab/lab_compare.py "$@"
