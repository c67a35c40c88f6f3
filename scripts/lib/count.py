# SPDX-License-Identifier: Apache-2.0
"""Prints "PASSED FAILED" from a test program's output: doctest, "N passed, N failed" lines, or TAP-like ok / not ok lines."""
import re
import sys

text = open(sys.argv[1], errors="replace").read()
doctest = re.findall(r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", text)
summary = re.findall(r"(?m)^(?:\w+: )?(\d+) (?:\w+ )?passed, (\d+) failed", text)
counted = re.findall(r"(?m)^(\d+) (agree|cases asked|cases)(?: .*)?, (\d+) (?:disagree|wrong|unlike|differ)", text)   # oracles
if doctest:
    print(sum(int(d[1]) for d in doctest), sum(int(d[2]) for d in doctest))
elif summary:
    print(*summary[-1])
elif counted:
    print(int(counted[-1][0]) - (int(counted[-1][2]) if counted[-1][1] != "agree" else 0), counted[-1][2])
else:
    print(len(re.findall(r"(?m)^ok[ :]", text)), len(re.findall(r"(?m)^(?:not ok|FAILED)[ :]", text)))
