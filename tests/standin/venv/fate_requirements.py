# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the 161 packages FATE needs: found only by an interpreter of this environment."""
