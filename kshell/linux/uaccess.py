"""Copying from and to user memory (C: <linux/uaccess.h>)."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from kshell.linux.kernel import Kernel
from kshell.linux.types import Char, Const, Long, Ptr, ULong, User, Void

_T = TypeVar("_T")

VERIFY_READ = 0  # what access_ok is told before 5.0, and looks at no more than its successor
VERIFY_WRITE = 1
USER_DS = 0x7FFF_FFFF_F000  # where user memory ends
KERNEL_DS = 0xFFFF_FFFF_FFFF_FFFF  # no end: any address is taken for the user's


@overload
def access_ok(k: Kernel, p: User[Any], n: ULong, /) -> int:
    """Since 5.0."""


@overload
def access_ok(k: Kernel, kind: int, p: User[Any], n: ULong, /) -> int:
    """Before it."""


def access_ok(k: Kernel, *range_: Any) -> int:
    """Whether a range can be user memory at all; nothing is said of whether any is there.  Before 5.0 it is told the
    kind of access first, VERIFY_READ or VERIFY_WRITE.

    0  the range reaches out of user space

    >>> if not access_ok(k, p, 4): return -EFAULT
    >>> if not access_ok(k, VERIFY_WRITE, p, 4): return -EFAULT
    """


@overload
def copy_from_user(k: Kernel, to: Ptr[Void], from_: User[Const[Void]], n: ULong) -> ULong:
    """`n` bytes."""


@overload
def copy_from_user(k: Kernel, to: object, from_: User[Any]) -> ULong:
    """As many as the type has."""


def copy_from_user(k: Kernel, to: Any, from_: User[Any], n: ULong = 0) -> ULong:
    """Copy `n` bytes from user memory, or what the type says; the number of bytes that were NOT copied.

    > 0  so many bytes were not copied, and are zeros now: what the caller answers is -EFAULT

    >>> if copy_from_user(k, v, s): return -EFAULT
    """


@overload
def copy_to_user(k: Kernel, to: User[Void], from_: Ptr[Const[Void]], n: ULong) -> ULong:
    """`n` bytes."""


@overload
def copy_to_user(k: Kernel, to: User[Any], from_: object) -> ULong:
    """As many as the type has."""


def copy_to_user(k: Kernel, to: User[Any], from_: Any, n: ULong = 0) -> ULong:
    """Copy `n` bytes to user memory, or what the type says; the number of bytes that were NOT copied.

    > 0  so many bytes were not copied: what the caller answers is -EFAULT

    >>> if copy_to_user(k, s, v): return -EFAULT
    """


def strncpy_from_user(k: Kernel, to: Ptr[Char], from_: User[Const[Char]], count: Long) -> Long:
    """Copy a string of at most `count` bytes; its length, or -EFAULT.

    -EFAULT  it runs into memory that cannot be read

    >>> if strncpy_from_user(k, buf, path, sizeof(buf)) < 0: return -EFAULT
    """


def strnlen_user(k: Kernel, from_: User[Const[Char]], count: Long) -> Long:
    """The length of a string with its NUL: more than `count` if none is among so many bytes, 0 for a bad pointer.

    0  it runs into memory that cannot be read

    >>> if strnlen_user(k, path, 64) == 0: return -EFAULT
    """


def clear_user(k: Kernel, to: User[Void], n: ULong) -> ULong:
    """Zero `n` bytes of user memory; the number of bytes that were not.

    > 0  so many bytes were not cleared: what the caller answers is -EFAULT

    >>> if clear_user(k, s, sizeof(e)): return -EFAULT
    """


def get_user(k: Kernel, to: Ptr[_T], from_: User[_T]) -> int:
    """Read one number of user memory, of the size that the type says, into a variable; 0, or -EFAULT.

    -EFAULT  the address is not the user's, or cannot be read: the variable becomes 0

    >>> if get_user(k, addr(x), p): return -EFAULT
    """


def put_user(k: Kernel, value: _T, to: User[_T]) -> int:
    """Write one number to user memory, in the size that the type says; 0, or -EFAULT.

    -EFAULT  the address is not the user's, or cannot be written

    >>> if put_user(k, n + 1, p): return -EFAULT
    """


def __get_user(k: Kernel, to: Ptr[_T], from_: User[_T]) -> int:
    """The same as get_user without its check of the range: access_ok has been asked before.

    -EFAULT  the address cannot be read: the variable becomes 0

    >>> if __get_user(k, addr(x), p): return -EFAULT
    """


def __put_user(k: Kernel, value: _T, to: User[_T]) -> int:
    """The same as put_user without its check of the range: access_ok has been asked before.

    -EFAULT  the address cannot be written

    >>> if __put_user(k, n, p): return -EFAULT
    """


def get_fs(k: Kernel) -> ULong:
    """Where the current task's user memory ends, as all checks of a user pointer take it.  Gone in 5.10.

    >>> limit = get_fs(k)
    """


def set_fs(k: Kernel, limit: ULong) -> None:
    """Let it end elsewhere: after KERNEL_DS every check lets a kernel address pass, until USER_DS is back.  A call that
    ends without that kills its task.  Gone in 5.10.

    >>> set_fs(k, KERNEL_DS)
    """
