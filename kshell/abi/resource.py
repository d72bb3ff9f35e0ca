"""Whose use of resources getrusage() tells.

C counterpart: include/uapi/linux/resource.h.
"""

from __future__ import annotations

RUSAGE_SELF = 0
RUSAGE_CHILDREN = -1
RUSAGE_THREAD = 1
