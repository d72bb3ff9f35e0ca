"""Strings and bytes (C: <linux/string.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Char, Const, Int, Ptr, SizeT, SSizeT, Text, Void


def strlen(k: Kernel, text: Text) -> SizeT:
    """The number of bytes before the NUL."""


def strnlen(k: Kernel, text: Text, most: SizeT) -> SizeT:
    """The same, but at most `most`."""


def strcmp(k: Kernel, one: Text, other: Text) -> Int:
    """0 where the two are equal; otherwise which comes first."""


def strncmp(k: Kernel, one: Text, other: Text, n: SizeT) -> Int:
    """The same of the first `n` bytes."""


def strscpy(k: Kernel, to: Ptr[Char], from_: Text, size: SizeT) -> SSizeT:
    """Copy a string into `size` bytes, always with a NUL; its length, or -E2BIG."""


def memcpy(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes."""


def memmove(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes; the two may overlap."""


def memset(k: Kernel, to: Ptr[Void], byte: Int, n: SizeT) -> Ptr[Void]:
    """Fill `n` bytes."""


def memcmp(k: Kernel, one: Ptr[Const[Void]], other: Ptr[Const[Void]], n: SizeT) -> Int:
    """0 where `n` bytes are equal."""
