#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stand-in for fate_flow's own script: the roles run fate_flow under supervisor instead.
echo "stand-in: use supervisor's service.sh" >&2
exit 1
