"""Strings and bytes (C: <linux/string.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Char, Const, Int, Ptr, SizeT, SSizeT, Text, Void


def strlen(k: Kernel, text: Text) -> SizeT:
    """The number of bytes before the NUL.

    >>> return strlen(k, v.name)
    """


def strnlen(k: Kernel, text: Text, most: SizeT) -> SizeT:
    """The number of bytes before the NUL, or `most` where that is less.

    >>> return strnlen(k, v.name, sizeof(v.name))
    """


def strcmp(k: Kernel, one: Text, other: Text) -> Int:
    """0 where the two are equal; otherwise which comes first.

    >>> if strcmp(k, v.name, "init") == 0: return 1
    """


def strncmp(k: Kernel, one: Text, other: Text, n: SizeT) -> Int:
    """0 where the first `n` bytes are equal; otherwise which comes first.

    >>> if strncmp(k, v.name, "in", 2) == 0: return 1
    """


def strscpy(k: Kernel, to: Ptr[Char], from_: Text, size: SizeT) -> SSizeT:
    """Copy a string into `size` bytes, always with a NUL; its length, or -E2BIG.

    -E2BIG  it does not fit: what fits is there, with a NUL

    >>> if strscpy(k, v.name, "init", sizeof(v.name)) < 0: return -E2BIG
    """


def memcpy(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes.

    >>> memcpy(k, buf, v.name, sizeof(v.name))
    """


def memmove(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes; the two may overlap.

    >>> memmove(k, buf, addr(buf[1]), 8)
    """


def memset(k: Kernel, to: Ptr[Void], byte: Int, n: SizeT) -> Ptr[Void]:
    """Fill `n` bytes.

    >>> memset(k, buf, 0, sizeof(buf))
    """


def memcmp(k: Kernel, one: Ptr[Const[Void]], other: Ptr[Const[Void]], n: SizeT) -> Int:
    """0 where `n` bytes are equal.

    >>> if memcmp(k, buf, v.name, 4) == 0: return 1
    """
