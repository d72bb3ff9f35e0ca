"""The copies from and to user memory that machine code calls: C's arguments, and C's answers.

C counterpart: lib/usercopy.c, arch/x86/lib/getuser.S and putuser.S, lib/strncpy_from_user.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kshell.abi.c_types import U64, BufIn, BufOut, CharPtr, ConstPtr, Int, Long, Path, Ptr, ULong
from kshell.abi.errno import EFAULT
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm import uaccess
from kshell.machine.ram import page_parts


def _copy_to_user(k: Kernel, to: BufOut, source: ConstPtr, n: ULong) -> ULong:
    """Copy `n` bytes to the user; the result is how many could NOT be stored."""
    if not uaccess.access_ok(to, n):
        return n
    return uaccess.copy_to_user(k, to, k.memory.read(source, n))


def _copy_from_user(k: Kernel, to: Ptr, source: BufIn, n: ULong) -> ULong:
    """Copy `n` bytes from the user; the result is how many could NOT be read, and those are zeros."""
    data = uaccess.copy_from_user(k, source, n)
    k.memory.write(to, data)
    k.memory.fill(to + len(data), 0, n - len(data))
    return n - len(data)


def strncpy_from_user(k: Kernel, dst: CharPtr, src: Path, count: Long) -> Long:
    """Copy a string of the user, its NUL too if that is among `count` bytes; the length without it, or -EFAULT."""
    found = uaccess.strncpy_from_user(k, src, count)
    if isinstance(found, int):
        return found
    k.memory.write(dst, (found + b"\0")[:count])
    return len(found)


def clear_user(k: Kernel, to: BufOut, n: ULong) -> ULong:
    """Zero `n` bytes of the user's; the result is how many could NOT be."""
    if not uaccess.access_ok(to, n):
        return n
    for at, length in page_parts(to, n):
        if left := uaccess.copy_to_user(k, at, bytes(length)):
            return to + n - at - length + left
    return 0


def _get_user(size: int) -> Callable[..., int]:
    def get_user(k: Kernel, to: Ptr, source: BufIn) -> Int:
        """Read one number of the user's into kernel memory: 0, or -EFAULT."""
        return -EFAULT if _copy_from_user(k, to, source, size) else 0

    get_user.__name__ = f"__get_user_{size}"
    return get_user


def _put_user(size: int) -> Callable[..., int]:
    def put_user(k: Kernel, value: ULong, to: BufOut) -> Int:
        """Store one number in the user's memory: 0, or -EFAULT."""
        return -EFAULT if uaccess.copy_to_user(k, to, (value & U64).to_bytes(8, "little")[:size]) else 0

    put_user.__name__ = f"__put_user_{size}"
    return put_user


for width in (1, 2, 4, 8):
    EXPORT_SYMBOL(_get_user(width))
    EXPORT_SYMBOL(_put_user(width))
EXPORT_SYMBOL(_copy_to_user)
EXPORT_SYMBOL(_copy_from_user)
EXPORT_SYMBOL(strncpy_from_user)
EXPORT_SYMBOL(clear_user)


def copy_to_user(k: Kernel, to: BufOut, source: ConstPtr, n: ULong) -> ULong:
    """The same, for code that does not inline it."""
    return _copy_to_user(k, to, source, n)


def copy_from_user(k: Kernel, to: Ptr, source: BufIn, n: ULong) -> ULong:
    """The same, for code that does not inline it."""
    return _copy_from_user(k, to, source, n)


# The two that may fault, in the order of the object files.  A body of the kernel's own calls what is wrapped, and a
# report names that.
ROUTINES: dict[str, Callable[..., Any]] = {"copy_to_user": copy_to_user, "copy_from_user": copy_from_user}
copy_to_user.__dict__["__wrapped__"] = uaccess.copy_to_user
copy_from_user.__dict__["__wrapped__"] = uaccess.copy_from_user
