# SPDX-License-Identifier: Apache-2.0
"""Prints "PASSED FAILED" from a test program's output: doctest, "N passed, N failed" lines, or TAP-like ok / not ok lines."""
import re
import sys

text = open(sys.argv[1], errors="replace").read()
doctest = re.findall(r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", text)
summary = re.findall(r"(?m)^(?:\w+: )?(\d+) passed, (\d+) failed", text)
if doctest:
    print(sum(int(d[1]) for d in doctest), sum(int(d[2]) for d in doctest))
elif summary:
    print(*summary[-1])
else:
    print(len(re.findall(r"(?m)^ok ", text)), len(re.findall(r"(?m)^not ok ", text)))
