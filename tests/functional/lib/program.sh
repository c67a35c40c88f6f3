# SPDX-License-Identifier: Apache-2.0
# Sourced by the functional tests: $fprov is the program, the working folder and HOME are $folder, which goes at the end; no configuration of the machine's counts.
fprov=${FPROV:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/build/release/fprov}
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset ANSIBLE_CONFIG
export ANSIBLE_NOCOLOR=1 HOME=$folder
