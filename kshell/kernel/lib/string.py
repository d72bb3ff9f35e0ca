"""Strings and blocks of memory.

Each goes by pages, so that a length without sense ends in a fault where it would on Linux.

C counterpart: lib/string.c, arch/x86/lib/memcpy_64.S.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.c_types import CharPtr, ConstCharPtr, ConstPtr, Int, Ptr, SizeT
from kshell.abi.errno import E2BIG
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE


def strlen(k: Kernel, s: ConstCharPtr) -> SizeT:
    """The bytes before the NUL."""
    return len(k.memory.read_string(s))


def strnlen(k: Kernel, s: ConstCharPtr, count: SizeT) -> SizeT:
    """The bytes before the NUL, `count` if there is none among so many."""
    return len(k.memory.read_string(s, count))


def strcmp(k: Kernel, cs: ConstCharPtr, ct: ConstCharPtr) -> Int:
    """-1, 0 or 1: how two strings stand to each other."""
    return _order(k.memory.read_string(cs), k.memory.read_string(ct))


def strncmp(k: Kernel, cs: ConstCharPtr, ct: ConstCharPtr, count: SizeT) -> Int:
    """The same of at most `count` bytes of each."""
    return _order(k.memory.read_string(cs, count), k.memory.read_string(ct, count))


def _order(left: bytes, right: bytes) -> int:
    return (left > right) - (left < right)


def strcpy(k: Kernel, dest: CharPtr, src: ConstCharPtr) -> CharPtr:
    """Copy a string with its NUL to where there is room, one hopes."""
    k.memory.write(dest, k.memory.read_string(src) + b"\0")
    return dest


def strscpy(k: Kernel, dest: CharPtr, src: ConstCharPtr, count: SizeT) -> SizeT:
    """Copy what fits into `count` bytes, the NUL among them; how much that is, or -E2BIG where not all fitted."""
    if count == 0 or count >> 31:
        return -E2BIG
    text = k.memory.read_string(src, count)
    k.memory.write(dest, text[: count - 1] + b"\0")
    return len(text) if len(text) < count else -E2BIG


def strncpy(k: Kernel, dest: CharPtr, src: ConstCharPtr, count: SizeT) -> CharPtr:
    """Copy at most `count` bytes, and fill up with NULs: where the string has no fewer, none is behind it."""
    text = k.memory.read_string(src, count)
    k.memory.write(dest, text)
    k.memory.fill(dest + len(text), 0, count - len(text))
    return dest


def strlcpy(k: Kernel, dest: CharPtr, src: ConstCharPtr, size: SizeT) -> SizeT:
    """Copy what fits into `size` bytes, the NUL among them; how long the string is, which is read to its end."""
    text = k.memory.read_string(src)
    if size:
        k.memory.write(dest, text[: size - 1] + b"\0")
    return len(text)


def strcat(k: Kernel, dest: CharPtr, src: ConstCharPtr) -> CharPtr:
    """Append a string to another, behind which there is room, one hopes."""
    strcpy(k, dest + strlen(k, dest), src)
    return dest


def strncat(k: Kernel, dest: CharPtr, src: ConstCharPtr, count: SizeT) -> CharPtr:
    """Append at most `count` bytes of a string, and a NUL."""
    k.memory.write(dest + strlen(k, dest), k.memory.read_string(src, count) + b"\0")
    return dest


def strlcat(k: Kernel, dest: CharPtr, src: ConstCharPtr, count: SizeT) -> SizeT:
    """Append what fits into `count` bytes, all in all; how long the two are together."""
    before, text = strlen(k, dest), k.memory.read_string(src)
    if before >= count:
        raise KernelBug(f"strlcat: {before} bytes are there already, and there is room for {count}")
    k.memory.write(dest + before, text[: count - before - 1] + b"\0")
    return before + len(text)


def memcpy(k: Kernel, dest: Ptr, src: ConstPtr, count: SizeT) -> Ptr:
    """Copy `count` bytes."""
    for at, size in _pages(src, count):
        k.memory.write(dest + at, k.memory.read(src + at, size))
    return dest


def memmove(k: Kernel, dest: Ptr, src: ConstPtr, count: SizeT) -> Ptr:
    """Copy `count` bytes between areas that may overlap."""
    pages = _pages(src, count)
    for at, size in reversed(list(pages)) if src < dest < src + count else pages:
        k.memory.write(dest + at, k.memory.read(src + at, size))
    return dest


def memset(k: Kernel, s: Ptr, c: Int, count: SizeT) -> Ptr:
    """Fill `count` bytes with the low byte of `c`."""
    k.memory.fill(s, c & 0xFF, count)
    return s


def memcmp(k: Kernel, cs: ConstPtr, ct: ConstPtr, count: SizeT) -> Int:
    """-1, 0 or 1: how two areas stand to each other."""
    for at, size in _pages(cs, count):
        order = _order(k.memory.read(cs + at, size), k.memory.read(ct + at, size))
        if order:
            return order
    return 0


def _pages(address: int, count: int) -> Iterator[tuple[int, int]]:
    """[0, count) cut where a page ends behind `address`: (offset, length) each."""
    at = 0
    while at < count:
        size = min(count - at, PAGE_SIZE - (address + at & PAGE_SIZE - 1))
        yield at, size
        at += size


EXPORT_SYMBOL(strlen)
EXPORT_SYMBOL(strnlen)
EXPORT_SYMBOL(strcmp)
EXPORT_SYMBOL(strncmp)
EXPORT_SYMBOL(strcpy)
EXPORT_SYMBOL(strscpy)
EXPORT_SYMBOL(strncpy)
EXPORT_SYMBOL(strlcpy)
EXPORT_SYMBOL(strcat)
EXPORT_SYMBOL(strncat)
EXPORT_SYMBOL(strlcat)
EXPORT_SYMBOL(memcpy)
EXPORT_SYMBOL(memmove)
EXPORT_SYMBOL(memset)
EXPORT_SYMBOL(memcmp)
