"""The flags of getrandom().

C counterpart: include/uapi/linux/random.h.
"""

from __future__ import annotations

GRND_NONBLOCK = 0x1
GRND_RANDOM = 0x2
GRND_INSECURE = 0x4
