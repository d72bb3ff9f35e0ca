"""Numbers out of text (C: <linux/kstrtox.h>).

`base` 0 goes by the text: 0x is 16, 0 is 8, else 10.  kstrto... takes the whole text, before whose end a newline may
stand; simple_strto... takes what a text begins with, and tells nobody that it was nothing.
"""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import S8, S16, U8, U16, Char, Int, Long, LongLong, Ptr, Text, UInt, ULong, ULongLong


def kstrtoint(k: Kernel, text: Text, base: UInt, result: Ptr[Int]) -> Int:
    """Read a text as an int; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtoint(k, v.name, 10, addr(x)): return -EINVAL
    """


def kstrtouint(k: Kernel, text: Text, base: UInt, result: Ptr[UInt]) -> Int:
    """Read a text as an unsigned int; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtouint(k, v.name, 10, Ptr[UInt](buf)): return -EINVAL
    """


def kstrtol(k: Kernel, text: Text, base: UInt, result: Ptr[Long]) -> Int:
    """Read a text as a long; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtol(k, v.name, 10, Ptr[Long](buf)): return -EINVAL
    """


def kstrtoul(k: Kernel, text: Text, base: UInt, result: Ptr[ULong]) -> Int:
    """Read a text as an unsigned long; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtoul(k, v.name, 10, addr(table)): return -EINVAL
    """


def kstrtoll(k: Kernel, text: Text, base: UInt, result: Ptr[LongLong]) -> Int:
    """Read a text as a long long; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtoll(k, v.name, 10, Ptr[LongLong](buf)): return -EINVAL
    """


def kstrtoull(k: Kernel, text: Text, base: UInt, result: Ptr[ULongLong]) -> Int:
    """Read a text as an unsigned long long; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtoull(k, v.name, 10, Ptr[ULongLong](buf)): return -EINVAL
    """


def kstrtos16(k: Kernel, text: Text, base: UInt, result: Ptr[S16]) -> Int:
    """Read a text as an s16; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtos16(k, v.name, 10, Ptr[S16](buf)): return -EINVAL
    """


def kstrtou16(k: Kernel, text: Text, base: UInt, result: Ptr[U16]) -> Int:
    """Read a text as a u16; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtou16(k, v.name, 10, Ptr[U16](buf)): return -EINVAL
    """


def kstrtos8(k: Kernel, text: Text, base: UInt, result: Ptr[S8]) -> Int:
    """Read a text as an s8; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtos8(k, v.name, 10, Ptr[S8](buf)): return -EINVAL
    """


def kstrtou8(k: Kernel, text: Text, base: UInt, result: Ptr[U8]) -> Int:
    """Read a text as a u8; 0, or an error, and then nothing is stored.

    -EINVAL  it is no number
    -ERANGE  the type does not hold it

    >>> if kstrtou8(k, v.name, 10, Ptr[U8](buf)): return -EINVAL
    """


def simple_strtol(k: Kernel, text: Text, end: Ptr[Ptr[Char]], base: UInt) -> Long:
    """The number that a text begins with; 0 if with none.  `end`, if it is not NULL, becomes where the number ends.

    >>> table = ULong(simple_strtol(k, v.name, NULL, 10))
    """


def simple_strtoul(k: Kernel, text: Text, end: Ptr[Ptr[Char]], base: UInt) -> ULong:
    """The same without a sign.  `end`, if it is not NULL, becomes where the number ends.

    >>> table = ULong(simple_strtoul(k, v.name, NULL, 10))
    """


def simple_strtoll(k: Kernel, text: Text, end: Ptr[Ptr[Char]], base: UInt) -> LongLong:
    """The same as simple_strtol, of 64 bits.  `end`, if it is not NULL, becomes where the number ends.

    >>> table = ULong(simple_strtoll(k, v.name, NULL, 10))
    """


def simple_strtoull(k: Kernel, text: Text, end: Ptr[Ptr[Char]], base: UInt) -> ULongLong:
    """The same as simple_strtoul, of 64 bits.  `end`, if it is not NULL, becomes where the number ends.

    >>> table = ULong(simple_strtoull(k, v.name, NULL, 10))
    """
