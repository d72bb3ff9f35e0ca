"""Copying from and to user memory (C: <linux/uaccess.h>)."""

from __future__ import annotations

from typing import TypeVar

from kshell.linux.kernel import Kernel
from kshell.linux.types import Char, Const, Long, Ptr, ULong, User, Void

_T = TypeVar("_T")


def copy_from_user(k: Kernel, to: Ptr[Void], from_: User[Const[Void]], n: ULong) -> ULong:
    """Copy `n` bytes from user memory; the number of bytes that were NOT copied."""


def copy_to_user(k: Kernel, to: User[Void], from_: Ptr[Const[Void]], n: ULong) -> ULong:
    """Copy `n` bytes to user memory; the number of bytes that were NOT copied."""


def strncpy_from_user(k: Kernel, to: Ptr[Char], from_: User[Const[Char]], count: Long) -> Long:
    """Copy a string of at most `count` bytes; its length, or -EFAULT."""


def clear_user(k: Kernel, to: User[Void], n: ULong) -> ULong:
    """Zero `n` bytes of user memory; the number of bytes that were not."""


def get_user(k: Kernel, to: Ptr[_T], from_: User[_T]) -> int:
    """Read one value of user memory: ``if get_user(k, addr(x), p): return -EFAULT``."""


def put_user(k: Kernel, value: _T, to: User[_T]) -> int:
    """Write one value to user memory; 0, or -EFAULT."""
