# SPDX-License-Identifier: Apache-2.0
"""Parts shared by the stand-ins for FATE's programs (tests and demo only; nothing of this is FATE's own code)."""
NOTE = "stand-in for tests, not the real program"
