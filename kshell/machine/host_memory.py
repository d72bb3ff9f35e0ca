"""Address space of the host.  The emulator ends the process where it does not get what it wants."""

from __future__ import annotations

import mmap
import sys

EMULATOR = 1 << 30  # what it reserves for translated code
MORE = 64 << 20  # and what comes beside it


def demand_for_emulator() -> None:
    """MemoryError where the host would refuse the emulator its memory."""
    if sys.platform == "win32":
        return
    import resource

    if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    try:
        mmap.mmap(-1, EMULATOR + MORE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ).close()
    except OSError:
        raise MemoryError from None
