"""User and group ids of 16 bits, which the first calls for them have.

C counterpart: kernel/uid16.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long
from kshell.kernel.ia32.compat import compat_call
from kshell.kernel.kernel import Kernel

OVERFLOW_ID = 65534  # C: DEFAULT_OVERFLOWUID


def high2low(number: int) -> int:
    """An id, or the one that stands for all that do not fit into 16 bits (C: high2lowuid)."""
    return number if number < 1 << 16 else OVERFLOW_ID


@compat_call("sys_getuid16")
def getuid16(k: Kernel) -> Long:
    """Return the real user id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.uid)


@compat_call("sys_geteuid16")
def geteuid16(k: Kernel) -> Long:
    """Return the effective user id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.euid)


@compat_call("sys_getgid16")
def getgid16(k: Kernel) -> Long:
    """Return the real group id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.gid)


@compat_call("sys_getegid16")
def getegid16(k: Kernel) -> Long:
    """Return the effective group id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.egid)
