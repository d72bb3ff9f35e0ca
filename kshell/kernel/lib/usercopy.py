"""Strings in user memory, for machine code: C's arguments, and C's answers.  copy_user.py and getuser.py have the rest.

C counterpart: lib/strncpy_from_user.c, lib/strnlen_user.c.
"""

from __future__ import annotations

from kshell.abi.c_types import CharPtr, Long, Path
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm import uaccess


def strncpy_from_user(k: Kernel, dst: CharPtr, src: Path, count: Long) -> Long:
    """Copy a string of the user, its NUL too if that is among `count` bytes; the length without it, or -EFAULT."""
    found = uaccess.strncpy_from_user(k, src, count)
    if isinstance(found, int):
        return found
    k.memory.write(dst, (found + b"\0")[:count])
    return len(found)


def strnlen_user(k: Kernel, src: Path, count: Long) -> Long:
    """The length of a string of the user, with its NUL; more than `count` if there is none among so many bytes, 0 where
    it cannot be read."""
    found = uaccess.strncpy_from_user(k, src, count) if count > 0 else 0
    return 0 if isinstance(found, int) else len(found) + 1


EXPORT_SYMBOL(strncpy_from_user)
EXPORT_SYMBOL(strnlen_user)
