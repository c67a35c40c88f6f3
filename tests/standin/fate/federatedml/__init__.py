# SPDX-License-Identifier: Apache-2.0
"""Stand-in: eggs must be able to import this, or they cannot unpickle FATE functions."""
