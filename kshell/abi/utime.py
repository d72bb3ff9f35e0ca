"""Nanoseconds that are none, of utimensat().

C counterpart: include/linux/stat.h.
"""

from __future__ import annotations

UTIME_NOW = (1 << 30) - 1
UTIME_OMIT = (1 << 30) - 2
